"""The telephone channel: calls from Asterisk are served, calls that we owe are made."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import structlog
from aiohttp import web

from channels.channel import Channel, Desk
from channels.message import Contact, Reply, SendError
from channels.phone import call, ear, number, survey
from channels.phone.book import Began, Ended, Errand, Outcome, Purpose, SpokenLine
from channels.phone.call import Call, Caller, Office
from channels.phone.ear import Ear
from channels.phone.endpointing import Endpointer
from channels.phone.exchange import Exchange, Next
from channels.phone.journal import Journal
from channels.phone.media import Media
from channels.phone.mouth import Mouth
from channels.phone.outgoing import Outgoing, Talk
from channels.phone.partners import Telephone
from channels.phone.server import AudioSocketServer
from channels.phone.situation import Situation
from channels.phone.websocket import WebSocketServer
from config.sections import Phone
from nlp.speech import SpeechFailed, Transcriber
from nlp.understanding import RequestKind, Understanding
from nlp.voice import VoiceGate

ANNOUNCED_WITHIN_S = 1.0  # the announcement of a call comes before its audio, or a moment later
ERRAND_IDLE_S = 20.0
HOUSEKEEPING_IDLE_S = 30.0
STAND_BY_S = 5.0
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
_TOLD = frozenset({"result", "worker_dispatched", "worker_result", "silence_ticket"})
_log = structlog.get_logger(__name__)


class PhoneChannel(Channel):
    """The line 4569899."""

    name = "phone"
    schemes = (number.SCHEME,)

    def __init__(self, settings: Phone, desk: Desk) -> None:
        if desk.telephone is None:
            raise ValueError("the phone channel needs the telephone's side of the desk")
        self._settings = settings
        self._desk = desk
        self._own: Telephone = desk.telephone
        self._wake = asyncio.Event()  # Asterisk has left a recording
        self._journal = Journal(
            book=self._own.book,
            runtime=desk.runtime,
            area_code=settings.area_code,
            missed=self._wake.set,
            pressed=self._pressed,
        )
        self._exchange = Exchange(settings, desk.runtime, on_happening=self._journal.take)
        self._outgoing = Outgoing(
            exchange=self._exchange,
            book=self._own.book,
            new_call_id=lambda: str(uuid.uuid4()),
            talk_s=max(SURVEY_S, settings.call_minutes * 60) + 60,
        )
        self._transcriber: Transcriber | None = None
        self._calls: dict[str, Call] = {}

    def routes(self) -> Sequence[web.RouteDef]:
        """None: Asterisk has servers of its own."""
        return []

    async def run(self) -> None:
        """Be there for Asterisk until cancelled.

        Of several processes the one that has the port serves the line; the others stand by. The
        exchange is told last that we are there: until then callers go to the operators.
        """
        server = await self._server_of_ours()
        try:
            self._transcriber = await self._own.transcriber()
            await self._own.voice.start()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._journal.run())
                group.create_task(self._exchange.run())
                group.create_task(self._errands())
                group.create_task(self._housekeeping())
        finally:
            await server.stop()
            await self._own.voice.close()
            if self._transcriber is not None:
                await self._transcriber.close()

    async def send(self, to: Contact, reply: Reply) -> str:
        """A notice on the telephone is a call that we owe; small ones are not worth a call."""
        if reply.key not in _TOLD:
            return "not rung for this"
        if not number.to_dial(to):
            raise SendError("this number cannot be dialled", permanent=True)
        return await self._own.book.plan(to, reply)

    def health(self) -> dict[str, Any]:
        """Whether Asterisk is there, how many calls, and which recogniser."""
        return {
            "asterisk": self._exchange.version if self._exchange.up else "away",
            "calls": len(self._calls),
            "recogniser": self._transcriber.name if self._transcriber else "none",
            "operators": len(self._exchange.operators),
            "waiting": len(self._exchange.waiting),
        }

    def situation(self) -> Situation:
        """How the line stands, for those who answer it."""
        return Situation(
            up=self._exchange.up,
            calls=self._exchange.calls,
            waiting=self._exchange.waiting,
            operators=self._exchange.operators,
            with_us=frozenset(self._calls),
        )

    async def _server_of_ours(self) -> AudioSocketServer | WebSocketServer:
        said = False
        while True:
            server = self._server()
            try:
                await server.start()
                return server
            except OSError as taken:
                if not said:
                    _log.info("phone.stands_by", reason=str(taken))
                said = True
                await asyncio.sleep(STAND_BY_S)

    def _server(self) -> AudioSocketServer | WebSocketServer:
        settings = self._settings
        if settings.media == "websocket":
            return WebSocketServer(
                host=settings.media_host,
                port=settings.media_port,
                token=settings.media_token.get_secret_value(),
                on_call=self._on_call,
                most_calls=settings.most_calls,
                elapsed=self._desk.runtime.elapsed,
            )
        return AudioSocketServer(
            host=settings.media_host,
            port=settings.media_port,
            on_call=self._on_call,
            most_calls=settings.most_calls,
            elapsed=self._desk.runtime.elapsed,
        )

    async def _on_call(self, media: Media) -> None:
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
        if errand is None:
            await self._serve(media, contact, call.GREETING)
        elif errand.purpose is Purpose.CALL_BACK:
            ended = await self._serve(media, contact, errand.reply)
            spoke = ended is not None and (bool(ended.tickets) or ended.outcome in _SPOKE)
            self._outgoing.over(media.call_id, Talk(heard_out=spoke))
        else:
            await self._tell(media, errand)

    async def _serve(self, media: Media, contact: Contact, greeting: Reply) -> Ended | None:
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
            longest_ms=int(self._settings.call_minutes * 60_000),
            who=self._who,
        )
        caller = Caller(call_id=media.call_id, contact=contact)
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
        try:
            if parts is None:
                return
            listens, speaks = parts
            asks = errand.purpose is Purpose.FOLLOW_UP
            async with asyncio.timeout(SURVEY_S):
                held = await survey.hold(
                    errand.reply, asks=asks, listens=listens, speaks=speaks, note=self._note(media)
                )
            talk = Talk(heard_out=held.heard_out, judgement=held.judgement)
            outcome = Outcome.PERSON if held.wants_person else Outcome.SERVED
            where = Next.OPERATORS if held.wants_person else Next.BYE
            await self._leave(media)(media.call_id, where, errand.ticket)
        finally:
            self._outgoing.over(media.call_id, talk)
            await self._own.book.ended(
                Ended(call_id=media.call_id, at=self._desk.runtime.now(), outcome=outcome)
            )

    def _note(self, media: Media) -> survey.Note:
        async def note(said: ear.Utterance) -> None:
            await self._own.book.spoken(media.call_id, call.line_of(said))

        return note

    def _parts(self, media: Media, *, waiting: Callable[[], bool]) -> tuple[Ear, Mouth] | None:
        """Ear and mouth for a call; None where nobody recognises speech."""
        if self._transcriber is None:
            return None
        try:
            recognition = self._transcriber.listen(media.rate_hz)
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
            speak=self._desk.speak or self._desk.render,
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

    def _pressed(self, call_id: str, digit: str) -> None:
        served = self._calls.get(call_id)
        if served is not None:
            served.press(digit)

    async def _errands(self) -> None:
        while True:
            try:
                busy = await self._outgoing.step()
            except Exception:
                _log.exception("phone.errand_loop_failed")
                busy = False
            if not busy:
                await asyncio.sleep(ERRAND_IDLE_S)

    async def _housekeeping(self) -> None:
        while True:
            self._wake.clear()
            try:
                busy = await self._own.housekeeping(self._transcriber)
            except Exception:
                _log.exception("phone.housekeeping_failed")
                busy = False
            if not busy:
                with suppress(TimeoutError):
                    async with asyncio.timeout(HOUSEKEEPING_IDLE_S):
                        await self._wake.wait()


def complete(said: Understanding) -> bool:
    """Can the words stand by themselves, so that the answer need not wait for more?"""
    if said.kind in _STANDS_ALONE:
        return True
    best = said.categories[0].confidence if said.categories else 0.0
    return best >= SURE and bool(said.places)
