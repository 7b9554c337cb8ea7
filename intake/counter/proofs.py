"""A ticket that was reported elsewhere is shown to be one's own by the last four digits of the
telephone that was left with it: one try a message, few wrong ones a day. Functions of a connection.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
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
MOST_FAILURES = 5  # of one ticket on one day, whoever tries; then the digits prove nothing

_FAILURE = schema.proof_failure
_TICKET = re.compile(r"(?<!\d)20\d{6}[- ]?\d{4,6}(?!\d)")
_DIGITS = re.compile(r"(?<![\d-])(?:\d{4}|1[3-9]\d{9})(?![\d-])")
_ONE_MORE: dict[str, Any] = {
    "index_elements": [_FAILURE.c.ticket, _FAILURE.c.day],
    "set_": {"failures": _FAILURE.c.failures + 1},
}
_COUNT = MappingProxyType(
    {
        dialect.__name__.rpartition(".")[2]: dialect.insert(_FAILURE)
        .values(ticket=sa.bindparam("ticket"), day=sa.bindparam("day"), failures=1)
        .on_conflict_do_update(**_ONE_MORE)
        for dialect in (postgresql, sqlite)
    }
)
_FORGET = sa.delete(_FAILURE).where(_FAILURE.c.day < sa.bindparam("day"))
_FAILURES = sa.select(_FAILURE.c.failures).where(
    _FAILURE.c.ticket == sa.bindparam("ticket"), _FAILURE.c.day == sa.bindparam("day")
)


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
    row = {"ticket": ticket.number, "day": _day(heard.at)}
    if (connection.execute(_FAILURES, row).scalar_one_or_none() or 0) >= MOST_FAILURES:
        return conversation
    if len(proof.digits) >= ENOUGH and _left(ticket).endswith(proof.digits):
        return replace(conversation, proved=ticket.number)
    connection.execute(_FORGET, row)
    connection.execute(_COUNT[connection.dialect.name], row)
    return conversation


def _left(ticket: Ticket) -> str:
    """The digits of the telephone that was left with the ticket."""
    return ownership.bare(ticket.reporter_phone)


def _day(at: datetime) -> str:
    return f"{at.astimezone(LOCAL_ZONE):%Y%m%d}"
