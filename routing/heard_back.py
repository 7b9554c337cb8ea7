"""What a resident says that only the hotline reads is shown to it, beside the reason why somebody
is to look, until somebody has. All of it pure.

That is what answers the hotline's own words (给居民回话), and what nobody else is told: the work is
over, its owner can't be reached, or may not read it. It is a part of the ticket's
`handover_reason`, where the queue finds it: `拿不准；居民回话：门口`. Words are masked and short
there; the whole is in the ticket.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any

from nlp import redact
from routing.order import BY_RESIDENT, BY_SYSTEM, Order
from routing.ticket import FINAL_STATUSES, IN_HAND_STATUSES, Action, Status, Ticket, TicketEvent

MARK = "居民回话："
LONGEST = 60  # characters of what he says; the rest is on the ticket's page
WORDLESS = "（没有写字，看附件）"
_BETWEEN = "；"
NOT_REACHED = "系统通知不到主办单位，请打电话催"
_OURSELVES = ("operator:", BY_SYSTEM)  # who urges himself knows; what is late has its own list
_UNSAID = MappingProxyType({Action.EVALUATE: "不满意", Action.REMIND: "催办"})  # by a key, say
_URGES = frozenset({Action.REMIND, Action.SUPERVISE})
_HE_SPEAKS = frozenset({Action.SUPPLEMENT, Action.REMIND, Action.EVALUATE, Action.REOPEN})


class Owner(Enum):
    """Who has a ticket, as far as telling him goes."""

    HERE = "here"  # the county centre: its people sit at the console
    TOLD = "told"
    UNREACHED = "unreached"  # nothing of ours gets there


def is_there(reason: str) -> bool:
    """Has he answered, and has nobody looked since?"""
    return MARK in reason


def words(reason: str) -> str:
    """What he said; empty where nothing is to be looked at."""
    return reason.partition(MARK)[2]


def without(reason: str) -> str:
    """Why somebody is to look apart from that; empty for nothing else."""
    return reason.partition(MARK)[0].removesuffix(_BETWEEN)


def is_to_decide(reason: str) -> bool:
    """Does the ticket wait for a person to decide, and not only to read or to ring?"""
    return without(reason) not in ("", NOT_REACHED)


def joined(reason: str, words: str) -> str:
    """The reason with his words, in place of earlier ones."""
    line = "，".join(redact.mask(words).split()) or WORDLESS
    short = line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
    before = without(reason)
    return f"{before}{_BETWEEN if before else ''}{MARK}{short}"


def kept(reason: str, instead: str) -> str:
    """`instead` of the reason, and what he said stays: nobody has looked at it yet."""
    _, mark, words = reason.partition(MARK)
    if not mark:
        return instead
    return f"{instead}{_BETWEEN if instead else ''}{mark}{words}"


def called_for(
    ticket: Ticket,
    action: Action,
    order: Order,
    changes: Mapping[str, Any],
    *,
    owner: Owner,
    log: Callable[[], Iterable[TicketEvent]],
) -> dict[str, Any]:
    """The change that a step makes of the reason to look; the log is read only where it decides."""
    reason, in_hand = ticket.handover_reason, ticket.status in IN_HAND_STATUSES
    by_others = not order.by.startswith(_OURSELVES)
    if in_hand and owner is Owner.UNREACHED and action in _URGES and by_others:
        reason = kept(reason, without(reason) or NOT_REACHED)
    if order.by == BY_RESIDENT and _says_something(ticket, action, changes):
        read = in_hand and owner is Owner.TOLD and not ticket.confidential
        queued = _is_listed(ticket, owner) and action is not Action.REMIND  # pressing is to be seen
        if not (read or queued) or is_there(reason) or is_awaited(log()):
            reason = joined(reason, order.note or _UNSAID.get(action, ""))
    return {} if reason == ticket.handover_reason else {"handover_reason": reason}


def is_awaited(events: Iterable[TicketEvent]) -> bool:
    """Did the hotline write to him (first to last) since he has spoken? Then his words answer."""
    for event in reversed(tuple(events)):
        if event.action is Action.TELL:
            return True
        if event.by == BY_RESIDENT and event.action in _HE_SPEAKS:
            return False
    return False


def _is_listed(ticket: Ticket, owner: Owner) -> bool:
    """Does a list of the hotline's show it anyway: to decide, to do, or to ring about?"""
    match ticket.status:
        case Status.DECIDING | Status.RETURNED:
            return True
        case Status.DISPATCHED:
            return owner is not Owner.TOLD
        case Status.SIGNED:
            return owner is Owner.HERE
    return False


def _says_something(ticket: Ticket, action: Action, changes: Mapping[str, Any]) -> bool:
    """New words on a ticket that goes on. A judgement says something new where nothing follows from
    it: it neither closes the ticket nor opens it again.
    """
    if action is Action.EVALUATE and ticket.status not in FINAL_STATUSES:
        return changes.get("satisfied") is False and changes.get("solved") is None
    return action in (Action.SUPPLEMENT, Action.REMIND)
