"""Tickets as the console's lists show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from nlp.understanding import Urgency
from routing import deadline
from routing.ticket import FINAL_STATUSES, Status, Ticket

LAST_PAGE = 1000


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
    due_at: datetime
    light: str


def shown(tickets: Iterable[Ticket], now: datetime) -> list[Row]:
    """The lines for tickets, with their lights as of now."""
    return [
        Row(
            number=ticket.number,
            text=ticket.text,
            category=ticket.category,
            place=ticket.place,
            address=ticket.address,
            unit=ticket.unit,
            status=ticket.status,
            urgency=ticket.urgency,
            handover_reason=ticket.handover_reason if ticket.status is Status.DECIDING else "",
            due_at=ticket.due_at,
            light=light(ticket, now),
        )
        for ticket in tickets
    ]


def light(ticket: Ticket, now: datetime) -> str:
    """The light of a ticket; what is finished is judged by when it was."""
    moment = ticket.closed_at if ticket.status in FINAL_STATUSES and ticket.closed_at else now
    return deadline.light(moment, ticket.started_at or ticket.opened_at, ticket.due_at).value


def page_number(request: web.Request) -> int:
    """Which page of a list is asked for: 1 where it makes no sense."""
    text = request.query.get("page", "1")
    return min(int(text), LAST_PAGE) if text.isdecimal() and int(text) > 0 else 1
