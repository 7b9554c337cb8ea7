"""A person is asked for with a ticket that there is: it says so, once, until somebody has looked.

Functions of a connection.
"""

from sqlalchemy import Connection

from intake.talk.steps import HandOver
from nlp.understanding import Urgency
from routing import heard_back, permission
from routing.dispatch import Dispatcher
from routing.order import BY_RESIDENT, BY_SYSTEM, Order
from routing.ticket import Action, Ticket


def is_asked(ticket: Ticket, step: HandOver) -> bool:
    """Was a person asked for with this ticket, and has nobody looked since?"""
    return heard_back.without(ticket.handover_reason) == step.reason


def ask(
    connection: Connection, dispatcher: Dispatcher, ticket: Ticket, step: HandOver, *, waits: bool
) -> Ticket:
    """The ticket with what he says and why a person takes over; `waits`: nobody does this moment,
    so it stands in the queue. A danger stands there already, above all others.
    """
    if step.text and Action.SUPPLEMENT in permission.allowed(ticket, BY_RESIDENT):
        order = Order.on(ticket, by=BY_RESIDENT, note=step.text)
        ticket = dispatcher.supplement(connection, order)
    if Action.SUPPLEMENT not in permission.allowed(ticket, BY_SYSTEM) or is_asked(ticket, step):
        return ticket
    corrects = Action.CORRECT in permission.allowed(ticket, BY_SYSTEM)
    if ticket.urgency is Urgency.DANGER or not (waits and corrects):
        return dispatcher.remark(connection, ticket, step.reason)
    order = Order.on(ticket, by=BY_SYSTEM, note=step.reason)
    return dispatcher.correct(connection, order, look=step.reason)
