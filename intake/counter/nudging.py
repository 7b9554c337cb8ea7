"""Somebody presses for his ticket (催一下): who has it is reminded, but not again and again.

Functions of a connection.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from routing import permission, store
from routing.dispatch import Dispatcher
from routing.order import BY_RESIDENT, Order
from routing.ticket import Action, Ticket

# Who has just got a ticket, or a reminder of it, is left to work.
LEFT_ALONE = timedelta(hours=2)
_RINGS = frozenset({Action.OPEN, Action.DISPATCH, Action.RULE, Action.REOPEN, Action.REMIND})


def press(
    connection: Connection, dispatcher: Dispatcher, ticket: Ticket, words: str, now: datetime
) -> tuple[Ticket, bool]:
    """The ticket with his words in it, and whether somebody was reminded."""
    events = store.events(connection, ticket.number)
    last = max((each.at for each in events if each.action in _RINGS), default=ticket.opened_at)
    order = Order.on(ticket, by=BY_RESIDENT, note=words)
    allowed = permission.allowed(ticket, BY_RESIDENT)
    if Action.REMIND in allowed and now - last >= LEFT_ALONE:
        return dispatcher.act(connection, Action.REMIND, order), True
    if Action.SUPPLEMENT in allowed:
        return dispatcher.supplement(connection, order), False
    return ticket, False
