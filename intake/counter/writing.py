"""An operator writes to the one who reported: his words go out by that one's own channel, and what
is written back joins the ticket.
"""

from dataclasses import replace

from sqlalchemy import Connection

from channels.message import Contact
from intake import inbox, threads
from intake.talk.turn import Stage
from nlp.understanding import Urgency
from routing import store
from routing.dispatch import Dispatcher
from routing.errors import ActionRefused
from routing.order import Order
from routing.ticket import Action, Ticket

BY_PHONE = "这件事是打电话来说的，写的字送不到，请给居民打电话。"
NOBODY = "不知道是谁反映的，没有地方回话。"


def unreachable(ticket: Ticket) -> str:
    """Why nothing can be written to whoever reported it; empty where it can."""
    if not ticket.reporter:
        return NOBODY
    return BY_PHONE if ticket.reporter.startswith("tel:") else ""


def write(connection: Connection, dispatcher: Dispatcher, order: Order) -> Ticket:
    """Send the words of the order; ActionRefused where they would reach nobody."""
    why_not = unreachable(store.load(connection, order.number))
    if why_not:
        raise ActionRefused(why_not)
    ticket = dispatcher.act(connection, Action.TELL, order)
    _expect(connection, ticket)
    return ticket


def _expect(connection: Connection, ticket: Ticket) -> None:
    """What comes next in his thread belongs to this ticket, unless something else waits there."""
    thread = _thread(connection, ticket)
    talk = threads.load(connection, thread)
    if talk.stage is not Stage.OPEN or talk.texts:
        return
    talk = replace(
        talk,
        ticket=ticket.number,
        ticket_category=ticket.category,
        ticket_place=ticket.place,
        ticket_danger=ticket.urgency is Urgency.DANGER,
        ticket_at=ticket.updated_at,
        mixed=True,  # a person reads it anyway
        noted=True,
        phone_asked=True,  # a number alone is his, whether or not we asked
    )
    threads.revise(connection, talk, ticket.updated_at)


def _thread(connection: Connection, ticket: Ticket) -> str:
    """Where he last wrote of it."""
    reporter = Contact.parse(ticket.reporter)
    written = [
        each.thread
        for each in inbox.of_ticket(connection, ticket.number)
        if each.sender == reporter and not each.spoken
    ]
    return written[-1] if written else ticket.reporter
