"""The media WebSocket of newer Asterisks (`chan_websocket`): the same `Media` at 16 kHz, less work.

Asterisk connects for each call, says MEDIA_START, sends samples in binary messages and keeps the
beat of what we send. Its `Dial` names the call: `WebSocket/hotline/c(slin16)v(uuid=...)`; the
password of its `websocket_client.conf`, or `token=` in the address, proves that it is ours.
"""

import asyncio
import base64
import binascii
import hmac
import uuid
from collections.abc import Callable

import structlog
from aiohttp import WSMessage, WSMsgType, web

from channels.phone.audio import signals
from channels.phone.audio.beat import Beat
from channels.phone.audio.calls import Calls
from channels.phone.audio.line import LEAVE_S, Line
from channels.phone.audio.media import Ended, OnCall
from channels.phone.audio.webwire import WebWire

PATH = "/media"
PROTOCOL = "media"
START_S = 5.0  # MEDIA_START comes within this time
LEAD_MS = 200  # so much is sent before it is heard; Asterisk gives it back on FLUSH_MEDIA
MOST_MESSAGE_BYTES = 64 * 1024

_log = structlog.get_logger(__name__)


class WebSocketServer:
    """Listens on `host:port` (0: any free port); at most `most_calls` calls at once."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        token: str,
        on_call: OnCall,
        most_calls: int,
        elapsed: Callable[[], float],
    ) -> None:
        if not token:
            raise ValueError("the media WebSocket needs a token; anybody could be a caller else")
        self._host = host
        self._port = port
        self._token = token.encode()
        self._elapsed = elapsed
        self.calls = Calls(on_call=on_call, most_calls=most_calls)
        self.beat = Beat(elapsed=elapsed)
        self._connections = 0
        self._runner: web.AppRunner | None = None
        self._beating: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The port that it listens on."""
        addresses = self._runner.addresses if self._runner else ()
        return int(addresses[0][1]) if addresses else self._port

    async def start(self) -> None:
        """Listen; OSError when the address is taken."""
        application = web.Application()
        application.router.add_get(PATH, self.answer)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=LEAVE_S)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError:
            await self._runner.cleanup()
            raise
        self._beating = asyncio.create_task(self.beat.run(), name="phone beat")

    async def stop(self) -> None:
        """Take no more calls and end those there are in the normal way."""
        await self.calls.close()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Asterisk's request: 401 without the token, 400 without a call's id, 503 when full.

        Asterisk's Dial fails at once on these, and the dialplan goes on.
        """
        if not hmac.compare_digest(_secret(request), self._token):
            _log.warning("phone.media_refused", problem="wrong or missing token")
            raise web.HTTPUnauthorized
        call_id = _call_id(request.query.get("uuid", ""))
        if not self.calls.admits(self._connections):
            raise web.HTTPServiceUnavailable
        self._connections += 1
        try:
            return await self._serve(request, call_id)
        finally:
            self._connections -= 1

    async def _serve(self, request: web.Request, call_id: str) -> web.StreamResponse:
        socket = web.WebSocketResponse(
            protocols=(PROTOCOL,), compress=False, max_msg_size=MOST_MESSAGE_BYTES, timeout=LEAVE_S
        )
        await socket.prepare(request)
        start = await _start(socket)
        if start is None:
            _log.warning("phone.media_refused", call=call_id, problem="no MEDIA_START as expected")
            await socket.close()
            return socket
        wire = WebWire(socket, transport=request.transport, dialect=start.dialect)
        line = Line(
            call_id=call_id,
            rate_hz=start.rate_hz,
            wire=wire,
            elapsed=self._elapsed,
            lead_ms=LEAD_MS,
            silence=False,
        )
        sending = asyncio.create_task(wire.run(), name=f"media {call_id}")
        if not self.calls.take(line):
            wire.end()
            await asyncio.wait((sending,), timeout=LEAVE_S)
            return socket
        line.begin(self.beat)
        try:
            async for message in socket:
                _take(message, line)
        finally:
            line.gone(Ended.HANGUP, self.beat)
            wire.end()
            await asyncio.wait((sending,), timeout=LEAVE_S)
            sending.cancel()
        return socket


async def _start(socket: web.WebSocketResponse) -> signals.Start | None:
    """What MEDIA_START says; None when something else came, or nothing."""
    try:
        message = await socket.receive(timeout=START_S)
    except TimeoutError:
        return None
    return signals.start(str(message.data)) if message.type is WSMsgType.TEXT else None


def _take(message: WSMessage, line: Line) -> None:
    if message.type is WSMsgType.BINARY:
        samples: bytes = message.data
        if len(samples) % 2:
            line.broken(f"audio of {len(samples)} bytes: half a sample")
        else:
            line.audio(samples)
        return
    if message.type is not WSMsgType.TEXT:
        line.broken(f"a message that breaks the rules of WebSockets: {message.data}")
        return
    match signals.read(str(message.data)):
        case signals.Key(digit=digit):
            line.digit(digit)
        case signals.Wait(waiting=waiting):
            line.hold(waiting)
        case None:
            pass  # STATUS, QUEUE_DRAINED and what later versions may say


def _secret(request: web.Request) -> bytes:
    """The password of basic authentication, else the token in the address."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).partition(b":")[2]
        except binascii.Error:
            return b""
    return request.query.get("token", "").encode()


def _call_id(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise web.HTTPBadRequest(text="uuid= must name the call") from None
