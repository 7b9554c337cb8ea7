"""Calls as they are looked up afterwards: lists, and one call with its transcript."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from channels.message import Contact
from channels.phone.book import Outcome, Purpose, SpokenWord, Voice
from intake.phone import schema

_CALL, _LINE, _TICKET = schema.call, schema.call_line, schema.call_ticket
_RECORDING = schema.recording
_THEIRS, _BACK = _TICKET.alias(), _CALL.alias()
_RUNG_BACK = (
    sa.select(_TICKET.c.call)
    .join(_THEIRS, _THEIRS.c.ticket == _TICKET.c.ticket)
    .join(_BACK, _BACK.c.id == _THEIRS.c.call)
    .where(
        _TICKET.c.call.in_(sa.bindparam("ids", expanding=True)),
        _TICKET.c.call != _BACK.c.id,
        _BACK.c.purpose == Purpose.CALL_BACK.value,
        _BACK.c.outcome.in_((Outcome.SERVED.value, Outcome.PERSON.value)),
    )
)


class Sort(StrEnum):
    """How calls are told apart in the list."""

    SERVED = "served"  # 热线办完
    TAKEN = "taken"  # 转人工，有人接
    UNANSWERED = "unanswered"  # 转人工，没人接
    MISSED = "missed"  # 未接
    HUNG_UP = "hung_up"  # 居民先挂断
    LIMITED = "limited"  # 骚扰号码，只听了一段
    RELAYED = "relayed"  # 用联系码转接居民
    BROKEN = "broken"  # 中断、出错


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A call, without what was said."""

    id: str
    contact: Contact
    purpose: Purpose
    began_at: datetime
    ended_at: datetime | None
    outcome: Outcome | None
    reason: str
    queued_at: datetime | None
    operator: str
    connected_at: datetime | None
    tickets: tuple[str, ...] = ()
    recorded: bool = False
    rung_back: bool = False  # we have reached him since, because of the same ticket

    @property
    def waited_s(self) -> int | None:
        """In the operators' queue; None: he was not, or still is."""
        until = self.connected_at or self.ended_at
        if self.queued_at is None or until is None or until < self.queued_at:
            return None
        return round((until - self.queued_at).total_seconds())

    @property
    def lasted_s(self) -> int | None:
        """From the answer to the end; None while it lasts."""
        return round((self.ended_at - self.began_at).total_seconds()) if self.ended_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A line of the transcript."""

    voice: Voice
    text: str
    start_ms: int
    end_ms: int
    confidence: float | None
    words: tuple[SpokenWord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for; empty: everything."""

    since: datetime | None = None
    until: datetime | None = None
    sort: Sort | None = None
    last_digits: str = ""
    ticket: str = ""
    ids: Sequence[str] | None = None


def listing(connection: Connection, wanted: Wanted, *, limit: int, offset: int = 0) -> list[Entry]:
    """The calls that are looked for, the latest first."""
    query = sa.select(_CALL).order_by(_CALL.c.began_at.desc(), _CALL.c.id)
    rows = connection.execute(query.where(*_conditions(wanted)).limit(limit).offset(offset)).all()
    ids = [row.id for row in rows]
    tickets = _pairs(connection, sa.select(_TICKET.c.call, _TICKET.c.ticket), _TICKET.c.call, ids)
    kept = _pairs(connection, sa.select(_RECORDING.c.call, _RECORDING.c.id), _RECORDING.c.call, ids)
    back = set(connection.execute(_RUNG_BACK, {"ids": ids}).scalars())
    return [
        replace(
            _entry(row),
            tickets=tickets.get(row.id, ()),
            recorded=row.id in kept,
            rung_back=row.id in back,
        )
        for row in rows
    ]


def one(connection: Connection, call_id: str) -> Entry | None:
    """A call by its id."""
    found = listing(connection, Wanted(ids=[call_id]), limit=1)
    return found[0] if found else None


def lines(connection: Connection, call_id: str) -> list[Spoken]:
    """What was said, in order."""
    rows = connection.execute(
        sa.select(_LINE).where(_LINE.c.call == call_id).order_by(_LINE.c.sequence)
    )
    return [
        Spoken(
            voice=Voice(row.voice),
            text=row.text,
            start_ms=row.start_ms,
            end_ms=row.end_ms,
            confidence=row.confidence,
            words=_words(row.words),
        )
        for row in rows
    ]


def sort_of(call: Entry) -> Sort | None:
    """How it ended, as the list tells calls apart; None: not known (yet)."""
    if call.operator:
        return Sort.TAKEN
    return _SORTS.get(call.outcome) if call.outcome else None


_SORTS = {
    Outcome.SERVED: Sort.SERVED,
    Outcome.PERSON: Sort.UNANSWERED,
    Outcome.MISSED: Sort.MISSED,
    Outcome.HUNG_UP: Sort.HUNG_UP,
    Outcome.LIMITED: Sort.LIMITED,
    Outcome.RELAYED: Sort.RELAYED,
    Outcome.LOST: Sort.BROKEN,
    Outcome.FAILED: Sort.BROKEN,
}


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.since is not None:
        found.append(_CALL.c.began_at >= wanted.since)
    if wanted.until is not None:
        found.append(_CALL.c.began_at < wanted.until)
    if wanted.last_digits:
        found.append(_CALL.c.contact.like(f"tel:%{wanted.last_digits}"))
    if wanted.ids is not None:
        found.append(_CALL.c.id.in_(wanted.ids))
    if wanted.ticket:
        of_ticket = sa.select(_TICKET.c.call).where(_TICKET.c.ticket.like(f"%{wanted.ticket}"))
        found.append(_CALL.c.id.in_(of_ticket))
    if wanted.sort is Sort.TAKEN:
        found.append(_CALL.c.operator != "")
    elif wanted.sort is not None:
        outcomes = [outcome.value for outcome, sort in _SORTS.items() if sort is wanted.sort]
        found += [_CALL.c.operator == "", _CALL.c.outcome.in_(outcomes)]
    return found


def _pairs(
    connection: Connection,
    query: sa.Select[Any],
    column: sa.ColumnElement[str],
    ids: list[str],
) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for call_id, value in connection.execute(query.where(column.in_(ids))):
        found[call_id] = tuple(sorted((*found.get(call_id, ()), value)))
    return found


def _entry(row: sa.Row[tuple[object, ...]]) -> Entry:
    return Entry(
        id=row.id,
        contact=Contact.parse(row.contact),
        purpose=Purpose(row.purpose),
        began_at=row.began_at,
        ended_at=row.ended_at,
        outcome=Outcome(row.outcome) if row.outcome else None,
        reason=row.reason,
        queued_at=row.queued_at,
        operator=row.operator,
        connected_at=row.connected_at,
    )


def _words(text: str) -> tuple[SpokenWord, ...]:
    kept: list[tuple[str, int, float]] = json.loads(text) if text else []
    return tuple(SpokenWord(text=w, start_ms=at, confidence=sure) for w, at, sure in kept)
