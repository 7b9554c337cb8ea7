"""What a follow-up call (回访) leaves in the ticket. Functions of a connection."""

from contextlib import suppress

from sqlalchemy import Connection

from channels.phone.book import Errand, Judgement, Purpose
from routing import lifecycle, store
from routing.dispatch import BY_SYSTEM, Dispatcher
from routing.errors import ActionRefused, TicketNotFound
from routing.ticket import Action, Ticket

BY_RESIDENT = "resident"
HELD = "电话回访"
UNREACHED = "电话回访两次未接通：{reason}"
UNSOLVED = "电话回访，居民说没有解决"
CONFIRMED = "电话回访，居民确认解决"


def judged(
    connection: Connection, dispatcher: Dispatcher, errand: Errand, judgement: Judgement
) -> None:
    """回访 and 评价; unsolved is taken up again, solved and not dissatisfied is closed."""
    ticket = _ticket(connection, errand)
    if ticket is None or errand.purpose is not Purpose.FOLLOW_UP:
        return
    ticket = _followed_up(connection, dispatcher, ticket, HELD)
    said = (judgement.solved, judgement.satisfied, judgement.contacted)
    if any(each is not None for each in said) and _may(ticket, Action.EVALUATE, BY_RESIDENT):
        ticket = dispatcher.evaluate(
            connection,
            ticket.number,
            version=ticket.version,
            by=BY_RESIDENT,
            solved=judgement.solved,
            satisfied=judgement.satisfied,
            contacted=judgement.contacted,
            note=HELD,
        )
    if judgement.solved is False and _may(ticket, Action.REOPEN, BY_RESIDENT):
        with suppress(ActionRefused):  # too late for this number; the judgement says it all
            dispatcher.reopen(
                connection, ticket.number, version=ticket.version, by=BY_RESIDENT, note=UNSOLVED
            )
    confirmed = judgement.solved and judgement.satisfied is not False
    if confirmed and _may(ticket, Action.CLOSE, BY_SYSTEM):
        dispatcher.close(
            connection, ticket.number, version=ticket.version, by=BY_SYSTEM, note=CONFIRMED
        )


def unreached(connection: Connection, dispatcher: Dispatcher, errand: Errand, reason: str) -> None:
    """无人接听 is recorded; the ticket stays for a person to follow up."""
    ticket = _ticket(connection, errand)
    if ticket is not None:
        _followed_up(connection, dispatcher, ticket, UNREACHED.format(reason=reason))


def _followed_up(
    connection: Connection, dispatcher: Dispatcher, ticket: Ticket, note: str
) -> Ticket:
    if not _may(ticket, Action.FOLLOW_UP, BY_SYSTEM):
        return ticket
    return dispatcher.follow_up(
        connection, ticket.number, version=ticket.version, by=BY_SYSTEM, note=note
    )


def _ticket(connection: Connection, errand: Errand) -> Ticket | None:
    try:
        return store.load(connection, errand.ticket) if errand.ticket else None
    except TicketNotFound:
        return None


def _may(ticket: Ticket, action: Action, by: str) -> bool:
    return action in lifecycle.allowed(ticket, by)
