"""What tests of the phone line ring with: a telephone, free ports, proof that audio arrived."""

import asyncio
import importlib.util
import json
import socket
import sys
import time
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

PROCESS = Path(__file__).parent / "telephone_process.py"
RATE_HZ = 8000
CALLER = "13912345678"
NO_TELEPHONE = (
    "the telephone tests need pjsua2 (CPython 3.8 to 3.12, x86_64). Please type:  "
    "uv pip install pjsua2-python==2.15.1.post1   or use Python 3.12"
)

Samples = NDArray[np.float64]


class NotYet(AssertionError):
    """What a test waited for did not come; says what came instead."""


class Telephone:
    """One telephone; `events` is all that it has told. It carries four calls at once, no more."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._reader = asyncio.create_task(self._read())
        self._news = asyncio.Condition()
        self.events: list[dict[str, Any]] = []

    async def call(self, to: str, *, play: Path | None = None, record: Path | None = None) -> None:
        """Dial; what is said and what is heard are WAV files of 8 kHz."""
        await self._order("call", to=to, play=str(play or ""), record=str(record or ""))

    async def answer(
        self,
        code: int = 200,
        *,
        first: int = 0,
        after_s: float = 0.3,
        play: Path | None = None,
        record: Path | None = None,
    ) -> None:
        """How the next call that comes is answered: 200 takes it, 180 lets it ring, 486 is busy.
        `first`: what is said before that; without it a call that is not taken does not ring.
        """
        sounds = {"play": str(play or ""), "record": str(record or "")}
        known = len(self.events)
        await self._order("answer", answer=code, first=first, after_s=after_s, **sounds)
        await self.until("will-answer", after=known)

    async def play(self, path: Path) -> None:
        await self._order("play", path=str(path))

    async def press(self, digits: str) -> None:
        await self._order("press", digits=digits)

    async def rtp(self) -> dict[str, Any]:
        """Packets of the first call that came, were lost, came too late; frames without any."""
        known = len(self.events)
        await self._order("tell-rtp")
        return await self.until("rtp", after=known)

    async def hang_up(self) -> None:
        await self._order("hang-up")

    async def until(self, event: str, timeout_s: float = 10.0, *, after: int = 0) -> dict[str, Any]:
        """The first such event behind the first `after` of all."""
        async with self._news:
            try:
                async with asyncio.timeout(timeout_s):
                    while True:
                        for each in self.events[after:]:
                            if each["event"] == event:
                                return each
                        await self._news.wait()
            except TimeoutError:
                raise NotYet(f"no {event!r} in {timeout_s} s, only {self.events}") from None

    async def close(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(5):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reader

    async def _order(self, do: str, **fields: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **fields}).encode() + b"\n")
        await self._process.stdin.drain()

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            if line.startswith(b'{"event"'):
                async with self._news:
                    self.events.append(json.loads(line))
                    self._news.notify_all()


@asynccontextmanager
async def telephone(
    *, user: str, password: str = "", registrar: str = "", port: int = 0
) -> AsyncIterator[Telephone]:
    """A telephone, registered where a registrar is given."""
    if importlib.util.find_spec("pjsua2") is None:
        raise NotYet(NO_TELEPHONE)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "ignore",
        str(PROCESS),
        user,
        password,
        registrar,
        str(port or free_port(socket.SOCK_DGRAM)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,  # its audio must keep time beside tests that use every core
    )
    phone = Telephone(process)
    try:
        await phone.until("ready")
        if registrar:
            await phone.until("registered")
        yield phone
    finally:
        await phone.close()


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
    return port


def free_range(count: int) -> int:
    """The first of `count` UDP ports in a row that look free, below those given to clients."""
    for first in range(12000 + (free_port() % 97) * 100, 31000, 100):
        taken = False
        for port in range(first, first + count, max(1, count // 10)):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
                try:
                    trial.bind(("127.0.0.1", port))
                except OSError:
                    taken = True
                    break
        if not taken:
            return first
    raise NotYet("no free ports for RTP")


def samples(path: Path) -> Samples:
    """A WAV file as numbers; 8 kHz, one channel. The telephone may still be closing it."""
    _until_closed(path)
    with wave.open(str(path), "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE_HZ, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)


def _until_closed(path: Path, within_s: float = 5.0) -> None:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            with wave.open(str(path), "rb") as file:
                if file.getnframes() > 0:
                    return
        except (wave.Error, EOFError):
            pass
        time.sleep(0.05)


def save(path: Path, sound: Samples) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(sound.astype("<i2").tobytes())
    return path


def noise(seconds: float, *, seed: int, loud: float = 4000.0) -> Samples:
    """A sound that is like no other: telephone-band noise from a seed."""
    length = int(seconds * RATE_HZ)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(length))
    pitch = np.fft.rfftfreq(length, 1 / RATE_HZ)
    spectrum[(pitch < 300) | (pitch > 3300)] = 0
    sound = np.fft.irfft(spectrum, length)
    made: Samples = sound / np.abs(sound).max() * loud * 2
    return made


def pcm(sound: Samples, rate_hz: int) -> bytes:
    """As a program plays it."""
    return soxr.resample(sound, RATE_HZ, rate_hz).astype("<i2").tobytes()


def from_pcm(samples: bytes, rate_hz: int) -> Samples:
    """What a program heard, at 8 kHz."""
    heard = np.frombuffer(samples, "<i2").astype(np.float64)
    made: Samples = soxr.resample(heard, rate_hz, RATE_HZ)
    return made
