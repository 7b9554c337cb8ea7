"""Who is told of a step and what they are told: envelopes without identity. All of it pure.

The command desk is told of each danger (see `command`). Departments get webhooks, residents and
grid workers (see `workers`) a reply of the county's. What a department (see `visible`) or worker
reads never says who reported it; of a confidential ticket they learn only that it is there.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from config.county import HELPERS, County
from config.replies import REPLY_KEYS
from nlp import redact
from routing import codes, command, deadline, envelope, jurisdiction, permission, visible, workers
from routing.codes import Way
from routing.envelope import Envelope
from routing.order import BY_RESIDENT
from routing.steps import Actor
from routing.ticket import Action, Occasion, Status, Ticket
from routing.workers import UNNAMED_MATTER

EVENT_TYPES: Mapping[Action, str] = MappingProxyType(
    {
        Action.OPEN: "ticket.dispatched",
        Action.DISPATCH: "ticket.dispatched",
        Action.REPORT_UP: "ticket.dispatched",
        Action.RULE: "ticket.dispatched",
        Action.CORRECT: "ticket.corrected",
        Action.SIGN: "ticket.signed",
        Action.RETURN: "ticket.returned",
        Action.EXTEND: "ticket.extended",
        Action.PROGRESS: "ticket.progressed",
        Action.TELL: "ticket.told",
        Action.CONTACT: "ticket.contacted",
        Action.SUPPLEMENT: "ticket.supplemented",
        Action.REMIND: "ticket.reminded",
        Action.SUPERVISE: "ticket.supervised",
        Action.ANSWER: "ticket.answered",
        Action.FOLLOW_UP: "ticket.followed_up",
        Action.EVALUATE: "ticket.evaluated",
        Action.CLOSE: "ticket.closed",
        Action.REOPEN: "ticket.reopened",
        Action.WITHDRAW: "ticket.withdrawn",
    }
)
RELEASED = "ticket.released"  # the ticket went to somebody else
VERDICTS = ("解决了", "没解决")
OVERDUE = "已超过时限，请督促办理"
_ALWAYS_NEWS = MappingProxyType(
    {Action.ANSWER: "result", Action.TELL: "notice_words", Action.EXTEND: "notice_extended"}
)
_NEWS_FROM_US = MappingProxyType(  # of what he does himself he is told at once
    {Action.WITHDRAW: "notice_withdrawn", Action.REOPEN: "notice_reopened"}
)


def of(
    county: County, occasion: Occasion, new_id: Callable[[], str], way: Way | None = None
) -> list[Envelope]:
    """Every envelope that the step calls for, in a steady order; `way`: to reach the resident."""
    return [
        *_to_command(county, occasion, new_id),
        *_to_departments(county, occasion, new_id, way),
        *workers.told(county, occasion, new_id, way),
        *_to_resident(county, occasion, new_id),
    ]


def overdue(
    county: County, ticket: Ticket, now: datetime, new_id: Callable[[], str]
) -> list[Envelope]:
    """To the unit above the owner: a ticket below is past its time. Empty if nobody is reached."""
    above = jurisdiction.above(county, ticket.unit)
    contact = county.contact(above.code) if above else ""
    if not contact:
        return []
    values = {
        "number": ticket.number,
        "matter": workers.matter(county, ticket),
        "status": f"已超期，由{county.unit_name(ticket.unit)}办理",
        "unit": county.unit_name(ticket.unit),
        "due": deadline.speak(ticket.due_at, now),
        "latest": OVERDUE,
    }
    return [envelope.reply(contact, ticket.number, "progress", values, new_id)]


def _to_command(
    county: County, occasion: Occasion, new_id: Callable[[], str]
) -> Iterable[Envelope]:
    """First of all: a danger that nobody knew of before this step."""
    ticket, event = occasion.after, occasion.event
    if not command.is_new(occasion.before, ticket, event.action):
        return []
    return command.told(county, ticket, event.at, new_id)


def _to_departments(
    county: County, occasion: Occasion, new_id: Callable[[], str], way: Way | None
) -> Iterable[Envelope]:
    """To all who have it, except the one who acts; to those who had it, that it is gone."""
    actor = occasion.event.by.partition(":")[2]
    now_in = _departments(county, occasion.after)
    gone = [code for code in _departments(county, occasion.before) if code not in now_in]
    told = [(code, EVENT_TYPES[occasion.event.action]) for code in now_in if code != actor]
    told += [(code, RELEASED) for code in gone if code != actor]
    for code, kind in told:
        body = {
            "type": kind,
            "timestamp": occasion.event.at.isoformat(),
            "data": _data(county, occasion, code, way),
        }
        yield Envelope(
            id=new_id(),
            destination=f"webhook:{code}",
            ticket=occasion.after.number,
            kind=kind,
            body=body,
        )


def _departments(county: County, ticket: Ticket | None) -> list[str]:
    """Lead first, then those assisting; offices of the territory work in the console."""
    if ticket is None:
        return []
    units = (ticket.unit, *ticket.assisting)
    return [code for code in units if code in county.units and county.units[code].kind in HELPERS]


def _data(county: County, occasion: Occasion, department: str, way: Way | None) -> dict[str, Any]:
    ticket, event = occasion.after, occasion.event
    return {
        **visible.to_department(county, ticket, department, way),
        "action": event.action.value,
        "note": visible.words(ticket, department, event.note),
    }


def _to_resident(
    county: County, occasion: Occasion, new_id: Callable[[], str]
) -> Iterable[Envelope]:
    ticket, event, key = occasion.after, occasion.event, _news(occasion)
    if not (ticket.reporter and key):
        return []
    known = {
        "number": ticket.number,
        "matter": county.matter_name(ticket.category) or UNNAMED_MATTER,
        "unit": county.unit_name(ticket.unit),
        "due": deadline.speak(ticket.due_at, event.at),
        "answer": ticket.answer,
        "said": event.note,
        "reason": redact.mask(event.note),
    }
    values = {name: known[name] for name in REPLY_KEYS[key]}
    choices = VERDICTS if key == "result" else ()
    return [envelope.reply(ticket.reporter, ticket.number, key, values, new_id, choices=choices)]


def _news(occasion: Occasion) -> str:
    """The reply that tells the resident of a step; empty where it is no news to him."""
    action, by_us = occasion.event.action, occasion.event.by != BY_RESIDENT
    if action in _ALWAYS_NEWS:
        return _ALWAYS_NEWS[action]
    if _decided(occasion):
        rung = occasion.after.reporter.partition(":")[0] == codes.RUNG
        return "" if rung else "notice_dispatched"
    return _NEWS_FROM_US.get(action, "") if by_us else ""


def _decided(occasion: Occasion) -> bool:
    """Has the hotline decided who has it, as the resident was told that it would?"""
    before, after = occasion.before, occasion.after
    waited = before is not None and before.status is Status.DECIDING
    by_a_person = permission.actor_of(occasion.event.by) is Actor.OPERATOR
    return waited and by_a_person and after.status is Status.DISPATCHED
