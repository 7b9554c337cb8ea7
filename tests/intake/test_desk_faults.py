"""A database that fails for a moment: the real step is taken a little later, and never a wrong one."""

from collections.abc import Awaitable, Callable

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from channels.message import InboundMessage
from intake import desk, loops
from intake.services import Services
from routing import schema as tables
from routing.database import Database
from routing.writer import CommitUnknown
from tests.clock import Clock

Say = Callable[..., InboundMessage]
LAMP = "东韩村村口的路灯坏了三天了没人修"
Write = Callable[[Database, Callable[[Connection], object]], Awaitable[object]]


def locked() -> Exception:
    """What SQLite says while another process writes for too long."""
    return sa.exc.OperationalError("INSERT", {}, Exception("database is locked"))


def unknown() -> Exception:
    """What we say where the server went away during COMMIT."""
    return CommitUnknown("the connection was lost during COMMIT")


class Failing:
    """A database whose writes after the first fail so often, done or not before they do."""

    def __init__(self, error: Callable[[], Exception], *, times: int, done: bool) -> None:
        self.error, self.times, self.done = error, times, done
        self.writes = 0

    def around(self, write: Write) -> Write:
        """The write that fails; the first of a message puts it into the inbox and is let through."""

        async def failing(database: Database, work: Callable[[Connection], object]) -> object:
            self.writes += 1
            if self.writes == 1 or self.writes > self.times + 1:
                return await write(database, work)
            if self.done:
                await write(database, work)
            raise self.error()

        return failing


async def tickets(services: Services) -> list[str]:
    """The texts of all tickets."""
    query = sa.select(tables.ticket.c.text)
    return list(await services.database.read(lambda c: c.execute(query).scalars().all()))


@pytest.mark.parametrize("done", [True, False])
async def test_commit_of_which_nobody_knows_is_looked_at_and_never_done_twice(
    services: Services, say: Say, clock: Clock, monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    await services.desk.receive(say(LAMP))
    clock.forward(hours=1)
    failing = Failing(unknown, times=1, done=done)
    with monkeypatch.context() as patches:
        patches.setattr(Database, "write", failing.around(Database.write))
        receipt = await services.desk.receive(say("查询", key="2"))
    assert [reply.key for reply in receipt.replies] == ["progress"]
    assert await tickets(services) == [LAMP]


@pytest.mark.parametrize(("error", "times"), [(locked, 1), (unknown, desk.MOST_RETRIES + 1)])
async def test_fault_that_lasts_leaves_the_question_to_the_sweep(
    services: Services,
    say: Say,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    error: Callable[[], Exception],
    times: int,
) -> None:
    await services.desk.receive(say(LAMP))
    clock.forward(hours=1)
    with monkeypatch.context() as patches:
        failing = Failing(error, times=times, done=False)
        patches.setattr(Database, "write", failing.around(Database.write))
        with pytest.raises(type(error())):
            await services.desk.receive(say("查询", key="2"))
    assert await tickets(services) == [LAMP]
    clock.forward(minutes=2)
    sweep = loops.Sweep(database=services.database, runtime=services.runtime, desk=services.desk)
    assert await sweep.step()
    assert await tickets(services) == [LAMP]
    query = sa.select(tables.outbox.c.kind).where(tables.outbox.c.destination == "web:a")
    assert await services.database.read(lambda c: c.execute(query).scalars().all()) == ["progress"]


async def test_our_own_fault_is_still_a_ticket_for_a_person(
    services: Services, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> object:
        raise KeyError("ours")

    monkeypatch.setattr(services.clerk, "_progress", broken)
    receipt = await services.desk.receive(say("查询"))
    assert receipt.ticket
    assert await tickets(services) == ["查询"]
