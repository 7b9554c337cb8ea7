"""Serves the calls that have come: who it is, what for, and which conversation that makes.

Only calls that the exchange has announced are served; whatever else connects goes nowhere.
"""

import asyncio
from functools import partial

import structlog

from channels.channel import Desk
from channels.phone import asked, equipment
from channels.phone.audio.media import Media
from channels.phone.book import Began, Errand, Purpose
from channels.phone.equipment import Parts
from channels.phone.exchange.exchange import Exchange, Next
from channels.phone.exchange.journal import Journal
from channels.phone.kinds.limited import HeardOnce
from channels.phone.kinds.ordinary import Ordinary
from channels.phone.kinds.ringing_back import Orphaned, RingingBack
from channels.phone.kinds.telling import Told
from channels.phone.kinds.visit import Conversation, Floor, Needs, Visit
from channels.phone.leaving import Leaving
from channels.phone.outgoing import Outgoing, Talk
from channels.phone.partners import Telephone
from channels.phone.talk import straight
from channels.phone.talk.window import Caller
from channels.phone.transcript import Transcript
from nlp.speech.contract import Transcriber

ANNOUNCED_WITHIN_S = 3.0  # the announcement of a call comes before its audio, or a moment later
BOOK_WITHIN_S = 2.0  # a book that takes nothing: people take the call

_log = structlog.get_logger(__name__)


class Serving:
    """All calls that are with us now; `transcriber` is set once it is loaded."""

    def __init__(
        self,
        *,
        desk: Desk,
        telephone: Telephone,
        exchange: Exchange,
        journal: Journal,
        outgoing: Outgoing,
        longest_ms: int,
    ) -> None:
        self._desk = desk
        self._own = telephone
        self._exchange = exchange
        self._journal = journal
        self._outgoing = outgoing
        self._leaving = Leaving(
            exchange=exchange, book=telephone.book, elapsed=desk.runtime.elapsed
        )
        self._longest_ms = longest_ms
        self._floors: dict[str, Floor] = {}
        self.transcriber: Transcriber | None = None

    @property
    def now(self) -> frozenset[str]:
        """The ids of the calls that are with us."""
        return frozenset(self._floors)

    def press(self, call_id: str, digit: str) -> None:
        """A key that the exchange tells of; nothing where the call is not with us."""
        floor = self._floors.get(call_id)
        if floor is not None:
            floor.press(digit)

    async def take(self, media: Media) -> None:
        """A call's audio has come; whatever is wrong with us, the dialplan takes the caller on."""
        errand = self._outgoing.errand(media.call_id)
        began = self._owed(media, errand) if errand else await self._announced(media.call_id)
        if began is None:
            _log.warning("phone.call_not_announced", call=media.call_id)
            return
        try:
            await self._take(media, began, errand)
        finally:
            self._outgoing.over(media.call_id, Talk(heard_out=False))  # where nobody has said it

    def _owed(self, media: Media, errand: Errand) -> Began:
        return Began(
            call_id=media.call_id,
            contact=errand.to,
            purpose=errand.purpose,
            at=self._desk.runtime.now(),
            ticket=errand.ticket,
        )

    async def _announced(self, call_id: str) -> Began | None:
        """Who rings, or was rung by a program that has died since: by the exchange's word."""
        caller = await self._exchange.wait_caller(call_id, ANNOUNCED_WITHIN_S)
        return self._journal.began(caller) if caller else None

    async def _take(self, media: Media, began: Began, errand: Errand | None) -> None:
        async with asyncio.timeout(BOOK_WITHIN_S):
            await self._own.book.began(began)
        async with Transcript(book=self._own.book, call_id=media.call_id) as notes:
            conversation, floor = await self._conversation(began, errand), Floor()
            parts = self._parts(media, notes, floor, conversation.needs)
            if parts is None:  # the line works without a recogniser: people, or the recorder
                await self._leaving.leave(media, Next.OPERATORS, began.ticket)
                self._outgoing.over(media.call_id, Talk(heard_out=True))
                return
            visit = Visit(
                media=media,
                caller=Caller(call_id=began.call_id, contact=began.contact, ticket=began.ticket),
                parts=parts,
                notes=notes,
                floor=floor,
                desk=self._desk,
                telephone=self._own,
                leaving=self._leaving,
                over=partial(self._outgoing.over, media.call_id),
                longest_ms=self._longest_ms,
            )
            self._floors[media.call_id] = floor
            try:
                await conversation.hold(visit)
            finally:
                del self._floors[media.call_id]

    async def _conversation(self, began: Began, errand: Errand | None) -> Conversation:
        if errand is not None:
            is_back = errand.purpose is Purpose.CALL_BACK
            return RingingBack(greeting=errand.reply) if is_back else Told(errand=errand)
        if began.purpose is not Purpose.INBOUND:
            return Orphaned(purpose=began.purpose)
        limits, goes_straight = await asyncio.gather(
            asked.limits(self._own.book, began), asked.goes_straight(self._own.book, began)
        )
        if limits is not None:
            return HeardOnce(opening=limits)
        if goes_straight:
            return Ordinary(greeting=straight.GREETING, straight=True)
        return Ordinary()

    def _parts(self, media: Media, notes: Transcript, floor: Floor, needs: Needs) -> Parts | None:
        """Ear and mouth for a call; None where they need somebody who recognises speech."""
        parts = equipment.of(
            media,
            self.transcriber,
            self._own,
            notes,
            waiting=floor.waits,
            asked=floor.asked,
            patience=needs.patience,
        )
        if parts is None and not needs.words:
            return equipment.for_keys(media, self._own, notes, waiting=floor.waits)
        return parts
