"""Whose turn it is to speak in a call, and what the caller said and did, in order."""

import asyncio
from collections import deque
from dataclasses import dataclass, replace

import structlog

from channels.phone import ear
from channels.phone.ear import Listens, Sound
from channels.phone.mouth import Speaks
from channels.phone.talk.keys import Keys

PERSON_KEY = "0"
MOST_UNANSWERED = 2  # utterances that wait; what is said beyond them belongs to the last

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLong:
    """The call has reached its bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Something was said; `broke_in`: in our turn, whether or not we had begun to speak."""

    utterance: ear.Utterance
    broke_in: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """A contact code has been keyed in, to its end."""

    code: str


Turn = Sound | TooLong | Said | Keyed


class Turns:
    """Who breaks in, or presses 0, silences us at once."""

    def __init__(self, *, listens: Listens, speaks: Speaks, longest_ms: int) -> None:
        self._ear = listens
        self._mouth = speaks
        self._longest_ms = longest_ms
        self._turns: deque[Turn] = deque()  # a handful: see `_said` and `press`
        self._come = asyncio.Event()
        self._ours = True
        self._broke_in = False
        self._speaking = False  # he does
        self._unanswered = 0  # utterances in the queue
        self._keys = Keys()
        self.hurries = False  # he wants a person, and no more words of ours

    @property
    def waiting(self) -> bool:
        """Whether it is the caller's turn to speak; only then his silence counts."""
        return not self._ours and not self._turns

    @property
    def come(self) -> bool:
        """Whether something has come that is not answered."""
        return bool(self._turns)

    @property
    def overtaken(self) -> bool:
        """He speaks, or has said more than we have answered: not now."""
        return self._speaking or self._unanswered > 0

    @property
    def quiet(self) -> bool:
        """Nothing has come, and nothing is coming: his line may be ended."""
        return not (self._turns or self._speaking or self._ear.stirs)

    async def next(self) -> Turn:
        """What comes next from the caller; ours is the turn then, until we ask again."""
        self._ours = False
        while not self._turns:
            self._come.clear()
            await self._come.wait()
        turn = self._turns.popleft()
        self._ours = True
        if isinstance(turn, Said):
            self._unanswered -= 1
        return turn

    def put_back(self, turn: Turn) -> None:
        """What `next` has given comes next once more."""
        self._turns.appendleft(turn)
        self._unanswered += isinstance(turn, Said)

    def press(self, digit: str) -> None:
        """A key; those that mean nothing are not kept, nor 0 again."""
        code = self._keys.press(digit)
        if code or self._keys.under_way:  # who keys in a code need hear no more
            self._mouth.hush()
        if code and not any(isinstance(turn, Keyed) for turn in self._turns):
            self._put(Keyed(code=code))
        if digit != PERSON_KEY:
            return
        self._mouth.hush()
        if not self.hurries:
            self.hurries = True
            self._put(ear.Pressed(digit=digit))

    async def listen(self) -> None:
        """Hear everything, until cancelled; an ear that breaks is told as one that is deaf."""
        ended = False
        try:
            async for sound in self._ear.hear():
                self._take(sound)
                if self._ear.now_ms > self._longest_ms and not ended:
                    ended = True
                    self._put(TooLong())
        except Exception:  # whatever broke our ear, the caller goes on to a person
            _log.exception("phone.ear_failed")
            self._put(ear.Deaf(problem="failed", text=""))

    def _take(self, sound: Sound) -> None:
        match sound:
            case ear.Began():
                self._broke_in, self._speaking = self._ours, True
                self._mouth.hush()
            case ear.Utterance():
                self._speaking = False
                self._said(Said(utterance=sound, broke_in=self._broke_in))
            case ear.Pressed(digit=digit):
                self.press(digit)
            case _:
                self._speaking = False
                self._put(sound)

    def _said(self, said: Said) -> None:
        """Whoever tells more than the desk keeps up with tells it in one."""
        if self._unanswered < MOST_UNANSWERED:
            self._unanswered += 1
            self._put(said)
            return
        for at in reversed(range(len(self._turns))):
            earlier = self._turns[at]
            if isinstance(earlier, Said):
                self._turns[at] = _joined(earlier, said)
                return

    def _put(self, turn: Turn) -> None:
        self._turns.append(turn)
        self._come.set()


def _joined(first: Said, more: Said) -> Said:
    """Both as one; words keep their times."""
    one, other = first.utterance, more.utterance
    later_ms = other.start_ms - one.start_ms
    shifted = (
        replace(word, start_ms=word.start_ms + later_ms, end_ms=word.end_ms + later_ms)
        for word in other.words
    )
    whole = ear.Utterance(
        text="，".join(text for text in (one.text, other.text) if text),
        confidence=min(one.confidence, other.confidence),
        start_ms=one.start_ms,
        end_ms=other.end_ms,
        words=(*one.words, *shifted),
    )
    return Said(utterance=whole, broke_in=first.broke_in or more.broke_in)
