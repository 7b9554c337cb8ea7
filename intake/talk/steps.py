"""What a turn can lead to: the steps that the clerk carries out, in order."""

from dataclasses import dataclass
from datetime import datetime

from channels.message import Reply
from nlp.understanding import RequestKind
from routing.ticket import Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Answer the resident."""

    reply: Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """Say what would become a ticket, whose it would be and by when; nothing is written."""

    draft: Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Open a ticket; its receipt follows from where it is routed.

    `transfer`: the resident is told that a person takes over; `quiet`: other words tell him;
    `into`: the ticket that waits for this very matter; `danger`: the reply that says what is done
    about it now, in place of a date.
    """

    draft: Draft
    transfer: bool = False
    quiet: bool = False
    into: str = ""
    danger: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """A person takes over with the ticket that is there already (the last one, where empty); the
    reason goes into its log. `text`: what he says beside his wish; `key`: the reply that tells him.
    """

    ticket: str
    reason: str
    text: str = ""
    key: str = "handed_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplement:
    """Add the resident's words to his ticket, and the telephone or name that he leaves.

    `brief`: he knows where they go; `quiet`: other words tell him; `look`: why a person at the
    hotline is to look at it; `alarm`: of a danger, so who is told of it is told again; `earlier`:
    words of a message before this one, which is none of that ticket's.
    """

    ticket: str
    text: str
    brief: bool = False
    quiet: bool = False
    look: str = ""
    alarm: bool = False
    earlier: bool = False
    phone: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hide:
    """From now on the ticket is confidential: he wants it so."""

    ticket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The resident says, in `text`, that his ticket is at this place."""

    ticket: str
    place: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """He presses for his ticket, in these words."""

    ticket: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TellProgress:
    """Say how a ticket stands: the one named, or the resident's latest where empty; `none`: the
    reply where he has none.
    """

    ticket: str
    none: str = "progress_none"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskWhich:
    """Ask of which of these tickets he speaks."""

    tickets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskWithdraw:
    """Ask whether the ticket named (or the latest, where empty) shall really be withdrawn; `until`:
    when that is asked no more.
    """

    ticket: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """Withdraw the ticket: the resident has said yes."""

    ticket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """What the resident, or the grid worker, says of a result: of SOLVED or UNSOLVED and of
    SATISFIED or UNSATISFIED at most one each, in these words.
    """

    ticket: str
    verdicts: tuple[RequestKind, ...]
    words: str


Step = (
    Say
    | ReadBack
    | Open
    | HandOver
    | Supplement
    | Hide
    | Move
    | Press
    | TellProgress
    | AskWhich
    | AskWithdraw
    | Withdraw
    | Judge
)
