"""Calls in the database: began, said, queued, ended. Functions of a connection."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from channels.message import Contact
from channels.phone import number
from channels.phone.book import Began, Ended, Outcome, Purpose, SpokenLine, Voice
from channels.phone.talk import window
from intake import threads
from intake.phone import schema

MOST_LINES = 500  # of one transcript
LONGEST_LINE = 2000
MOST_WORDS = 400  # of one line
SAME = timedelta(seconds=5)  # as one moment has been told us, and as the exchange noted it

_CALL, _LINE, _TICKET = schema.call, schema.call_line, schema.call_ticket
# He said all that he wanted, or might, to us.
_SERVED = frozenset({Outcome.SERVED, Outcome.HUNG_UP, Outcome.LIMITED, Outcome.RELAYED})


def began(connection: Connection, call: Began) -> None:
    """The call is there; a call that was there already (a second leg, a retry) stays as it was."""
    known = sa.select(_CALL.c.id).where(_CALL.c.id == call.call_id)
    if connection.execute(known).scalar_one_or_none() is None:
        connection.execute(
            sa.insert(_CALL),
            {
                "id": call.call_id,
                "contact": str(call.contact),
                "purpose": call.purpose.value,
                "began_at": call.at,
            },
        )
    elif call.contact.scheme != number.UNKNOWN_SCHEME:  # who it is came later than his voice
        connection.execute(
            sa.update(_CALL)
            .where(
                _CALL.c.id == call.call_id,
                _CALL.c.contact.startswith(f"{number.UNKNOWN_SCHEME}:"),
            )
            .values(contact=str(call.contact))
        )
    if call.ticket:
        link(connection, call.call_id, [call.ticket])


def spoken(
    connection: Connection, call_id: str, line: SpokenLine, at: datetime | None = None
) -> None:
    """One more line, which has been said to its end `at`; beyond MOST_LINES nothing is added."""
    count = sa.select(sa.func.count()).select_from(_LINE).where(_LINE.c.call == call_id)
    sequence = connection.execute(count).scalar_one() + 1
    if sequence > MOST_LINES:
        return
    connection.execute(
        sa.insert(_LINE),
        {
            "call": call_id,
            "sequence": sequence,
            "voice": line.voice.value,
            "text": line.text[:LONGEST_LINE],
            "start_ms": line.start_ms,
            "end_ms": line.end_ms,
            "confidence": line.confidence,
            "key": line.key[:100],
            "words": _words(line),
        },
    )
    if at is not None and line.voice is Voice.LINE:
        began_at = at - timedelta(milliseconds=line.end_ms - line.start_ms)
        _fill(connection, call_id, "greeted_at", began_at)


def _words(line: SpokenLine) -> str:
    """The words as JSON; empty where there are none, or so many that nobody could use them."""
    if not line.words or len(line.words) > MOST_WORDS:
        return ""
    words = [[word.text, word.start_ms, word.confidence] for word in line.words]
    return json.dumps(words, ensure_ascii=False, separators=(",", ":"))


def ended(connection: Connection, call: Ended) -> None:
    """How it ended with us; the first word on that stands, but one who was missed was not."""
    unsettled = sa.or_(_CALL.c.outcome.is_(None), _CALL.c.outcome == Outcome.MISSED.value)
    relayed = {"purpose": Purpose.CONTACT.value} if call.outcome is Outcome.RELAYED else {}
    connection.execute(
        sa.update(_CALL)
        .where(_CALL.c.id == call.call_id, unsettled)
        .values(ended_at=call.at, outcome=call.outcome.value, reason=call.reason[:200], **relayed)
    )
    link(connection, call.call_id, call.tickets)


def queued(connection: Connection, call_id: str, at: datetime) -> None:
    """The caller waits for an operator; once more, where the first has sent him back."""
    connection.execute(
        sa.update(_CALL)
        .where(_CALL.c.id == call_id)
        .values(queued_at=sa.func.coalesce(_CALL.c.queued_at, at), connected_at=None)
    )


def connected(connection: Connection, call_id: str, operator: str, at: datetime) -> None:
    """An operator has taken it."""
    connection.execute(
        sa.update(_CALL)
        .where(_CALL.c.id == call_id)
        .values(
            operator=operator[:60],
            connected_at=at,
            picked_up_at=sa.func.coalesce(_CALL.c.picked_up_at, at),
        )
    )


def hung_up(connection: Connection, call_id: str, at: datetime) -> None:
    """The call is over for everybody; who had waited for an operator in vain was missed.

    Of others we say ourselves how it ended, a moment later: what they said last is being settled.
    """
    missed = sa.and_(
        _CALL.c.outcome.is_(None), _CALL.c.queued_at.is_not(None), _CALL.c.connected_at.is_(None)
    )
    connection.execute(
        sa.update(_CALL)
        .where(_CALL.c.id == call_id)
        .values(
            ended_at=at,
            outcome=sa.case((missed, Outcome.MISSED.value), else_=_CALL.c.outcome),
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the exchange tells of a call after its end; None or empty: it does not know.

    He was queued first, and picked up first, at these times; who took him last at `connected_at`.
    """

    ended_at: datetime
    outcome: Outcome
    queued_at: datetime | None = None
    twice: bool = False  # he came to the queue more than once
    picked_up_at: datetime | None = None  # None: as `connected_at`
    connected_at: datetime | None = None
    operator: str = ""


def settled(connection: Connection, call_id: str, told: Told) -> None:
    """Fill in what the book does not say yet: the program was away for it, or died in it."""
    first = _first if told.twice else _fill
    first(connection, call_id, "queued_at", told.queued_at)
    first(connection, call_id, "picked_up_at", told.picked_up_at or told.connected_at)
    _fill(connection, call_id, "connected_at", told.connected_at)
    earlier = sa.or_(_CALL.c.ended_at.is_(None), _CALL.c.ended_at < told.ended_at)
    connection.execute(
        sa.update(_CALL).where(_CALL.c.id == call_id, earlier).values(ended_at=told.ended_at)
    )
    _fill(connection, call_id, "outcome", told.outcome.value)
    if told.operator:
        connection.execute(
            sa.update(_CALL)
            .where(_CALL.c.id == call_id, _CALL.c.operator == "")
            .values(operator=told.operator[:60])
        )


def _first(connection: Connection, call_id: str, name: str, at: datetime | None) -> None:
    """As `_fill`; where the book knows only of a later time, we were away for the first. The clock
    is the exchange's: it overrules ours for nobody who came once.
    """
    _fill(connection, call_id, name, at)
    if at is not None:
        later = (_CALL.c.id == call_id, _CALL.c[name] > at + SAME)
        connection.execute(sa.update(_CALL).where(*later).values({name: at}))


def _fill(connection: Connection, call_id: str, name: str, value: object) -> None:
    if value is not None:
        column = _CALL.c[name]
        connection.execute(
            sa.update(_CALL).where(_CALL.c.id == call_id, column.is_(None)).values({name: value})
        )


def is_open(connection: Connection, call_id: str) -> bool:
    """Has it begun in the book, and nobody has said how it ended?"""
    query = sa.select(_CALL.c.id).where(_CALL.c.id == call_id, _CALL.c.outcome.is_(None))
    return connection.execute(query).one_or_none() is not None


def one(connection: Connection, call_id: str) -> Began | None:
    """Who rang, when and what for; None for a call that is not in the book."""
    row = connection.execute(sa.select(_CALL).where(_CALL.c.id == call_id)).one_or_none()
    if row is None:
        return None
    return Began(
        call_id=row.id,
        contact=Contact.parse(row.contact),
        purpose=Purpose(row.purpose),
        at=row.began_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the book says of a call.

    `served`: with the program he said all that he wanted; `answered`: an operator had him.
    """

    served: bool
    answered: bool
    tickets: tuple[str, ...]  # oldest first


def find(connection: Connection, call_id: str) -> Known:
    """A call as it is known; one that was never heard of was not served. Locks its thread."""
    row = connection.execute(
        sa.select(_CALL.c.outcome, _CALL.c.connected_at).where(_CALL.c.id == call_id)
    ).one_or_none()
    tickets = connection.execute(
        sa.select(_TICKET.c.ticket).where(_TICKET.c.call == call_id).order_by(_TICKET.c.ticket)
    ).scalars()
    # Where the program died in the middle of the call, only the conversation knows.
    last = threads.load(connection, window.thread_of(call_id)).ticket
    return Known(
        served=row is not None and row.outcome in _SERVED,
        answered=row is not None and row.connected_at is not None,
        tickets=tuple(dict.fromkeys((*tickets, *([last] if last else [])))),
    )


def link(connection: Connection, call_id: str, tickets: Sequence[str]) -> None:
    """These tickets came of the call, or it was made because of them; the same again is nothing."""
    there = set(
        connection.execute(sa.select(_TICKET.c.ticket).where(_TICKET.c.call == call_id)).scalars()
    )
    new = [{"call": call_id, "ticket": ticket} for ticket in tickets if ticket not in there]
    if new:
        connection.execute(sa.insert(_TICKET), new)
