"""Serves the calls that have come: who it is, what for, an ear and a mouth for each.

Only calls that the exchange has announced are served; whatever else connects goes nowhere.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from channels.channel import Desk
from channels.message import Reply
from channels.phone import call, completeness, ear, survey
from channels.phone.audio.media import Media
from channels.phone.book import Began, Ended, Errand, Outcome, Purpose
from channels.phone.call import Call, Office
from channels.phone.ear import Ear, Sound
from channels.phone.endpointing import Endpointer
from channels.phone.exchange.exchange import Exchange, Next
from channels.phone.exchange.journal import Journal
from channels.phone.mouth import Mouth
from channels.phone.outgoing import Outgoing, Talk
from channels.phone.partners import Telephone
from channels.phone.transcript import Transcript
from channels.phone.window import Caller
from nlp.speech.contract import SpeechFailed, Transcriber
from nlp.speech.voice import VoiceGate

ANNOUNCED_WITHIN_S = 3.0  # the announcement of a call comes before its audio, or a moment later
BOOK_WITHIN_S = 2.0  # a book that takes nothing: people take the call
LIVES_WITHIN_S = 1.0  # the exchange tells of a hang-up a moment after the audio has ended
LOOK_S = 0.05
SURVEY_S = 300.0

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
        self._longest_ms = longest_ms
        self._calls: dict[str, Call] = {}
        self._surveys: dict[str, tuple[asyncio.Queue[Sound], Mouth]] = {}
        self.transcriber: Transcriber | None = None

    @property
    def now(self) -> frozenset[str]:
        """The ids of the calls that are with us."""
        return frozenset((*self._calls, *self._surveys))

    def press(self, call_id: str, digit: str) -> None:
        """A key that the exchange tells of; nothing where the call is not with us."""
        served = self._calls.get(call_id)
        turns, speaks = self._surveys.get(call_id, (None, None))
        if served is not None:
            served.press(digit)
        elif turns is not None and speaks is not None:
            turns.put_nowait(ear.Pressed(digit=digit))
            if digit == survey.PERSON_KEY:
                speaks.hush()

    async def take(self, media: Media) -> None:
        """A call's audio has come; whatever is wrong with us, the dialplan takes the caller on."""
        errand = self._outgoing.errand(media.call_id)
        announced = await self._exchange.wait_caller(media.call_id, ANNOUNCED_WITHIN_S)
        if errand is None and announced is None:
            _log.warning("phone.call_not_announced", call=media.call_id)
            return
        try:
            await self._take(media, announced.number if announced else "", errand)
        finally:
            self._outgoing.over(media.call_id, Talk(heard_out=False))  # where nobody has said it

    async def _take(self, media: Media, shown: str, errand: Errand | None) -> None:
        contact = errand.to if errand else self._journal.contact(shown, media.call_id)
        began = Began(
            call_id=media.call_id,
            contact=contact,
            purpose=errand.purpose if errand else Purpose.INBOUND,
            at=self._desk.runtime.now(),
            ticket=errand.ticket if errand else "",
        )
        async with asyncio.timeout(BOOK_WITHIN_S):
            await self._own.book.began(began)
        async with Transcript(book=self._own.book, call_id=media.call_id) as notes:
            if errand is not None and errand.purpose is not Purpose.CALL_BACK:
                await self._tell(media, errand, notes)
                return
            ticket, greeting = (errand.ticket, errand.reply) if errand else ("", call.GREETING)
            caller = Caller(call_id=media.call_id, contact=contact, ticket=ticket)
            ended = await self._serve(media, caller, greeting, notes)
            spoke = ended is not None and (bool(ended.tickets) or ended.outcome in _SPOKE)
            self._outgoing.over(media.call_id, Talk(heard_out=spoke))

    async def _serve(
        self, media: Media, caller: Caller, greeting: Reply, notes: Transcript
    ) -> Ended | None:
        parts = self._parts(media, notes, waiting=lambda: served.waiting)
        if parts is None:  # the line works without a recogniser: a person takes it, or the recorder
            await self._leave(media)(media.call_id, Next.OPERATORS, "")
            return None
        listens, speaks = parts
        office = Office(
            receive=self._desk.receive,
            note=notes.heard,
            leave=self._leave(media),
            lives=self._lives,
            now=self._desk.runtime.now,
            longest_ms=self._longest_ms,
        )
        served = Call(
            caller=caller, listens=listens, speaks=speaks, office=office, greeting=greeting
        )
        self._calls[media.call_id] = served
        try:
            ended = await served.run()
        finally:
            del self._calls[media.call_id]
        await self._own.book.ended(ended)
        return ended

    async def _lives(self, call_id: str) -> bool:
        """Did the exchange go on with the call? A watchdog that doubted us sent it to a person."""
        elapsed = self._desk.runtime.elapsed
        until = elapsed() + LIVES_WITHIN_S
        while elapsed() < until:
            known = self._exchange.caller(call_id)
            if known is not None and known.passed_on:
                return True
            if not any(each.call_id == call_id for each in self._exchange.calls):
                return False
            await asyncio.sleep(LOOK_S)
        return self._exchange.up

    async def _tell(self, media: Media, errand: Errand, notes: Transcript) -> None:
        parts = self._parts(media, notes, waiting=lambda: not speaks.talking)
        talk, outcome = Talk(heard_out=False), Outcome.FAILED
        turns: asyncio.Queue[Sound] = asyncio.Queue()
        try:
            if parts is None:
                return
            listens, speaks = parts
            self._surveys[media.call_id] = turns, speaks
            asks = errand.purpose is Purpose.FOLLOW_UP
            async with asyncio.timeout(SURVEY_S):
                held = await survey.hold(
                    errand.reply,
                    asks=asks,
                    listens=listens,
                    speaks=speaks,
                    turns=turns,
                    note=_noting(notes),
                )
            talk = Talk(heard_out=held.heard_out, judgement=held.judgement)
            outcome = Outcome.PERSON if held.wants_person else Outcome.SERVED
            where = Next.OPERATORS if held.wants_person else Next.BYE
            await self._leave(media)(media.call_id, where, errand.ticket)
        finally:
            self._surveys.pop(media.call_id, None)
            self._outgoing.over(media.call_id, talk)
            await self._own.book.ended(
                Ended(call_id=media.call_id, at=self._desk.runtime.now(), outcome=outcome)
            )

    def _parts(
        self, media: Media, notes: Transcript, *, waiting: Callable[[], bool]
    ) -> tuple[Ear, Mouth] | None:
        """Ear and mouth for a call; None where nobody recognises speech."""
        if self.transcriber is None:
            return None
        try:
            recognition = self.transcriber.listen(media.rate_hz)
        except SpeechFailed as failure:
            _log.warning("phone.no_recognition", call=media.call_id, reason=str(failure))
            return None

        listens = Ear(
            media=media,
            recognition=recognition,
            gate=VoiceGate(media.rate_hz),
            endpointer=Endpointer(),
            complete=self._complete,
            waiting=waiting,
        )
        speaks = Mouth(
            media=media,
            voice=self._own.voice,
            speak=self._own.speak,
            note=notes.add,
            now_ms=lambda: listens.now_ms,
        )
        return listens, speaks

    def _leave(self, media: Media) -> Callable[[str, Next, str], Awaitable[None]]:
        async def leave(call_id: str, where: Next, heard: str) -> None:
            if not await self._exchange.set_next(call_id, where, heard):
                _log.warning("phone.next_unknown", call=call_id, wanted=where.value)
            await media.close()

        return leave

    async def _complete(self, text: str) -> bool:
        """In a thread: understanding takes as long as two frames, and frames must not wait."""
        said = await asyncio.to_thread(self._own.understand, text)
        return completeness.stands(said)


def _noting(notes: Transcript) -> survey.Note:
    async def note(said: ear.Utterance) -> None:
        notes.heard(said)

    return note
