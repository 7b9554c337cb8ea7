"""What must leave the house, in the database: posted, given up, sent again, forgotten.

Envelopes are posted in the same unit of work as what they tell of. Order holds for each destination
by `position`. Posting comes after the ticket is saved, whose row lock makes positions of one
ticket's envelopes follow the order of its versions, on both databases.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from routing import schema
from routing.envelope import DeadLetter, Envelope

_OUTBOX = schema.outbox
_INSERT = sa.insert(_OUTBOX).inline()  # nobody asks for its position
_IS_DEAD = _OUTBOX.c.state == sa.literal_column("'dead'")  # literal: the partial index applies
_AGAIN = (
    sa.update(_OUTBOX)
    .where(_IS_DEAD)
    .values(state="waiting", attempts=0, next_at=None, finished_at=None)
)


def post(connection: Connection, envelopes: Iterable[Envelope], at: datetime | None = None) -> None:
    """Put envelopes into the outbox, in order, at a time (else by the database's own clock)."""
    rows = [
        {
            "id": each.id,
            "destination": each.destination,
            "ticket": each.ticket,
            "kind": each.kind,
            "body": json.dumps(dict(each.body), ensure_ascii=False, separators=(",", ":")),
        }
        | ({"created_at": at} if at else {})
        for each in envelopes
    ]
    if rows:  # both drivers insert many one after the other: positions follow this order
        connection.execute(_INSERT, rows if len(rows) > 1 else rows[0])


def dead(connection: Connection, limit: int, offset: int = 0) -> list[DeadLetter]:
    """Envelopes that were given up, the latest first."""
    rows = connection.execute(
        sa.select(_OUTBOX)
        .where(_IS_DEAD)
        .order_by(_OUTBOX.c.position.desc())
        .limit(limit)
        .offset(offset)
    )
    return [
        DeadLetter(
            envelope=envelope_of(row),
            last_error=row.last_error,
            created_at=row.created_at,
            finished_at=row.finished_at,
        )
        for row in rows
    ]


def count_dead(connection: Connection) -> int:
    """How many envelopes were given up."""
    query = sa.select(sa.func.count()).select_from(_OUTBOX).where(_IS_DEAD)
    return connection.execute(query).scalar_one()


def resend(connection: Connection, envelope_id: str, at: datetime) -> bool:
    """Try a dead letter again as if it were posted now; False if it is not dead (any more)."""
    again = _AGAIN.where(_OUTBOX.c.id == envelope_id).values(created_at=at)
    return connection.execute(again).rowcount == 1


def resend_all(connection: Connection, at: datetime) -> int:
    """Try every dead letter again, however many there are; how many."""
    return connection.execute(_AGAIN.values(created_at=at)).rowcount


def purge(connection: Connection, *, before: datetime, limit: int) -> int:
    """Forget up to `limit` envelopes that were delivered before then; how many. Dead ones stay.

    They are sought among the `limit` oldest that aren't dead: positions grow with time, and what
    waits is given up after three days, so it needs no index of its own.
    """
    oldest = (
        sa.select(_OUTBOX.c.position, _OUTBOX.c.state, _OUTBOX.c.finished_at)
        .where(_OUTBOX.c.state != "dead")
        .order_by(_OUTBOX.c.position)
        .limit(limit)
        .subquery()
    )
    over = sa.select(oldest.c.position).where(
        oldest.c.state == "done", oldest.c.finished_at < before
    )
    return connection.execute(sa.delete(_OUTBOX).where(_OUTBOX.c.position.in_(over))).rowcount


def envelope_of(row: Row[Any]) -> Envelope:
    """The envelope in a row of all columns of the table."""
    return Envelope(
        id=row.id,
        destination=row.destination,
        ticket=row.ticket,
        kind=row.kind,
        body=json.loads(row.body),
        attempts=row.attempts,
    )
