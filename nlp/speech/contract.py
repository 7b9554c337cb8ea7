"""What callers say becomes text: the words of recognition, and what every engine keeps."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

LONGEST_RECORDING_S = 600
RATES_HZ = (8000, 16000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word, when it was said (in audio time) and how sure the engine is of it, 0..1."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What was said; the text is empty where nothing was understood."""

    text: str
    confidence: float
    words: tuple[Word, ...] = ()


class Trouble(StrEnum):
    """Why there is no text."""

    TOO_SLOW = "too slow"  # 识别跟不上
    BROKEN = "broken"  # 识别出错
    TOO_MANY = "too many"  # 同时的通话太多
    CANNOT = "cannot"  # 这个引擎做不到


class SpeechFailed(Exception):
    """This audio can't be recognised, `trouble` says why: a person or a recording takes over."""

    def __init__(self, trouble: Trouble, detail: str) -> None:
        self.trouble = trouble
        super().__init__(f"speech recognition is {trouble}: {detail}")


class Recognition(Protocol):
    """One call's recogniser; audio is 16-bit little-endian whole samples, one channel."""

    async def feed(self, pcm: bytes) -> str:
        """Take audio; returns at once, with what is understood so far. SpeechFailed ends it."""

    async def settle(self) -> str:
        """All that is understood of the utterance so far; an engine keeps the last of it back while
        it waits for more audio. For a pause: the utterance may go on. SpeechFailed ends it.
        """

    async def finish(self) -> Transcript:
        """The utterance is over: its text. Ready for the next one afterwards. SpeechFailed."""

    def close(self) -> None:
        """The call is over; may be called at any time and more than once."""


class Transcriber(Protocol):
    """An engine with a model."""

    @property
    def name(self) -> str:
        """Engine and model, for people and logs."""

    def listen(self, rate_hz: int, hints: Sequence[str] = ()) -> Recognition:
        """Begin with a call. Where the model can, only `hints` are recognised, else ignored."""

    async def transcribe(self, pcm: bytes, rate_hz: int) -> Transcript:
        """A whole recording, while no call needs the cores; of a longer one the first ten minutes.

        Words have their times in the recording. SpeechFailed.
        """

    async def close(self) -> None:
        """End what is under way and free the model."""


def known_rate(rate_hz: int) -> int:
    """The same; ValueError where no telephone has so many samples a second."""
    if rate_hz not in RATES_HZ:
        raise ValueError(f"audio must have 8000 or 16000 samples a second, not {rate_hz}")
    return rate_hz
