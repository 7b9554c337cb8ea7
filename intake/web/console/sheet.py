"""What the page of a ticket shows: what was said, what was decided and why, who has it, and what
can be done now.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from intake import accounts, inbox
from intake.counter import writing
from intake.services import SERVICES, Services
from intake.web import attached, locating, looks, marking, options, pages, rows, sessions, spoken
from intake.web.console import acting, chronicle, deciding, reporter, ringing, unreached
from intake.web.console.acting import Typed
from intake.web.console.deciding import Wish
from routing import dispatch, permission, store
from routing.errors import TicketNotFound
from routing.ticket import ACTION_NAMES, IN_HAND_STATUSES, Action, Status, Ticket

_BY_ITS_OWN_FORM = dispatch.BRING_ALONG | {Action.TELL}
_DONE = {
    Action.DISPATCH: "派好了，由{unit}办。",
    Action.RULE: "定好了，由{unit}办。",
    Action.CORRECT: "改好了。",
    Action.TELL: "已经发给居民。他回了话，这张工单会到待办里。",
    Action.ANSWER: "答复已经发给居民。",
    Action.SUPERVISE: "督办单开好了。",
}
_STAYS = "主办还是{unit}，没有换。"
_MOVE = "要按新地点换单位，在“改派或更正”里点“改派”。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who reported it; shown only when somebody has said why he looks."""

    name: str
    phone: str
    contact: str


async def shown(
    request: web.Request,
    *,
    by: str,
    problem: str = "",
    wish: Wish | None = None,
    typed: Typed | None = None,
    identity: Identity | None = None,
    photos: bool = False,
) -> web.StreamResponse:
    """The page as `by` sees it; what he typed into a form that was refused is in it still.

    `identity` and `photos`: what he has asked to see, after it was written down.
    """
    services, session = request.app[SERVICES], sessions.required(request, sessions.EVERYBODY)
    role = session.account.role
    may_hear = role in sessions.MAY_HEAR
    known = await _known(services, request.match_info["number"], may_hear=may_hear)
    this = known["ticket"]
    may_write = role in sessions.MAY_WRITE
    may_act = may_write or role in sessions.MAY_SUPERVISE
    allowed = permission.allowed(this, by) if may_act else ()
    to_ring = _to_ring(services, this)
    values = {
        **known,
        "runs": rows.runs(this),
        "done": "" if problem else _done(services, known, request.query.get("done", ""), allowed),
        "may_hear": may_hear,
        "sees_photos": photos or role in sessions.MAY_WRITE,
        "where": await locating.of_ticket(services, this, known["pin"]),
        "assisting": [services.county.unit_name(code) for code in this.assisting],
        "identity": identity,
        "masked_reporter": reporter.masked(this),
        "is_hidden": reporter.is_hidden(this, _said(known)),
        "may_write": may_write,
        "allowed": allowed,
        "to_ring": [services.county.unit_name(code) for code in to_ring],
        "whom": [unreached.line(services.county, code) for code in to_ring],
        "lead_is_told": services.dispatcher.reaches(this.unit),
        "unreachable": writing.unreachable(this),
        "asked_person": rows.asks(this),
        "other_actions": _others(allowed),
        "rule_reason": deciding.reason(services.county, this),
        "judged": _judged(this),
        "questions": acting.QUESTIONS,
        "kept": wish or Wish.shown(services.county, this),
        "typed": typed or Typed(),
        "left_over": _left_over(allowed, wish, typed),
        "problem": problem,
        **options.lists(services.county),
    }
    return pages.show(request, "ticket.html", values, status=409 if problem else 200)


async def _known(services: Services, number: str, *, may_hear: bool) -> dict[str, Any]:
    """What is known of the ticket in one moment."""
    try:
        return await services.database.read(lambda c: _read(c, services, number, may_hear))
    except TicketNotFound as error:
        raise web.HTTPNotFound(text=str(error)) from error


def _read(
    connection: Connection, services: Services, number: str, may_hear: bool
) -> dict[str, Any]:
    county, this = services.county, store.load(connection, number)
    messages = inbox.of_ticket(connection, number)
    events, people = store.events(connection, number), accounts.names(connection)
    answers = [event.at for event in events if event.action is Action.ANSWER]
    return {
        "ticket": this,
        "row": rows.read(connection, county, [this], services.runtime.now())[0],
        "last": events[-1].action,
        "moved": "place" in events[-1].changes,
        "answered_at": answers[-1] if answers and not rows.runs(this) else None,
        "events": chronicle.of(county, events, people),
        "people": people,
        "looks": looks.of_ticket(connection, number),
        "ringing": ringing.of_ticket(connection, services, this, may_hear=may_hear),
        "suggestion": events[0].note if this.status is Status.DECIDING else "",
        "attached": attached.of_messages(connection, number, messages),
        "pin": locating.pinned(messages),
        "said_of_note": partial(spoken.note, hears=services.settings.hears, may_hear=may_hear),
        "wholes": attached.wholes(connection, number),
        "way": services.dispatcher.way(connection, this),
        "straight": marking.of_ticket(connection, services, this),
        "date": marking.date,
    }


def _done(
    services: Services, known: Mapping[str, Any], done: str, allowed: Sequence[Action]
) -> str:
    """What the form before has done, if nothing has happened since; empty for nothing."""
    if done != known["last"]:
        return ""
    said, this = _DONE.get(Action(done), "“{action}”记下了。"), known["ticket"]
    if done == Action.CORRECT and known["moved"] and this.status in IN_HAND_STATUSES:
        said += _STAYS + (_MOVE if Action.DISPATCH in allowed else "")
    unit = services.replies.unit(this)
    return said.format(action=ACTION_NAMES[Action(done)], unit=unit)


async def ticket(services: Services, number: str) -> Ticket:
    """The ticket; 404 where there is none."""
    try:
        return await services.database.read(lambda c: store.load(c, number))
    except TicketNotFound as error:
        raise web.HTTPNotFound(text=str(error)) from error


def _left_over(allowed: Sequence[Action], wish: Wish | None, typed: Typed | None) -> str:
    """Words that were typed into a form that this page no longer has."""
    if wish is not None and Action.CORRECT not in allowed:
        return wish.note
    if typed is not None and typed.action not in allowed:
        return typed.note
    return ""


def _others(allowed: Sequence[Action]) -> list[Action]:
    """What has no form of its own; first what is chosen most often and harms least by mistake."""
    asked = {Action.FOLLOW_UP} if Action.EVALUATE in allowed else set()  # by the form of 回访
    found = [action for action in allowed if action not in _BY_ITS_OWN_FORM | asked]
    return sorted(found, key=lambda action: action is not Action.PROGRESS)


def _said(known: Mapping[str, Any]) -> Iterator[str]:
    """All words of the page that may tell who somebody is."""
    this = known["ticket"]
    yield from (this.text, this.address, this.answer, *known["wholes"])
    for each in known["attached"]:
        yield each.caption
        yield each.heard.text if each.heard else ""
    for event in known["events"]:
        yield from event.lines


def _to_ring(services: Services, this: Ticket) -> list[str]:
    """Who leads or assists and reads nothing of ours."""
    if this.status not in IN_HAND_STATUSES:
        return []
    units = (this.unit, *this.assisting)
    return [unit for unit in units if not services.dispatcher.reaches(unit)]


def _judged(this: Ticket) -> str:
    """`解决了；满意不满意没问到；...`; empty where nothing was said."""
    said = {name: getattr(this, name) for name in acting.QUESTIONS}
    if all(value is None for value in said.values()):
        return ""
    return "；".join(acting.QUESTIONS[name].said(value) for name, value in said.items())
