"""The calls that are on the line now: never too many, each served by a task of its own."""

import asyncio

import structlog

from channels.phone.audio.line import Line
from channels.phone.audio.media import Ended, OnCall

STOP_S = 5.0  # calls that are ended have so long to finish what they do

_log = structlog.get_logger(__name__)


class Calls:
    """Whatever happens while a call is served, its line is closed after it, in the normal way."""

    def __init__(self, *, on_call: OnCall, most_calls: int) -> None:
        self._on_call = on_call
        self._most_calls = most_calls
        self._lines: dict[str, Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.refused = 0

    @property
    def now(self) -> int:
        """How many there are."""
        return len(self._lines)

    def admits(self, count: int) -> bool:
        """Whether one more may come while there are `count`; counts the refusal."""
        if count < self._most_calls:
            return True
        self.refused += 1
        _log.warning("phone.line_full", most_calls=self._most_calls)
        return False

    def take(self, line: Line) -> bool:
        """Serve it from now on; False when a call of that id is on the line already."""
        if line.call_id in self._lines:
            _log.warning("phone.call_id_twice", call=line.call_id)
            return False
        self._lines[line.call_id] = line
        task = asyncio.create_task(self._serve(line), name=f"call {line.call_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def close(self) -> None:
        """End every call: the dialplan goes on. Returns when all are settled or cut short."""
        tasks = tuple(self._tasks)
        await asyncio.gather(*(line.close(Ended.LOST) for line in tuple(self._lines.values())))
        if not tasks:
            return
        _, unfinished = await asyncio.wait(tasks, timeout=STOP_S)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)

    async def _serve(self, line: Line) -> None:
        try:
            await self._on_call(line)
        except Exception:  # the caller goes on to a person; the reason is for us
            _log.exception("phone.call_failed", call=line.call_id)
        finally:
            try:
                await line.close()
            finally:
                self._lines.pop(line.call_id, None)
