"""A ticket becomes confidential after it was opened: from then on departments and the people of the
territory learn only that it is there, and the hotline looks whether another is to have it.

A function of a connection.
"""

from sqlalchemy import Connection

from intake.talk import reasons
from routing import permission
from routing.dispatch import Dispatcher
from routing.order import BY_SYSTEM, Order
from routing.ticket import Action, Status, Ticket

ASKED = "居民要求保密"


def hide(connection: Connection, dispatcher: Dispatcher, ticket: Ticket) -> Ticket:
    """The ticket, confidential where that may still be."""
    if ticket.confidential or Action.CORRECT not in permission.allowed(ticket, BY_SYSTEM):
        return ticket
    waits = ticket.status in (Status.DECIDING, Status.RETURNED)
    look = None if waits else reasons.SECRET_LATER
    order = Order.on(ticket, by=BY_SYSTEM, note=ASKED)
    return dispatcher.correct(connection, order, confidential=True, look=look)
