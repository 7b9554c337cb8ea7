"""Conversations between two messages, in the database. Functions of a connection."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from channels.message import InboundMessage, Receipt
from intake import schema, wire
from intake.talk.turn import Conversation
from routing.schema import insert_new

_TABLE, _INBOX = schema.conversation, schema.inbox
_STATE = sa.select(_TABLE.c.state).where(_TABLE.c.thread == sa.bindparam("key")).with_for_update()
_MESSAGE = (
    sa.select(_INBOX.c.receipt, _INBOX.c.answer_later)
    .where(_INBOX.c.id == sa.bindparam("row_id"))
    .with_for_update()
    .subquery("message")
)
_TALK = _STATE.subquery("talk")
_BOTH = sa.select(_MESSAGE, _TALK.c.state).select_from(_MESSAGE.outerjoin(_TALK, sa.true()))
_INSERT = insert_new(_TABLE)
_UPDATE = sa.update(_TABLE).where(_TABLE.c.thread == sa.bindparam("key"))


class Interrupted(Exception):
    """Two processes began the same thread at once: the unit of work must run again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A message and its thread as their lock finds them."""

    conversation: Conversation  # a blank one where it is `new`
    new: bool = False
    receipt: Receipt | None = None  # somebody has been faster with the message
    answer_later: bool = False  # its platform was told that it is here, and waits no more


def hold(connection: Connection, inbox_id: str, thread: str) -> Held:
    """Lock a message and its thread's conversation for this unit of work, at one look."""
    row = connection.execute(_BOTH, {"row_id": inbox_id, "key": thread}).one()
    blank = Conversation(thread=thread)
    return Held(
        conversation=wire.conversation_from_text(thread, row.state) if row.state else blank,
        new=row.state is None,
        receipt=wire.receipt_from_text(row.receipt) if row.receipt else None,
        answer_later=row.answer_later,
    )


def load(connection: Connection, thread: str) -> Conversation:
    """The thread's conversation, locked for this unit of work; a blank one if there was none."""
    state = connection.execute(_STATE, {"key": thread}).scalar_one_or_none()
    if state is None:
        return Conversation(thread=thread)
    return wire.conversation_from_text(thread, state)


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
