"""Speech for texts that nobody recorded: one espeak-ng process, asked in turn, replaced if bad."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import structlog

from channels.phone.voice import espeak, levels
from channels.phone.voice.levels import Sound

WORDS_A_MINUTE = 215  # about four and a half characters a second
SLOW_WORDS_A_MINUTE = 170
START_S = 10.0
ANSWER_S = 6.0
MOST_WAITING = 64
COMMAND = (sys.executable, "-m", "channels.phone.voice.espeak")
_ROOT = Path(__file__).parents[3]
_MOST_BYTES = espeak.MOST_SECONDS * 48_000 * 2

_log = structlog.get_logger(__name__)


class SynthesisFailed(Exception):
    """There is no engine, or it gave nothing in time; the message says which."""


class Synthesis:
    """Bounded: who would wait behind MOST_WAITING others is refused."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = tuple(command)
        self._process: asyncio.subprocess.Process | None = None
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
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()
        if process is not None and process.stdin is not None:
            process.stdin.close()

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
            raise SynthesisFailed(f"espeak-ng gave no speech: {error!r}") from error
        finally:
            if not finished:  # also when cancelled: its answer would be taken for another's
                await asyncio.shield(self.close())
        if not samples:
            raise SynthesisFailed("espeak-ng gave no sound for a text")
        return levels.sound(samples), self._rate_hz

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        pipe = asyncio.subprocess.PIPE
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=_ROOT, limit=2**20
            )
            async with asyncio.timeout(START_S):
                self._rate_hz = int.from_bytes(await _answer(self._process), "big")
        except (OSError, EOFError, TimeoutError) as error:
            reason = await self._last_words()
            raise SynthesisFailed(reason or f"espeak-ng does not start: {error!r}") from error
        return self._process

    async def _last_words(self) -> str:
        process = self._process
        if process is None or process.stderr is None:
            return ""
        try:
            async with asyncio.timeout(1):
                said = await process.stderr.read(500)
        except TimeoutError:
            said = b""
        await self.close()
        return said.decode(errors="replace").strip()


async def _answer(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    size = espeak.ANSWER.unpack(await process.stdout.readexactly(espeak.ANSWER.size))[0]
    if size > _MOST_BYTES:
        raise EOFError(f"an answer of {size} bytes")
    return await process.stdout.readexactly(size)
