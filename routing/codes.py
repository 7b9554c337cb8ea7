"""Contact codes (联系码): who handles a ticket rings the hotline, keys one in, and is put through
to its resident; neither sees the other's number.

A code lives as long as its ticket, and some days longer. Who has the ticket no more has no code
either: then another one is drawn.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from routing import schema
from routing.ticket import Status, Ticket

DIGITS = "123456789"  # without 0: that key is a person, at any moment
LENGTH = 6
MOST_DRAWN = 100  # a code that somebody has is drawn once in some hundred times at most
RUNG = "tel"  # the scheme of who has a number by himself
HOW = "联系居民：拨 {dial}，听到问候后按 *，再按 {code}"
_CODE, _TICKET = schema.contact_code, schema.ticket


class NoCodeLeft(Exception):
    """So many codes live that no free one was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a resident is reached: what to dial, and the code."""

    dial: str
    code: str

    @property
    def words(self) -> str:
        """In Chinese, one line."""
        return HOW.format(dial=self.dial, code=self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """The line that puts through, and for how many days after a ticket's closing it does."""

    dial: str
    days: int

    def stands(self, ticket: Ticket, now: datetime) -> bool:
        """May its resident be reached so? Not who left no number, nor who wants secrecy."""
        if not has_number(ticket) or ticket.confidential or ticket.status is Status.WITHDRAWN:
            return False
        return ticket.closed_at is None or now <= ticket.closed_at + timedelta(days=self.days)

    def give(
        self, connection: Connection, before: Ticket | None, after: Ticket, now: datetime
    ) -> Way | None:
        """The way after a step, with a code that is drawn where there is none to go on with."""
        if before is not None and _units(before) - _units(after):
            forget(connection, after.number)
        if not self.stands(after, now):
            return None
        known = code_of(connection, after.number) if before is not None else ""
        return Way(dial=self.dial, code=known or _drawn(connection, after.number, now))

    def way(self, connection: Connection, ticket: Ticket, now: datetime) -> Way | None:
        """As it is now; None where there is none."""
        code = code_of(connection, ticket.number) if self.stands(ticket, now) else ""
        return Way(dial=self.dial, code=code) if code else None

    def purge(self, connection: Connection, now: datetime, limit: int) -> int:
        """Forget up to `limit` codes of tickets that are over for good; how many."""
        closed = _TICKET.c.closed_at < now - timedelta(days=self.days)
        over = sa.or_(closed, _TICKET.c.status == Status.WITHDRAWN.value)
        old = sa.select(_CODE.c.ticket).join(_TICKET, _TICKET.c.number == _CODE.c.ticket)
        some = old.where(over).limit(limit)
        return connection.execute(sa.delete(_CODE).where(_CODE.c.ticket.in_(some))).rowcount


def has_number(ticket: Ticket) -> bool:
    """Has its resident rung, or left a number of his own?"""
    return bool(ticket.reporter_phone) or ticket.reporter.partition(":")[0] == RUNG


def code_of(connection: Connection, ticket: str) -> str:
    """The ticket's code; empty where it has none."""
    query = sa.select(_CODE.c.code).where(_CODE.c.ticket == ticket)
    return connection.execute(query).scalar_one_or_none() or ""


def ticket_of(connection: Connection, code: str) -> str:
    """Whose code it is; empty for nobody's. Whether it still stands is asked of the ticket."""
    query = sa.select(_CODE.c.ticket).where(_CODE.c.code == code)
    return connection.execute(query).scalar_one_or_none() or ""


def forget(connection: Connection, ticket: str) -> None:
    """Whoever has this ticket's code has nothing more by it."""
    connection.execute(sa.delete(_CODE).where(_CODE.c.ticket == ticket))


def draw() -> str:
    """Any code."""
    return "".join(secrets.choice(DIGITS) for _ in range(LENGTH))


def _drawn(connection: Connection, ticket: str, now: datetime) -> str:
    """One that nobody else has, kept; where two draw for a ticket at once, what the first drew."""
    insert = schema.insert_new(_CODE)[connection.dialect.name]
    for _ in range(MOST_DRAWN):
        code = draw()
        row = {"code": code, "ticket": ticket, "drawn_at": now}
        if connection.execute(insert, row).rowcount == 1:
            return code
        known = code_of(connection, ticket)
        if known:
            return known
    raise NoCodeLeft(f"no free code in {MOST_DRAWN} draws")


def _units(ticket: Ticket) -> frozenset[str]:
    """Who has it; nobody but the hotline while a person is to decide."""
    if ticket.status is Status.DECIDING:
        return frozenset()
    return frozenset((ticket.unit, *ticket.assisting))
