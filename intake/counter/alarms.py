"""A danger of which more is told: whoever was told of it is told again, and a person is to look.

Functions of a connection.
"""

from sqlalchemy import Connection

from intake.counter import moving
from routing import command, outbox
from routing.dispatch import Dispatcher
from routing.ticket import Ticket


def again(connection: Connection, dispatcher: Dispatcher, ticket: Ticket, words: str) -> Ticket:
    """The alarm goes on (or off once more, where somebody has seen to it), with his new words."""
    ticket = go_on(connection, dispatcher, ticket)
    now, new_id = dispatcher.runtime.now(), dispatcher.runtime.new_id
    outbox.post(connection, command.told(dispatcher.county, ticket, now, new_id, said=words), now)
    return ticket


def go_on(connection: Connection, dispatcher: Dispatcher, ticket: Ticket) -> Ticket:
    """A person is to look, as if nobody had yet."""
    return moving.look(connection, dispatcher, ticket, command.AGAIN)
