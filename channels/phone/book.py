"""What is written down of calls: who rang, what was said, how it ended, whom to ring back.

The program gives an implementation; the phone line knows nothing of databases.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from channels.message import Contact, Reply


class Purpose(StrEnum):
    """Why a call is made."""

    INBOUND = "inbound"  # 来电
    FOLLOW_UP = "follow_up"  # 回访: result, and three questions
    NOTICE = "notice"  # 通知: something is read out
    ALARM = "alarm"  # 报险: whoever commands is told of a danger, before all other calls
    CALL_BACK = "call_back"  # 回拨: he rang, nobody answered; now he may tell his matter
    CONTACT = "contact"  # 联系: who handles a ticket has rung us, to be put through to its resident

    @property
    def kind(self) -> str:
        """As the exchange has it."""
        return "incoming" if self is Purpose.INBOUND else self.value.replace("_", "-")

    @classmethod
    def of(cls, kind: str) -> "Purpose":
        """From the exchange's word; whatever we don't know is a caller."""
        return next((each for each in cls if each.kind == kind), cls.INBOUND)


class Outcome(StrEnum):
    """How a call ended."""

    SERVED = "served"  # 办结通话: ticket or answer given, said goodbye
    PERSON = "person"  # 转人工
    HUNG_UP = "hung_up"  # 挂断: the caller put down first
    LOST = "lost"  # 中断: the line broke
    MISSED = "missed"  # 未接: nobody took it
    LIMITED = "limited"  # 限制来电: a blocked number, his words are kept
    RELAYED = "relayed"  # 转接居民: put through by a contact code, whatever came of it
    FAILED = "failed"  # 出错: we could not go on; the dialplan takes the caller to a person


class Voice(StrEnum):
    """Who speaks in a line of the transcript."""

    CALLER = "caller"  # 居民
    LINE = "line"  # 热线（机器）


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """A call that we have answered, or that was answered to us."""

    call_id: str
    contact: Contact
    purpose: Purpose
    at: datetime
    ticket: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenWord:
    """A word of a line: when it began, in milliseconds of the call's audio, and how sure it is."""

    text: str
    start_ms: int
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenLine:
    """A line of the transcript; times in milliseconds of the call's audio."""

    voice: Voice
    text: str
    start_ms: int
    end_ms: int
    confidence: float | None = None
    key: str = ""  # of the reply, for what we said
    words: tuple[SpokenWord, ...] = ()  # of what was recognised


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a call ended and which tickets came of it."""

    call_id: str
    at: datetime
    outcome: Outcome
    reason: str = ""  # why it went to a person, in Chinese
    tickets: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Through:
    """Whom a contact code leads to, as digits to dial; empty: to nobody. `refused`: from this
    caller no code counts now, so many were wrong; `closed`: its resident is not rung at this
    hour.
    """

    ticket: str = ""
    to: str = ""
    refused: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a resident answered in a follow-up call; None: not asked, or no answer understood."""

    solved: bool | None = None
    satisfied: bool | None = None
    contacted: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """A call that we owe somebody."""

    id: str
    to: Contact
    purpose: Purpose
    reply: Reply
    ticket: str
    attempt: int  # 1 for the first


class CallBook(Protocol):
    """Each method writes at once and durably; the same again changes nothing."""

    async def began(self, call: Began) -> None:
        """The call is there."""

    async def limited(self, contact: Contact) -> Reply | None:
        """What a caller hears first whose calls are limited; None: he is served as anybody."""

    async def goes_straight(self, contact: Contact) -> bool:
        """Is a caller to be given to a person at once, as somebody has marked him?"""

    async def contact(self, call_id: str, caller: Contact, code: str) -> Through:
        """Whom a code that was keyed in leads to; that it was is written down."""

    async def spoken(self, call_id: str, line: SpokenLine) -> None:
        """One more line of the transcript."""

    async def opened(self, call_id: str, ticket: str) -> None:
        """This ticket came of the call, which goes on with an operator: he sees it as it rings."""

    async def ended(self, call: Ended) -> None:
        """The call is over."""

    async def queued(self, call_id: str) -> None:
        """The caller waits for an operator."""

    async def connected(self, call_id: str, operator: str) -> None:
        """An operator has taken the call."""

    async def hung_up(self, call_id: str) -> None:
        """The exchange says that the call is over, whoever had it last."""

    async def plan(self, to: Contact, reply: Reply) -> str:
        """We owe somebody a call that says this; returns the errand's id."""

    async def next_errand(self, *, alarms_only: bool = False) -> Errand | None:
        """A call to make now, claimed for us; None where there is none. Alarms come first, and at
        night nothing else.
        """

    async def answered(self, errand: Errand, judgement: Judgement) -> None:
        """What he has judged so far: whatever becomes of us and of the call, it is kept."""

    async def reached(self, errand: Errand, judgement: Judgement) -> None:
        """Somebody answered and heard us out; what he judged goes into his ticket."""

    async def not_reached(self, errand: Errand, reason: str) -> None:
        """Nobody answered, or nobody heard us out; it is tried once more later, then a person is
        told (无人接听).
        """
