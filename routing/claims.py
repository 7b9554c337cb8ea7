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
from sqlalchemy import Connection

from routing import outbox, schema
from routing.envelope import Envelope

LONGEST_ERROR = 300  # characters
HEADS_AT_A_TIME = 200

_OUTBOX = schema.outbox
# Statements are made once: making one costs more than the database takes to carry it out.
_IS_WAITING = _OUTBOX.c.state == sa.literal_column(
    "'waiting'"
)  # literal: the partial index applies
_NOW = sa.bindparam("now", type_=schema.UtcTime)
_IS_FREE = sa.or_(_OUTBOX.c.claimed_until.is_(None), _OUTBOX.c.claimed_until <= _NOW)
_IS_TIME = sa.or_(_OUTBOX.c.next_at.is_(None), _OUTBOX.c.next_at <= _NOW)
_FIRSTS = (
    sa.select(sa.func.min(_OUTBOX.c.position))
    .where(_IS_WAITING)
    .group_by(_OUTBOX.c.destination)
    .order_by(sa.func.min(_OUTBOX.c.position))
)
_HEADS = (
    sa.select(_OUTBOX.c.position, _OUTBOX.c.destination)
    .where(_OUTBOX.c.position.in_(sa.bindparam("positions", expanding=True)))
    .where(_IS_WAITING, _IS_FREE, _IS_TIME)
    .where(_OUTBOX.c.destination.not_in(sa.bindparam("busy", expanding=True)))
    .order_by(_OUTBOX.c.position)
    .limit(sa.bindparam("most", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)
_LANE = (
    sa.select(_OUTBOX)
    .where(_OUTBOX.c.destination == sa.bindparam("to"), _IS_WAITING)
    .order_by(_OUTBOX.c.position)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_CLAIM = (
    sa.update(_OUTBOX)
    .where(_OUTBOX.c.position.in_(sa.bindparam("positions", expanding=True)))
    .where(_IS_WAITING, _IS_FREE)
    .values(claimed_by=sa.bindparam("owner"), claimed_until=sa.bindparam("until"))
    .returning(_OUTBOX.c.position)
)
_RELEASE = (
    sa.update(_OUTBOX)
    .where(_OUTBOX.c.position.in_(sa.bindparam("positions", expanding=True)))
    .where(_OUTBOX.c.claimed_by == sa.bindparam("owner"), _IS_WAITING)
    .values(claimed_by=None, claimed_until=None)
)
_TRIED = (
    sa.update(_OUTBOX)
    .where(_OUTBOX.c.position == sa.bindparam("at_position"))
    .where(_OUTBOX.c.claimed_by == sa.bindparam("owner"), _IS_WAITING)
    .values(attempts=_OUTBOX.c.attempts + 1, claimed_by=None, claimed_until=None)
)
_DELIVERED = _TRIED.values(
    state="done", finished_at=sa.bindparam("at"), answer=sa.bindparam("said")
)
_PUT_BACK = _TRIED.values(next_at=sa.bindparam("again_at"), last_error=sa.bindparam("error"))
_GIVEN_UP = _TRIED.values(
    state="dead", finished_at=sa.bindparam("at"), last_error=sa.bindparam("error")
)


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
    mine = {"positions": positions, "owner": by, "now": now, "until": until}
    ours = set(connection.execute(_CLAIM, mine).scalars())
    kept = [list(takewhile(lambda each: each.position in ours, lane)) for lane in lanes_found]
    return [lane for lane in kept if lane]


def delivered(
    connection: Connection, claimed: Claimed, *, by: str, at: datetime, answer: str
) -> None:
    """It arrived. Nothing happens where the claim has gone to somebody else meanwhile."""
    _finish(connection, _DELIVERED, claimed, by, {"at": at, "said": answer[:200]})


def put_back(
    connection: Connection, claimed: Claimed, *, by: str, next_at: datetime, error: str
) -> None:
    """It did not arrive; try again at `next_at`."""
    values = {"again_at": next_at, "error": error[:LONGEST_ERROR]}
    _finish(connection, _PUT_BACK, claimed, by, values)


def give_up(connection: Connection, claimed: Claimed, *, by: str, at: datetime, error: str) -> bool:
    """It will not arrive: a dead letter, which no longer holds up those behind it.

    False where the claim has gone to somebody else.
    """
    values = {"at": at, "error": error[:LONGEST_ERROR]}
    return _finish(connection, _GIVEN_UP, claimed, by, values)


def release(connection: Connection, lane: Iterable[Claimed], *, by: str) -> None:
    """Let go of envelopes that were claimed but not tried."""
    positions = [each.position for each in lane]
    connection.execute(_RELEASE, {"positions": positions, "owner": by})


def _heads(
    connection: Connection, now: datetime, lanes: int, busy: Sequence[str]
) -> list[tuple[int, str]]:
    """The first waiting envelopes of up to `lanes` destinations whose turn it is, locked for us.

    Two queries, because planners without statistics make a quadratic one of the two in one.
    """
    positions = connection.execute(_FIRSTS).scalars().all()
    found: list[tuple[int, str]] = []
    for start in range(0, len(positions), HEADS_AT_A_TIME):
        part = positions[start : start + HEADS_AT_A_TIME]
        values = {"positions": part, "busy": busy, "now": now, "most": lanes - len(found)}
        found += [(row.position, row.destination) for row in connection.execute(_HEADS, values)]
        if len(found) >= lanes:
            break
    return found


def _lane(connection: Connection, destination: str, now: datetime, length: int) -> list[Claimed]:
    rows = connection.execute(_LANE, {"to": destination, "most": length})
    lane: list[Claimed] = []
    for row in rows:
        if (row.claimed_until and row.claimed_until > now) or (row.next_at and row.next_at > now):
            break
        envelope = outbox.envelope_of(row)
        lane.append(Claimed(position=row.position, envelope=envelope, created_at=row.created_at))
    return lane


def _finish(
    connection: Connection, step: sa.Update, claimed: Claimed, by: str, values: Mapping[str, Any]
) -> bool:
    key = {"at_position": claimed.position, "owner": by}
    return connection.execute(step, {**key, **values}).rowcount == 1
