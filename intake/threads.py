"""Conversations between two messages, in the database. Functions of a connection."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from channels.message import InboundMessage
from intake import inbox, schema, wire
from intake.talk.turn import Conversation
from routing.schema import insert_new

_TABLE = schema.conversation
_STATE = sa.select(_TABLE.c.state).where(_TABLE.c.thread == sa.bindparam("key")).with_for_update()
_MESSAGE, _TALK = inbox.LOCKED.subquery("message"), _STATE.subquery("talk")
_BOTH = sa.select(_MESSAGE, _TALK.c.state).select_from(_MESSAGE.outerjoin(_TALK, sa.true()))
_INSERT = insert_new(_TABLE)
_UPDATE = sa.update(_TABLE).where(_TABLE.c.thread == sa.bindparam("key"))


class Interrupted(Exception):
    """Two processes began the same thread at once: the unit of work must run again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A message and its thread as their lock finds them."""

    message: inbox.Held
    conversation: Conversation  # a blank one where it is `new`
    new: bool = False


def hold(connection: Connection, inbox_id: str, thread: str) -> Held:
    """Lock a message and its thread's conversation for this unit of work, at one look."""
    row = connection.execute(_BOTH, {"row_id": inbox_id, "key": thread}).one()
    return Held(message=inbox.held(row), conversation=_of(thread, row.state), new=row.state is None)


def load(connection: Connection, thread: str) -> Conversation:
    """The thread's conversation, locked for this unit of work; a blank one if there was none."""
    return _of(thread, connection.execute(_STATE, {"key": thread}).scalar_one_or_none())


def save(
    connection: Connection,
    conversation: Conversation,
    *,
    message: str,
    at: datetime,
    new: bool = False,
) -> None:
    """Keep the conversation; `message` is the inbox id of what was heard last."""
    state = wire.conversation_to_text(conversation)
    values: dict[str, str | datetime | None] = {
        "state": state,
        "last_message": message,
        "due_at": conversation.due_at,
        "updated_at": at,
    }
    if new:
        new_row = {"thread": conversation.thread, **values}
        kept = connection.execute(_INSERT[connection.dialect.name], new_row)
    else:
        kept = connection.execute(_UPDATE, {"key": conversation.thread, **values})
    if not kept.rowcount:
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


def _of(thread: str, state: str | None) -> Conversation:
    return (
        Conversation(thread=thread) if state is None else wire.conversation_from_text(thread, state)
    )
