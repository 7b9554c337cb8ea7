"""What the console reads: the queue, searches, and how things stand. Functions of a connection."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Select

from nlp.understanding import Urgency
from routing import deadline, schema, store
from routing.deadline import Light
from routing.ticket import FINAL_STATUSES, Status, Ticket, TicketEvent

MOST_ROWS = 500
MOST_WORDS = 5
LONGEST_WORDS = 60  # characters
WAITING = (Status.DECIDING, Status.RETURNED)
RUNNING = tuple(
    status
    for status in Status
    if status not in FINAL_STATUSES | {Status.ANSWERED, Status.FOLLOWED_UP}
)  # somebody still owes something by due_at

_TICKET = schema.ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is searched for; everything that is given must hold.

    `words` are found in number, text or address; `places` are codes of places that the words name.
    """

    words: str = ""
    status: Status | None = None
    light: Light | None = None
    places: tuple[str, ...] = ()
    unit: str = ""
    reporter: str = ""
    category: str = ""  # a prefix
    urgency: Urgency | None = None
    opened_from: datetime | None = None
    opened_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many tickets there are by status, and running ones by light."""

    by_status: Mapping[str, int]
    by_light: Mapping[str, int]

    def status(self, status: Status) -> int:
        """How many are in that status."""
        return self.by_status.get(status.value, 0)

    def light(self, light: Light) -> int:
        """How many running tickets show that light."""
        return self.by_light.get(light.value, 0)


def waiting(connection: Connection, *, limit: int, offset: int = 0) -> list[Ticket]:
    """Tickets that wait for a person: danger first, then what is promised soonest, then by age."""
    danger_first = sa.case((_TICKET.c.urgency == Urgency.DANGER.value, 0), else_=1)
    query = (
        sa.select(_TICKET)
        .where(_TICKET.c.status.in_([status.value for status in WAITING]))
        .order_by(danger_first, _TICKET.c.due_at, _TICKET.c.opened_at, _TICKET.c.number)
    )
    return _page(connection, query, limit, offset)


def search(
    connection: Connection, wanted: Wanted, *, now: datetime, limit: int, offset: int = 0
) -> list[Ticket]:
    """Tickets that fit, the newest first."""
    query = sa.select(_TICKET).where(*_conditions(connection, wanted, now))
    query = query.order_by(_TICKET.c.opened_at.desc(), _TICKET.c.number.desc())
    return _page(connection, query, limit, offset)


def with_events(connection: Connection, number: str) -> tuple[Ticket, list[TicketEvent]]:
    """A ticket and its log; TicketNotFound."""
    return store.load(connection, number), store.events(connection, number)


def by_status(connection: Connection) -> dict[str, int]:
    """How many tickets are in each status; those that have none are left out."""
    query = sa.select(_TICKET.c.status, sa.func.count()).group_by(_TICKET.c.status)
    return {row[0]: row[1] for row in connection.execute(query)}


def counts(connection: Connection, now: datetime) -> Counts:
    """How things stand now."""
    light = sa.case(
        (_is_light(connection, Light.RED, now), Light.RED.value),
        (_is_light(connection, Light.YELLOW, now), Light.YELLOW.value),
        else_=Light.GREEN.value,
    )
    shown = light.label("light")
    query = sa.select(shown, sa.func.count()).where(_running()).group_by(shown)
    lights = {row[0]: row[1] for row in connection.execute(query)}
    return Counts(by_status=by_status(connection), by_light=lights)


def _conditions(connection: Connection, wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    words = wanted.words[:LONGEST_WORDS].split()[:MOST_WORDS]
    in_text = sa.and_(*(_has(word) for word in words)) if words else None
    if in_text is not None:
        in_place = _TICKET.c.place.in_(wanted.places)
        found.append(sa.or_(in_text, in_place) if wanted.places else in_text)
    elif wanted.places:
        found.append(_TICKET.c.place.in_(wanted.places))
    equal = {"status": wanted.status, "urgency": wanted.urgency}
    found += [_TICKET.c[name] == value.value for name, value in equal.items() if value]
    texts = {"unit": wanted.unit, "reporter": wanted.reporter}
    found += [_TICKET.c[name] == value for name, value in texts.items() if value]
    if wanted.category:
        found.append(_TICKET.c.category.startswith(wanted.category, autoescape=True))
    if wanted.light is not None:
        found += [_running(), _is_light(connection, wanted.light, now)]
    if wanted.opened_from:
        found.append(_TICKET.c.opened_at >= wanted.opened_from)
    if wanted.opened_before:
        found.append(_TICKET.c.opened_at < wanted.opened_before)
    return found


def _has(word: str) -> ColumnElement[bool]:
    return sa.or_(
        *(
            column.contains(word, autoescape=True)
            for column in (_TICKET.c.number, _TICKET.c.text, _TICKET.c.address)
        )
    )


def _running() -> ColumnElement[bool]:
    return _TICKET.c.status.in_([status.value for status in RUNNING])


def _is_light(connection: Connection, light: Light, now: datetime) -> ColumnElement[bool]:
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


def _page(connection: Connection, query: Select[Any], limit: int, offset: int) -> list[Ticket]:
    rows = connection.execute(query.limit(min(limit, MOST_ROWS)).offset(offset))
    return [store.ticket_of(row) for row in rows]
