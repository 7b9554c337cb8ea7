"""Whose ticket it is, of which result somebody was told last, of which dangers he has told.

Functions of a connection.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from channels.message import Contact, InboundMessage
from intake.talk.turn import InHand, Raised, Standing, Told
from nlp.understanding import Urgency
from routing import permission, schema, store
from routing.errors import TicketNotFound
from routing.order import BY_RESIDENT
from routing.ticket import RUNNING_STATUSES, Action, Ticket

# After one of these a mere 没解决 is an answer to it, whatever else he was told in between.
RESULT_NOTICES = frozenset({"result", "worker_result", "evaluate_ask", "evaluated", "dissatisfied"})
# A grid worker's 属实 is said of what he was asked last.
_ASKS_OF_WORKERS = frozenset({"worker_dispatched", "worker_supplemented", "worker_released"})
ANSWERED_WITHIN = timedelta(days=30)  # afterwards the same words tell something new

MOST_IN_HAND = 4  # more are not told apart by a question
MOST_RAISED = 5  # dangers of one resident that are looked at
_COUNTRY = "+86"
_TICKET, _EVENT, _OUTBOX = schema.ticket, schema.ticket_event, schema.outbox
_LATEST = (
    sa.select(_TICKET.c.number)
    .where(_TICKET.c.reporter == sa.bindparam("reporter"))
    .order_by(_TICKET.c.opened_at.desc(), _TICKET.c.number.desc())
    .limit(1)
)
_IN_HAND = (
    sa.select(*(_TICKET.c[name] for name in ("number", "category", "place", "urgency")))
    .where(
        _TICKET.c.reporter == sa.bindparam("reporter"),
        _TICKET.c.status.in_([status.value for status in RUNNING_STATUSES]),
    )
    .order_by(_TICKET.c.opened_at.desc(), _TICKET.c.number.desc())
    .limit(MOST_IN_HAND)
)
_LAST_NOTICE = (
    sa.select(_OUTBOX.c.kind, _OUTBOX.c.ticket, _OUTBOX.c.created_at)
    .where(
        _OUTBOX.c.destination == sa.bindparam("contact"),
        _OUTBOX.c.kind.in_(sorted(RESULT_NOTICES | _ASKS_OF_WORKERS)),
    )
    .order_by(_OUTBOX.c.created_at.desc(), _OUTBOX.c.position.desc())
    .limit(1)
)
_LAST_WORDS = (
    sa.select(sa.func.max(_EVENT.c.at))
    .where(
        _EVENT.c.ticket == _TICKET.c.number,
        sa.or_(_EVENT.c.by == BY_RESIDENT, _EVENT.c.action == Action.OPEN.value),
    )
    .scalar_subquery()
    .label("said_at")
)
_RAISED = (
    sa.select(*(_TICKET.c[name] for name in ("number", "text", "place", "category")), _LAST_WORDS)
    .where(
        _TICKET.c.reporter == sa.bindparam("reporter"),
        _TICKET.c.opened_at >= sa.bindparam("since"),
        _TICKET.c.urgency == Urgency.DANGER.value,
        _TICKET.c.status.in_([status.value for status in RUNNING_STATUSES]),
    )
    .order_by(sa.desc("said_at"), _TICKET.c.number.desc())
    .limit(MOST_RAISED)
)


def own(
    connection: Connection, number: str, message: InboundMessage, proved: str = ""
) -> Ticket | None:
    """The ticket, if it is this resident's: the one named, or his latest where none is named.

    `proved` is a ticket that he has shown to be his, see `proofs`.
    """
    ticket = find(connection, number or _latest(connection, message.sender) or proved)
    if ticket is None:
        return None
    return ticket if _is_his(ticket, message, proved) else None


def is_reporter(ticket: Ticket, sender: Contact) -> bool:
    """Has he reported it from here, or does he ring from the telephone that was left with it?"""
    if ticket.reporter == str(sender):
        return True
    return (
        sender.scheme == "tel"
        and bool(bare(ticket.reporter_phone))
        and (bare(sender.path) == bare(ticket.reporter_phone))
    )


def standing(
    connection: Connection, numbers: Iterable[str], message: InboundMessage, proved: str
) -> dict[str, Standing]:
    """What each of these tickets is to this resident."""
    numbers = tuple(numbers)
    tickets = store.among(connection, numbers)
    return {number: _stands(tickets.get(number), message, proved) for number in numbers}


def _is_his(ticket: Ticket, message: InboundMessage, proved: str) -> bool:
    return ticket.number == proved or is_reporter(ticket, message.sender)


def _stands(ticket: Ticket | None, message: InboundMessage, proved: str) -> Standing:
    if ticket is None or not _is_his(ticket, message, proved):
        return Standing.STRANGE
    open_to_him = Action.SUPPLEMENT in permission.allowed(ticket, BY_RESIDENT)
    return Standing.LIVE if open_to_him else Standing.FINISHED


def find(connection: Connection, number: str) -> Ticket | None:
    """The ticket of that number, whoever reported it."""
    if not number:
        return None
    try:
        return store.load(connection, number)
    except TicketNotFound:
        return None


def last_told(connection: Connection, sender: Contact, now: datetime) -> Told | None:
    """The last result that somebody was told of; None where there is none, or long ago."""
    row = connection.execute(_LAST_NOTICE, {"contact": str(sender)}).one_or_none()
    if row is None or row.kind not in RESULT_NOTICES or now - row.created_at > ANSWERED_WITHIN:
        return None
    ticket = find(connection, row.ticket)
    if ticket is None:
        return None
    return Told(ticket=ticket.number, at=row.created_at, category=ticket.category)


def raised(connection: Connection, sender: Contact, since: datetime) -> tuple[Raised, ...]:
    """The dangers in hand that he has told of since then, the one he spoke of last first."""
    rows = connection.execute(_RAISED, {"reporter": str(sender), "since": since})
    return tuple(
        Raised(
            ticket=row.number,
            text=row.text,
            place=row.place,
            category=row.category,
            at=row.said_at,
        )
        for row in rows
    )


def in_hand(connection: Connection, sender: Contact) -> tuple[InHand, ...]:
    """His tickets that are being handled, the latest first."""
    rows = connection.execute(_IN_HAND, {"reporter": str(sender)})
    return tuple(
        InHand(
            ticket=row.number,
            category=row.category,
            place=row.place,
            danger=row.urgency == Urgency.DANGER.value,
        )
        for row in rows
    )


def _latest(connection: Connection, sender: Contact) -> str:
    found = connection.execute(_LATEST, {"reporter": str(sender)}).scalar_one_or_none()
    return found or ""


def bare(phone: str) -> str:
    """A telephone's digits without the country's."""
    return phone.removeprefix(_COUNTRY).replace("-", "").replace(" ", "")
