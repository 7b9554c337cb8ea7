"""What a resident answers to the hotline's own words (给居民回话) is shown to it, beside the reason
why somebody is to look, until somebody has. All of it pure.

It is a part of the ticket's `handover_reason`, where the queue finds it: `拿不准；居民回话：门口`.
Words are masked and short there; the whole is in the ticket.
"""

from collections.abc import Callable, Iterable
from typing import Any

from nlp import redact
from routing.order import BY_RESIDENT
from routing.ticket import Action, TicketEvent

MARK = "居民回话："
LONGEST = 60  # characters of what he says; the rest is on the ticket's page
WORDLESS = "（没有写字，看附件）"
_BETWEEN = "；"
_HE_SPEAKS = frozenset({Action.SUPPLEMENT, Action.REMIND, Action.EVALUATE, Action.REOPEN})


def is_there(reason: str) -> bool:
    """Has he answered, and has nobody looked since?"""
    return MARK in reason


def words(reason: str) -> str:
    """What he said; empty where nothing is to be looked at."""
    return reason.partition(MARK)[2]


def without(reason: str) -> str:
    """Why somebody is to look apart from that; empty for nothing else."""
    return reason.partition(MARK)[0].removesuffix(_BETWEEN)


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


def noted(reason: str, words: str, log: Callable[[], Iterable[TicketEvent]]) -> dict[str, Any]:
    """The change that his words make of the reason; the log is read only where it decides."""
    if is_there(reason) or is_awaited(log()):
        return {"handover_reason": joined(reason, words)}
    return {}


def is_awaited(events: Iterable[TicketEvent]) -> bool:
    """Did the hotline write to him (first to last) since he has spoken? Then his words answer."""
    for event in reversed(tuple(events)):
        if event.action is Action.TELL:
            return True
        if event.by == BY_RESIDENT and event.action in _HE_SPEAKS:
            return False
    return False
