"""Tickets and their events in the database. Functions of a connection."""

import json
from collections.abc import Collection
from datetime import date
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row
from sqlalchemy.dialects import postgresql, sqlite

from routing import record, schema
from routing.errors import StaleVersion, TicketNotFound
from routing.ticket import Action, Ticket, TicketEvent

_TICKET = schema.ticket
_EVENT = schema.ticket_event
_COLUMNS = tuple(column.name for column in _TICKET.columns if column.name != "details")
_TIMES = frozenset(
    c.name for c in _TICKET.columns if isinstance(c.type, schema.UtcTime)
)  # kept and given back as they are
_PLAIN = _TIMES | {"number", "version", "confidential"}

_INSERT = sa.insert(_TICKET)
_INSERT_EVENT = sa.insert(_EVENT)
_LOAD = sa.select(_TICKET).where(_TICKET.c.number == sa.bindparam("number_"))
_AMONG = sa.select(_TICKET).where(_TICKET.c.number.in_(sa.bindparam("numbers", expanding=True)))
_EVENTS = (
    sa.select(_EVENT).where(_EVENT.c.ticket == sa.bindparam("number_")).order_by(_EVENT.c.sequence)
)
_SAVE = (
    sa.update(_TICKET)
    .where(
        _TICKET.c.number == sa.bindparam("number_"),
        _TICKET.c.version == sa.bindparam("before"),
    )
    .values({name: sa.bindparam(name) for name in (*_COLUMNS[1:], "details")})
)
_NUMBER = schema.number_sequence
_FIRST = {"day": sa.bindparam("day"), "last": 1}
_ONE_MORE: dict[str, Any] = {
    "index_elements": [_NUMBER.c.day],
    "set_": {"last": _NUMBER.c.last + 1},
}
_NEXT = MappingProxyType(
    {
        dialect.__name__.rpartition(".")[2]: dialect.insert(_NUMBER)
        .values(_FIRST)
        .on_conflict_do_update(**_ONE_MORE)
        .returning(_NUMBER.c.last)
        for dialect in (postgresql, sqlite)
    }
)


def next_number(connection: Connection, day: date) -> str:
    """A number nobody had before, `20261124-0001` and on; past 9999 it grows a digit."""
    text = f"{day:%Y%m%d}"
    taken = connection.execute(_NEXT[connection.dialect.name], {"day": text}).scalar_one()
    return f"{text}-{taken:04d}"


def load(connection: Connection, number: str) -> Ticket:
    """The ticket; TicketNotFound."""
    row = connection.execute(_LOAD, {"number_": number}).one_or_none()
    if row is None:
        raise TicketNotFound(f"没有工单 {number}，请核对单号。")
    return ticket_of(row)


def among(connection: Connection, numbers: Collection[str]) -> dict[str, Ticket]:
    """Those of the tickets that there are, by their numbers, at one look."""
    if not numbers:
        return {}
    rows = connection.execute(_AMONG, {"numbers": list(numbers)})
    return {row.number: ticket_of(row) for row in rows}


def seen(connection: Connection, number: str, version: int) -> Ticket:
    """The ticket as somebody saw it; StaleVersion if it has changed since, TicketNotFound."""
    ticket = load(connection, number)
    if ticket.version != version:
        raise stale(number)
    return ticket


def insert(connection: Connection, ticket: Ticket, event: TicketEvent) -> None:
    """Keep a new ticket and the event that opened it."""
    connection.execute(_INSERT, _row(ticket))
    connection.execute(_INSERT_EVENT, _event_row(event))


def save(connection: Connection, ticket: Ticket, event: TicketEvent) -> None:
    """Keep a changed ticket and its event, if nobody else changed it since: StaleVersion."""
    values = _row(ticket)
    values["number_"] = values.pop("number")
    values["before"] = ticket.version - 1
    if connection.execute(_SAVE, values).rowcount != 1:
        raise stale(ticket.number)
    connection.execute(_INSERT_EVENT, _event_row(event))


def stale(number: str) -> StaleVersion:
    """What is said to whoever was too late."""
    return StaleVersion(f"工单 {number} 刚刚有人改动过，请看过最新的内容再办。")


def events(connection: Connection, number: str) -> list[TicketEvent]:
    """The ticket's log, first to last; empty for an unknown number."""
    return [
        TicketEvent(
            ticket=row.ticket,
            sequence=row.sequence,
            action=Action(row.action),
            by=row.by,
            at=row.at,
            note=row.note,
            changes=json.loads(row.changes),
        )
        for row in connection.execute(_EVENTS, {"number_": number})
    ]


def ticket_of(row: Row[Any]) -> Ticket:
    """The ticket in a row of all columns of the table."""
    columns = row._mapping
    values = {
        name: columns[name] if name in _PLAIN else record.decode(name, columns[name])
        for name in _COLUMNS
    }
    details = {
        name: record.decode(name, value) for name, value in json.loads(columns["details"]).items()
    }
    return Ticket(**(details | values))


def _row(ticket: Ticket) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: getattr(ticket, name) if name in _PLAIN else record.encode(getattr(ticket, name))
        for name in _COLUMNS
    }
    details = {name: record.encode(getattr(ticket, name)) for name in _DETAILS}
    values["details"] = json.dumps(details, ensure_ascii=False, separators=(",", ":"))
    return values


_DETAILS = tuple(sorted(record.TICKET_FIELDS - set(_COLUMNS)))


def _event_row(event: TicketEvent) -> dict[str, Any]:
    return {
        "ticket": event.ticket,
        "sequence": event.sequence,
        "action": event.action.value,
        "by": event.by,
        "at": event.at,
        "note": event.note,
        "changes": json.dumps(dict(event.changes), ensure_ascii=False, separators=(",", ":")),
    }
