"""Tickets as the console's lists show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web
from sqlalchemy import Connection

from config.county import County
from nlp.understanding import Urgency
from routing import command, deadline, entails, heard_back, report
from routing.deadline import Light
from routing.ticket import FINAL_STATUSES, RUNNING_STATUSES, Status, Ticket

LAST_PAGE = 1000
LONGEST_PAGE = 6  # digits
IN_TIME, TOO_LATE = "按时答复", "超期答复"
DANGER = "险情"  # until somebody has taken it up


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp:
    """A light as it is shown: its colour, which has a shape of its own, and a word."""

    colour: Light
    word: str


UNSEEN = Lamp(colour=Light.RED, word=DANGER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a list."""

    number: str
    text: str
    category: str
    place: str
    address: str
    unit: str
    status: Status
    urgency: Urgency
    handover_reason: str
    due_at: datetime  # or by when the hotline must have spoken to who `asks` for a person
    asks: bool
    runs: bool  # somebody still owes something by due_at
    lamp: Lamp | None
    alarm: bool  # a danger that nobody has taken up
    since: datetime  # when its clock began
    said: str = ""  # what the resident has answered to words of ours, until somebody has looked


def read(
    connection: Connection, county: County, tickets: Sequence[Ticket], now: datetime
) -> list[Row]:
    """The lines for tickets, with their lights as of now."""
    answered = report.answered_at(connection, tickets)
    dangers = [each.number for each in tickets if each.urgency is Urgency.DANGER]
    unseen = command.unseen_among(connection, dangers)
    return [
        _row(county, each, now, answered.get(each.number), alarm=each.number in unseen)
        for each in tickets
    ]


def asks(ticket: Ticket) -> bool:
    """Does the resident wait for words of ours?"""
    why = heard_back.without(ticket.handover_reason)
    return runs(ticket) and why == entails.ASKED_PERSON


def runs(ticket: Ticket) -> bool:
    """Does somebody still owe something by `due_at`?"""
    return ticket.status in RUNNING_STATUSES


def page_number(request: web.Request) -> int:
    """Which page of a list is asked for: 1 where it makes no sense."""
    text = request.query.get("page", "1")
    number = int(text) if text.isdecimal() and len(text) <= LONGEST_PAGE else 1
    return min(max(number, 1), LAST_PAGE)


def _limit(county: County, ticket: Ticket) -> tuple[datetime, datetime]:
    """From when until when; in the order that the queue has of it (`report.waiting`)."""
    since = ticket.started_at or ticket.opened_at
    if not asks(ticket):
        return since, ticket.due_at
    since = since if ticket.status is Status.DECIDING else ticket.updated_at
    soon = since + timedelta(minutes=deadline.talk_minutes(county))
    return since, min(soon, ticket.due_at)


def _lamp(
    county: County, ticket: Ticket, now: datetime, answered_at: datetime | None
) -> Lamp | None:
    """The light of a ticket: what is answered is judged by when it was; what was withdrawn, not."""
    if runs(ticket):
        colour = deadline.light(now, *_limit(county, ticket))
        return Lamp(colour=colour, word=deadline.LIGHT_NAMES[colour])
    if answered_at is None:
        return None
    late = answered_at > ticket.due_at
    return Lamp(colour=Light.RED if late else Light.GREEN, word=TOO_LATE if late else IN_TIME)


def _row(
    county: County, ticket: Ticket, now: datetime, answered_at: datetime | None, *, alarm: bool
) -> Row:
    reason = ticket.handover_reason
    is_open = ticket.status not in FINAL_STATUSES
    return Row(
        number=ticket.number,
        text=ticket.text,
        category=ticket.category,
        place=ticket.place,
        address=ticket.address,
        unit=ticket.unit,
        status=ticket.status,
        urgency=ticket.urgency,
        handover_reason=heard_back.without(reason) if runs(ticket) else "",
        due_at=_limit(county, ticket)[1],
        asks=asks(ticket),
        runs=runs(ticket),
        lamp=UNSEEN if alarm else _lamp(county, ticket, now, answered_at),
        alarm=alarm,
        since=ticket.started_at or ticket.opened_at,
        said=heard_back.words(reason) if is_open else "",
    )
