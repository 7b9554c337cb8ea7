"""What the console reads: the queue, and how things stand. Functions of a connection."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Select

from nlp.understanding import Urgency
from routing import deadline, entails, heard_back, schema, store
from routing.deadline import Light
from routing.ticket import FINAL_STATUSES, RUNNING_STATUSES, Action, Status, Ticket

MOST_ROWS = 500
MOST_COUNTED = 999  # of what waits; nobody works off more at a sitting
TALK_MINUTES = 60  # where a county says nothing else
WAITING = (Status.DECIDING, Status.RETURNED)

_TICKET = schema.ticket
_EVENT = schema.ticket_event
_OVER = sorted(status.value for status in FINAL_STATUSES)  # the many; no page counts them
_BY_STATUS = sa.select(_TICKET.c.status, sa.func.count()).group_by(_TICKET.c.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many tickets are not over by status, and running ones by light."""

    by_status: Mapping[str, int]
    by_light: Mapping[str, int]

    def status(self, status: Status) -> int:
        """How many are in that status."""
        return self.by_status.get(status.value, 0)

    def light(self, light: Light) -> int:
        """How many running tickets show that light."""
        return self.by_light.get(light.value, 0)


def waiting(
    connection: Connection,
    centre: str,
    *,
    limit: int,
    offset: int = 0,
    but: Collection[str] = (),
    talk_minutes: int = TALK_MINUTES,
) -> list[Ticket]:
    """Tickets that wait for a person at the hotline: danger first, then what is promised soonest,
    then by age. `centre` is the unit for which its people act; `but` are numbers of those that are
    shown elsewhere; `talk_minutes` is as in `deadline`.
    """
    danger = _TICKET.c.urgency == Urgency.DANGER.value
    promised = _promised(connection, talk_minutes * 60)
    query = (
        sa.select(_TICKET)
        .where(_is_ours(centre), _TICKET.c.number.not_in(but))
        .order_by(~danger, promised, _TICKET.c.opened_at, _TICKET.c.number)
    )
    return page(connection, query, limit, offset)


def _promised(connection: Connection, talk_s: int) -> ColumnElement[Any]:
    """By when the hotline must have acted, in seconds: who asks for a person is spoken to soon, and
    so is read who answers where nothing is due any more; all else has its own date.
    """
    due = _seconds(connection, _TICKET.c.due_at)
    start = sa.func.coalesce(_TICKET.c.started_at, _TICKET.c.opened_at)
    deciding = _TICKET.c.status == Status.DECIDING.value
    since = _seconds(connection, sa.case((deciding, start), else_=_TICKET.c.updated_at))
    soon = since + talk_s
    return sa.case((~running(), soon), (sa.and_(_asks_for_person(), soon < due), soon), else_=due)


def count_waiting(connection: Connection, centre: str) -> int:
    """How many tickets `waiting` lists; where they are more than MOST_COUNTED, one more than it."""
    some = sa.select(_TICKET.c.number).where(_is_ours(centre)).limit(MOST_COUNTED + 1).subquery()
    return connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()


def to_ring(connection: Connection, unreached: Collection[str]) -> list[str]:
    """Which of the units that nothing of ours gets to have a ticket that they haven't signed for:
    somebody has to ring them.
    """
    dispatched = _TICKET.c.status == Status.DISPATCHED.value
    units = connection.execute(sa.select(_TICKET.c.unit).where(dispatched).distinct()).scalars()
    return sorted(unit for unit in units if unit in unreached)


def count_to_ring(connection: Connection, units: Collection[str]) -> int:
    """How many tickets these units, of `to_ring`, haven't signed for."""
    query = sa.select(sa.func.count()).select_from(_TICKET).where(is_to_ring(units))
    return connection.execute(query).scalar_one() if units else 0


def is_to_ring(units: Collection[str]) -> ColumnElement[bool]:
    """One of these units has it and hasn't signed for it."""
    dispatched = _TICKET.c.status == Status.DISPATCHED.value
    return sa.and_(dispatched, _TICKET.c.unit.in_(units))


def answered_at(connection: Connection, tickets: Iterable[Ticket]) -> dict[str, datetime]:
    """When those of the tickets that have an answer were answered, by number."""
    numbers = [ticket.number for ticket in tickets if ticket.status not in RUNNING_STATUSES]
    query = (
        sa.select(_EVENT.c.ticket, sa.func.max(_EVENT.c.at).label("at"))
        .where(_EVENT.c.ticket.in_(numbers), _EVENT.c.action == Action.ANSWER.value)
        .group_by(_EVENT.c.ticket)
    )
    return {row.ticket: row.at for row in connection.execute(query)} if numbers else {}


def by_status(connection: Connection) -> dict[str, int]:
    """How many tickets are in each status; those that have none are left out."""
    return {row[0]: row[1] for row in connection.execute(_BY_STATUS)}


def counts(connection: Connection, now: datetime) -> Counts:
    """How things stand now."""
    light = sa.case(
        (is_light(connection, Light.RED, now), Light.RED.value),
        (is_light(connection, Light.YELLOW, now), Light.YELLOW.value),
        else_=Light.GREEN.value,
    )
    shown = light.label("light")
    query = sa.select(shown, sa.func.count()).where(running()).group_by(shown)
    lights = {row[0]: row[1] for row in connection.execute(query)}
    statuses = connection.execute(_BY_STATUS.where(_TICKET.c.status.not_in(_OVER)))
    return Counts(by_status={row[0]: row[1] for row in statuses}, by_light=lights)


def _is_ours(centre: str) -> ColumnElement[bool]:
    """Somebody has to decide or to look, or the centre has it itself."""
    decides = _TICKET.c.status.in_([status.value for status in WAITING])
    acts = _TICKET.c.status.in_([status.value for status in RUNNING_STATUSES])
    ours = sa.or_(_TICKET.c.unit == centre, _TICKET.c.handover_reason != "")
    answered_us = sa.and_(_TICKET.c.status.not_in(_OVER), _heard_back())
    return sa.or_(decides, sa.and_(acts, ours), answered_us)


def _asks_for_person() -> ColumnElement[bool]:
    """Somebody waits for words of ours, whatever he has said since; a step of ours ends it."""
    reason = _TICKET.c.handover_reason
    more = heard_back.joined(entails.ASKED_PERSON, "").partition(heard_back.MARK)[0]
    return sa.or_(reason == entails.ASKED_PERSON, reason.startswith(more, autoescape=True))


def _heard_back() -> ColumnElement[bool]:
    return _TICKET.c.handover_reason.contains(heard_back.MARK)


def running() -> ColumnElement[bool]:
    """Somebody still owes something by its date."""
    return _TICKET.c.status.in_([status.value for status in RUNNING_STATUSES])


def is_light(connection: Connection, light: Light, now: datetime) -> ColumnElement[bool]:
    """`deadline.light` as a condition: red after due_at, yellow in the last fifth of the time."""
    red = _TICKET.c.due_at < now
    start = sa.func.coalesce(_TICKET.c.started_at, _TICKET.c.opened_at)
    due, at = (
        _seconds(connection, _TICKET.c.due_at),
        _seconds(connection, sa.bindparam("now", now, type_=schema.UtcTime, unique=True)),
    )
    started = _seconds(connection, start)
    late = (due - at) * deadline.YELLOW_SHARE <= due - started
    return {
        Light.RED: red,
        Light.YELLOW: sa.and_(~red, late),
        Light.GREEN: sa.and_(~red, ~late),
    }[light]


def _seconds(connection: Connection, time: ColumnElement[Any]) -> ColumnElement[Any]:
    """A time as a number that can be subtracted."""
    if connection.dialect.name == "postgresql":
        return sa.extract("epoch", time)
    return sa.func.julianday(time) * 86_400


def page(connection: Connection, query: Select[Any], limit: int, offset: int) -> list[Ticket]:
    """Some of the tickets that are asked for, at most MOST_ROWS."""
    rows = connection.execute(query.limit(min(limit, MOST_ROWS)).offset(offset))
    return [store.ticket_of(row) for row in rows]
