"""What every ordinary call works with, whoever rings."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from channels.message import Receive
from channels.phone.book import Through
from channels.phone.ear import Utterance
from channels.phone.exchange.exchange import Next


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """Contact codes that count: `look` asks whom one leads to, `relay` gives the caller on to a
    number; False: the exchange could not be told, or he has gone.
    """

    look: Callable[[str], Awaitable[Through]]
    relay: Callable[[str], Awaitable[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Of one call."""

    receive: Receive
    note: Callable[[Utterance], None]  # what the caller said, for who reads it later
    leave: Callable[[Next, str], Awaitable[None]]  # what the dialplan does, with which ticket
    alarms: Callable[[str], Awaitable[bool]]  # do these words tell of a danger?
    lives: Callable[[str], Awaitable[bool]]  # does a call go on though its audio has ended?
    now: Callable[[], datetime]
    longest_ms: int
    codes: Codes | None = None  # None: no code counts in this call
