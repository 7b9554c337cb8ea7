"""Does the book take what we write? While it does not, callers go to people at once."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

EACH_S = 1.0
ANSWER_S = 2.5  # longer than any busy moment; a caller waits no more than five seconds in all

_log = structlog.get_logger(__name__)


class Pulse:
    """`run` asks again and again; `beats` is what the exchange is told by the heartbeat."""

    def __init__(self, answers: Callable[[], Awaitable[None]]) -> None:
        self._answers = answers
        self.beats = True

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.step()
            await asyncio.sleep(EACH_S)

    async def step(self) -> None:
        """Ask once; returns when it has answered, however long that takes."""
        asked = asyncio.ensure_future(self._answers())
        try:
            await asyncio.wait((asked,), timeout=ANSWER_S)
            if not asked.done():
                self._turned(False)
            await asked
        except Exception as failure:
            _log.warning("phone.book_failed", reason=type(failure).__name__)
            self._turned(False)
        else:
            self._turned(True)
        finally:
            asked.cancel()

    def _turned(self, beats: bool) -> None:
        if beats != self.beats:
            _log.warning("phone.book_answers" if beats else "phone.book_silent")
        self.beats = beats
