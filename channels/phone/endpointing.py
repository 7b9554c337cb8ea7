"""When has the caller begun, when has he finished, when is he silent: decided in audio time, pure.

A pause that ends an utterance is short where what was said is complete (an answer, a matter with
its place), long where it is not: whoever speaks slowly, or looks for a word, is not cut off.
"""

from dataclasses import dataclass
from enum import StrEnum


class Change(StrEnum):
    """What a frame of audio changed."""

    NONE = "none"
    BEGAN = "began"  # 开口: somebody speaks
    ENDED = "ended"  # 说完: the utterance is over
    SILENT = "silent"  # 没有声音: nobody has spoken for a long time


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long we wait, in milliseconds of audio."""

    begin_ms: int = 160  # so much voice is a word and not a cough
    complete_ms: int = 420  # pause after something complete
    pause_ms: int = 1100  # pause after something that may go on
    silent_ms: int = 8000  # nobody speaks at all
    longest_ms: int = 60_000  # an utterance is taken in pieces beyond this


class Endpointer:
    """Feed it every frame of a call, in order."""

    def __init__(self, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self._voice_ms = 0  # in a row, before the utterance counts
        self._quiet_ms = 0  # since the last voice
        self._uttered_ms = 0
        self._speaking = False

    @property
    def speaking(self) -> bool:
        """Between BEGAN and ENDED."""
        return self._speaking

    @property
    def stirs(self) -> bool:
        """Somebody speaks, or may just have begun to."""
        return self._speaking or self._voice_ms > 0

    @property
    def quiet_ms(self) -> int:
        """How long the caller has been quiet."""
        return self._quiet_ms

    def feed(self, *, voice: bool, length_ms: int, complete: bool, waiting: bool) -> Change:
        """One frame. `complete`: what was said so far can stand by itself.

        `waiting`: it is the caller's turn; silence counts only then.
        """
        self._quiet_ms = 0 if voice else self._quiet_ms + length_ms
        if self._speaking:
            return self._while_speaking(length_ms, complete)
        return self._while_quiet(voice, length_ms, waiting)

    def _while_speaking(self, length_ms: int, complete: bool) -> Change:
        self._uttered_ms += length_ms
        limit = self._patience.complete_ms if complete else self._patience.pause_ms
        over = self._quiet_ms >= limit or (self._uttered_ms >= self._patience.longest_ms)
        if not over:
            return Change.NONE
        self._speaking, self._voice_ms = False, 0
        return Change.ENDED

    def _while_quiet(self, voice: bool, length_ms: int, waiting: bool) -> Change:
        if voice:
            self._voice_ms += length_ms
            if self._voice_ms < self._patience.begin_ms:
                return Change.NONE
            self._speaking, self._uttered_ms = True, self._voice_ms
            return Change.BEGAN
        self._voice_ms = max(0, self._voice_ms - length_ms)  # a gap of one frame is no new start
        if not waiting:
            self._quiet_ms = 0
            return Change.NONE
        if self._quiet_ms < self._patience.silent_ms:
            return Change.NONE
        self._quiet_ms = 0
        return Change.SILENT
