"""The AudioSocket server: Asterisk connects once for each call and gets a `Media` served."""

import asyncio
import socket
import struct
from collections.abc import Callable

import structlog

from channels.phone.audio import audiosocket
from channels.phone.audio.beat import Beat
from channels.phone.audio.calls import Calls
from channels.phone.audio.line import LEAVE_S, Line
from channels.phone.audio.media import FRAME_MS, Ended, OnCall

IDENTITY_S = 5.0  # the first frame says which call it is, within this time
CLOGGED_S = 2.0  # a peer that has read nothing for so long hears nothing either
SEND_BUFFER_BYTES = 64 * 1024  # the system's, of a connection: about a second of small packets
MOST_UNSENT_BYTES = 8 * 1024  # our own behind it, before we wait
BACKLOG = 128
_HANGUP = audiosocket.encode(audiosocket.Hangup())
_AT_ONCE = struct.pack("ii", 1, 0)  # lingers for no time

_log = structlog.get_logger(__name__)


class AudioSocketServer:
    """Listens on `host:port` (0: any free port); at most `most_calls` connections at once.

    A connection beyond these is ended at once in the normal way, so that the dialplan goes on.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        on_call: OnCall,
        most_calls: int,
        elapsed: Callable[[], float],
        rate_hz: int = 8000,
    ) -> None:
        self._host = host
        self._port = port
        self.rate_hz = rate_hz
        self.elapsed = elapsed
        self.calls = Calls(on_call=on_call, most_calls=most_calls)
        self.beat = Beat(elapsed=elapsed)
        self.connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None
        self._beating: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The port that it listens on."""
        sockets = self._server.sockets if self._server else ()
        return int(sockets[0].getsockname()[1]) if sockets else self._port

    async def start(self) -> None:
        """Listen; OSError when the address is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self), self._host, self._port, backlog=BACKLOG
        )
        self._beating = asyncio.create_task(self.beat.run(), name="phone beat")

    async def stop(self) -> None:
        """Take no more calls and end those there are in the normal way."""
        if self._server is not None:
            self._server.close()
        await self.calls.close()
        for connection in tuple(self.connections):
            connection.end()
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)


class _Connection(asyncio.Protocol):
    """One connection, from its first frame to its end; the wire below a `Line`."""

    def __init__(self, server: AudioSocketServer) -> None:
        self._server = server
        self._decoder = audiosocket.Decoder()
        self._header = audiosocket.audio_header(
            server.rate_hz, server.rate_hz * 2 * FRAME_MS // 1000
        )
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._line: Line | None = None
        self._clogged_s: float | None = None  # since when the peer does not read
        self._ending = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        connected: socket.socket = transport.get_extra_info("socket")
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        transport.set_write_buffer_limits(high=MOST_UNSENT_BYTES)
        admitted = self._server.calls.admits(len(self._server.connections))
        self._server.connections.add(self)
        if not admitted:
            self.end()
            return
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(IDENTITY_S, self._refuse, "no call id came")

    def data_received(self, data: bytes) -> None:
        if self._ending:
            return
        for frame in self._decoder.feed(data):
            self._take(frame)
            if self._ending:
                return

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        if self._line is not None:
            # A hang-up while we speak leaves audio unread at the other side, and comes as a reset.
            usual = exc is None or isinstance(exc, ConnectionError)
            self._line.gone(Ended.HANGUP if usual else Ended.LOST, self._server.beat)

    def pause_writing(self) -> None:
        self._clogged_s = self._server.elapsed()
        if self._line is not None:
            self._line.hold(True)

    def resume_writing(self) -> None:
        self._clogged_s = None
        if self._line is not None:
            self._line.hold(False)

    def send(self, frame: bytes) -> None:
        """See `line.Wire`."""
        if self._transport is not None and not self._ending:
            self._transport.write(self._header + frame)

    def take_back(self) -> None:
        """What Asterisk got was heard at once."""

    def beat(self) -> str:
        """See `line.Wire`."""
        if self._clogged_s is not None and self._server.elapsed() - self._clogged_s > CLOGGED_S:
            self.cut()
            return "the other side does not read"
        return ""

    def end(self) -> None:
        """See `line.Wire`."""
        if self._ending or self._transport is None:
            return
        self._ending = True
        self._transport.write(_HANGUP)
        self._transport.close()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(LEAVE_S, self.cut)

    def cut(self) -> None:
        """See `line.Wire`. By a reset: AudioSocket of 20.6 waits for ever after a plain end."""
        self._ending = True
        if self._transport is not None:
            connected: socket.socket = self._transport.get_extra_info("socket")
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self._transport.abort()

    def _take(self, frame: audiosocket.Frame) -> None:
        line = self._line
        if line is None:
            if isinstance(frame, audiosocket.Identity):
                self._begin(frame.call_id)
            else:
                self._refuse(f"the first frame is {type(frame).__name__}, not the call's id")
            return
        match frame:
            case audiosocket.Audio(rate_hz=rate_hz, samples=samples):
                if rate_hz == self._server.rate_hz:
                    line.audio(samples)
                else:
                    line.broken(f"audio of {rate_hz} Hz instead of {self._server.rate_hz}")
            case audiosocket.Key(digit=digit):
                line.digit(digit)
            case audiosocket.Hangup():
                self.end()
            case audiosocket.Failure(code=code):
                line.broken(f"Asterisk reports error {code.hex()}")
            case audiosocket.Broken(problem=problem):
                line.broken(problem)
            case audiosocket.Identity():
                line.broken("a second id in one call")

    def _begin(self, call_id: str) -> None:
        line = Line(
            call_id=call_id, rate_hz=self._server.rate_hz, wire=self, elapsed=self._server.elapsed
        )
        if not self._server.calls.take(line):
            self.end()
            return
        if self._timer is not None:
            self._timer.cancel()
        self._line = line
        line.begin(self._server.beat)

    def _refuse(self, problem: str) -> None:
        _log.warning("phone.connection_refused", problem=problem)
        self.end()
