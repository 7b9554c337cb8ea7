"""Callers whom a person takes at once (下次直接转人工): who has marked each of them, why, and until
when. A number stands here only hashed. Functions of a connection.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from channels.message import Contact
from channels.phone import reasons as on_the_line
from channels.phone.book import Purpose
from intake.phone import schema
from intake.phone.register import Entry
from intake.talk import reasons

LONGEST_REASON = 200
MOST = 5  # marks of one caller that a page shows
SUGGESTED = "热线两次没有听懂"
_MARK = schema.straight_caller
_NOT_UNDERSTOOD = frozenset({on_the_line.NOT_HEARD, reasons.NOT_UNDERSTOOD, reasons.NOT_AGREED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One mark; `on`: the call, or the ticket, from whose page it was made."""

    id: str
    on: str
    reason: str
    by: str
    at: datetime
    until: datetime
    unmarked_by: str = ""
    unmarked_at: datetime | None = None

    def stands(self, now: datetime) -> bool:
        """Does it hold now?"""
        return self.unmarked_at is None and now < self.until


def mark(connection: Connection, contact: Contact, wanted: Mark) -> bool:
    """Mark a caller; False: he is marked already, and nothing has changed."""
    if is_marked(connection, contact, wanted.at):
        return False
    connection.execute(
        sa.insert(_MARK).values(
            id=wanted.id,
            caller=contact.hashed,
            marked_on=wanted.on,
            reason=wanted.reason[:LONGEST_REASON],
            marked_by=wanted.by,
            marked_at=wanted.at,
            until=wanted.until,
        )
    )
    return True


def unmark(connection: Connection, contact: Contact, by: str, now: datetime) -> bool:
    """Take his mark away; False: there is none."""
    whose = _standing(contact, now)
    taken = sa.update(_MARK).where(*whose).values(unmarked_by=by, unmarked_at=now)
    return connection.execute(taken).rowcount > 0


def is_marked(connection: Connection, contact: Contact, now: datetime) -> bool:
    """Is a person to take his calls at once?"""
    query = sa.select(_MARK.c.id).where(*_standing(contact, now)).limit(1)
    return connection.execute(query).one_or_none() is not None


def of_caller(connection: Connection, contact: Contact) -> list[Mark]:
    """His marks, also those that are over, the latest first."""
    query = sa.select(_MARK).where(_MARK.c.caller == contact.hashed)
    rows = connection.execute(query.order_by(_MARK.c.marked_at.desc(), _MARK.c.id).limit(MOST))
    return [
        Mark(
            id=row.id,
            on=row.marked_on,
            reason=row.reason,
            by=row.marked_by,
            at=row.marked_at,
            until=row.until,
            unmarked_by=row.unmarked_by,
            unmarked_at=row.unmarked_at,
        )
        for row in rows
    ]


def suggested(call: Entry) -> bool:
    """Was he given to a person because we had failed twice to understand him?"""
    return call.purpose is Purpose.INBOUND and call.reason in _NOT_UNDERSTOOD


def until(now: datetime, days: int) -> datetime:
    """How long a mark made now holds."""
    return now + timedelta(days=days)


def purge(connection: Connection, *, before: datetime, limit: int) -> int:
    """Forget up to `limit` marks that were over before then; how many."""
    over = sa.func.coalesce(_MARK.c.unmarked_at, _MARK.c.until)
    old = sa.select(_MARK.c.id).where(over < before).limit(limit)
    return connection.execute(sa.delete(_MARK).where(_MARK.c.id.in_(old))).rowcount


def _standing(contact: Contact, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    whose = _MARK.c.caller == contact.hashed
    return (whose, _MARK.c.unmarked_at.is_(None), _MARK.c.until > now)
