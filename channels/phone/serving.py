"""Serves the calls that have come: who it is, what for, an ear and a mouth for each."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from channels.channel import Desk
from channels.message import Contact, Reply
from channels.phone import call, ear, number, survey, transcript
from channels.phone.audio.media import Media
from channels.phone.book import Began, Ended, Errand, Outcome, Purpose, SpokenLine
from channels.phone.call import Call, Office
from channels.phone.ear import Ear, Sound
from channels.phone.endpointing import Endpointer
from channels.phone.exchange.exchange import Exchange, Next
from channels.phone.exchange.journal import Journal
from channels.phone.mouth import Mouth
from channels.phone.outgoing import Outgoing, Talk
from channels.phone.partners import Telephone
from channels.phone.window import Caller
from nlp.speech.contract import SpeechFailed, Transcriber
from nlp.speech.voice import VoiceGate
from nlp.understanding import RequestKind, Understanding

ANNOUNCED_WITHIN_S = 1.0  # the announcement of a call comes before its audio, or a moment later
SURVEY_S = 300.0
SURE = 0.5

_STANDS_ALONE = frozenset(
    {
        RequestKind.YES,
        RequestKind.NO,
        RequestKind.PERSON,
        RequestKind.PROGRESS,
        RequestKind.REPEAT,
        RequestKind.SLOWER,
        RequestKind.WAIT,
        RequestKind.GOODBYE,
    }
)
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
        self._surveys: dict[str, asyncio.Queue[Sound]] = {}
        self.transcriber: Transcriber | None = None

    @property
    def now(self) -> frozenset[str]:
        """The ids of the calls that are with us."""
        return frozenset((*self._calls, *self._surveys))

    def press(self, call_id: str, digit: str) -> None:
        """A key that the exchange tells of; nothing where the call is not with us."""
        served = self._calls.get(call_id)
        asked = self._surveys.get(call_id)
        if served is not None:
            served.press(digit)
        elif asked is not None:
            asked.put_nowait(ear.Pressed(digit=digit))

    async def take(self, media: Media) -> None:
        """A call's audio has come; whatever is wrong with us, the dialplan takes the caller on."""
        errand = self._outgoing.errand(media.call_id)
        announced = await self._exchange.wait_caller(media.call_id, ANNOUNCED_WITHIN_S)
        shown = announced.number if announced else ""
        contact = errand.to if errand else self._journal.contact(shown, media.call_id)
        await self._own.book.began(
            Began(
                call_id=media.call_id,
                contact=contact,
                purpose=errand.purpose if errand else Purpose.INBOUND,
                at=self._desk.runtime.now(),
                ticket=errand.ticket if errand else "",
            )
        )
        caller = Caller(call_id=media.call_id, contact=contact)
        if errand is None:
            await self._serve(media, caller, call.GREETING)
        elif errand.purpose is Purpose.CALL_BACK:
            ended = await self._serve(media, replace(caller, ticket=errand.ticket), errand.reply)
            spoke = ended is not None and (bool(ended.tickets) or ended.outcome in _SPOKE)
            self._outgoing.over(media.call_id, Talk(heard_out=spoke))
        else:
            await self._tell(media, errand)

    async def _serve(self, media: Media, caller: Caller, greeting: Reply) -> Ended | None:
        parts = self._parts(media, waiting=lambda: served.waiting)
        if parts is None:
            await self._no_recogniser(media)
            return None
        listens, speaks = parts
        office = Office(
            receive=self._desk.receive,
            book=self._own.book,
            leave=self._leave(media),
            now=self._desk.runtime.now,
            longest_ms=self._longest_ms,
            who=self._who,
        )
        served = Call(
            caller=caller, listens=listens, speaks=speaks, office=office, greeting=greeting
        )
        self._calls[media.call_id] = served
        try:
            ended = await served.run()
            await self._own.book.ended(ended)
            return ended
        finally:
            del self._calls[media.call_id]

    def _who(self, caller: Caller) -> Contact:
        """The announcement of a call may come after its audio."""
        announced = self._exchange.caller(caller.call_id)
        if caller.contact.scheme == number.SCHEME or announced is None:
            return caller.contact
        return self._journal.contact(announced.number, caller.call_id)

    async def _tell(self, media: Media, errand: Errand) -> None:
        parts = self._parts(media, waiting=lambda: not speaks.talking)
        talk, outcome = Talk(heard_out=False), Outcome.FAILED
        turns = self._surveys[media.call_id] = asyncio.Queue()
        try:
            if parts is None:
                return
            listens, speaks = parts
            asks = errand.purpose is Purpose.FOLLOW_UP
            async with asyncio.timeout(SURVEY_S):
                held = await survey.hold(
                    errand.reply,
                    asks=asks,
                    listens=listens,
                    speaks=speaks,
                    turns=turns,
                    note=self._note(media),
                )
            talk = Talk(heard_out=held.heard_out, judgement=held.judgement)
            outcome = Outcome.PERSON if held.wants_person else Outcome.SERVED
            where = Next.OPERATORS if held.wants_person else Next.BYE
            await self._leave(media)(media.call_id, where, errand.ticket)
        finally:
            del self._surveys[media.call_id]
            self._outgoing.over(media.call_id, talk)
            await self._own.book.ended(
                Ended(call_id=media.call_id, at=self._desk.runtime.now(), outcome=outcome)
            )

    def _note(self, media: Media) -> survey.Note:
        async def note(said: ear.Utterance) -> None:
            await self._own.book.spoken(media.call_id, transcript.line_of(said))

        return note

    def _parts(self, media: Media, *, waiting: Callable[[], bool]) -> tuple[Ear, Mouth] | None:
        """Ear and mouth for a call; None where nobody recognises speech."""
        if self.transcriber is None:
            return None
        try:
            recognition = self.transcriber.listen(media.rate_hz)
        except SpeechFailed as failure:
            _log.warning("phone.no_recognition", call=media.call_id, reason=str(failure))
            return None

        async def note(line: SpokenLine) -> None:
            await self._own.book.spoken(media.call_id, line)

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
            note=note,
            now_ms=lambda: listens.now_ms,
        )
        return listens, speaks

    async def _no_recogniser(self, media: Media) -> None:
        """The line works without one: a person takes the call, or the recorder."""
        await self._leave(media)(media.call_id, Next.OPERATORS, "")

    def _leave(self, media: Media) -> Callable[[str, Next, str], Awaitable[None]]:
        async def leave(call_id: str, where: Next, heard: str) -> None:
            if not await self._exchange.set_next(call_id, where, heard):
                _log.warning("phone.next_unknown", call=call_id, wanted=where.value)
            await media.close()

        return leave

    def _complete(self, text: str) -> bool:
        return complete(self._own.understand(text))


def complete(said: Understanding) -> bool:
    """Can the words stand by themselves, so that the answer need not wait for more?"""
    if said.kind in _STANDS_ALONE:
        return True
    best = said.categories[0].confidence if said.categories else 0.0
    return best >= SURE and bool(said.places)
