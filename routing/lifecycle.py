"""The only two ways in which a ticket comes about and changes, by the table in `steps`.

`opened` makes a ticket, `advance` changes one; both give the new ticket and the event that tells of
it, and `replay` rebuilds the ticket from its events. What may be done, and by whom, says
`permission`. All are pure. `by` says who acts, as `kind` or `kind:NAME` (see `steps.Actor`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from routing import heard_back, permission, record, steps
from routing.errors import ActionRefused
from routing.steps import Actor, Step
from routing.ticket import (
    FINAL_STATUSES,
    Action,
    Draft,
    Status,
    Ticket,
    TicketEvent,
)

REOPENED_UNDECIDED = "没有派过单，要求重新办理"
_DECIDES = frozenset({Actor.OPERATOR, Actor.LEADER})
_OF_A_DRAFT = tuple(name for name in Draft.__slots__ if name != "messages")


def opened(
    draft: Draft,
    *,
    number: str,
    status: Status,
    unit: str,
    due_at: datetime,
    by: str,
    at: datetime,
    note: str = "",
    **changes: Any,
) -> tuple[Ticket, TicketEvent]:
    """A new ticket, version 1, and its first event.

    `status` is DECIDING (a person decides) or DISPATCHED; `changes` may hold what `steps.FIELDS`
    allows at opening.
    """
    permission.actor_of(by)
    if status not in (Status.DECIDING, Status.DISPATCHED) or not unit:
        raise ActionRefused("新工单只能是“待研判”或“已派单”，并且要有主办单位。")
    permission.only_fields(Action.OPEN, changes)
    values: dict[str, Any] = {name: getattr(draft, name) for name in _OF_A_DRAFT}
    values |= {"assisting": (), "rule": "", "certain": False, "standard": (), "sign_due_at": None}
    values |= changes
    values |= {"status": status, "unit": unit, "due_at": due_at}
    values |= {"opened_at": at, "started_at": at}
    event = TicketEvent(
        ticket=number,
        sequence=1,
        action=Action.OPEN,
        by=by,
        at=record.utc(at),
        note=note,
        changes={name: record.encode(value) for name, value in values.items()},
    )
    return _first(event), event


def advance(
    ticket: Ticket,
    action: Action,
    *,
    by: str,
    at: datetime,
    note: str = "",
    **changes: Any,
) -> tuple[Ticket, TicketEvent]:
    """The ticket one version on and the event that says so; ActionRefused (in Chinese) where it
    may not be.

    Counters, closing time and clock start are set here; all else that changes comes in `changes`.
    """
    step = permission.permitted(ticket, action, by=by, at=at, note=note, changes=changes)
    values = changes | _consequences(ticket, step, at)
    values["handover_reason"] = _why_look(ticket, values, permission.actor_of(by))
    encoded = {name: record.encode(value) for name, value in values.items()}
    changed = {
        name: value
        for name, value in encoded.items()
        if value != record.encode(getattr(ticket, name))
    }
    event = TicketEvent(
        ticket=ticket.number,
        sequence=ticket.version + 1,
        action=action,
        by=by,
        at=record.utc(at),
        note=note,
        changes=changed,
    )
    return _then(ticket, event), event


def replay(events: Iterable[TicketEvent]) -> Ticket:
    """The ticket that these events tell of, first to last; ValueError where one is missing or
    foreign.
    """
    ticket: Ticket | None = None
    for event in events:
        if ticket is None:
            ticket = _first(event)
        elif (event.ticket, event.sequence) == (ticket.number, ticket.version + 1):
            ticket = _then(ticket, event)
        else:
            raise ValueError(f"event {event.sequence} does not follow version {ticket.version}")
    if ticket is None:
        raise ValueError("a ticket without events")
    return ticket


def _consequences(ticket: Ticket, step: Step, at: datetime) -> dict[str, Any]:
    """What follows from the step itself."""
    values: dict[str, Any] = {"status": step.to or ticket.status}
    counter = steps.COUNTERS.get(step.action)
    if counter:
        values[counter] = getattr(ticket, counter) + 1
    if values["status"] in FINAL_STATUSES and ticket.closed_at is None:
        values["closed_at"] = at
    if step.action is Action.REOPEN and not ticket.rule:
        values |= {"status": Status.DECIDING, "handover_reason": REOPENED_UNDECIDED}
    if step.action is Action.REOPEN:
        values |= {"closed_at": None, "started_at": at, "answer": ""}
        values |= {"solved": None, "satisfied": None, "contacted": None}
    return values


def _why_look(ticket: Ticket, values: Mapping[str, Any], actor: Actor) -> str:
    """Why a person at the hotline is to decide or to look, after the step.

    By a step of the hotline's own somebody has looked, unless a leader asks it to; no other step
    makes unseen what the resident has answered.
    """
    reason: str = values.get("handover_reason", ticket.handover_reason)
    asks = actor is Actor.LEADER and "handover_reason" in values
    if actor in _DECIDES and not asks:
        return heard_back.without(reason) if values["status"] is Status.DECIDING else ""
    if heard_back.is_there(reason):
        return reason
    return heard_back.kept(ticket.handover_reason, reason)


def _first(event: TicketEvent) -> Ticket:
    if event.action is not Action.OPEN or event.sequence != 1:
        raise ValueError("the first event of a ticket opens it")
    values = {name: record.decode(name, value) for name, value in event.changes.items()}
    return Ticket(number=event.ticket, version=1, updated_at=event.at, **values)


def _then(ticket: Ticket, event: TicketEvent) -> Ticket:
    values = {name: record.decode(name, value) for name, value in event.changes.items()}
    return replace(ticket, version=event.sequence, updated_at=event.at, **values)
