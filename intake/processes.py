"""Several processes behind one port: a parent that starts them, restarts the dead and stops them
all.
"""

import asyncio
import signal
import sys
from collections.abc import Callable, Sequence

import structlog

RESTART_AFTER_S = 1.0
STOP_WITHIN_S = 20.0

_log = structlog.get_logger(__name__)


async def supervise(
    arguments: Sequence[str], count: int, *, stopping: Callable[[], None] = lambda: None
) -> None:
    """Run `hotline ARGUMENTS --child NUMBER` `count` times, numbered from 0, until SIGTERM or
    SIGINT, which `stopping` is called at; a child that dies is replaced by one with its number.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with asyncio.TaskGroup() as group:
        for index in range(count):
            group.create_task(_keep(arguments, index, stop))
        await stop.wait()
        stopping()


async def _keep(arguments: Sequence[str], index: int, stop: asyncio.Event) -> None:
    stopping = asyncio.create_task(stop.wait())
    command = (sys.executable, "-m", "intake", *arguments, "--child", str(index))
    while not stop.is_set():
        child = await asyncio.create_subprocess_exec(*command)
        ended = asyncio.create_task(child.wait())
        await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            await _end(child, ended)
            return
        _log.error("process_died", index=index, code=child.returncode)
        await asyncio.sleep(RESTART_AFTER_S)


async def _end(child: asyncio.subprocess.Process, ended: asyncio.Task[int]) -> None:
    if child.returncode is None:
        child.terminate()
    try:
        async with asyncio.timeout(STOP_WITHIN_S):
            await ended
    except TimeoutError:
        child.kill()
        await child.wait()
