"""Asterisk's side of AudioSocket as our tests play it, written from the protocol alone."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Self

from channels.phone.audio.media import Closed, Digit, Event, Media, OnCall, Pcm
from channels.phone.audio.server import AudioSocketServer

END = b"\x00\x00\x00"
SILENCE = bytes(320)


class Peer:
    """One connection; what the server sent lies in `frames` with the time it came."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.frames: list[tuple[float, int, bytes]] = []
        self._listening = asyncio.create_task(self._listen())
        self.reset = False  # was the connection cut off?

    @classmethod
    async def connect(cls, port: int, call_id: str | None = None) -> Self:
        peer = cls(*await asyncio.open_connection("127.0.0.1", port))
        if call_id is not None:
            peer.send(1, uuid.UUID(call_id).bytes)
        return peer

    def send(self, kind: int, payload: bytes = b"") -> None:
        self.write(bytes([kind]) + len(payload).to_bytes(2, "big") + payload)

    def write(self, data: bytes) -> None:
        self._writer.write(data)

    async def speak(self, pcm: bytes, *, every_s: float = 0.02) -> None:
        for start in range(0, len(pcm), 320):
            self.send(0x10, pcm[start : start + 320])
            await asyncio.sleep(every_s)

    def hang_up(self) -> None:
        self._writer.close()

    def die(self) -> None:
        """A reset, as when the process is killed with data unread."""
        import socket
        import struct

        sock: socket.socket = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    def stop_reading(self) -> None:
        """A hung Asterisk: the connection stays, nobody reads it."""
        transport = self._writer.transport
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()

    def read_on(self) -> None:
        transport = self._writer.transport
        assert isinstance(transport, asyncio.Transport)
        transport.resume_reading()

    async def ended(self, within_s: float = 5.0) -> bool:
        """Whether the server ended the connection, and its last frame was the end."""
        async with asyncio.timeout(within_s):
            await asyncio.wait((self._listening,))
        self._writer.close()
        return bool(self.frames) and self.frames[-1][1] == 0

    @property
    def audio(self) -> bytes:
        return b"".join(payload for _, kind, payload in self.frames if kind == 0x10)

    async def _listen(self) -> None:
        try:
            while head := await self._reader.read(3):
                head += await self._reader.readexactly(3 - len(head)) if len(head) < 3 else b""
                payload = await self._reader.readexactly(int.from_bytes(head[1:], "big"))
                self.frames.append((time.monotonic(), head[0], payload))
        except ConnectionError:
            self.reset = True
        except asyncio.IncompleteReadError:
            pass
        finally:
            self._writer.close()


class Service:
    """Serves calls and notes what happened in them."""

    def __init__(self, during: Callable[[Media], Awaitable[None]] | None = None) -> None:
        self._during = during
        self.events: list[Event] = []
        self.calls: list[str] = []
        self.over = asyncio.Event()

    async def __call__(self, media: Media) -> None:
        self.calls.append(media.call_id)
        listening = asyncio.create_task(self._listen(media))
        try:
            if self._during is not None:
                await self._during(media)
            else:
                await listening
        finally:
            await media.close()
            await listening
            self.over.set()

    async def _listen(self, media: Media) -> None:
        async for event in media.events():
            self.events.append(event)

    async def finished(self, within_s: float = 5.0) -> None:
        async with asyncio.timeout(within_s):
            await self.over.wait()

    @property
    def heard(self) -> bytes:
        return b"".join(e.samples for e in self.events if isinstance(e, Pcm) and not e.filled)

    @property
    def digits(self) -> str:
        return "".join(e.digit for e in self.events if isinstance(e, Digit))

    @property
    def end(self) -> str:
        last = self.events[-1]
        assert isinstance(last, Closed)
        return last.reason


@asynccontextmanager
async def serving(
    on_call: OnCall, *, most_calls: int = 4, rate_hz: int = 8000
) -> AsyncIterator[AudioSocketServer]:
    """A server on a port of its own, stopped at the end."""
    server = AudioSocketServer(
        host="127.0.0.1",
        port=0,
        on_call=on_call,
        most_calls=most_calls,
        elapsed=time.monotonic,
        rate_hz=rate_hz,
    )
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
