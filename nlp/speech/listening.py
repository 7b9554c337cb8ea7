"""Recognition by Vosk, shared by all calls: one model, a recogniser for each call, a few threads.

The event loop never waits for the engine, and no call starves another: what a call has fed is
decoded in short pieces, in turns. A call that falls behind is given up, so that a person takes it.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from nlp.speech import contract, model_store, vosk_engine
from nlp.speech.contract import SpeechFailed, Transcript, Trouble
from nlp.speech.model_store import Facts
from nlp.speech.vosk_engine import Engine
from nlp.speech.workers import Answer, Workers

MOST_BEHIND_MS = 5000  # of audio that waits to be decoded
PIECE_MS = 200  # decoded before it is another call's turn
ANSWER_WITHIN_S = 3.0
STUCK_AFTER_S = 10.0  # threads that are at one piece for so long don't come back
MOST_CALLS = 500
RECORDING_WITHIN_S = 60.0  # and four times its length

T = TypeVar("T")


class VoskTranscriber:
    """See `contract.Transcriber`; `start` before use, `close` after."""

    def __init__(self, folder: Path, *, threads: int = 2, most_calls: int = MOST_CALLS) -> None:
        """`folder` holds a Vosk model: an official one or a county's own."""
        self._folder = folder
        self._most_calls = most_calls
        self._workers = Workers(threads)
        self._model: vosk_engine.Model | None = None
        self._calls: set[VoskRecognition] = set()
        self._one_recording = asyncio.Lock()

    @property
    def name(self) -> str:
        """See `contract.Transcriber`."""
        return f"vosk {self._folder.name}"

    @property
    def facts(self) -> Facts:
        """What the folder says of its model."""
        return self._loaded().facts

    @property
    def calls(self) -> int:
        """How many are listened to now."""
        return len(self._calls)

    async def start(self) -> None:
        """Load the model (seconds, the large one half a minute). ModelMissing says what to do."""
        facts = await asyncio.to_thread(model_store.inspect, self._folder)
        self._model = await asyncio.to_thread(vosk_engine.load, facts)
        self._workers.start()

    async def close(self) -> None:
        """End what is under way and free the model."""
        for call in tuple(self._calls):
            call.close()
        await asyncio.to_thread(self._workers.close)
        self._model = None

    def listen(
        self, rate_hz: int, hints: Sequence[str] = (), *, speech_only: bool = True
    ) -> "VoskRecognition":
        """See `contract.Transcriber`; `speech_only` leaves silence out, also inside an utterance.

        A small model may need seconds for the audio that follows two seconds of silence.
        SpeechFailed where too many are listened to, or the threads hang in the engine.
        """
        model = self._loaded()
        contract.known_rate(rate_hz)
        if len(self._calls) >= self._most_calls:
            raise SpeechFailed(Trouble.TOO_MANY, f"{len(self._calls)} calls are listened to")
        self._refuse_if_stuck()
        call = VoskRecognition(
            begin=partial(vosk_engine.begin, model, rate_hz, hints, speech_only=speech_only),
            workers=self._workers,
            rate_hz=rate_hz,
            forget=self._calls.discard,
        )
        self._calls.add(call)
        return call

    async def transcribe(self, pcm: bytes, rate_hz: int) -> Transcript:
        """See `contract.Transcriber`; one recording at a time, silence is not decoded."""
        model = self._loaded()
        pcm = pcm[: 2 * contract.known_rate(rate_hz) * contract.LONGEST_RECORDING_S]
        length_s = len(pcm) / (2 * rate_hz)
        try:
            async with self._one_recording, asyncio.timeout(RECORDING_WITHIN_S + 4 * length_s):
                self._refuse_if_stuck()
                return await self._decode_all(model, pcm, rate_hz)
        except TimeoutError:
            detail = f"a recording of {length_s:.0f} s was not done in time"
            raise SpeechFailed(Trouble.TOO_SLOW, detail) from None
        except SpeechFailed:
            raise
        except Exception as error:
            raise SpeechFailed(Trouble.BROKEN, str(error)) from error

    async def _decode_all(self, model: vosk_engine.Model, pcm: bytes, rate_hz: int) -> Transcript:
        begin = partial(vosk_engine.begin, model, rate_hz, speech_only=True)
        engine = await self._workers.run(begin)
        size = 2 * rate_hz * PIECE_MS // 1000
        for at in range(0, len(pcm), size):
            await self._workers.run(partial(engine.accept, pcm[at : at + size]))
        return await self._workers.run(partial(engine.finish, pauses=True))

    def _loaded(self) -> vosk_engine.Model:
        if self._model is None:
            raise RuntimeError("VoskTranscriber.start comes first")
        return self._model

    def _refuse_if_stuck(self) -> None:
        if self._workers.stuck_s > STUCK_AFTER_S:
            raise SpeechFailed(Trouble.TOO_SLOW, "all threads hang in the engine")


@dataclass(frozen=True, slots=True)
class _Asked(Generic[T]):
    """What the engine is asked, and who waits for it."""

    question: Callable[[Engine], T]
    answer: Answer[T]


class VoskRecognition:
    """See `contract.Recognition`; made by `VoskTranscriber.listen`."""

    def __init__(
        self,
        *,
        begin: Callable[[], Engine],
        workers: Workers,
        rate_hz: int,
        forget: Callable[["VoskRecognition"], None],
    ) -> None:
        self._begin = begin
        self._workers = workers
        self._rate_hz = rate_hz
        self._forget = forget
        self._engine: Engine | None = None  # made and used by whichever thread has our piece
        self._lock = threading.Lock()  # over everything below
        self._waiting = bytearray()
        self._asked: _Asked[Any] | None = None
        self._scheduled = False
        self._said = ""
        self._failure: SpeechFailed | None = None

    @property
    def behind_ms(self) -> int:
        """Audio that waits to be decoded."""
        return len(self._waiting) * 500 // self._rate_hz

    async def feed(self, pcm: bytes) -> str:
        """See `contract.Recognition`; more than five seconds that wait are SpeechFailed."""
        with self._lock:
            self._check()
            self._waiting += pcm
            if self.behind_ms > MOST_BEHIND_MS:
                detail = f"{self.behind_ms} ms of audio wait to be decoded"
                raise self._fail(SpeechFailed(Trouble.TOO_SLOW, detail))
            self._schedule()
            return self._said

    async def settle(self) -> str:
        """See `contract.Recognition`; SpeechFailed where it takes more than three seconds."""
        return await self._ask(Engine.settle)

    async def finish(self) -> Transcript:
        """See `contract.Recognition`; SpeechFailed where it takes more than three seconds."""
        return await self._ask(Engine.finish)

    async def _ask(self, question: Callable[[Engine], T]) -> T:
        """What the engine answers once it has decoded all that was fed."""
        with self._lock:
            self._check()
            if self._asked is not None:
                raise RuntimeError("the engine has been asked something already")
            self._asked = asked = _Asked(question, Answer())
            self._schedule()
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return await asked.answer.wait()
        except TimeoutError:
            detail = f"no text within {ANSWER_WITHIN_S:.0f} s of what was said"
            with self._lock:
                raise self._fail(SpeechFailed(Trouble.TOO_SLOW, detail)) from None

    def close(self) -> None:
        """See `contract.Recognition`; memory is free once a piece under way is done."""
        with self._lock:
            if self._failure is None:
                self._fail(SpeechFailed(Trouble.BROKEN, "the call is over"))
        self._forget(self)

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _fail(self, failure: SpeechFailed) -> SpeechFailed:
        """Nothing more is decoded; who waits for an end is told."""
        self._failure = failure
        self._engine = None
        self._waiting.clear()
        if self._asked is not None:
            self._asked.answer.fail(failure)
            self._asked = None
        return failure

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._workers.submit(self._piece, urgent=True)

    def _piece(self) -> None:
        """In a thread: decode a little, then it is another call's turn."""
        with self._lock:
            size = 2 * self._rate_hz * PIECE_MS // 1000
            pcm = bytes(self._waiting[:size])
            del self._waiting[:size]
            engine, asked = self._engine, None if self._waiting else self._asked
            if self._failure is not None:
                return
        problem: SpeechFailed | None = None
        try:
            engine = engine or self._begin()
            engine.accept(pcm)
            answer = asked.question(engine) if asked else None
            said = engine.said()
        except Exception as error:  # whatever the engine raises
            problem = SpeechFailed(Trouble.BROKEN, f"{type(error).__name__}: {error}")
        with self._lock:
            self._scheduled = False
            if self._failure is not None:
                return
            if problem is not None:
                self._fail(problem)
                return
            self._engine, self._said = engine, said
            if asked is not None:
                self._asked = None
                asked.answer.give(lambda: answer)
            if self._waiting or self._asked is not None:
                self._schedule()
