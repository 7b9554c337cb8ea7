"""A ticket that was reported elsewhere is shown to be one's own by the last four digits of the
telephone that was left with it: one try a message, few wrong ones a day.

Who tries too often proves nothing more that day. A ticket at which many have tried wants the whole
number, which nobody guesses: so others lock nobody out of his own. Functions of a connection.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from config.runtime import LOCAL_ZONE
from intake import schema
from intake.counter import ownership
from intake.talk.turn import Conversation, Heard
from routing.ticket import Ticket

ENOUGH = 4  # digits
WHOLE = 11  # digits of a telephone
MOST_BY_ONE = 5  # wrong tries of one sender on one day, whatever the ticket
MOST_AT_ONE = 20  # at one ticket on one day, whoever tries

_AT, _BY = schema.proof_failure, schema.proof_failure_by
_INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
_TICKET = re.compile(r"(?<!\d)20\d{6}[- ]?\d{4,6}(?!\d)")
_DIGITS = re.compile(r"(?<![\d-])(?:\d{4}|1[3-9]\d{9})(?![\d-])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A ticket named, and four digits or a telephone beside it."""

    ticket: str
    digits: str


def offered(heard: Heard) -> Proof | None:
    """The proof in a message: one number and one group of digits, or what a form asked for."""
    name, _, asked = heard.message.event.partition(":")
    number, _, digits = asked.partition(":")
    if name == "progress":
        return Proof(ticket=number, digits=digits) if digits else None
    named = heard.understanding.tickets
    groups = set(_DIGITS.findall(_TICKET.sub(" ", heard.understanding.text)))
    if heard.message.event or len(named) != 1 or len(groups) != 1:
        return None
    return Proof(ticket=named[0], digits=groups.pop())


def weigh(connection: Connection, conversation: Conversation, heard: Heard) -> Conversation:
    """The conversation, where the proof is good with the ticket as his; a wrong one is counted."""
    proof = offered(heard)
    ticket = ownership.find(connection, proof.ticket) if proof else None
    if proof is None or ticket is None or ownership.is_reporter(ticket, heard.message.sender):
        return conversation
    day = _day(heard.at)
    counted = [_Count(table=_BY, whose=heard.message.sender.hashed, most=MOST_BY_ONE)]
    if len(proof.digits) < WHOLE:
        counted.append(_Count(table=_AT, whose=ticket.number, most=MOST_AT_ONE))
    if any(each.is_full(connection, day) for each in counted):
        return conversation
    if len(proof.digits) >= ENOUGH and _left(ticket).endswith(proof.digits):
        return replace(conversation, proved=ticket.number)
    for each in counted:
        each.add(connection, day)
    return conversation


@dataclass(frozen=True, slots=True, kw_only=True)
class _Count:
    """How often it went wrong on a day, of one sender or at one ticket."""

    table: sa.Table
    whose: str
    most: int

    def is_full(self, connection: Connection, day: str) -> bool:
        whose, on = self.table.primary_key
        query = sa.select(self.table.c.failures).where(whose == self.whose, on == day)
        return (connection.execute(query).scalar_one_or_none() or 0) >= self.most

    def add(self, connection: Connection, day: str) -> None:
        """One more; the days before are forgotten."""
        connection.execute(sa.delete(self.table).where(self.table.c.day < day))
        whose, on = self.table.primary_key
        one = _INSERT[connection.dialect.name](self.table).values(
            {whose.name: self.whose, on.name: day, "failures": 1}
        )
        more = {"failures": self.table.c.failures + 1}
        connection.execute(one.on_conflict_do_update(index_elements=[whose, on], set_=more))


def _left(ticket: Ticket) -> str:
    """The digits of the telephone that was left with the ticket."""
    return ownership.bare(ticket.reporter_phone)


def _day(at: datetime) -> str:
    return f"{at.astimezone(LOCAL_ZONE):%Y%m%d}"
