"""What the exchange tells of calls is written into the book, in order."""

import asyncio
from collections.abc import Callable

import structlog

from channels.phone import number
from channels.phone.book import Began, CallBook, Purpose
from channels.phone.exchange import happenings
from channels.phone.exchange.happenings import Caller, Happening
from config.runtime import Runtime

MOST_WAITING = 10_000

_log = structlog.get_logger(__name__)


class Journal:
    """`take` at once, on the event loop; `run` writes."""

    def __init__(
        self,
        *,
        book: CallBook,
        runtime: Runtime,
        area_code: str,
        missed: Callable[[], None],
        pressed: Callable[[str, str], None],
    ) -> None:
        self._book = book
        self._runtime = runtime
        self._area_code = area_code
        self._missed = missed
        self._pressed = pressed
        self._waiting: asyncio.Queue[Happening] = asyncio.Queue(MOST_WAITING)

    def take(self, happening: Happening) -> None:
        """Remember what happened; see `exchange.Exchange`."""
        match happening:
            case happenings.Missed():
                self._missed()
            case happenings.Pressed(call_id=call_id, digit=digit):
                self._pressed(call_id, digit)
            case _:
                if isinstance(happening, happenings.Ended):
                    self._missed()  # its recording lies there
                try:
                    self._waiting.put_nowait(happening)
                except asyncio.QueueFull:
                    _log.error("phone.journal_full", lost=type(happening).__name__)

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            happening = await self._waiting.get()
            try:
                await self._write(happening)
            except Exception:
                _log.exception("phone.journal_failed", happening=type(happening).__name__)

    async def _write(self, happening: Happening) -> None:
        match happening:
            case happenings.Arrived(caller=caller) if caller.kind == Purpose.INBOUND.kind:
                await self._book.began(self.began(caller))
            case happenings.Queued(call_id=call_id):
                await self._book.queued(call_id)
            case happenings.Connected(call_id=call_id, operator=operator):
                await self._book.connected(call_id, operator)
            case happenings.Ended(call_id=call_id):
                await self._book.hung_up(call_id)

    def began(self, caller: Caller) -> Began:
        """His call, as the exchange has announced it."""
        call_id = caller.call_id
        return Began(
            call_id=call_id,
            contact=number.contact(caller.number, call_id=call_id, area_code=self._area_code),
            purpose=Purpose.of(caller.kind),
            at=self._runtime.now(),
        )
