"""Conversations between two messages, in the database. Functions of a connection."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from channels.message import InboundMessage
from intake import schema, wire
from intake.talk.turn import Conversation
from routing.schema import insert_new

_TABLE = schema.conversation
_STATE = sa.select(_TABLE.c.state).where(_TABLE.c.thread == sa.bindparam("key")).with_for_update()
_INSERT = insert_new(_TABLE)
_UPDATE = (
    sa.update(_TABLE)
    .where(_TABLE.c.thread == sa.bindparam("key"))
    .values(
        state=sa.bindparam("new_state"),
        last_message=sa.bindparam("message"),
        due_at=sa.bindparam("due"),
        updated_at=sa.bindparam("at"),
    )
)


class Interrupted(Exception):
    """Two processes began the same thread at once: the unit of work must run again."""


def load(connection: Connection, thread: str) -> Conversation:
    """The thread's conversation, locked for this unit of work; a blank one if there was none."""
    state = connection.execute(_STATE, {"key": thread}).scalar_one_or_none()
    if state is None:
        return Conversation(thread=thread)
    return wire.conversation_from_text(thread, state)


def save(connection: Connection, conversation: Conversation, *, message: str, at: datetime) -> None:
    """Keep the conversation; `message` is the inbox id of what was heard last."""
    values = {
        "key": conversation.thread,
        "new_state": wire.conversation_to_text(conversation),
        "message": message,
        "due": conversation.due_at,
        "at": at,
    }
    if connection.execute(_UPDATE, values).rowcount:
        return
    row = {
        "thread": values["key"],
        "state": values["new_state"],
        "last_message": message,
        "due_at": conversation.due_at,
        "updated_at": at,
    }
    if not connection.execute(_INSERT[connection.dialect.name], row).rowcount:
        raise Interrupted(conversation.thread)


def revise(connection: Connection, conversation: Conversation, at: datetime) -> None:
    """What we have done meanwhile, where there is a conversation; what was heard last stays."""
    state = wire.conversation_to_text(conversation)
    connection.execute(
        sa.update(_TABLE)
        .where(_TABLE.c.thread == conversation.thread)
        .values(state=state, updated_at=at)
    )


def silent(connection: Connection, *, before: datetime, limit: int) -> list[str]:
    """Threads in which a question has waited too long for its answer."""
    return list(
        connection.execute(
            sa.select(_TABLE.c.thread)
            .where(_TABLE.c.due_at < before)
            .order_by(_TABLE.c.due_at)
            .limit(limit)
        ).scalars()
    )


def last_message(connection: Connection, thread: str) -> tuple[str, InboundMessage]:
    """The inbox id and the message of what was heard last in a thread."""
    row = connection.execute(
        sa.select(schema.inbox.c.id, schema.inbox.c.body)
        .join(_TABLE, _TABLE.c.last_message == schema.inbox.c.id)
        .where(_TABLE.c.thread == thread)
    ).one()
    return row.id, wire.message_from_text(row.body)
