"""What we send through a media WebSocket: frames in batches, commands, all of it bounded."""

import asyncio

from aiohttp import web

from channels.phone.audio import signals
from channels.phone.audio.line import LEAVE_S

BATCH_FRAMES = 5  # frames to a message; the lead is longer, so that Asterisk never runs dry
MOST_UNSENT = 64  # messages that wait for the connection
SEND_S = 2.0


class WebWire:
    """Commands and frames on their way to Asterisk; implements `line.Wire`."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        *,
        transport: asyncio.Transport | None,
        dialect: signals.Dialect,
    ) -> None:
        self._socket = socket
        self._transport = transport
        self._dialect = dialect
        self._frames: list[bytes] = []
        self._beats = 0  # that the oldest frame has waited
        self._unsent: asyncio.Queue[bytes | str | None] = asyncio.Queue(MOST_UNSENT)
        self._ending = False
        self._problem = ""

    async def run(self) -> None:
        """Send until the end was sent."""
        try:
            while (message := await self._unsent.get()) is not None:
                async with asyncio.timeout(SEND_S):
                    if isinstance(message, str):
                        await self._socket.send_str(message)
                    else:
                        await self._socket.send_bytes(message)
            await self._socket.close()
        except (ConnectionError, TimeoutError) as error:
            self._problem = str(error) or "the other side does not read"

    def send(self, frame: bytes) -> None:
        """See `line.Wire`."""
        self._frames.append(frame)

    def take_back(self) -> None:
        """See `line.Wire`."""
        self._frames.clear()
        self._put(self._dialect.command(signals.FLUSH))

    def beat(self) -> str:
        """See `line.Wire`."""
        if self._frames:
            self._beats += 1
            if len(self._frames) >= BATCH_FRAMES or self._beats >= BATCH_FRAMES:
                self._put(b"".join(self._frames))
                self._frames.clear()
        if not self._frames:
            self._beats = 0
        return self._problem

    def end(self) -> None:
        """See `line.Wire`."""
        if self._ending:
            return
        self._put(self._dialect.command(signals.HANGUP))
        self._ending = True
        if self._unsent.full():
            self._unsent.get_nowait()
        self._unsent.put_nowait(None)
        asyncio.get_running_loop().call_later(LEAVE_S, self.cut)

    def cut(self) -> None:
        """See `line.Wire`."""
        self._ending = True
        if self._transport is not None:
            self._transport.abort()

    def _put(self, message: bytes | str) -> None:
        if self._ending:
            return
        if self._unsent.full():
            self._problem = "the other side does not read"
        else:
            self._unsent.put_nowait(message)
