"""The county's command desk (指挥值班): how it is told of every danger, and of which it still is.

A danger is its business until a person has done anything to the ticket: nobody is told once and
then believed to know. Functions of a connection where they read.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from config.county import County
from nlp import redact
from nlp.understanding import Urgency
from routing import envelope, schema, steps, store
from routing.envelope import Envelope
from routing.ticket import RUNNING_STATUSES, Action, Status, Ticket

EVENT_TYPE = "ticket.danger"
REPLY = "command_danger"
NOTE = "险情还没有人接手，再报一次。"  # in the log, when the desk is told once more
AGAIN = "居民又说了险情的事，请马上看"  # in log and queue: who has looked is to look again
REPEAT = timedelta(minutes=10)
GIVE_UP_AFTER = timedelta(hours=24)  # the queue shows it for as long as nobody has seen to it
LONGEST_SAID = 120  # characters of the resident's words, for a message that is read in a hurry
UNNAMED_PLACE = "待核实"
WITHHELD = "居民要求保密"

_TELLING = tuple(
    each.value for each in (Action.OPEN, Action.CORRECT, Action.DISPATCH, Action.REOPEN)
)  # by these the desk may have learnt of it
_OURSELVES = (steps.Actor.SYSTEM.value, steps.Actor.RESIDENT.value)
_UNTOUCHED = (Status.DECIDING.value, Status.DISPATCHED.value)
_RUNNING = tuple(status.value for status in RUNNING_STATUSES)
_TICKET, _EVENT = schema.ticket, schema.ticket_event


def is_new(before: Ticket | None, after: Ticket, action: Action) -> bool:
    """Does the desk learn of a danger by this step: a new one, one only now known, one reopened?"""
    if after.urgency is not Urgency.DANGER:
        return False
    return before is None or before.urgency is not Urgency.DANGER or action is Action.REOPEN


def told(
    county: County, ticket: Ticket, at: datetime, new_id: Callable[[], str], *, said: str = ""
) -> list[Envelope]:
    """The envelope to the desk; none where it can't be reached. `said`: only what is new."""
    to = county.command_desk
    if not to:
        return []
    hidden = ticket.confidential
    place = county.place_name(ticket.place) or redact.mask(ticket.address) or UNNAMED_PLACE
    values = {
        "number": ticket.number,
        "place": WITHHELD if hidden else place,
        "said": WITHHELD if hidden else _short(redact.mask(said or ticket.text)),
    }
    number = ticket.number
    if not to.startswith("webhook:"):
        return [envelope.reply(to, number, REPLY, values, new_id)]
    body = _data(ticket, values, at)
    return [Envelope(id=new_id(), destination=to, ticket=number, kind=EVENT_TYPE, body=body)]


def unseen(connection: Connection, *, limit: int) -> list[Ticket]:
    """Dangers to which no person has done anything yet, the oldest first: the queue's alarm."""
    query = sa.select(_TICKET).where(*_unseen()).order_by(_TICKET.c.opened_at, _TICKET.c.number)
    return [store.ticket_of(row) for row in connection.execute(query.limit(limit))]


def unseen_among(connection: Connection, numbers: Sequence[str]) -> frozenset[str]:
    """Which of these tickets are dangers to which no person has done anything yet."""
    if not numbers:
        return frozenset()
    query = sa.select(_TICKET.c.number).where(_TICKET.c.number.in_(numbers), *_unseen())
    return frozenset(connection.execute(query).scalars())


def to_repeat(connection: Connection, now: datetime, limit: int) -> list[tuple[str, int]]:
    """Number and version of those of which the desk has not been told for a while."""
    lately = (
        sa.select(1)
        .where(
            _EVENT.c.ticket == _TICKET.c.number,
            sa.or_(_EVENT.c.action.in_(_TELLING), _EVENT.c.note.in_((NOTE, AGAIN))),
            _EVENT.c.at > now - REPEAT,
        )
        .exists()
    )
    rows = connection.execute(
        sa.select(_TICKET.c.number, _TICKET.c.version)
        .where(*_unseen(), ~lately, _TICKET.c.started_at > now - GIVE_UP_AFTER)
        .order_by(_TICKET.c.opened_at)
        .limit(limit)
    )
    return [(row.number, row.version) for row in rows]


def _unseen() -> tuple[ColumnElement[bool], ...]:
    """Not taken up since the clock began, or not since he has told more of it: all steps since are
    the program's or a resident's.
    """
    seen = (
        sa.select(1)
        .where(
            _EVENT.c.ticket == _TICKET.c.number,
            _EVENT.c.by.not_in(_OURSELVES),
            _EVENT.c.at >= _TICKET.c.started_at,
        )
        .exists()
    )
    more = sa.alias(_EVENT)
    looked = (
        sa.select(1)
        .where(
            _EVENT.c.ticket == _TICKET.c.number,
            _EVENT.c.sequence > more.c.sequence,
            _EVENT.c.by.not_in(_OURSELVES),
        )
        .correlate(_TICKET, more)
        .exists()
    )
    told_again = (
        sa.select(1)
        .where(more.c.ticket == _TICKET.c.number, more.c.note == AGAIN, ~looked)
        .correlate(_TICKET)
        .exists()
    )
    untouched = sa.and_(_TICKET.c.status.in_(_UNTOUCHED), ~seen)
    return (
        _TICKET.c.urgency == Urgency.DANGER.value,
        sa.or_(untouched, sa.and_(_TICKET.c.status.in_(_RUNNING), told_again)),
    )


def _data(ticket: Ticket, said: dict[str, str], at: datetime) -> dict[str, Any]:
    """A webhook like any other, with what has to be known at once."""
    data = {
        "number": ticket.number,
        "version": ticket.version,
        "role": "command",
        "status": ticket.status.value,
        "urgency": ticket.urgency.value,
        "category": ticket.category,
        "confidential": ticket.confidential,
        "place": "" if ticket.confidential else ticket.place,
        "place_name": said["place"],
        "text": said["said"],
        "unit": ticket.unit,
        "opened_at": ticket.opened_at.isoformat(),
        "due_at": ticket.due_at.isoformat(),
    }
    return {"type": EVENT_TYPE, "timestamp": at.isoformat(), "data": data}


def _short(text: str) -> str:
    """What fits into a message; the rest is in the console."""
    line = "，".join(text.split())
    return line if len(line) <= LONGEST_SAID else line[: LONGEST_SAID - 1] + "…"
