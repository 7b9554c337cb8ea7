"""Numbers whose calls are limited for a time (骚扰号码): who did it, when, why, until when.

A block ends by the clock. The number itself stands with the call from whose page it was blocked.
Functions of a connection.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from channels.message import Contact, Reply
from channels.phone import number
from channels.phone.book import Purpose
from intake.phone import schema
from routing import deadline

LONGEST_WORDS = 200
HALF_HOUR = timedelta(minutes=30)
NO_NUMBER = "这个来电没有显示号码，没法限制"
NO_REASON = "请选一个限制的理由"
NO_WORDS = "理由选“其他”时，请写明是什么情况"
NO_SPAN = "请选限制多长时间"
THERE_ALREADY = "这个号码已经在限制中，不用再限制一次"
_BLOCK, _CALL = schema.caller_block, schema.call
_DURING = _CALL.alias()


class Reason(StrEnum):
    """Why a number is blocked."""

    MALICE = "malice"
    SILENT = "silent"
    NO_MATTER = "no_matter"
    OTHER = "other"


REASONS = MappingProxyType(
    {
        Reason.MALICE: "恶意骚扰",
        Reason.SILENT: "多次无声",
        Reason.NO_MATTER: "反复拨打无诉求",
        Reason.OTHER: "其他",
    }
)
SPANS = MappingProxyType({2: "2 小时", 24: "1 天", 168: "7 天"})  # by hours


class BlockRefused(Exception):
    """It can't be blocked like that; the message says what to do, in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block; `ended_at` by somebody, before its time."""

    id: str
    call_id: str
    contact: Contact
    reason: Reason
    words: str
    by: str
    at: datetime
    until: datetime
    ended_at: datetime | None
    ended_by: str
    calls: int = 0  # that came while it stood
    last_call: str = ""

    def stands(self, now: datetime) -> bool:
        """Is the number limited now?"""
        return self.ended_at is None and now < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A block as somebody asks for it, from the page of a call; `most_hours` may be chosen."""

    id: str
    call_id: str
    reason: str
    words: str
    hours: str
    by: str
    most_hours: int


def spans(most_hours: int) -> dict[int, str]:
    """For how long somebody may be blocked."""
    return {hours: name for hours, name in SPANS.items() if hours <= most_hours}


def block(connection: Connection, wanted: Wanted, now: datetime) -> Block:
    """Limit the number of a call; BlockRefused."""
    contact = _contact(connection, wanted.call_id)
    hours = {str(each): each for each in spans(wanted.most_hours)}
    if contact is None or not number.to_dial(contact):
        raise BlockRefused(NO_NUMBER)
    if wanted.reason not in set(Reason):
        raise BlockRefused(NO_REASON)
    if wanted.reason == Reason.OTHER and not wanted.words:
        raise BlockRefused(NO_WORDS)
    if wanted.hours not in hours:
        raise BlockRefused(NO_SPAN)
    if standing(connection, contact, now) is not None:
        raise BlockRefused(THERE_ALREADY)
    row = {
        "id": wanted.id,
        "caller": contact.hashed,
        "call": wanted.call_id,
        "reason": wanted.reason,
        "words": wanted.words[:LONGEST_WORDS],
        "blocked_by": wanted.by,
        "blocked_at": now,
        "until": now + timedelta(hours=hours[wanted.hours]),
    }
    connection.execute(sa.insert(_BLOCK), row)
    made = one(connection, wanted.id)
    assert made is not None
    return made


def standing(connection: Connection, contact: Contact, now: datetime) -> Block | None:
    """The block under which a caller stands now; of several the longest."""
    found = _read(
        connection,
        _query().where(_BLOCK.c.caller == contact.hashed, *_standing(now)).limit(1),
        _BLOCK.c.until.desc(),
    )
    return found[0] if found else None


def one(connection: Connection, block_id: str) -> Block | None:
    """A block by its id."""
    found = _read(connection, _query().where(_BLOCK.c.id == block_id))
    return found[0] if found else None


def unblock(connection: Connection, block_id: str, by: str, now: datetime) -> Block | None:
    """End every block of this one's number; None: it is over already, or never was."""
    found = one(connection, block_id)
    if found is None or not found.stands(now):
        return None
    connection.execute(
        sa.update(_BLOCK)
        .where(_BLOCK.c.caller == found.contact.hashed, *_standing(now))
        .values(ended_at=now, ended_by=by)
    )
    return found


def listing(connection: Connection, now: datetime, *, limit: int, offset: int = 0) -> list[Block]:
    """Those that stand first, then the past ones; the latest first."""
    order = sa.case((sa.and_(*_standing(now)), 0), else_=1)
    last = _came(_DURING.c.id).order_by(_DURING.c.began_at.desc()).limit(1)
    query = _query(_came(sa.func.count()).scalar_subquery(), last.scalar_subquery())
    return _read(
        connection,
        query.limit(limit).offset(offset),
        order,
        _BLOCK.c.blocked_at.desc(),
        _BLOCK.c.id,
    )


def purge(connection: Connection, *, before: datetime, limit: int) -> int:
    """Forget up to `limit` blocks that were over before then; how many."""
    over = sa.func.coalesce(_BLOCK.c.ended_at, _BLOCK.c.until)
    old = sa.select(_BLOCK.c.id).where(over < before).limit(limit)
    return connection.execute(sa.delete(_BLOCK).where(_BLOCK.c.id.in_(old))).rowcount


def opening(until: datetime, now: datetime) -> Reply:
    """What such a caller hears first; never a time that is too early."""
    seconds = (-until.timestamp()) % HALF_HOUR.total_seconds()
    said = deadline.speak(until + timedelta(seconds=seconds), now)
    return Reply(key="phone_limited", values={"until": said})


def _standing(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (_BLOCK.c.ended_at.is_(None), _BLOCK.c.until > now)


def _contact(connection: Connection, call_id: str) -> Contact | None:
    query = sa.select(_CALL.c.contact).where(_CALL.c.id == call_id)
    found = connection.execute(query).scalar_one_or_none()
    return Contact.parse(found) if found is not None else None


def _came(what: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """Of the calls that came while a block stood."""
    return (
        sa.select(what)
        .select_from(_DURING)
        .where(
            _DURING.c.contact == _CALL.c.contact,
            _DURING.c.purpose == Purpose.INBOUND.value,
            _DURING.c.began_at > _BLOCK.c.blocked_at,
            _DURING.c.began_at < sa.func.coalesce(_BLOCK.c.ended_at, _BLOCK.c.until),
        )
        .correlate(_CALL, _BLOCK)
    )


def _query(
    calls: sa.ColumnElement[int] | None = None, last: sa.ColumnElement[str] | None = None
) -> sa.Select[Any]:
    return sa.select(
        _BLOCK,
        _CALL.c.contact,
        (sa.literal(0) if calls is None else calls).label("calls"),
        (sa.literal("") if last is None else last).label("last_call"),
    ).join(_CALL, _CALL.c.id == _BLOCK.c.call)


def _read(
    connection: Connection, query: sa.Select[Any], *order: sa.ColumnElement[Any]
) -> list[Block]:
    return [
        Block(
            id=row.id,
            call_id=row.call,
            contact=Contact.parse(row.contact),
            reason=Reason(row.reason),
            words=row.words,
            by=row.blocked_by,
            at=row.blocked_at,
            until=row.until,
            ended_at=row.ended_at,
            ended_by=row.ended_by,
            calls=row.calls,
            last_call=row.last_call or "",
        )
        for row in connection.execute(query.order_by(*order))
    ]
