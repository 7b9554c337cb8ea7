"""Several processes behind one port: each knows its number, a dead one is replaced, all end together."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from intake import processes

CHILD = """
import os, sys, time
from pathlib import Path
Path(sys.argv[1], sys.argv[-1] + "-" + str(os.getpid())).touch()
time.sleep(60)
"""


@pytest.fixture
def children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], list[tuple[str, int]]]:
    """Stand-ins in the program's place; the numbers and process ids of all that were started."""
    start = asyncio.create_subprocess_exec

    async def stand_in(_python: str, *command: str) -> asyncio.subprocess.Process:
        assert command == ("-m", "intake", "run", "--child", command[-1])
        return await start(sys.executable, "-c", CHILD, str(tmp_path), command[-1])

    monkeypatch.setattr(asyncio, "create_subprocess_exec", stand_in)
    monkeypatch.setattr(processes, "RESTART_AFTER_S", 0.01)

    def started() -> list[tuple[str, int]]:
        names = (path.name.split("-") for path in tmp_path.iterdir())
        return sorted((number, int(pid)) for number, pid in names)

    return started


async def test_each_child_has_a_number_and_who_takes_its_place_has_the_same(
    children: Callable[[], list[tuple[str, int]]],
) -> None:
    running = asyncio.create_task(processes.supervise(["run"], 2))
    async with asyncio.timeout(30):
        while len(children()) < 2:
            await asyncio.sleep(0.02)
        first = dict(children())["0"]
        os.kill(first, signal.SIGKILL)
        while len(children()) < 3:
            await asyncio.sleep(0.02)
        assert [number for number, _ in children()] == ["0", "0", "1"]
        os.kill(os.getpid(), signal.SIGTERM)
        await running
    for _, pid in children():
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
