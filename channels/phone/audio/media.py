"""A call's audio as the rest of the program sees it: events that come in, speech that goes out."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

FRAME_MS = 20  # Asterisk's own beat; every frame that we send is this long


class Ended(StrEnum):
    """Why no more audio comes."""

    HANGUP = "hangup"  # 挂断: the caller, or the dialplan, ended the call
    LOST = "lost"  # 中断: the connection spoke nonsense, read nothing, or was silent for a minute


@dataclass(frozen=True, slots=True, kw_only=True)
class Pcm:
    """Audio from the caller: 16-bit little-endian samples, one channel.

    `at_ms` is where it begins, in audio time since the call's beginning. Time in which the
    telephone sent nothing (a digit, silence suppression) has passed too: it comes as `filled`
    silence, so that one event's end is the next one's beginning and a recording keeps its length.
    """

    samples: bytes
    rate_hz: int
    at_ms: int
    filled: bool = False

    @property
    def length_ms(self) -> int:
        """How long it sounds."""
        return len(self.samples) * 500 // self.rate_hz


@dataclass(frozen=True, slots=True, kw_only=True)
class Digit:
    """A key that the caller pressed: 0-9, *, #, A-D."""

    digit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The last event of a call."""

    reason: Ended


Event = Pcm | Digit | Closed


class Media(Protocol):
    """One call's audio, whichever way Asterisk brought it."""

    @property
    def call_id(self) -> str:
        """The id (UUID as text, lower case) that the dialplan gave to the call."""

    @property
    def rate_hz(self) -> int:
        """Samples a second of what comes and of what `play` is given: 8000 or 16000."""

    def events(self) -> AsyncIterator[Event]:
        """What happens, in order; ends after Closed. For one reader.

        A reader that falls far behind loses the oldest audio (its time passes as `filled`
        silence), never a digit and never the end.
        """

    async def play(self, pcm: bytes) -> bool:
        """Say something after what is queued already; 16-bit samples at `rate_hz`.

        True when the caller has heard it all, False when it was cut by `stop`, by the end of the
        call, or refused because more than MOST_QUEUED_S would wait.
        """

    def stop(self) -> None:
        """Be silent within 100 ms (barge-in); every waiting `play` returns False."""

    async def close(self) -> None:
        """End our part in the normal way: the dialplan goes on. Harmless when closed already."""


OnCall = Callable[[Media], Awaitable[None]]

MOST_QUEUED_S = 120.0  # speech that may wait to be played in one call
