"""The words of a conversation: its state between messages, what was heard, and what is to be
done.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from channels.message import InboundMessage, Reply
from nlp.understanding import RequestKind, Understanding
from routing.ticket import Draft


class Stage(StrEnum):
    """What we wait for; one question at a time."""

    OPEN = "open"  # nothing asked
    MATTER = "matter"  # 什么事
    PLACE = "place"  # 在哪里
    WHICH = "which"  # 是这个, 还是那个
    WITHDRAW = "withdraw"  # 真的撤吗
    PUBLIC = "public"  # 公开说的, 要不要正式反映


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What is remembered of a thread between two messages; small, and JSON all through."""

    thread: str
    stage: Stage = Stage.OPEN
    texts: tuple[str, ...] = ()  # not yet in a ticket
    messages: tuple[str, ...] = ()  # inbox ids of these
    options: tuple[str, ...] = ()  # place codes to choose from
    place: str = ""
    asked: int = 0
    ticket: str = ""  # the last one opened here
    ticket_category: str = ""
    ticket_danger: bool = False
    ticket_at: datetime | None = None
    noted: bool = False  # the resident knows that more words join that ticket
    due_at: datetime | None = None  # when silence is taken as an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message with what was understood of it."""

    message: InboundMessage
    inbox_id: str
    understanding: Understanding
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Answer the resident."""

    reply: Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Open a ticket; its receipt follows from where it is routed."""

    draft: Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplement:
    """Add the resident's words to his ticket; `quiet` where he has been told so a moment ago."""

    ticket: str
    text: str
    quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TellProgress:
    """Say how a ticket stands: the one named, or the resident's latest where empty."""

    ticket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskWithdraw:
    """Ask whether the ticket named (or the latest, where empty) shall really be withdrawn."""

    ticket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """Withdraw the ticket: the resident has said yes."""

    ticket: str


Step = Say | Open | Supplement | TellProgress | AskWithdraw | Withdraw


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What a message leads to: the conversation as it is then, and the steps to carry out in
    order.
    """

    conversation: Conversation
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What the conversation must know of the county and of language; all of it pure."""

    understand: Callable[[str], Understanding]
    needs_place: Callable[[str, RequestKind], bool]  # category, kind
    place_name: Callable[[str], str]  # place code -> name with its township
    certain_above: float = 0.8
    join_s: float = 40.0
    silence_s: float = 600.0
    same_matter_s: float = 1800.0  # a photo without words belongs to a ticket this young
