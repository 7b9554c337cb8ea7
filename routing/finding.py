"""Finding tickets: by words, place, status and light, and by whoever reported them. Functions of a
connection.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from nlp import redact
from nlp.understanding import Urgency
from routing import report, schema
from routing.deadline import Light
from routing.ticket import Status, Ticket

MOST_SCANNED = 2_000  # tickets that have the words, until some show them
MOST_WORDS = 5
LONGEST_WORD = 60  # characters
MOST_DIGITS = 5  # of a query that are sought in residents' words; more could be somebody's number

_TICKET = schema.ticket
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
    to_ring: Collection[str] | None = None  # units, of `report.to_ring`: what they haven't signed
    reporter: str = ""
    category: str = ""  # a prefix
    urgency: Urgency | None = None
    opened_from: datetime | None = None
    opened_before: datetime | None = None


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
        return report.page(connection, query, limit, offset)
    found: list[Ticket] = []
    for start in range(0, MOST_SCANNED, report.MOST_ROWS):
        batch = report.page(connection, query, report.MOST_ROWS, start)
        found += [each for each in batch if _is_shown(each, wanted.words[:MOST_WORDS])]
        if len(found) >= offset + limit or len(batch) < report.MOST_ROWS:
            break
    return found[offset : offset + min(limit, report.MOST_ROWS)]


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
    return report.page(connection, query, limit, 0)


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
        found += [report.running(), report.is_light(connection, wanted.light, now)]
    if wanted.to_ring is not None:
        found.append(report.is_to_ring(wanted.to_ring))
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
