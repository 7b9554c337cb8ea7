"""Whose turn it is to speak in a call, and what the caller said and did, in order."""

import asyncio
from dataclasses import dataclass

import structlog

from channels.phone import ear
from channels.phone.ear import Listens, Sound
from channels.phone.mouth import Speaks

PERSON_KEY = "0"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLong:
    """The call has reached its bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Something was said; `broke_in`: in our turn, whether or not we had begun to speak."""

    utterance: ear.Utterance
    broke_in: bool


Turn = Sound | TooLong | Said


class Turns:
    """Who breaks in, or presses 0, silences us at once."""

    def __init__(self, *, listens: Listens, speaks: Speaks, longest_ms: int) -> None:
        self._ear = listens
        self._mouth = speaks
        self._longest_ms = longest_ms
        self._queue: asyncio.Queue[Turn] = asyncio.Queue()
        self._ours = True
        self._broke_in = False
        self._speaking = False  # he does
        self._unanswered = 0  # utterances in the queue
        self.hurries = False  # he wants a person, and no more words of ours

    @property
    def waiting(self) -> bool:
        """Whether it is the caller's turn to speak; only then his silence counts."""
        return not self._ours and self._queue.empty()

    @property
    def overtaken(self) -> bool:
        """He speaks, or has said more than we have answered: not now."""
        return self._speaking or self._unanswered > 0

    @property
    def quiet(self) -> bool:
        """Nothing has come, and nothing is coming: his line may be ended."""
        return self._queue.empty() and not self._speaking and not self._ear.stirs

    async def next(self) -> Turn:
        """What comes next from the caller; ours is the turn then, until we ask again."""
        self._ours = False
        turn = await self._queue.get()
        self._ours = True
        if isinstance(turn, Said):
            self._unanswered -= 1
        return turn

    def press(self, digit: str) -> None:
        """A key."""
        if digit == PERSON_KEY:
            self.hurries = True
            self._mouth.hush()
        self._queue.put_nowait(ear.Pressed(digit=digit))

    async def listen(self) -> None:
        """Hear everything, until cancelled; an ear that breaks is told as one that is deaf."""
        ended = False
        try:
            async for sound in self._ear.hear():
                self._take(sound)
                if self._ear.now_ms > self._longest_ms and not ended:
                    ended = True
                    self._queue.put_nowait(TooLong())
        except Exception:  # whatever broke our ear, the caller goes on to a person
            _log.exception("phone.ear_failed")
            self._queue.put_nowait(ear.Deaf(problem="failed", text=""))

    def _take(self, sound: Sound) -> None:
        match sound:
            case ear.Began():
                self._broke_in, self._speaking = self._ours, True
                self._mouth.hush()
            case ear.Utterance():
                self._speaking = False
                self._unanswered += 1
                self._queue.put_nowait(Said(utterance=sound, broke_in=self._broke_in))
            case ear.Pressed(digit=digit):
                self.press(digit)
            case _:
                self._speaking = False
                self._queue.put_nowait(sound)
