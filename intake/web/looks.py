"""Whatever tells who somebody is leaves a trace where it is looked at: who looked, when, at what.

The reporter's name and number and the search for a person want a reason as well. Functions of a
connection.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from intake import schema
from intake.phone import listens
from intake.phone import schema as calls

MOST = 50
LONGEST_REASON = 200
AGAIN = timedelta(minutes=10)  # a page opened again, or a sound from another point, is one look
_LOOK = schema.identity_look
_COLUMNS = ("id", "operator", "ticket", "reason", "at", "what", "item")
_LISTEN, _RECORDING, _CALL_TICKET = calls.recording_listen, calls.recording, calls.call_ticket
_TICKET_OF_LISTEN = (
    sa.select(sa.func.min(_CALL_TICKET.c.ticket))
    .join(_RECORDING, _RECORDING.c.call == _CALL_TICKET.c.call)
    .where(_RECORDING.c.id == _LISTEN.c.recording)
    .scalar_subquery()
)


class What(StrEnum):
    """What somebody looked at."""

    REPORTER = "reporter"  # name, telephone, account, unmasked words
    CALLER = "caller"  # the number that rang
    PHOTO = "photo"
    SOUND = "sound"  # a voice note or film
    FILE = "file"
    RECORDING = "recording"
    SEARCH = "search"  # for a person


NAMES = MappingProxyType(
    {
        What.REPORTER: "姓名、电话、原话",
        What.CALLER: "来电号码",
        What.PHOTO: "照片",
        What.SOUND: "语音、视频",
        What.FILE: "文件",
        What.RECORDING: "听录音",
        What.SEARCH: "按人查找",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Somebody looked; `item` tells several things of one ticket apart."""

    operator: str
    at: datetime
    what: What
    reason: str = ""
    item: str = ""
    ticket: str = ""  # empty: a search that found nothing

    @property
    def name(self) -> str:
        """At what, in words."""
        return NAMES[self.what]


def keep(connection: Connection, look: Look, new_id: str) -> None:
    """Write a look down."""
    connection.execute(
        sa.insert(_LOOK).values(
            id=new_id,
            operator=look.operator,
            ticket=look.ticket,
            reason=look.reason[:LONGEST_REASON],
            at=look.at,
            what=look.what.value,
            item=look.item,
        )
    )


def keep_once(connection: Connection, look: Look, new_id: str) -> None:
    """Write a look down unless he has just looked at the same thing."""
    if not lately(connection, look):
        keep(connection, look, new_id)


def lately(connection: Connection, look: Look) -> bool:
    """Has he looked at this very thing in the last minutes?"""
    query = sa.select(_LOOK.c.id).where(
        _LOOK.c.ticket == look.ticket,
        _LOOK.c.at > look.at - AGAIN,
        _LOOK.c.operator == look.operator,
        _LOOK.c.what == look.what.value,
        _LOOK.c.item == look.item,
    )
    return connection.execute(query.limit(1)).one_or_none() is not None


def of_ticket(connection: Connection, ticket: str) -> list[Look]:
    """Who looked at what of a ticket, and who heard the recordings of its calls; the latest first.

    Several photos of one moment are one line.
    """
    query = sa.select(_LOOK).where(_LOOK.c.ticket == ticket).limit(MOST)
    rows = connection.execute(query.order_by(_LOOK.c.at.desc(), _LOOK.c.id.desc()))
    kept = [_look(row) for row in rows]
    heard = [
        Look(operator=each.operator, at=each.at, what=What.RECORDING, ticket=ticket)
        for each in listens.of_ticket(connection, ticket)
    ]
    found = sorted((*_merged(kept), *heard), key=lambda look: look.at, reverse=True)
    return found[:MOST]


def latest(connection: Connection, *, limit: int, offset: int) -> list[Look]:
    """All looks and all who listened to a recording, the latest first."""
    every = sa.union_all(
        sa.select(*(_LOOK.c[name] for name in _COLUMNS)),
        sa.select(
            _LISTEN.c.id,
            _LISTEN.c.operator,
            sa.func.coalesce(_TICKET_OF_LISTEN, "").label("ticket"),
            sa.literal("").label("reason"),
            _LISTEN.c.at,
            sa.literal(What.RECORDING.value).label("what"),
            _LISTEN.c.recording.label("item"),
        ),
    ).subquery()
    query = sa.select(every).order_by(every.c.at.desc(), every.c.id.desc())
    return [_look(row) for row in connection.execute(query.limit(limit).offset(offset))]


def _merged(found: Sequence[Look]) -> list[Look]:
    """Of several photos that somebody looked at within a minute the latest."""
    lines: list[Look] = []
    before: set[tuple[str, What, str]] = set()
    for look in found:
        key = (look.operator, look.what, f"{look.at:%Y%m%d%H%M}")
        if not look.item or key not in before:
            lines.append(look)
        before.add(key)
    return lines


def _look(row: Row[Any]) -> Look:
    return Look(
        operator=row.operator,
        at=row.at,
        what=What(row.what),
        reason=row.reason,
        item=row.item,
        ticket=row.ticket,
    )
