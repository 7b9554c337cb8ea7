"""Calls that we owe: planned, claimed by day, tried twice. Functions of a connection.

Who is told of a danger is rung before everybody else, at any hour, and again within minutes.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from channels.message import Contact, Reply
from channels.phone.book import Errand, Purpose
from intake import wire
from intake.phone import hours, schema

CLAIM = timedelta(minutes=150)  # longer than the longest call that the settings allow
ALARM_CLAIM = timedelta(minutes=10)  # longer than it takes to read an alarm out
MOST_ATTEMPTS = 2
MOST_AT_ONCE = 50
BROKEN_OFF = "程序中断，结果不明"
ANSWERED = "居民已答："
MOST_SHOWN = 10

_NEWEST_COUNTS = frozenset({Purpose.FOLLOW_UP, Purpose.ALARM})  # what was to be told is outdated
_ERRAND = schema.errand
_IS_ALARM = _ERRAND.c.purpose == Purpose.ALARM.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A call to be owed."""

    id: str
    to: Contact
    purpose: Purpose
    ticket: str
    reply: Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A call that is, or was, owed; `state` is waiting, done or given_up."""

    purpose: Purpose
    state: str
    attempts: int
    due_at: datetime
    finished_at: datetime | None
    result: str


def plan(
    connection: Connection, wanted: Plan, now: datetime, *, after: timedelta = timedelta()
) -> str:
    """Owe the call, to be made so long `after` now at the earliest; the same one that still waits
    is not owed twice, but tells the newest result. Returns its id.
    """
    row = {
        "id": wanted.id,
        "contact": str(wanted.to),
        "purpose": wanted.purpose.value,
        "ticket": wanted.ticket,
        "body": _body(wanted.reply),
        "state": "waiting",
        "attempts": 0,
        "due_at": hours.first(wanted.purpose, now + after),
        "created_at": now,
    }
    try:
        with connection.begin_nested():
            connection.execute(sa.insert(_ERRAND), row)
    except sa.exc.IntegrityError:
        same = [_ERRAND.c[name] == row[name] for name in ("contact", "purpose", "ticket")]
        same.append(_ERRAND.c.state == "waiting")
        if wanted.purpose in _NEWEST_COUNTS:
            connection.execute(sa.update(_ERRAND).where(*same).values(body=row["body"]))
        waiting: str = connection.execute(sa.select(_ERRAND.c.id).where(*same)).scalar_one()
        return waiting
    return wanted.id


def were_planned(connection: Connection, ticket: str, purpose: Purpose) -> bool:
    """Has such a call been owed because of this ticket, whatever became of it?"""
    query = sa.select(_ERRAND.c.id).where(
        _ERRAND.c.ticket == ticket, _ERRAND.c.purpose == purpose.value
    )
    return connection.execute(query.limit(1)).one_or_none() is not None


def planned_at(connection: Connection, errand_id: str) -> datetime | None:
    """When this call came to be owed; None for one that is not known."""
    query = sa.select(_ERRAND.c.created_at).where(_ERRAND.c.id == errand_id)
    found: datetime | None = connection.execute(query).scalar_one_or_none()
    return found


def of_ticket(connection: Connection, ticket: str) -> list[Owed]:
    """The calls owed because of a ticket, the latest first."""
    rows = connection.execute(
        sa.select(_ERRAND)
        .where(_ERRAND.c.ticket == ticket)
        .order_by(_ERRAND.c.created_at.desc())
        .limit(MOST_SHOWN)
    )
    return [
        Owed(
            purpose=Purpose(row.purpose),
            state=row.state,
            attempts=row.attempts,
            due_at=row.due_at,
            finished_at=row.finished_at,
            result=row.result,
        )
        for row in rows
    ]


def claim(connection: Connection, now: datetime, *, alarms_only: bool = False) -> Errand | None:
    """The next call to make, ours until it is told what came of it, or for CLAIM; None where none
    is due. Alarms come first, and at night nothing else.
    """
    among = _IS_ALARM if alarms_only or not hours.is_day(now) else sa.true()
    due = (
        sa.select(_ERRAND)
        .where(
            _ERRAND.c.state == "waiting",
            _ERRAND.c.attempts < MOST_ATTEMPTS,
            _ERRAND.c.due_at <= now,
            among,
            sa.or_(_ERRAND.c.claimed_until.is_(None), _ERRAND.c.claimed_until < now),
        )
        .order_by(sa.case((_IS_ALARM, 0), else_=1), _ERRAND.c.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = connection.execute(due).one_or_none()
    if row is None:
        return None
    errand = _errand(row, row.attempts + 1)
    claim_for = ALARM_CLAIM if errand.purpose is Purpose.ALARM else CLAIM
    connection.execute(
        sa.update(_ERRAND)
        .where(_ERRAND.c.id == row.id)
        .values(claimed_until=now + claim_for, attempts=errand.attempt)
    )
    return errand


def give_up(connection: Connection, now: datetime) -> list[Errand]:
    """Those claimed for the last time by a program that died before it could say what came of it;
    MOST_AT_ONCE at most. The `result` that a broken-off call had brought stays with them.
    """
    over = (
        sa.select(_ERRAND)
        .where(
            _ERRAND.c.state == "waiting",
            _ERRAND.c.attempts >= MOST_ATTEMPTS,
            _ERRAND.c.claimed_until < now,
        )
        .limit(MOST_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    rows = connection.execute(over).all()
    for row in rows:
        _finish(connection, row.id, "given_up", now, broken_off(row.result))
    return [_errand(row, row.attempts) for row in rows]


def broken_off(result: str) -> str:
    """Why a call has no end, with what was answered before."""
    return f"{BROKEN_OFF}；{result}" if result.startswith(ANSWERED) else BROKEN_OFF


def answered(connection: Connection, errand: Errand, said: str) -> None:
    """What he has answered so far, for the case that the call breaks off."""
    connection.execute(
        sa.update(_ERRAND)
        .where(_ERRAND.c.id == errand.id, _ERRAND.c.state == "waiting")
        .values(result=f"{ANSWERED}{said}"[:200])
    )


def result_of(connection: Connection, errand_id: str) -> str:
    """What came of a call, or of its last try."""
    query = sa.select(_ERRAND.c.result).where(_ERRAND.c.id == errand_id)
    return connection.execute(query).scalar_one_or_none() or ""


def done(connection: Connection, errand: Errand, now: datetime, result: str) -> None:
    """He was reached; what has become known only during the call is told in one more."""
    if not _renewed(connection, errand, now):
        _finish(connection, errand.id, "done", now, result)


def missed(connection: Connection, errand: Errand, now: datetime, result: str) -> bool:
    """He was not: once more later, or given up; True where it was the last try."""
    if errand.attempt < MOST_ATTEMPTS:
        again = hours.again(errand.purpose, now)
        connection.execute(
            sa.update(_ERRAND)
            .where(_ERRAND.c.id == errand.id, _ERRAND.c.state == "waiting")
            .values(due_at=again, claimed_until=None, result=result[:200])
        )
        return False
    if _renewed(connection, errand, now):
        return False
    _finish(connection, errand.id, "given_up", now, result)
    return True


def _renewed(connection: Connection, errand: Errand, now: datetime) -> bool:
    """Has `plan` given it more to tell since it was claimed? Then it is owed anew."""
    newer = (
        sa.update(_ERRAND)
        .where(
            _ERRAND.c.id == errand.id,
            _ERRAND.c.state == "waiting",
            _ERRAND.c.body != _body(errand.reply),
        )
        .values(attempts=0, due_at=hours.again(errand.purpose, now), claimed_until=None)
    )
    return connection.execute(newer).rowcount > 0


def _errand(row: sa.Row[Any], attempt: int) -> Errand:
    return Errand(
        id=row.id,
        to=Contact.parse(row.contact),
        purpose=Purpose(row.purpose),
        reply=wire.reply_from_record(json.loads(row.body)),
        ticket=row.ticket,
        attempt=attempt,
    )


def _body(reply: Reply) -> str:
    return json.dumps(wire.reply_to_record(reply), ensure_ascii=False)


def _finish(connection: Connection, errand_id: str, state: str, now: datetime, result: str) -> None:
    connection.execute(
        sa.update(_ERRAND)
        .where(_ERRAND.c.id == errand_id, _ERRAND.c.state == "waiting")
        .values(state=state, finished_at=now, claimed_until=None, result=result[:200])
    )
