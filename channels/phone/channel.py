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
from channels.phone import number
from channels.phone.audio.server import AudioSocketServer
from channels.phone.audio.websocket import WebSocketServer
from channels.phone.exchange.exchange import Exchange
from channels.phone.exchange.journal import Journal
from channels.phone.exchange.situation import Situation
from channels.phone.kinds import telling
from channels.phone.outgoing import Outgoing
from channels.phone.partners import Telephone
from channels.phone.pulse import Pulse
from channels.phone.serving import Serving
from config.sections import Phone

ERRAND_IDLE_S = 20.0
ALARM_IDLE_S = 5.0
HOUSEKEEPING_IDLE_S = 30.0
STAND_BY_S = 5.0

_TOLD = frozenset(
    {
        *("result", "command_danger", "worker_dispatched", "worker_result"),
        *("worker_released", "worker_supplemented"),
    }
)
_log = structlog.get_logger(__name__)


class PhoneChannel(Channel):
    """The telephone line that residents ring."""

    name = "phone"
    schemes = (number.SCHEME,)

    def __init__(self, settings: Phone, desk: Desk, telephone: Telephone) -> None:
        self._settings = settings
        self._desk = desk
        self._own = telephone
        # Asterisk has left a note, a recording; a recording is kept, and may have to become text.
        self._wakes = (asyncio.Event(), asyncio.Event(), asyncio.Event())
        self._here = False  # do we have the line, or another process?
        self._journal = Journal(
            book=self._own.book,
            runtime=desk.runtime,
            area_code=settings.area_code,
            missed=self._wake,
            pressed=lambda call_id, digit: self._serving.press(call_id, digit),
        )
        self._pulse = Pulse(self._own.answers)
        self._exchange = Exchange(
            settings,
            desk.runtime,
            on_happening=self._journal.take,
            willing=lambda: self._pulse.beats,
        )
        self._outgoing = Outgoing(
            exchange=self._exchange,
            book=self._own.book,
            new_call_id=lambda: str(uuid.uuid4()),
            talk_s=max(telling.LONGEST_S, settings.call_minutes * 60) + 60,
        )
        self._serving = Serving(
            desk=desk,
            telephone=self._own,
            exchange=self._exchange,
            journal=self._journal,
            outgoing=self._outgoing,
            longest_ms=int(settings.call_minutes * 60_000),
        )

    def routes(self) -> Sequence[web.RouteDef]:
        """None: Asterisk has servers of its own."""
        return []

    async def run(self) -> None:
        """Be there for Asterisk until cancelled.

        Of several processes the one that has the port serves the line; the others stand by. The
        exchange is told last that we are there: until then callers go to the operators.
        """
        server = await self._server_of_ours()
        self._here = True
        try:
            self._serving.transcriber = await self._own.transcriber()
            await self._own.voice.start()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._journal.run())
                group.create_task(self._pulse.run())
                group.create_task(self._exchange.run())
                group.create_task(self._errands(alarms_only=False))
                group.create_task(self._errands(alarms_only=True))
                group.create_task(self._rounds(self._missed, self._wakes[0]))
                group.create_task(self._rounds(self._housekeeping, self._wakes[1]))
                group.create_task(self._rounds(self._transcribe, self._wakes[2]))
        finally:
            self._here = False
            await server.stop()
            await self._own.voice.close()
            if self._serving.transcriber is not None:
                await self._serving.transcriber.close()

    async def send(self, to: Contact, reply: Reply) -> str:
        """A notice on the telephone is a call that we owe; small ones are not worth a call."""
        if reply.key not in _TOLD:
            return "not rung for this"
        if not number.to_dial(to):
            raise SendError("this number cannot be dialled", permanent=True)
        return await self._own.book.plan(to, reply)

    def health(self) -> dict[str, Any]:
        """Whether Asterisk is there, how many calls, which recogniser; as this process knows."""
        stands = self.situation()
        return {
            "here": stands.here,
            "asterisk": stands.version if stands.up else "away",
            "calls": len(stands.with_us),
            "recogniser": stands.recogniser or "none",
            "operators": len(stands.operators),
            "waiting": len(stands.waiting),
        }

    def situation(self) -> Situation:
        """How the line stands, for those who answer it."""
        return Situation(
            up=self._exchange.up,
            here=self._here,
            calls=self._exchange.calls,
            waiting=self._exchange.waiting,
            operators=self._exchange.operators,
            with_us=self._serving.now,
            version=self._exchange.version,
            recogniser=self._serving.transcriber.name if self._serving.transcriber else "",
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
                on_call=self._serving.take,
                most_calls=settings.most_calls,
                elapsed=self._desk.runtime.elapsed,
            )
        return AudioSocketServer(
            host=settings.media_host,
            port=settings.media_port,
            on_call=self._serving.take,
            most_calls=settings.most_calls,
            elapsed=self._desk.runtime.elapsed,
        )

    async def _errands(self, *, alarms_only: bool) -> None:
        while True:
            try:
                busy = await self._outgoing.step(alarms_only=alarms_only)
            except Exception:
                _log.exception("phone.errand_loop_failed")
                busy = False
            if not busy:
                await asyncio.sleep(ALARM_IDLE_S if alarms_only else ERRAND_IDLE_S)

    async def _missed(self) -> bool:
        busy = await self._own.missed()
        if busy:
            self._wakes[1].set()  # what they left can be taken in now
        return busy

    async def _housekeeping(self) -> bool:
        busy = await self._own.housekeeping()
        if busy:
            self._wakes[2].set()
        return busy

    async def _transcribe(self) -> bool:
        return await self._own.transcribe(self._serving.transcriber)

    def _wake(self) -> None:
        for wake in self._wakes[:2]:
            wake.set()

    async def _rounds(self, step: Callable[[], Awaitable[bool]], wake: asyncio.Event) -> None:
        """Again and again; at once where there may be more, or Asterisk has left something."""
        while True:
            wake.clear()
            try:
                busy = await step()
            except Exception:
                _log.exception("phone.round_failed")
                busy = False
            if not busy:
                with suppress(TimeoutError):
                    async with asyncio.timeout(HOUSEKEEPING_IDLE_S):
                        await wake.wait()
