"""Speech for texts that nobody recorded: one process, asked in turn, replaced if bad.

It is espeak-ng, or the command that an installation names, which speaks as `espeak` does.
"""

import asyncio
import contextlib
import functools
import os
import shlex
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

import structlog

from channels.phone.voice import espeak, levels
from channels.phone.voice.levels import Sound

WORDS_A_MINUTE = 215  # about four and a half characters a second
SLOW_WORDS_A_MINUTE = 170
START_S = 10.0
OTHERS_START_S = 60.0  # of a command that is not ours: it may have a large model to read
ANSWER_S = 6.0  # longer than a caller waits: an engine later than this hangs and is replaced
END_S = 2.0
MOST_WAITING = 64
COMMAND = (sys.executable, "-m", "channels.phone.voice.espeak")
LEAST_RATE_HZ, MOST_RATE_HZ = 8000, 48_000
_ROOT = Path(__file__).parents[3]
_MOST_BYTES = espeak.MOST_SECONDS * MOST_RATE_HZ * 2
_MOST_LAST_WORDS_BYTES = 500
_T = TypeVar("_T")

_log = structlog.get_logger(__name__)


class SynthesisFailed(Exception):
    """There is no engine, or it gave nothing in time; the message says which."""


class Synthesis:
    """Bounded: who would wait behind MOST_WAITING others is refused."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = tuple(command)
        self.name = "espeak-ng" if self._command == COMMAND else self._command[0]
        self._engine: _Engine | None = None
        self._turn = asyncio.Lock()
        self._work: asyncio.Task[Any] | None = None
        self._waiting = 0
        self._closed = False

    async def start(self) -> None:
        """Start the engine; raises SynthesisFailed where there is none."""
        await self._in_turn(self._started)

    async def say(self, text: str, *, slow: bool = False) -> tuple[Sound, int]:
        """Its samples and their rate; tries a second engine once before SynthesisFailed."""
        if self._waiting >= MOST_WAITING:
            raise SynthesisFailed("too many texts wait for synthesis")
        self._waiting += 1
        try:
            try:
                return await self._spoken(text, slow)
            except SynthesisFailed:
                return await self._spoken(text, slow)
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """End the engine, also one that loads or speaks; it is not started again."""
        self._closed = True
        if self._work is not None:
            self._work.cancel()
            await asyncio.wait((self._work,), timeout=2 * END_S)
        await self._ended()

    async def _spoken(self, text: str, slow: bool) -> tuple[Sound, int]:
        await self._in_turn(self._started)  # a turn of its own: who gives up then asks for nothing
        return await self._in_turn(functools.partial(self._said, text, slow))

    async def _in_turn(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Whoever gives up is let go at once, and what has begun goes on to its own bound.

        An engine keeps what it has loaded, and its answer is not taken for the next one's.
        """
        await self._turn.acquire()
        self._work = task = asyncio.create_task(work())
        task.add_done_callback(self._over)
        await asyncio.wait((task,))
        if task.cancelled():
            raise SynthesisFailed(f"{self.name} is closed")
        return task.result()

    def _over(self, task: asyncio.Task[Any]) -> None:
        self._turn.release()
        if not task.cancelled() and (problem := task.exception()) is not None:
            _log.warning("phone.synthesis_failed", problem=str(problem))

    async def _said(self, text: str, slow: bool) -> tuple[Sound, int]:
        engine = await self._started()
        content = text.encode()[: espeak.MOST_TEXT_BYTES]
        speed = SLOW_WORDS_A_MINUTE if slow else WORDS_A_MINUTE
        try:
            async with asyncio.timeout(ANSWER_S):
                samples = await engine.ask(espeak.REQUEST.pack(speed, len(content)) + content)
        except (OSError, EOFError, TimeoutError) as error:
            await self._ended()
            raise SynthesisFailed(f"{self.name} gave no speech: {error!r}") from error
        if not samples:
            raise SynthesisFailed(f"{self.name} gave no sound for a text")
        return levels.sound(samples), engine.rate_hz

    async def _started(self) -> "_Engine":
        if self._closed:
            raise SynthesisFailed(f"{self.name} is closed")
        if self._engine is None or not self._engine.alive:
            await self._ended()
            self._engine = await self._begun()
        return self._engine

    async def _begun(self) -> "_Engine":
        engine: _Engine | None = None
        try:
            async with asyncio.timeout(START_S if self._command == COMMAND else OTHERS_START_S):
                engine = await _Engine.of(self._command)
                await engine.load()
        except BaseException as error:
            if engine is not None:
                await engine.end()
            if not isinstance(error, OSError | EOFError | TimeoutError):
                raise
            reason = engine.last_words if engine is not None else ""
            raise SynthesisFailed(reason or f"{self.name} does not start: {error!r}") from error
        return engine

    async def _ended(self) -> None:
        if self._engine is not None:
            await self._engine.end()
        self._engine = None


class _Engine:
    """A process in a session of its own, so that all that it starts ends with it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._told = b""
        self._unheeded = asyncio.create_task(self._pass_over())
        self.rate_hz = 0

    @classmethod
    async def of(cls, command: Sequence[str]) -> Self:
        pipe = asyncio.subprocess.PIPE
        return cls(
            await asyncio.create_subprocess_exec(
                *command,
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                cwd=_ROOT,
                limit=2**20,
                start_new_session=True,
            )
        )

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    @property
    def last_words(self) -> str:
        return self._told.decode(errors="ignore").strip()

    async def load(self) -> None:
        self.rate_hz = int.from_bytes(await self._answer(), "big")
        if not LEAST_RATE_HZ <= self.rate_hz <= MOST_RATE_HZ:
            raise EOFError(f"a rate of {self.rate_hz} Hz")

    async def ask(self, request: bytes) -> bytes:
        assert self._process.stdin is not None
        self._process.stdin.write(request)
        await self._process.stdin.drain()
        return await self._answer()

    async def end(self) -> None:
        """Bounded, whoever still holds its pipes."""
        assert self._process.stdin is not None
        _kill(self._process)
        self._process.stdin.close()
        try:
            async with asyncio.timeout(END_S):
                await self._process.wait()
                await asyncio.wait((self._unheeded,))
        except TimeoutError as error:
            _log.warning("phone.synthesis_left", pid=self._process.pid, problem=repr(error))
        finally:
            self._unheeded.cancel()
            self._process._transport.close()  # type: ignore[attr-defined]  # there is no other way

    async def _answer(self) -> bytes:
        assert self._process.stdout is not None
        head = await self._process.stdout.readexactly(espeak.ANSWER.size)
        size = espeak.ANSWER.unpack(head)[0]
        if size > _MOST_BYTES:
            raise EOFError(f"an answer of {size} bytes")
        return await self._process.stdout.readexactly(size)

    async def _pass_over(self) -> None:
        """What it tells on standard error; unread it would stop the process some day."""
        assert self._process.stderr is not None
        with contextlib.suppress(OSError):
            while told := await self._process.stderr.read(2**16):
                self._told = (self._told + told)[-_MOST_LAST_WORDS_BYTES:]


def by(command: str) -> Synthesis:
    """By the command line that an installation names, else by espeak-ng."""
    return Synthesis(shlex.split(command) or COMMAND)


def _kill(process: asyncio.subprocess.Process) -> None:
    """It and what it started, which may outlive it and hold its pipes."""
    if process.returncode is not None and _is_there(process.pid):
        return  # a number that somebody else has by now
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
