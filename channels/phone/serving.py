"""Serves the calls that have come: who it is, what for, an ear and a mouth for each.

Only calls that the exchange has announced are served; whatever else connects goes nowhere.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

import structlog

from channels.channel import Desk
from channels.message import Reply
from channels.phone import call, equipment, limited, reasons, straight, telling
from channels.phone.audio.media import Media
from channels.phone.book import Began, Ended, Errand, Outcome, Purpose
from channels.phone.call import Call, Office
from channels.phone.contacting import Contacting
from channels.phone.endpointing import Patience
from channels.phone.equipment import Parts
from channels.phone.exchange.exchange import Exchange, Next
from channels.phone.exchange.journal import Journal
from channels.phone.leaving import Leaving
from channels.phone.limited import Limited
from channels.phone.mouth import Speaks
from channels.phone.outgoing import Outgoing, Talk
from channels.phone.partners import Telephone
from channels.phone.pump import Pump
from channels.phone.screening import Screened
from channels.phone.telling import Telling
from channels.phone.transcript import Transcript
from channels.phone.window import Caller
from nlp.speech.contract import Transcriber
from nlp.understanding import Understanding, Urgency

ANNOUNCED_WITHIN_S = 3.0  # the announcement of a call comes before its audio, or a moment later
BOOK_WITHIN_S = 2.0  # a book that takes nothing: people take the call

_GREETINGS = {Purpose.CALL_BACK: Reply(key="call_again")}
_SPOKE = frozenset({Outcome.SERVED, Outcome.PERSON})  # a machine that answers does neither
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
        self._calls: dict[str, Call] = {}
        self._pumps: dict[str, Pump] = {}  # of whom we tell something, or hear once
        self.transcriber: Transcriber | None = None

    @property
    def now(self) -> frozenset[str]:
        """The ids of the calls that are with us."""
        return frozenset((*self._calls, *self._pumps))

    def press(self, call_id: str, digit: str) -> None:
        """A key that the exchange tells of; nothing where the call is not with us."""
        served = self._calls.get(call_id)
        pump = self._pumps.get(call_id)
        if served is not None:
            served.press(digit)
        elif pump is not None:
            pump.press(digit)

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
            if errand is not None and errand.purpose is not Purpose.CALL_BACK:
                await self._tell(media, errand, notes)
                return
            greeting = errand.reply if errand else _GREETINGS.get(began.purpose, call.GREETING)
            caller = Caller(call_id=media.call_id, contact=began.contact, ticket=began.ticket)
            opening, marked = await asyncio.gather(
                limited.opening(self._own.book, began), straight.is_wanted(self._own.book, began)
            )
            parts = self._parts(media, notes, limited.PATIENCE if opening else None)
            if parts is None:  # the line works without a recogniser: people, or the recorder
                await self._leaving.leave(media, Next.OPERATORS, began.ticket)
                self._outgoing.over(media.call_id, Talk(heard_out=True))
            elif opening is not None:
                await self._hear_once(media, caller, parts, notes, opening)
            elif errand is None:
                if began.purpose is not Purpose.INBOUND:
                    await self._leaving.keep(media)
                opens = straight.GREETING if marked else greeting
                codes = began.purpose is Purpose.INBOUND
                await self._serve(media, caller, parts, notes, opens, straight=marked, codes=codes)
            else:
                await self._ring_back(media, caller, parts, notes, greeting)

    async def _ring_back(
        self, media: Media, caller: Caller, parts: Parts, notes: Transcript, greeting: Reply
    ) -> None:
        """He tells his matter; a machine, or who says nothing, is no person to put through."""
        await self._leaving.keep(media)
        screened = Screened(parts.listens)
        heard = replace(parts, listens=screened)

        async def lives(call_id: str) -> bool:
            return not screened.why and await self._leaving.lives(call_id)

        ended = await self._serve(media, caller, heard, notes, greeting, lives=lives)
        if screened.why:
            await self._leaving.leave(media, Next.BYE, "")
        spoke = not screened.why and (bool(ended.tickets) or ended.outcome in _SPOKE)
        self._outgoing.over(media.call_id, Talk(heard_out=spoke, why=screened.why))

    async def _serve(
        self,
        media: Media,
        caller: Caller,
        parts: Parts,
        notes: Transcript,
        greeting: Reply | None,
        *,
        lives: Callable[[str], Awaitable[bool]] | None = None,
        straight: bool = False,
        codes: bool = False,
    ) -> Ended:
        office = Office(
            receive=self._desk.receive,
            note=notes.heard,
            leave=partial(self._leaving.leave, media),
            lives=lives or self._leaving.lives,
            now=self._desk.runtime.now,
            longest_ms=self._longest_ms,
            contacting=self._contacting(media, caller) if codes else None,
        )
        served = Call(
            caller=caller,
            listens=parts.listens,
            speaks=parts.speaks,
            office=office,
            greeting=greeting,
            straight=straight,
        )
        self._calls[media.call_id] = served
        try:
            ended = await served.run()
        finally:
            del self._calls[media.call_id]
        await self._own.book.ended(ended)
        return ended

    def _contacting(self, media: Media, caller: Caller) -> Contacting:
        return Contacting(
            look=partial(self._own.book.contact, media.call_id, caller.contact),
            relay=partial(self._leaving.relay, media),
        )

    async def _tell(self, media: Media, errand: Errand, notes: Transcript) -> None:
        parts = self._parts(media, notes) or self._parts_for_keys(media, notes)
        told = Telling(
            errand=errand,
            listens=parts.listens,
            speaks=parts.speaks,
            note=notes.heard,
            is_danger=self._is_danger,
            book=self._own.book,
        )
        self._pumps[media.call_id] = told.sounds
        try:
            async with told.sounds.listening():
                held = await told.hold()
                self._outgoing.over(media.call_id, telling.talk_of(held))
                if held.in_danger:  # what we rang for can wait
                    await self._leaving.keep(media)
                    caller = Caller(call_id=media.call_id, contact=errand.to)
                    heard = replace(parts, listens=told.sounds)
                    await self._serve(media, caller, heard, notes, None)
                    return
                where = Next.OPERATORS if held.wants_person else Next.BYE
                await self._leaving.leave(media, where, errand.ticket)
                await self._ended(media, telling.outcome_of(held))
        finally:
            del self._pumps[media.call_id]

    async def _hear_once(
        self, media: Media, caller: Caller, parts: Parts, notes: Transcript, opening: Reply
    ) -> None:
        """His calls are limited; whatever he has to say, no operator's telephone rings for it."""
        sounds = self._pumps[media.call_id] = Pump(parts.listens)
        once = Limited(
            opening=opening,
            sounds=sounds,
            speaks=parts.speaks,
            note=notes.heard,
            understand=self._understood,
        )
        try:
            async with sounds.listening():
                held = await once.hold()
                if held.ordinary:
                    heard = replace(parts, listens=sounds)
                    greeting = None if held.greeted else call.GREETING
                    await self._serve(media, caller, heard, notes, greeting)
                    return
                taken = held.gone and await self._leaving.lives(media.call_id)
                if not held.gone:
                    await self._leaving.leave(media, Next.BYE, "")
                outcome = Outcome.PERSON if taken else Outcome.LIMITED
                await self._ended(media, outcome, reasons.TAKEN_AWAY if taken else held.reason)
        finally:
            del self._pumps[media.call_id]

    async def _ended(self, media: Media, outcome: Outcome, reason: str = "") -> None:
        now = self._desk.runtime.now()
        ended = Ended(call_id=media.call_id, at=now, outcome=outcome, reason=reason)
        await self._own.book.ended(ended)

    async def _understood(self, text: str) -> Understanding:
        return await asyncio.to_thread(self._own.understand, text)

    async def _is_danger(self, text: str) -> bool:
        return (await self._understood(text)).urgency is Urgency.DANGER

    def _parts(
        self, media: Media, notes: Transcript, patience: Patience | None = None
    ) -> Parts | None:
        """Ear and mouth for a call; None where nobody recognises speech."""
        return equipment.of(
            media,
            self.transcriber,
            self._own,
            notes,
            waiting=partial(self._waits, media.call_id),
            asked=partial(self._asked, media.call_id),
            patience=patience,
        )

    def _parts_for_keys(self, media: Media, notes: Transcript) -> Parts:
        waiting = partial(self._waits, media.call_id)
        return equipment.for_keys(media, self._own, notes, waiting=waiting)

    def _waits(self, call_id: str, speaks: Speaks) -> bool:
        """Is it the caller's turn?"""
        served = self._calls.get(call_id)
        return served.waiting if served is not None else not speaks.talking

    def _asked(self, call_id: str) -> bool:
        """Does the caller answer something? Whom we have a result for does."""
        served = self._calls.get(call_id)
        return served is None or served.asks
