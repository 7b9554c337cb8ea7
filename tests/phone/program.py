"""A program at the other end of the audio: ours in small, and ones that do it wrong."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

from channels.phone.audio.media import Digit, Media, Pcm
from channels.phone.audio.server import AudioSocketServer
from channels.phone.audio.websocket import WebSocketServer
from channels.phone.exchange.exchange import Exchange
from config import runtime
from config.sections import Phone

MOST_CALLS = 50


class Talk:
    """One call as the program sees it."""

    def __init__(self, media: Media) -> None:
        self.media = media
        self.heard = bytearray()
        self.digits: list[str] = []
        self.ended = asyncio.Event()
        self.leave = asyncio.Event()

    async def run(self) -> None:
        reading = asyncio.create_task(self._read())
        leaving = asyncio.create_task(self.leave.wait())
        await asyncio.wait({reading, leaving}, return_when=asyncio.FIRST_COMPLETED)
        await self.media.close()
        await asyncio.wait({reading}, timeout=2)
        leaving.cancel()
        self.ended.set()

    async def _read(self) -> None:
        async for event in self.media.events():
            if isinstance(event, Pcm):
                self.heard += event.samples
            elif isinstance(event, Digit):
                self.digits.append(event.digit)


Talks = asyncio.Queue[Talk]


def by_settings(phone: Phone) -> AbstractAsyncContextManager[Talks]:
    """Our server for the audio, as an installation's settings say; calls are put into the queue."""
    if phone.media == "audiosocket":
        return audiosocket(phone.media_port, phone.most_calls)
    made = partial(
        WebSocketServer, port=phone.media_port, token=phone.media_token.get_secret_value()
    )
    return _served(made, phone.most_calls)


def audiosocket(port: int, most_calls: int = MOST_CALLS) -> AbstractAsyncContextManager[Talks]:
    """Our server of AudioSocket."""
    return _served(partial(AudioSocketServer, port=port), most_calls)


@asynccontextmanager
async def _served(
    made: Callable[..., AudioSocketServer | WebSocketServer], most_calls: int
) -> AsyncIterator[Talks]:
    talks: Talks = asyncio.Queue()

    async def on_call(media: Media) -> None:
        talk = Talk(media)
        talks.put_nowait(talk)
        await talk.run()

    server = made(
        host="127.0.0.1", on_call=on_call, most_calls=most_calls, elapsed=runtime.system().elapsed
    )
    await server.start()
    try:
        yield talks
    finally:
        await server.stop()


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readexactly(19)
    writer.close()


async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readexactly(19 + 323 * 10)
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def raves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readexactly(19 + 323 * 10)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 40)
    await asyncio.sleep(60)


@asynccontextmanager
async def serving(serve: Serve, port: int) -> AsyncIterator[None]:
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await serve(reader, writer)
        except (asyncio.CancelledError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def beat_until_up(exchange: Exchange) -> asyncio.Task[None]:
    """Keep the exchange connected in the background."""
    task = asyncio.create_task(exchange.run())
    async with asyncio.timeout(10):
        while not exchange.up:
            await asyncio.sleep(0.02)
    return task
