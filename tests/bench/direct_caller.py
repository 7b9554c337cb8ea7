"""A caller at the port itself, without Asterisk: what leaves the program, and when, to the ms."""

import asyncio
import socket
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from channels.phone.audio import audiosocket
from intake.asterisk.own import Running
from tests.bench import call_audio, lines
from tests.bench.call_audio import FRAME_MS, RATE_HZ, Script
from tests.phone.line import manage

LATE_S = 0.04  # after the frame before
QUIET_S = 1.2  # whoever has said nothing for so long has finished
ANSWER_WITHIN_S = 45.0
_HEADER = audiosocket.audio_header(RATE_HZ, call_audio.FRAME_BYTES)
_SILENCE = bytes(call_audio.FRAME_BYTES)


class NoAnswer(Exception):
    """The other side said nothing, or hung up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a call at the port brought."""

    frames: int
    late: int
    longest_gap_ms: float
    answers_ms: list[float]


class DirectCaller(asyncio.Protocol):
    """Speaks what is put into it, a frame every 20 ms, and notes when it hears something."""

    def __init__(self, call_id: str) -> None:
        self._call_id = call_id
        self._decoder = audiosocket.Decoder()
        self._say = bytearray()
        self._last_s = 0.0
        self.began_s = self.heard_s = time.monotonic()
        self.loud_ms: list[float] = []
        self.frames = self.late = 0
        self.longest_s = 0.0
        self.gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        connected: socket.socket = transport.get_extra_info("socket")
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._transport = transport
        transport.write(audiosocket.encode(audiosocket.Identity(call_id=self._call_id)))
        self.began_s = time.monotonic()
        self._task = asyncio.ensure_future(self._speak())

    def data_received(self, data: bytes) -> None:
        now_s = time.monotonic()
        gap_s = now_s - (self._last_s or now_s)
        self.late += gap_s > LATE_S
        self.longest_s, self._last_s = max(self.longest_s, gap_s), now_s
        for frame in self._decoder.feed(data):
            if isinstance(frame, audiosocket.Audio):
                self.frames += 1
                if call_audio.loudness(frame.samples).any():
                    self.heard_s = now_s
                    self.loud_ms.append(1000 * (now_s - self.began_s))

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone = True
        self._task.cancel()

    def say(self, pcm: bytes) -> None:
        self._say += pcm

    def hang_up(self) -> None:
        self._transport.abort()

    async def quiet(self) -> float:
        """Until the other side has said something and finished; the time of its last sound."""
        asked_s = time.monotonic()
        while time.monotonic() - asked_s < ANSWER_WITHIN_S and not self.gone:
            await asyncio.sleep(0.05)
            if self.heard_s > asked_s and time.monotonic() - self.heard_s > QUIET_S:
                return self.heard_s
        raise NoAnswer("nothing was answered at the program's port" + " (hung up)" * self.gone)

    async def _speak(self) -> None:
        size, beat = call_audio.FRAME_BYTES, 0
        while True:
            frame = bytes(self._say[:size])
            del self._say[:size]
            self._transport.write(_HEADER + (frame + _SILENCE)[:size])
            beat += 1
            due_s = self.began_s + beat * FRAME_MS / 1000
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))


async def _connect(line: Running) -> DirectCaller:
    """Announced as the dialplan does it: nobody else is served."""
    call_id = str(uuid.uuid4())
    event = {"UserEvent": "HotlineCall", "CallId": call_id, "Kind": "incoming"}
    await manage(line.instance, "UserEvent", user=lines.ANNOUNCER, **event)
    loop = asyncio.get_running_loop()
    port = line.instance.plan.phone.media_port
    _, made = await loop.create_connection(lambda: DirectCaller(call_id), "127.0.0.1", port)
    return made


async def waits_s(line: Running, sentences: Sequence[bytes]) -> list[float]:
    """How long the greeting and each answer are waited for: one call that waits its turn."""
    caller = await _connect(line)
    try:
        last_s = await caller.quiet()
        waits = [last_s - caller.began_s]
        for said in sentences:
            caller.say(said)
            end_s = time.monotonic() + len(said) / (2 * RATE_HZ)
            waits.append(await caller.quiet() - end_s)
    finally:
        caller.hang_up()
    return waits


async def call(line: Running, script: Script) -> Heard:
    """A whole call by the script."""
    caller = await _connect(line)
    caller.say(script.pcm)
    await asyncio.sleep(script.length_s)
    caller.hang_up()
    return Heard(
        frames=caller.frames,
        late=caller.late,
        longest_gap_ms=1000 * caller.longest_s,
        answers_ms=call_audio.answers_ms(script.ends_ms, caller.loud_ms),
    )
