"""What a step on a ticket brings with it: owner, deadline, standard, why a person decides. Pure.

Each gives changes by the ticket's field names, for `lifecycle.advance`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from config.county import County
from config.runtime import LOCAL_ZONE
from nlp.understanding import Urgency
from routing import deadline, heard_back, jurisdiction, permission, steps
from routing.errors import ActionRefused, UnknownUnit
from routing.order import BY_RESIDENT, Order
from routing.route import Router
from routing.ticket import Action, Draft, Route, Status, Ticket
from routing.worktime import Calendar

LONGEST_TEXT = 8000  # characters, with supplements; beyond that they are in the log only
LONGEST_EXTENSION = timedelta(days=366)
NO_PLACE = "不知道在哪里"  # why a person decides
ASKED_PERSON = "居民要求人工服务"  # likewise, until somebody has spoken to him
SPOKEN_TO = "居民要求人工服务，已经给他回过话"
BY_PERSON = "person"  # the rule of what no rule decided
_GRAVITY = (Urgency.NORMAL, Urgency.URGENT, Urgency.DANGER)


def why_a_person(county: County, draft: Draft, route: Route | None, certain_above: float) -> str:
    """Why a person has to decide, in Chinese; empty where the route is certain."""
    if draft.handover_reason:
        return draft.handover_reason
    if draft.confidential:
        return "居民要求保密"
    if draft.category not in county.categories:
        return "听不出是哪类事"
    if route is None:
        return NO_PLACE
    if draft.category_confidence < certain_above:
        return f"类别拿不准（把握 {draft.category_confidence:.0%}）"
    return "" if route.certain else "派单目录里没有这一类"


def by_catalogue(router: Router, ticket: Ticket) -> dict[str, Any]:
    """Where the catalogue sends the ticket, its category now being certain; ActionRefused."""
    route = router.route(
        ticket.category,
        ticket.place,
        kind=ticket.kind,
        urgency=ticket.urgency,
        confidential=ticket.confidential,
    )
    if route is None:
        raise ActionRefused("派单目录定不下来这件事归谁办，请指明主办单位。")
    return {
        "unit": route.unit,
        "assisting": route.assisting,
        "rule": route.rule,
        "certain": True,
        "standard": standard(router.county, ticket.category),
    }


def goes_to(county: County, unit: str, assisting: Sequence[str]) -> dict[str, Any]:
    """To a unit that a person has chosen; UnknownUnit."""
    for code in (unit, *assisting):
        if code not in county.units:
            raise UnknownUnit(f"没有编码为“{code}”的单位，请从单子里选。")
    others = tuple(dict.fromkeys(code for code in assisting if code != unit))
    return {"unit": unit, "assisting": others, "rule": BY_PERSON, "certain": True}


def goes_up(county: County, ticket: Ticket) -> dict[str, Any]:
    """To the next office above where somebody is named."""
    above = jurisdiction.above(county, ticket.unit)
    assisting = [code for code in ticket.assisting if code in county.units]
    lead = above.code if above else ticket.unit
    return goes_to(county, lead, assisting) | {"rule": f"report_up:{ticket.unit}"}


def first_due(
    county: County, calendar: Calendar, category: str, urgency: Urgency, now: datetime
) -> dict[str, Any]:
    """Both deadlines of a matter whose clock begins now."""
    due = deadline.promise(county, category, urgency, now, calendar)
    return {
        "due_at": due.at,
        "sign_due_at": due.sign_at,
        "due_provisional": bool(due.provisional),
    }


def corrected_due(
    county: County, calendar: Calendar, corrected: Ticket, now: datetime
) -> dict[str, Any]:
    """From when the clock began; from now if that is past already, so that it can be kept."""
    start = corrected.started_at or corrected.opened_at
    due = deadline.promise(county, corrected.category, corrected.urgency, start, calendar)
    if due.at <= now:
        due = deadline.promise(county, corrected.category, corrected.urgency, now, calendar)
    return {"due_at": due.at, "due_provisional": bool(due.provisional)}


def corrected(
    county: County, calendar: Calendar, ticket: Ticket, now: datetime, said: Mapping[str, Any]
) -> dict[str, Any]:
    """Category, place or urgency as somebody put them right (None: left alone); dates follow."""
    changes = {name: value for name, value in said.items() if value is not None}
    if "urgency" in changes:
        changes["urgency"] = Urgency(changes["urgency"])
    if "category" in changes:
        changes["category_confidence"] = 1.0
        changes["standard"] = standard(county, changes["category"])
    if changes.keys() & {"category", "urgency"}:
        after = replace(ticket, **changes)
        changes |= corrected_due(county, calendar, after, now)
        changes |= _corrected_sign_due(county, ticket, after, now)
        graver = _GRAVITY.index(changes.get("urgency", ticket.urgency))
        granted = ticket.extensions and graver <= _GRAVITY.index(ticket.urgency)
        if granted and changes["due_at"] < ticket.due_at:  # who was given more time keeps it
            changes |= {"due_at": ticket.due_at, "due_provisional": ticket.due_provisional}
    return changes


def _corrected_sign_due(
    county: County, ticket: Ticket, corrected: Ticket, now: datetime
) -> dict[str, Any]:
    """While nobody has signed: from when its unit got it; from now if that is past already."""
    if ticket.status is not Status.DISPATCHED or ticket.sign_due_at is None:
        return {}
    allowed = sign_due(county, ticket, now)["sign_due_at"] - now
    got_at = ticket.sign_due_at - allowed
    at = sign_due(county, corrected, got_at)["sign_due_at"]
    return {"sign_due_at": at} if at > now else sign_due(county, corrected, now)


def extended(
    county: County, calendar: Calendar, ticket: Ticket, now: datetime, *, by: str, due_at: datetime
) -> dict[str, Any]:
    """A later date; ActionRefused where a unit gives itself more than its time over again, and for
    a date beyond any matter.
    """
    if due_at.replace(tzinfo=None) > now.replace(tzinfo=None) + LONGEST_EXTENSION:
        raise ActionRefused(f"延期不能超过 {LONGEST_EXTENSION.days} 天，请写一个近些的日期。")
    if permission.actor_of(by) in steps.LEAD:
        start = ticket.started_at or ticket.opened_at
        given = (
            deadline.promise(county, ticket.category, ticket.urgency, start, calendar).at - start
        )
        latest = max(ticket.due_at, now) + given
        if due_at > latest:
            until = f"{latest.astimezone(LOCAL_ZONE):%Y-%m-%d %H:%M}"
            raise ActionRefused(f"自己延期最晚到 {until}，再晚要由县网格管理中心决定。")
    return {"due_at": due_at, "due_provisional": False}


def along(
    county: County,
    calendar: Calendar,
    ticket: Ticket,
    action: Action,
    order: Order,
    *,
    now: datetime,
) -> dict[str, Any]:
    """What follows from an order that says nothing but what is to be done."""
    match action:
        case Action.REPORT_UP:
            return goes_up(county, ticket) | sign_due(county, ticket, now)
        case Action.REOPEN:
            return first_due(county, calendar, ticket.category, ticket.urgency, now)
        case Action.TELL:
            return _spoken_to(ticket)
        case Action.SUPPLEMENT if order.by == BY_RESIDENT:  # others' words are in the log
            return _told(ticket, order.note)
    return {}


def sign_due(county: County, ticket: Ticket, now: datetime) -> dict[str, Any]:
    """When whoever gets it now must have signed."""
    at = deadline.sign_due(county, ticket.category, ticket.urgency, now)
    return {"sign_due_at": at}


def standard(county: County, category: str) -> tuple[str, ...]:
    """The work standard for the longest prefix of the category, as it stands now."""
    matching = [each for each in county.standards if category.startswith(each.category)]
    best = max(matching, key=lambda each: len(each.category), default=None)
    return best.steps if best else ()


def _told(ticket: Ticket, words: str) -> dict[str, Any]:
    """The resident's further words in the ticket's text, as long as it holds them."""
    text = f"{ticket.text}\n补充：{words}"
    return {"text": text} if words and len(text) <= LONGEST_TEXT else {}


def _spoken_to(ticket: Ticket) -> dict[str, Any]:
    """Who asked for a person has had one."""
    asked = heard_back.without(ticket.handover_reason) == ASKED_PERSON
    return {"handover_reason": SPOKEN_TO} if asked else {}
