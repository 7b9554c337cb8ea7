"""What becomes of a caller when our part has ended: the dialplan goes on with him."""

import asyncio
from collections.abc import Callable

import structlog

from channels.phone.audio.media import Media
from channels.phone.book import CallBook
from channels.phone.exchange.exchange import Exchange, Next

SHOWN_WITHIN_S = 0.5  # it is written all the same, a moment later
LIVES_WITHIN_S = 3.0  # the exchange tells of a hang-up a moment after the audio has ended
LOOK_S = 0.05

_log = structlog.get_logger(__name__)


class Leaving:
    """Gives callers on."""

    def __init__(self, *, exchange: Exchange, book: CallBook, elapsed: Callable[[], float]) -> None:
        self._exchange = exchange
        self._book = book
        self._elapsed = elapsed

    async def leave(self, media: Media, where: Next, ticket: str) -> None:
        """Say where he goes, and end our part; an operator sees the ticket before it rings."""
        if ticket and where is Next.OPERATORS:
            await self._show(media.call_id, ticket)
        await self._next(media, where, ticket)
        await media.close()

    async def relay(self, media: Media, to: str) -> bool:
        """Put the caller through to a number; False: the exchange could not be told, and he is
        still with us.
        """
        told = await self._exchange.relay(media.call_id, to)
        if told:
            await media.close()
        return told

    async def keep(self, media: Media) -> None:
        """Whom we rang is put down where nothing else is said, as nobody needs him. From now on he
        is an operator's, whatever becomes of us.
        """
        await self._next(media, Next.OPERATORS, "")

    async def lives(self, call_id: str) -> bool:
        """Did the exchange go on with the call? A watchdog that doubted us sent it to a person."""
        until = self._elapsed() + LIVES_WITHIN_S
        while self._elapsed() < until:
            known = self._exchange.caller(call_id)
            if known is not None and known.passed_on:
                return True
            if not any(each.call_id == call_id for each in self._exchange.calls):
                return False
            await asyncio.sleep(LOOK_S)
        return self._exchange.up

    async def _next(self, media: Media, where: Next, heard: str) -> None:
        if not await self._exchange.set_next(media.call_id, where, heard):
            _log.warning("phone.next_unknown", call=media.call_id, wanted=where.value)

    async def _show(self, call_id: str, ticket: str) -> None:
        """On the operators' board; a book that takes nothing holds up nobody."""
        try:
            async with asyncio.timeout(SHOWN_WITHIN_S):
                await self._book.opened(call_id, ticket)
        except Exception as error:
            _log.warning("phone.ticket_not_shown", call=call_id, error=type(error).__name__)
