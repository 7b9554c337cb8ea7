"""More words of a matter that has a ticket: with what he leaves, and for whoever must know of them.

A function of a connection.
"""

from sqlalchemy import Connection

from channels.message import Point
from intake.counter import alarms, moving
from intake.talk.steps import Supplement
from routing.dispatch import Dispatcher
from routing.order import BY_RESIDENT, Order
from routing.ticket import Ticket


def add(
    connection: Connection,
    dispatcher: Dispatcher,
    ticket: Ticket,
    step: Supplement,
    point: Point | None,
) -> str:
    """The key of the reply that tells him."""
    order = Order.on(ticket, by=BY_RESIDENT, note=step.text)
    ticket = dispatcher.supplement(connection, order, phone=step.phone, name=step.name)
    ticket = moving.pinned(connection, dispatcher, ticket, point)
    if step.look:
        ticket = moving.look(connection, dispatcher, ticket, step.look)
    if step.alarm:
        alarms.again(connection, dispatcher, ticket, step.text)
    if step.phone:
        return "phone_kept"
    if step.alarm:
        return "danger_again"
    if step.brief:
        return "supplemented_again"
    return "supplemented_secret" if ticket.confidential else "supplemented"
