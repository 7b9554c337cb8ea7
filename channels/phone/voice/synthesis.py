"""Speech for texts that nobody recorded: one process, asked in turn, replaced if bad.

It is espeak-ng, or the command that an installation names, which speaks as `espeak` does.
"""

import asyncio
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import structlog

from channels.phone.voice import espeak, levels
from channels.phone.voice.levels import Sound

WORDS_A_MINUTE = 215  # about four and a half characters a second
SLOW_WORDS_A_MINUTE = 170
START_S = 10.0
OTHERS_START_S = 60.0  # of a command that is not ours: it may have a large model to read
ANSWER_S = 6.0
MOST_WAITING = 64
COMMAND = (sys.executable, "-m", "channels.phone.voice.espeak")
LEAST_RATE_HZ, MOST_RATE_HZ = 8000, 48_000
_ROOT = Path(__file__).parents[3]
_MOST_BYTES = espeak.MOST_SECONDS * MOST_RATE_HZ * 2

_log = structlog.get_logger(__name__)


class SynthesisFailed(Exception):
    """There is no engine, or it gave nothing in time; the message says which."""


class Synthesis:
    """Bounded: who would wait behind MOST_WAITING others is refused."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = tuple(command)
        self.name = "espeak-ng" if self._command == COMMAND else self._command[0]
        self._process: asyncio.subprocess.Process | None = None
        self._starting: asyncio.Task[asyncio.subprocess.Process] | None = None
        self._unheeded: asyncio.Task[None] | None = None
        self._rate_hz = 0
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def start(self) -> None:
        """Start the engine; raises SynthesisFailed where there is none."""
        async with self._turn:
            await self._started()

    async def say(self, text: str, *, slow: bool = False) -> tuple[Sound, int]:
        """Its samples and their rate; tries a second engine once before SynthesisFailed."""
        if self._waiting >= MOST_WAITING:
            raise SynthesisFailed("too many texts wait for synthesis")
        self._waiting += 1
        try:
            async with self._turn:
                try:
                    return await self._said(text, slow)
                except SynthesisFailed as failure:
                    _log.warning("phone.synthesis_again", problem=str(failure))
                    return await self._said(text, slow)
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """End the engine."""
        starting, self._starting = self._starting, None
        if starting is not None:
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
        process, self._process = self._process, None
        if process is not None:
            await _end(process)
        if self._unheeded is not None:
            await self._unheeded

    async def _said(self, text: str, slow: bool) -> tuple[Sound, int]:
        process = await self._started()
        assert process.stdin is not None
        content = text.encode()[: espeak.MOST_TEXT_BYTES]
        speed = SLOW_WORDS_A_MINUTE if slow else WORDS_A_MINUTE
        finished = False
        try:
            async with asyncio.timeout(ANSWER_S):
                process.stdin.write(espeak.REQUEST.pack(speed, len(content)) + content)
                await process.stdin.drain()
                samples = await _answer(process)
            finished = True
        except (OSError, EOFError, TimeoutError) as error:
            raise SynthesisFailed(f"{self.name} gave no speech: {error!r}") from error
        finally:
            if not finished:  # also when cancelled: its answer would be taken for another's
                await asyncio.shield(self.close())
        if not samples:
            raise SynthesisFailed(f"{self.name} gave no sound for a text")
        return levels.sound(samples), self._rate_hz

    async def _started(self) -> asyncio.subprocess.Process:
        """The engine; who waits no longer for one that is being started does not end it."""
        if self._process is not None and self._process.returncode is None:
            return self._process
        if self._starting is None:
            self._starting = asyncio.create_task(self._begun())
        starting = self._starting
        try:
            self._process = await asyncio.shield(starting)
        finally:
            if starting.done():
                self._starting = None
        return self._process

    async def _begun(self) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        process: asyncio.subprocess.Process | None = None
        ready = False
        try:
            async with asyncio.timeout(START_S if self._command == COMMAND else OTHERS_START_S):
                process = await asyncio.create_subprocess_exec(
                    *self._command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=_ROOT, limit=2**20
                )
                self._rate_hz = _checked(int.from_bytes(await _answer(process), "big"))
            ready = True
            self._unheeded = asyncio.create_task(_pass_over(process))
        except (OSError, EOFError, TimeoutError) as error:
            reason = await _last_words(process)
            raise SynthesisFailed(reason or f"{self.name} does not start: {error!r}") from error
        finally:
            if process is not None and not ready:
                await _end(process)
        return process


def by(command: str) -> Synthesis:
    """By the command line that an installation names, else by espeak-ng."""
    return Synthesis(shlex.split(command) or COMMAND)


def _checked(rate_hz: int) -> int:
    if not LEAST_RATE_HZ <= rate_hz <= MOST_RATE_HZ:
        raise EOFError(f"a rate of {rate_hz} Hz")
    return rate_hz


async def _last_words(process: asyncio.subprocess.Process | None) -> str:
    if process is None or process.stderr is None:
        return ""
    try:
        async with asyncio.timeout(1):
            said = await process.stderr.read(500)
    except TimeoutError:
        return ""
    return said.decode(errors="replace").strip()


async def _pass_over(process: asyncio.subprocess.Process) -> None:
    """What it tells on standard error; unread it would stop the process some day."""
    assert process.stderr is not None
    while await process.stderr.read(2**16):
        pass


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()
    if process.stdin is not None:
        process.stdin.close()


async def _answer(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    size = espeak.ANSWER.unpack(await process.stdout.readexactly(espeak.ANSWER.size))[0]
    if size > _MOST_BYTES:
        raise EOFError(f"an answer of {size} bytes")
    return await process.stdout.readexactly(size)
