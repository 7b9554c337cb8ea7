"""Two processes behind one port, one of them killed with -9 under traffic: no message is lost, none
makes two tickets, and the dead one comes back.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from tests.bench import program as programs
from tests.bench.callbacks import Callback, Maker
from tests.bench.program import Program
from tests.journeys.conftest import Departments
from tests.journeys.watching import count, post, until

AT_ONCE = 8  # residents who write
SOME = 12  # messages that are answered before, and after
TRIES = 3  # a platform calls so often
AGAIN_AFTER_S = 0.3  # it takes five seconds for it
SWEPT_WITHIN_S = 120.0  # what nobody sends again is looked for after a minute
LAMP = "东韩村村口的路灯坏了三天了没人修"


@pytest.fixture
async def program(
    database_url: str, departments: Departments, tmp_path: Path
) -> AsyncIterator[Program]:
    made = Program(
        folder=tmp_path / "program",
        database_url=database_url,
        processes=2,
        cache=programs.kept(),
        tables=departments.tables,
    )
    await made.start()
    yield made
    made.kill()


async def test_one_of_two_processes_killed_under_traffic_loses_and_doubles_nothing(
    program: Program, departments: Departments
) -> None:
    await until(lambda: len(listening(program)) == 2, "two processes do not listen")
    traffic = Traffic(program)
    async with asyncio.TaskGroup() as residents:
        for _ in range(AT_ONCE):
            residents.create_task(traffic.run())
        await until(lambda: traffic.answered >= SOME, "nothing was answered")
        victim = listening(program)[0]
        victim.send_signal(signal.SIGKILL)
        enough = traffic.answered + SOME
        await until(lambda: traffic.answered >= enough, "the other one does not answer")
        traffic.over = True
    assert traffic.answered == traffic.told
    undone = "SELECT count(*) FROM inbox WHERE done_at IS NULL"
    await until(lambda: count(program, undone) == 0, "messages were left lying", SWEPT_WITHIN_S)
    webhooks = "outbox WHERE destination LIKE 'webhook:%'"
    for what in ("external_id) FROM inbox", "reporter) FROM ticket", f"ticket) FROM {webhooks}"):
        assert count(program, f"SELECT count(DISTINCT {what}") == traffic.told
    for table in ("inbox", "ticket", webhooks):
        assert count(program, f"SELECT count(*) FROM {table}") == traffic.told
    await until(lambda: len(listening(program)) == 2, "the dead one did not come back")

    def received() -> list[str]:
        return [each.payload["data"]["number"] for each in departments.received if not each.again]

    told = "the department was not told of all"
    await until(lambda: len(set(received())) == traffic.told, told, SWEPT_WITHIN_S)
    assert len(received()) == traffic.told


class Traffic:
    """Residents who write one after the other; the platform tells of each, twice at once."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._maker = Maker()
        self.over = False
        self.told = 0
        self.answered = 0

    async def run(self) -> None:
        """Until it is over."""
        while not self.over:
            self.told += 1
            callback = self._maker.make(f"o{self.told}", LAMP)
            answers = await asyncio.gather(self._call(callback), self._call(callback))
            self.answered += all(answers)

    async def _call(self, callback: Callback) -> bool:
        """Once more where nobody answers."""
        for _ in range(TRIES):
            if await post(self._program, callback) == 200:
                return True
            await asyncio.sleep(AGAIN_AFTER_S)
        return False


def listening(program: Program) -> list[psutil.Process]:
    """The processes that take calls now."""
    assert program.child is not None
    children = psutil.Process(program.child.pid).children()
    return [each for each in children if program.port in _ports(each)]


def _ports(process: psutil.Process) -> set[int]:
    try:
        found = process.net_connections("tcp")
    except psutil.NoSuchProcess:
        return set()
    return {each.laddr.port for each in found if each.status == psutil.CONN_LISTEN}
