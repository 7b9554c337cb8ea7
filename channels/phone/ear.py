"""From a call's audio to what happens in it: somebody begins, has spoken, is silent, is gone.

Only speech is decoded. Nothing here blocks: recognition runs in threads of its own.
"""

from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from channels.phone.audio.media import FRAME_MS, Closed, Digit, Ended, Media, Pcm
from channels.phone.dictation import Dictation
from channels.phone.endpointing import Change, Endpointer
from nlp.speech.contract import SpeechFailed, Word

LEAD_MS = 320  # heard before the beginning was certain; the first syllable is in it


class Gate(Protocol):
    """Says of each frame whether somebody speaks."""

    def feed(self, pcm: bytes) -> bool:
        """20 ms of samples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """Somebody has begun to speak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """Something was said; the text may be empty. `ended_s` is when its last sound came in."""

    text: str
    confidence: float
    start_ms: int
    end_ms: int
    words: tuple[Word, ...] = ()  # with their times in the utterance


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """It is the caller's turn, and nobody has spoken for a long time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """A key."""

    digit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deaf:
    """Recognition failed; `text` is what it had understood of the utterance so far."""

    problem: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The call is over."""

    reason: Ended


Sound = Began | Utterance | Silent | Pressed | Deaf | Gone


class Listens(Protocol):
    """What a call needs of its ear."""

    now_ms: int

    @property
    def stirs(self) -> bool:
        """See `Ear`."""

    def hear(self) -> AsyncIterator[Sound]:
        """See `Ear`."""


class Ear:
    """Listens to one call; made for one reader."""

    def __init__(
        self,
        *,
        media: Media,
        dictation: Dictation,
        gate: Gate,
        endpointer: Endpointer,
        waiting: Callable[[], bool],
    ) -> None:
        self._media = media
        self._dictation = dictation
        self._gate = gate
        self._endpointer = endpointer
        self._waiting = waiting
        self._rest = bytearray()  # less than a frame
        self._lead: deque[bytes] = deque(maxlen=LEAD_MS // FRAME_MS)
        self._start_ms = 0
        self.deaf = False
        self.now_ms = 0  # audio time

    @property
    def stirs(self) -> bool:
        """Somebody speaks, or may just have begun to: too short yet to be told."""
        return self._endpointer.stirs

    async def hear(self) -> AsyncIterator[Sound]:
        """Everything that happens, in order; the last is Gone."""
        try:
            async for event in self._media.events():
                match event:
                    case Pcm():
                        async for sound in self._audio(event):
                            yield sound
                    case Digit(digit=digit):
                        yield Pressed(digit=digit)
                    case Closed(reason=reason):
                        async for sound in self._finish_speaking():
                            yield sound
                        yield Gone(reason=reason)
        finally:
            self._dictation.close()

    async def _audio(self, pcm: Pcm) -> AsyncIterator[Sound]:
        size = 2 * pcm.rate_hz * FRAME_MS // 1000
        self.now_ms = pcm.at_ms - len(self._rest) * FRAME_MS // size
        self._rest += pcm.samples
        while len(self._rest) >= size:
            frame = bytes(self._rest[:size])
            del self._rest[:size]
            self.now_ms += FRAME_MS
            async for sound in self._frame(frame):
                yield sound

    async def _frame(self, frame: bytes) -> AsyncIterator[Sound]:
        voice = self._gate.feed(frame)
        speaking = self._endpointer.speaking
        stands = False
        if speaking and not self.deaf:
            try:
                stands = await self._dictation.stands(self._endpointer.quiet_ms)
                await self._dictation.take(frame)
            except SpeechFailed as failure:
                yield self._fails(failure)
        change = self._endpointer.feed(
            voice=voice, length_ms=FRAME_MS, complete=stands, waiting=self._waiting()
        )
        if not speaking:
            self._lead.append(frame)
        match change:
            case Change.BEGAN:
                self._start_ms = max(0, self.now_ms - len(self._lead) * FRAME_MS)
                self._dictation.begin(list(self._lead))
                self._lead.clear()
                yield Began()
            case Change.SILENT:
                yield Silent()
            case Change.ENDED if not self.deaf:
                yield await self._utterance()

    async def _utterance(self) -> Sound:
        end_ms = self.now_ms - self._endpointer.quiet_ms
        try:
            said = await self._dictation.finish()
        except SpeechFailed as failure:
            return self._fails(failure)
        return Utterance(
            text=said.text,
            confidence=said.confidence,
            start_ms=self._start_ms,
            end_ms=end_ms,
            words=said.words,
        )

    async def _finish_speaking(self) -> AsyncIterator[Sound]:
        """What was said up to the hang-up in mid-sentence counts too."""
        if self._endpointer.speaking and not self.deaf:
            yield await self._utterance()

    def _fails(self, failure: SpeechFailed) -> Deaf:
        self.deaf = True
        return Deaf(problem=str(failure), text=self._dictation.text)
