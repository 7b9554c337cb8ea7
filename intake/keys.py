"""Idempotency keys of API calls: the answer to a call is kept with what it did. Functions of a
connection.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from routing import schema

_TABLE = schema.request_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An answer given to `owner` under `key`; `fingerprint` is a hash of what was asked."""

    owner: str
    key: str
    fingerprint: str
    answer: str


class KeyReused(Exception):
    """The key came before with another request; the message says what to do, in Chinese."""


def find(connection: Connection, owner: str, key: str, fingerprint: str) -> str | None:
    """The answer given before under this key; KeyReused if it was given to something else."""
    row = connection.execute(
        sa.select(_TABLE.c.fingerprint, _TABLE.c.answer).where(
            _TABLE.c.owner == owner, _TABLE.c.key == key
        )
    ).one_or_none()
    if row is None:
        return None
    if row.fingerprint != fingerprint:
        raise KeyReused("这个 Idempotency-Key 已用于另一个请求，请换一个新的")
    return str(row.answer)


def keep(connection: Connection, kept: Kept, now: datetime) -> None:
    """Keep an answer, in the same unit of work as what it tells of."""
    connection.execute(
        sa.insert(_TABLE).values(
            owner=kept.owner,
            key=kept.key,
            fingerprint=kept.fingerprint,
            answer=kept.answer,
            at=now,
        )
    )


def purge(connection: Connection, *, before: datetime, limit: int) -> int:
    """Forget up to `limit` answers that were kept before then, the oldest first; how many."""
    oldest = (
        sa.select(_TABLE.c.owner, _TABLE.c.key)
        .where(_TABLE.c.at < before)
        .order_by(_TABLE.c.at)
        .limit(limit)
    )
    known = sa.tuple_(_TABLE.c.owner, _TABLE.c.key)
    return connection.execute(sa.delete(_TABLE).where(known.in_(oldest))).rowcount
