"""What the console reads: the queue, searches, and how things stand. Functions of a connection."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Select

from nlp import redact
from nlp.understanding import Urgency
from routing import deadline, entails, heard_back, schema, store
from routing.deadline import Light
from routing.ticket import FINAL_STATUSES, Action, Status, Ticket

MOST_ROWS = 500
MOST_COUNTED = 999  # of what waits; nobody works off more at a sitting
MOST_SCANNED = 2_000  # tickets that have the words, until some show them
MOST_WORDS = 5
LONGEST_WORD = 60  # characters
MOST_DIGITS = 5  # of a query that are sought in residents' words; more could be somebody's number
WAITING = (Status.DECIDING, Status.RETURNED)
RUNNING = tuple(
    status
    for status in Status
    if status not in FINAL_STATUSES | {Status.ANSWERED, Status.FOLLOWED_UP}
)  # somebody still owes something by due_at

_TICKET = schema.ticket
_EVENT = schema.ticket_event
_OVER = sorted(status.value for status in FINAL_STATUSES)  # the many; no page counts them
_BY_STATUS = sa.select(_TICKET.c.status, sa.func.count()).group_by(_TICKET.c.status)
_SAID = (_TICKET.c.text, _TICKET.c.address)
_DIGIT = re.compile("[0-9０-９〇零幺一二三四五六七八九]")
_NUMERAL = re.compile(rf"[0-9０-９]|{_DIGIT.pattern}{{3}}")
_FOUR_DIGITS = re.compile(rf"{_DIGIT.pattern}(?:[-－—.·,，]?{_DIGIT.pattern}){{3}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word that is searched for, and the places whose names are in it.

    It stands in the ticket's number, text or address; or the ticket is at one of these places, and
    `rest`, what the word says beside the name, stands there.
    """

    text: str
    places: tuple[str, ...] = ()
    rest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is searched for; everything that is given must hold, each word for itself."""

    words: tuple[Word, ...] = ()
    status: Status | None = None
    light: Light | None = None
    unit: str = ""
    reporter: str = ""
    category: str = ""  # a prefix
    urgency: Urgency | None = None
    opened_from: datetime | None = None
    opened_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many tickets are not over by status, and running ones by light."""

    by_status: Mapping[str, int]
    by_light: Mapping[str, int]

    def status(self, status: Status) -> int:
        """How many are in that status."""
        return self.by_status.get(status.value, 0)

    def light(self, light: Light) -> int:
        """How many running tickets show that light."""
        return self.by_light.get(light.value, 0)


def waiting(
    connection: Connection,
    centre: str,
    *,
    limit: int,
    offset: int = 0,
    but: Collection[str] = (),
) -> list[Ticket]:
    """Tickets that wait for a person at the hotline: danger first, then who asked for a person or
    has answered one, then what is promised soonest, then by age. `centre` is the unit for which its
    people act; `but` are numbers of those that are shown elsewhere.
    """
    danger = _TICKET.c.urgency == Urgency.DANGER.value
    first = sa.case((danger, 0), (_talks_to_us(), 1), else_=2)
    query = (
        sa.select(_TICKET)
        .where(_is_ours(centre), _TICKET.c.number.not_in(but))
        .order_by(first, _TICKET.c.due_at, _TICKET.c.opened_at, _TICKET.c.number)
    )
    return _page(connection, query, limit, offset)


def count_waiting(connection: Connection, centre: str) -> int:
    """How many tickets `waiting` lists; where they are more than MOST_COUNTED, one more than it."""
    some = sa.select(_TICKET.c.number).where(_is_ours(centre)).limit(MOST_COUNTED + 1).subquery()
    return connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()


def search(
    connection: Connection, wanted: Wanted, *, now: datetime, limit: int, offset: int = 0
) -> list[Ticket]:
    """Tickets that fit, the newest first.

    Words are found where a page shows them: not in what it masks, or whoever reads here could try
    out who reported what. Where very many would fit but for that, the oldest are not looked at.
    """
    query = sa.select(_TICKET).where(*_conditions(connection, wanted, now))
    query = query.order_by(_TICKET.c.opened_at.desc(), _TICKET.c.number.desc())
    if not wanted.words:
        return _page(connection, query, limit, offset)
    found: list[Ticket] = []
    for start in range(0, MOST_SCANNED, MOST_ROWS):
        batch = _page(connection, query, MOST_ROWS, start)
        found += [each for each in batch if _is_shown(each, wanted.words[:MOST_WORDS])]
        if len(found) >= offset + limit or len(batch) < MOST_ROWS:
            break
    return found[offset : offset + min(limit, MOST_ROWS)]


def is_personal(words: str) -> bool:
    """Could these words be somebody's number? Then their digits are sought in ticket numbers only:
    whoever looks for a person says why, see `by_person`.
    """
    return len(_DIGIT.findall(words)) > MOST_DIGITS or bool(_FOUR_DIGITS.search(words))


def by_person(connection: Connection, who: str, *, limit: int) -> list[Ticket]:
    """Tickets with this telephone number or name, in whatever part, the newest first."""
    digits = "".join(each for each in who if each.isascii() and each.isdigit())
    columns = (_TICKET.c.text, _TICKET.c.address, _TICKET.c.reporter, _TICKET.c.details)
    query = (
        sa.select(_TICKET)
        .where(sa.or_(*(_stands_in(each, *columns) for each in {who, digits} - {""})))
        .order_by(_TICKET.c.opened_at.desc(), _TICKET.c.number.desc())
    )
    return _page(connection, query, limit, 0)


def answered_at(connection: Connection, tickets: Iterable[Ticket]) -> dict[str, datetime]:
    """When those of the tickets that have an answer were answered, by number."""
    numbers = [ticket.number for ticket in tickets if ticket.status not in RUNNING]
    query = (
        sa.select(_EVENT.c.ticket, sa.func.max(_EVENT.c.at).label("at"))
        .where(_EVENT.c.ticket.in_(numbers), _EVENT.c.action == Action.ANSWER.value)
        .group_by(_EVENT.c.ticket)
    )
    return {row.ticket: row.at for row in connection.execute(query)} if numbers else {}


def by_status(connection: Connection) -> dict[str, int]:
    """How many tickets are in each status; those that have none are left out."""
    return {row[0]: row[1] for row in connection.execute(_BY_STATUS)}


def counts(connection: Connection, now: datetime) -> Counts:
    """How things stand now."""
    light = sa.case(
        (_is_light(connection, Light.RED, now), Light.RED.value),
        (_is_light(connection, Light.YELLOW, now), Light.YELLOW.value),
        else_=Light.GREEN.value,
    )
    shown = light.label("light")
    query = sa.select(shown, sa.func.count()).where(_running()).group_by(shown)
    lights = {row[0]: row[1] for row in connection.execute(query)}
    statuses = connection.execute(_BY_STATUS.where(_TICKET.c.status.not_in(_OVER)))
    return Counts(by_status={row[0]: row[1] for row in statuses}, by_light=lights)


def _is_ours(centre: str) -> ColumnElement[bool]:
    """Somebody has to decide or to look, or the centre has it itself."""
    decides = _TICKET.c.status.in_([status.value for status in WAITING])
    acts = _TICKET.c.status.in_([status.value for status in RUNNING])
    ours = sa.or_(_TICKET.c.unit == centre, _TICKET.c.handover_reason != "")
    answered_us = sa.and_(_TICKET.c.status.not_in(_OVER), _heard_back())
    return sa.or_(decides, sa.and_(acts, ours), answered_us)


def _talks_to_us() -> ColumnElement[bool]:
    """Somebody waits for words of ours, or has answered them; a step of ours ends it."""
    return sa.or_(_TICKET.c.handover_reason == entails.ASKED_PERSON, _heard_back())


def _heard_back() -> ColumnElement[bool]:
    return _TICKET.c.handover_reason.contains(heard_back.MARK)


def _conditions(connection: Connection, wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    words = wanted.words[:MOST_WORDS]
    personal = is_personal(" ".join(word.text for word in words))
    found = [_has(word, personal) for word in words]
    equal = {"status": wanted.status, "urgency": wanted.urgency}
    found += [_TICKET.c[name] == value.value for name, value in equal.items() if value]
    texts = {"unit": wanted.unit, "reporter": wanted.reporter}
    found += [_TICKET.c[name] == value for name, value in texts.items() if value]
    if wanted.category:
        found.append(_TICKET.c.category.startswith(wanted.category, autoescape=True))
    if wanted.light is not None:
        found += [_running(), _is_light(connection, wanted.light, now)]
    if wanted.opened_from:
        found.append(_TICKET.c.opened_at >= wanted.opened_from)
    if wanted.opened_before:
        found.append(_TICKET.c.opened_at < wanted.opened_before)
    return found


def _is_shown(ticket: Ticket, words: Iterable[Word]) -> bool:
    """Does each word stand in what a page shows of the ticket?"""
    shown = f"{redact.mask(ticket.text)}\n{redact.mask(ticket.address)}".casefold()

    def stands(word: Word) -> bool:
        there = ticket.place in word.places and word.rest.casefold() in shown
        return there or word.text in ticket.number or word.text.casefold() in shown

    return all(stands(word) for word in words)


def _has(word: Word, personal: bool) -> ColumnElement[bool]:
    if personal and _NUMERAL.search(word.text):
        return _stands_in(word.text, _TICKET.c.number)
    ways = [_stands_in(word.text, _TICKET.c.number, *_SAID)]
    if word.places:
        there = _TICKET.c.place.in_(word.places)
        ways.append(sa.and_(there, _stands_in(word.rest, *_SAID)) if word.rest else there)
    return sa.or_(*ways)


def _stands_in(text: str, *columns: ColumnElement[str]) -> ColumnElement[bool]:
    return sa.or_(*(each.contains(text[:LONGEST_WORD], autoescape=True) for each in columns))


def _running() -> ColumnElement[bool]:
    return _TICKET.c.status.in_([status.value for status in RUNNING])


def _is_light(connection: Connection, light: Light, now: datetime) -> ColumnElement[bool]:
    """`deadline.light` as a condition: red after due_at, yellow in the last fifth of the time."""
    red = _TICKET.c.due_at < now
    start = sa.func.coalesce(_TICKET.c.started_at, _TICKET.c.opened_at)
    due, at = (
        _seconds(connection, _TICKET.c.due_at),
        _seconds(connection, sa.bindparam("now", now, type_=schema.UtcTime, unique=True)),
    )
    started = _seconds(connection, start)
    late = (due - at) * deadline.YELLOW_SHARE <= due - started
    return {
        Light.RED: red,
        Light.YELLOW: sa.and_(~red, late),
        Light.GREEN: sa.and_(~red, ~late),
    }[light]


def _seconds(connection: Connection, time: ColumnElement[Any]) -> ColumnElement[Any]:
    """A time as a number that can be subtracted."""
    if connection.dialect.name == "postgresql":
        return sa.extract("epoch", time)
    return sa.func.julianday(time) * 86_400


def _page(connection: Connection, query: Select[Any], limit: int, offset: int) -> list[Ticket]:
    rows = connection.execute(query.limit(min(limit, MOST_ROWS)).offset(offset))
    return [store.ticket_of(row) for row in rows]
