"""Who delivers what: envelopes are claimed for a while, in order for each destination, and settled.

Functions of a connection, safe across processes: a claim ends by itself, and only its owner can
settle it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from routing import outbox, schema
from routing.envelope import Envelope

LONGEST_ERROR = 300  # characters
HEADS_AT_A_TIME = 200

_OUTBOX = schema.outbox
_IS_WAITING = _OUTBOX.c.state == sa.literal_column(
    "'waiting'"
)  # literal: the partial index applies


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """An envelope that is ours to deliver for a while, and where it stands in the outbox."""

    position: int
    envelope: Envelope
    created_at: datetime


def claim(
    connection: Connection,
    *,
    by: str,
    now: datetime,
    until: datetime,
    lanes: int,
    lane_length: int,
    busy: Sequence[str] = (),
) -> list[list[Claimed]]:
    """Take the next envelopes of up to `lanes` destinations, each lane in order, until `until`.

    Whoever locks the first waiting envelope of a destination has all of it; others skip it. `busy`
    destinations are left alone.
    """
    lanes_found = [
        lane
        for position, destination in _heads(connection, now, lanes, busy)
        if (lane := _lane(connection, destination, now, lane_length))
        and lane[0].position == position  # else an earlier one has just come back
    ]
    positions = [each.position for lane in lanes_found for each in lane]
    if not positions:
        return []
    ours = set(
        connection.execute(
            sa.update(_OUTBOX)
            .where(_OUTBOX.c.position.in_(positions), _IS_WAITING, _free(now))
            .values(claimed_by=by, claimed_until=until)
            .returning(_OUTBOX.c.position)
        ).scalars()
    )
    kept = [list(takewhile(lambda each: each.position in ours, lane)) for lane in lanes_found]
    return [lane for lane in kept if lane]


def delivered(
    connection: Connection, claimed: Claimed, *, by: str, at: datetime, answer: str
) -> None:
    """It arrived. Nothing happens where the claim has gone to somebody else meanwhile."""
    values = {"state": "done", "finished_at": at, "answer": answer[:200]}
    _finish(connection, claimed, by, values)


def put_back(
    connection: Connection, claimed: Claimed, *, by: str, next_at: datetime, error: str
) -> None:
    """It did not arrive; try again at `next_at`."""
    _finish(
        connection,
        claimed,
        by,
        {"next_at": next_at, "last_error": error[:LONGEST_ERROR]},
    )


def give_up(connection: Connection, claimed: Claimed, *, by: str, at: datetime, error: str) -> bool:
    """It will not arrive: a dead letter, which no longer holds up those behind it.

    False where the claim has gone to somebody else.
    """
    values = {"state": "dead", "finished_at": at, "last_error": error[:LONGEST_ERROR]}
    return _finish(connection, claimed, by, values)


def release(connection: Connection, lane: Iterable[Claimed], *, by: str) -> None:
    """Let go of envelopes that were claimed but not tried."""
    positions = [each.position for each in lane]
    connection.execute(
        sa.update(_OUTBOX)
        .where(_OUTBOX.c.position.in_(positions), _OUTBOX.c.claimed_by == by, _IS_WAITING)
        .values(claimed_by=None, claimed_until=None)
    )


def _heads(
    connection: Connection, now: datetime, lanes: int, busy: Sequence[str]
) -> list[tuple[int, str]]:
    """The first waiting envelopes of up to `lanes` destinations whose turn it is, locked for us.

    Two queries, because planners without statistics make a quadratic one of the two in one.
    """
    firsts = connection.execute(
        sa.select(sa.func.min(_OUTBOX.c.position))
        .where(_IS_WAITING)
        .group_by(_OUTBOX.c.destination)
        .order_by(sa.func.min(_OUTBOX.c.position))
    ).scalars()
    positions = firsts.all()
    is_time = sa.or_(_OUTBOX.c.next_at.is_(None), _OUTBOX.c.next_at <= now)
    found: list[tuple[int, str]] = []
    for start in range(0, len(positions), HEADS_AT_A_TIME):
        part = positions[start : start + HEADS_AT_A_TIME]
        rows = connection.execute(
            sa.select(_OUTBOX.c.position, _OUTBOX.c.destination)
            .where(_OUTBOX.c.position.in_(part), _IS_WAITING, _free(now), is_time)
            .where(_OUTBOX.c.destination.not_in(busy))
            .order_by(_OUTBOX.c.position)
            .limit(lanes - len(found))
            .with_for_update(skip_locked=True)
        )
        found += [(row.position, row.destination) for row in rows]
        if len(found) >= lanes:
            break
    return found


def _free(now: datetime) -> ColumnElement[bool]:
    return sa.or_(_OUTBOX.c.claimed_until.is_(None), _OUTBOX.c.claimed_until <= now)


def _lane(connection: Connection, destination: str, now: datetime, length: int) -> list[Claimed]:
    rows = connection.execute(
        sa.select(_OUTBOX)
        .where(_OUTBOX.c.destination == destination, _IS_WAITING)
        .order_by(_OUTBOX.c.position)
        .limit(length)
    )
    lane: list[Claimed] = []
    for row in rows:
        if (row.claimed_until and row.claimed_until > now) or (row.next_at and row.next_at > now):
            break
        envelope = outbox.envelope_of(row)
        lane.append(Claimed(position=row.position, envelope=envelope, created_at=row.created_at))
    return lane


def _finish(connection: Connection, claimed: Claimed, by: str, values: Mapping[str, Any]) -> bool:
    changed = connection.execute(
        sa.update(_OUTBOX)
        .where(
            _OUTBOX.c.position == claimed.position,
            _OUTBOX.c.claimed_by == by,
            _IS_WAITING,
        )
        .values(
            attempts=_OUTBOX.c.attempts + 1,
            claimed_by=None,
            claimed_until=None,
            **values,
        )
    )
    return changed.rowcount == 1
