"""What a call's audio costs: `python -m tests.bench.media [--seconds 20] [--calls 10 50 ...]`.

A server in one process, callers in another; each call is spoken to and speaks all the time. Beside
our AudioSocket and WebSocket servers stands a bare server of a few lines, which does nothing with
what it hears and has a task for each call. `late` are frames that reached the caller more than
40 ms after the one before; loss is what did not come at all.
"""

import argparse
import asyncio
import multiprocessing
import resource
import time
import uuid
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection

from aiohttp import ClientSession, WSMsgType

from channels.phone.audio.media import Media, Pcm
from channels.phone.audio.server import AudioSocketServer
from channels.phone.audio.websocket import WebSocketServer
from tests.bench import table

FRAME = bytes([0x10, 0x01, 0x40]) + b"\x05\x00" * 160
TOKEN = "bench"
LATE_S = 0.04
Figures = tuple[int, int, float]  # frames that came, late ones, the longest gap in seconds


class Bare(asyncio.Protocol):
    """The least that speaks AudioSocket: for comparison only."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._buffer, self._frames = transport, bytearray(), 0
        self._task = asyncio.ensure_future(self._play())

    def data_received(self, data: bytes) -> None:
        buffer, start = self._buffer, 0
        buffer += data
        while len(buffer) - start >= 3:
            end = start + 3 + (buffer[start + 1] << 8 | buffer[start + 2])
            if end > len(buffer):
                break
            self._frames, start = self._frames + 1, end
        del buffer[:start]

    def connection_lost(self, exc: Exception | None) -> None:
        self._task.cancel()

    async def _play(self) -> None:
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:
            self._transport.write(FRAME)
            due_s += 0.02
            await asyncio.sleep(max(0.0, due_s - loop.time()))


async def talk(media: Media) -> None:
    """Speak all the time and listen to everything."""

    async def speak() -> None:
        while await media.play(b"\x05\x00" * media.rate_hz * 60):
            pass

    speaking = asyncio.create_task(speak())
    async for event in media.events():
        if isinstance(event, Pcm):
            len(event.samples)
    speaking.cancel()


async def _bare() -> int:
    server = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", 0, backlog=512)
    return int(server.sockets[0].getsockname()[1])


async def _audiosocket() -> int:
    server = AudioSocketServer(
        host="127.0.0.1", port=0, on_call=talk, most_calls=500, elapsed=time.monotonic
    )
    await server.start()
    return server.port


async def _websocket() -> int:
    server = WebSocketServer(
        host="127.0.0.1", port=0, token=TOKEN, on_call=talk, most_calls=500, elapsed=time.monotonic
    )
    await server.start()
    return server.port


SERVERS: dict[str, Callable[[], Awaitable[int]]] = {
    "bare AudioSocket": _bare,
    "AudioSocket": _audiosocket,
    "WebSocket 16 kHz": _websocket,
}


def _serve(kind: str, pipe: Connection) -> None:
    async def serve() -> None:
        kept = SERVERS[kind]
        pipe.send(await kept())
        loop = asyncio.get_running_loop()
        while await loop.run_in_executor(None, pipe.recv):
            used = resource.getrusage(resource.RUSAGE_SELF)
            pipe.send(used.ru_utime + used.ru_stime)

    asyncio.run(serve())


def _call(kind: str, port: int, calls: int, seconds: float, pipe: Connection) -> None:
    callers = _web_callers if kind.startswith("WebSocket") else _callers
    pipe.send(asyncio.run(callers(port, calls, seconds)))


class Caller(asyncio.Protocol):
    """Counts what comes, as cheaply as can be: the caller must not be what is measured."""

    def __init__(self) -> None:
        self.bytes = self.late = 0
        self.longest = self.last_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"\x01\x00\x10" + uuid.uuid4().bytes)

    def data_received(self, data: bytes) -> None:
        now_s = time.monotonic()
        gap_s = now_s - (self.last_s or now_s)
        self.bytes += len(data)
        self.late += gap_s > LATE_S
        self.longest = max(self.longest, gap_s)
        self.last_s = now_s


async def _callers(port: int, calls: int, seconds: float) -> list[Figures]:
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(Caller, "127.0.0.1", port) for _ in range(calls)]
    callers = [caller for _, caller in made]
    await asyncio.sleep(1)
    for caller in callers:
        caller.bytes, caller.late, caller.longest, caller.last_s = 0, 0, 0.0, 0.0
    begin_s = due_s = time.monotonic()
    beat = 0
    while due_s < begin_s + seconds:  # a quarter of them speaks every 5 ms
        for caller in callers[beat % 4 :: 4]:
            caller.transport.write(FRAME)
        beat += 1
        due_s = begin_s + beat * 0.005
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))
    figures = [(each.bytes // len(FRAME), each.late, each.longest) for each in callers]
    for caller in callers:
        caller.transport.abort()
    return figures


async def _web_callers(port: int, calls: int, seconds: float) -> list[Figures]:
    begin_s = time.monotonic() + 1
    waits = (begin_s + n * 0.02 / calls for n in range(calls))
    return await asyncio.gather(*(_web_caller(port, at, seconds) for at in waits))


async def _web_caller(port: int, begin_s: float, seconds: float) -> Figures:
    """Its frames come ahead of time in batches: late is what would leave Asterisk dry."""
    address = f"http://127.0.0.1:{port}/media?token={TOKEN}&uuid={uuid.uuid4()}"
    async with ClientSession() as session, session.ws_connect(address) as socket:
        await socket.send_str("MEDIA_START format:slin16 optimal_frame_size:640")

        async def speak() -> None:
            due_s = begin_s
            while True:
                await asyncio.sleep(max(0.0, due_s - time.monotonic()))
                await socket.send_bytes(b"\x05\x00" * 320)
                due_s += 0.02

        speaking = asyncio.create_task(speak())
        frames, late, longest, first_s = 0, 0, 0.0, 0.0
        while time.monotonic() < begin_s + seconds:
            message = await socket.receive()
            if message.type is not WSMsgType.BINARY:
                break
            now_s = time.monotonic()
            first_s = first_s or now_s
            dry_s = now_s - first_s - frames * 0.02 if frames else 0.0
            late, longest = late + (dry_s > 0), max(longest, dry_s)
            frames += len(message.data) // 640
        speaking.cancel()
        return frames, late, longest


def measure(kind: str, calls: int, seconds: float) -> tuple[object, ...]:
    """A row of the table."""
    spawn = multiprocessing.get_context("spawn")
    server_pipe, at_server = spawn.Pipe()
    caller_pipe, at_caller = spawn.Pipe()
    server = spawn.Process(target=_serve, args=(kind, at_server), daemon=True)
    server.start()
    port = server_pipe.recv()
    callers = spawn.Process(target=_call, args=(kind, port, calls, seconds, at_caller), daemon=True)
    callers.start()
    time.sleep(3)
    server_pipe.send(True)
    before, began_s = server_pipe.recv(), time.monotonic()
    time.sleep(max(1.0, seconds - 4))
    server_pipe.send(True)
    share = 100 * (server_pipe.recv() - before) / (time.monotonic() - began_s)
    figures: list[Figures] = caller_pipe.recv()
    callers.join()
    server.terminate()
    frames = sum(each[0] for each in figures)
    due = calls * seconds * 50
    late = sum(each[1] for each in figures)
    return (
        kind,
        calls,
        share,
        share / calls,
        f"{max(0.0, 100 * (1 - frames / due)):.2f}",
        f"{100 * late / max(frames, 1):.3f}",
        round(1000 * max(each[2] for each in figures)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--calls", type=int, nargs="+", default=[10, 50, 100, 150, 200])
    given = parser.parse_args()
    rows = [measure(kind, calls, given.seconds) for calls in given.calls for kind in SERVERS]
    columns = ("server", "calls", "CPU %", "CPU % a call", "lost %", "late %", "longest gap ms")
    table.show("Audio of calls on one core", columns, rows)


if __name__ == "__main__":
    main()
