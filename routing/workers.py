"""What the one in charge of a unit of the territory reads on his own channel: that a ticket is his,
that its resident has answered, that it is no longer his, what came of it. All of it pure.

Of a confidential ticket he learns that it is there, and where to ask; never who reported it.
"""

from collections.abc import Callable, Iterable

from config.county import County
from nlp import redact
from routing import codes, command, deadline, envelope, heard_back
from routing.codes import Way
from routing.envelope import Envelope
from routing.order import BY_RESIDENT
from routing.ticket import IN_HAND_STATUSES, Action, Occasion, Status, Ticket

UNNAMED_MATTER = "居民反映的事"
WITHHELD_MATTER = "居民要求保密的事"
ASK_THERE = "请到县网格管理中心当面了解"
GOES_TO = "转给{unit}了"
ELSEWHERE = "另有安排"
TAKEN_BACK = "居民撤回了"
WITHDRAWN = "工作人员撤单了"
LONGEST_SAID = 200  # characters of what a resident adds

_CALLS_HIM = frozenset(
    {Action.OPEN, Action.DISPATCH, Action.REPORT_UP, Action.RULE, Action.REOPEN, Action.REMIND}
)


def told(
    county: County, occasion: Occasion, new_id: Callable[[], str], way: Way | None = None
) -> Iterable[Envelope]:
    """First who has it no more, then who has it, with the `way` to reach the resident."""
    yield from _released(county, occasion, new_id)
    ticket, event = occasion.after, occasion.event
    contact = county.contact(ticket.unit)
    if not contact:
        return
    values = {"number": ticket.number, "matter": matter(county, ticket)}
    if event.action in _CALLS_HIM:
        values["place"] = _place(county, ticket)
        values["due"] = deadline.speak(ticket.due_at, event.at)
        values["contact"] = f"{way.words}\n" if way else ""
        yield envelope.reply(contact, ticket.number, "worker_dispatched", values, new_id)
    if _hears_of(occasion):
        said = {"number": ticket.number, "matter": matter(county, ticket)}
        said["said"] = redact.mask(event.note)[:LONGEST_SAID] or heard_back.WORDLESS
        said["contact"] = f"\n{way.words}" if way and _is_reached_now(occasion) else ""
        yield envelope.reply(contact, ticket.number, "worker_supplemented", said, new_id)
    elif event.action is Action.CLOSE and not ticket.confidential:
        values["answer"] = redact.mask(ticket.answer)
        choices = ("属实", "不实")
        yield envelope.reply(
            contact, ticket.number, "worker_result", values, new_id, choices=choices
        )


def _is_reached_now(occasion: Occasion) -> bool:
    """Has the resident left a number only now?"""
    before = occasion.before
    return before is not None and not codes.has_number(before)


def _hears_of(occasion: Occasion) -> bool:
    """Has the resident said something that who has the ticket may read? Mere pressing has no words;
    before anybody has it, and afterwards, he hears only what answers the hotline.
    """
    ticket, event = occasion.after, occasion.event
    if ticket.confidential or event.by != BY_RESIDENT:
        return False
    if event.action is Action.REMIND:
        return bool(event.note) and ticket.status in IN_HAND_STATUSES
    to_us = heard_back.is_there(str(event.changes.get("handover_reason", "")))
    return event.action is Action.SUPPLEMENT and (to_us or ticket.status in IN_HAND_STATUSES)


def matter(county: County, ticket: Ticket) -> str:
    """What it is about, as far as he may know."""
    if ticket.confidential:
        return WITHHELD_MATTER
    return county.matter_name(ticket.category) or UNNAMED_MATTER


def _released(county: County, occasion: Occasion, new_id: Callable[[], str]) -> Iterable[Envelope]:
    """Whoever had it need not go there: it went to somebody else, or was withdrawn.

    Who gives it away himself knows; a ticket that nobody had been given leaves nobody.
    """
    before, ticket, event = occasion.before, occasion.after, occasion.event
    if before is None or before.status is Status.DECIDING:
        return
    contact, actor = county.contact(before.unit), event.by.partition(":")[2]
    over = ticket.status is Status.WITHDRAWN
    same = contact == county.contact(ticket.unit) and not over
    if not contact or actor == before.unit or same:
        return
    if over:
        why = TAKEN_BACK if event.by == BY_RESIDENT else WITHDRAWN
    else:
        goes_to = GOES_TO.format(unit=county.unit_name(ticket.unit))
        why = ELSEWHERE if ticket.confidential else goes_to
    values = {"number": ticket.number, "matter": matter(county, ticket), "reason": why}
    yield envelope.reply(contact, ticket.number, "worker_released", values, new_id)


def _place(county: County, ticket: Ticket) -> str:
    if ticket.confidential:
        return ASK_THERE
    known = county.place_name(ticket.place) or redact.mask(ticket.address)
    return known or command.UNNAMED_PLACE
