"""He wants his ticket withdrawn: asked before, done after his yes; what has ended needs it no more.

Functions of a connection.
"""

from sqlalchemy import Connection

from channels.message import Reply
from routing import permission
from routing.dispatch import Dispatcher
from routing.order import BY_RESIDENT, Order
from routing.ticket import Action, Ticket

REASON = "居民本人撤单"
CHOICES = ("确认撤单", "不撤了")


def can(ticket: Ticket) -> bool:
    """May its resident still withdraw it? He is not asked for what can't be done."""
    return Action.WITHDRAW in permission.allowed(ticket, BY_RESIDENT)


def ask(ticket: Ticket) -> Reply:
    """Really? Where it has ended: what he can do instead."""
    values = {"number": ticket.number}
    if can(ticket):
        return Reply(key="withdraw_ask", values=values, choices=CHOICES)
    return Reply(key="withdraw_refused", values=values)


def withdraw(connection: Connection, dispatcher: Dispatcher, ticket: Ticket) -> Reply:
    """The ticket withdrawn, unless it has ended meanwhile."""
    if not can(ticket):
        return ask(ticket)
    order = Order.on(ticket, by=BY_RESIDENT, note=REASON)
    dispatcher.act(connection, Action.WITHDRAW, order)
    return Reply(key="withdrawn", values={"number": ticket.number})
