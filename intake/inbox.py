"""What arrives is written here before anything else is done with it. Functions of a connection."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from channels.message import Contact, InboundMessage, Receipt
from intake import attachments, schema, wire
from intake.phone import transcripts
from routing import outbox
from routing.schema import insert_new

MOST_ATTEMPTS = 5
MOST_OF_TICKET = 200  # messages that a page shows; their words are in the ticket as well
_INBOX, _ALSO = schema.inbox, schema.inbox_also
_INSERT = {name: new.returning(_INBOX.c.id) for name, new in insert_new(_INBOX).items()}
_BY_KEY = sa.select(_INBOX.c.id, _INBOX.c.receipt).where(
    _INBOX.c.channel == sa.bindparam("channel"), _INBOX.c.external_id == sa.bindparam("key")
)
LOCKED = (
    sa.select(_INBOX.c.receipt, _INBOX.c.answer_later)
    .where(_INBOX.c.id == sa.bindparam("row_id"))
    .with_for_update()
)
_LEAVE = (
    sa.update(_INBOX)
    .where(
        _INBOX.c.channel == sa.bindparam("on_channel"),
        _INBOX.c.external_id == sa.bindparam("key"),
        _INBOX.c.done_at.is_(None),
    )
    .values(answer_later=True)
)
_LINK = (
    sa.update(_INBOX)
    .where(_INBOX.c.id == sa.bindparam("row_id"), _INBOX.c.ticket.is_(None))
    .values(ticket=sa.bindparam("number"))
)
_TAKEN = sa.select(_INBOX.c.id, _INBOX.c.ticket).where(
    _INBOX.c.id.in_(sa.bindparam("row_ids", expanding=True))
)
_INSERT_ALSO = insert_new(_ALSO)
OF_TICKET = sa.or_(
    _INBOX.c.ticket == sa.bindparam("number"),
    _INBOX.c.id.in_(sa.select(_ALSO.c.message).where(_ALSO.c.ticket == sa.bindparam("number"))),
)
_BODY = sa.select(_INBOX.c.body).where(_INBOX.c.id == sa.bindparam("row_id"))
_DONE = (
    sa.update(_INBOX)
    .where(_INBOX.c.id == sa.bindparam("row_id"))
    .values(
        done_at=sa.bindparam("at"), receipt=sa.bindparam("answer"), ticket=sa.bindparam("number")
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message's place in the inbox, with the receipt where it has been worked on before."""

    inbox_id: str
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A message as its lock finds it: with its receipt, where somebody has been faster."""

    receipt: Receipt | None = None
    answer_later: bool = False  # its platform was told that it is here, and waits no more


def add(connection: Connection, message: InboundMessage, new_id: str) -> Arrival:
    """Write the message down, or find it there already: `(channel, external_id)` is unique.

    What its platform has not given us yet is asked for by the outbox.
    """
    row = {
        "id": new_id,
        "channel": message.channel,
        "external_id": message.external_id,
        "sender": str(message.sender),
        "thread": message.thread,
        "body": wire.message_to_text(message),
        "received_at": message.received_at,
    }
    insert = _INSERT[connection.dialect.name]
    if connection.execute(insert, row).scalar_one_or_none() is None:
        return _find(connection, message)
    outbox.post(connection, attachments.errands(new_id, message), message.received_at)
    transcripts.put_notes_in_line(connection, new_id, message)
    return Arrival(inbox_id=new_id)


def hold(connection: Connection, inbox_id: str) -> Held:
    """Lock the message for this unit of work."""
    return held(connection.execute(LOCKED, {"row_id": inbox_id}).one())


def held(row: Row[*tuple[Any, ...]]) -> Held:
    """What a row with the columns of LOCKED says."""
    receipt = wire.receipt_from_text(row.receipt) if row.receipt else None
    return Held(receipt=receipt, answer_later=row.answer_later)


def leave(connection: Connection, message: InboundMessage) -> bool:
    """From now on nobody waits for the answer, in whatever process; False where the message is not
    here, or is settled.
    """
    found = connection.execute(_LEAVE, {"on_channel": message.channel, "key": message.external_id})
    return found.rowcount == 1


def settle(connection: Connection, inbox_id: str, receipt: Receipt, at: datetime) -> None:
    """The message is done: its receipt is kept for whoever sends it again."""
    answer = wire.receipt_to_text(receipt)
    connection.execute(
        _DONE,
        {"row_id": inbox_id, "at": at, "answer": answer, "number": receipt.ticket or None},
    )


def link(connection: Connection, inbox_ids: tuple[str, ...], ticket: str) -> None:
    """Earlier messages of the same matter belong to this ticket."""
    if inbox_ids:
        connection.execute(_LINK, [{"row_id": each, "number": ticket} for each in inbox_ids])


def link_further(connection: Connection, inbox_ids: tuple[str, ...], ticket: str) -> None:
    """A further ticket of the same breath: its messages may belong to the first already."""
    if not inbox_ids:
        return
    rows = connection.execute(_TAKEN, {"row_ids": inbox_ids}).all()
    taken = tuple(row.id for row in rows if row.ticket not in (None, ticket))
    link(connection, tuple(each for each in inbox_ids if each not in taken), ticket)
    for each in taken:
        link_also(connection, each, ticket)


def link_also(connection: Connection, inbox_id: str, ticket: str) -> None:
    """A message that belongs to another ticket first belongs to this one too."""
    new = _INSERT_ALSO[connection.dialect.name]
    connection.execute(new, {"message": inbox_id, "ticket": ticket})


def waiting(
    connection: Connection, *, before: datetime, limit: int
) -> list[tuple[str, InboundMessage | None]]:
    """Messages that were written down and never finished; None for one that can't be read."""
    rows = connection.execute(
        sa.select(_INBOX.c.id, _INBOX.c.body)
        .where(
            _INBOX.c.done_at.is_(None),
            _INBOX.c.received_at < before,
            _INBOX.c.attempts < MOST_ATTEMPTS,
        )
        .order_by(_INBOX.c.received_at)
        .limit(limit)
    )
    return [(row.id, readable(row.body)) for row in rows]


def readable(body: str) -> InboundMessage | None:
    """The message in a body; None where it can't be read."""
    try:
        return wire.message_from_text(body)
    except (ValueError, TypeError, KeyError):
        return None


def message(connection: Connection, inbox_id: str) -> InboundMessage:
    """The message as it is kept now."""
    body = connection.execute(_BODY, {"row_id": inbox_id}).scalar_one()
    return wire.message_from_text(body)


def attach(connection: Connection, inbox_id: str, index: int, reference: str) -> None:
    """We hold the attachment at `index` now, as `store:ID`; a voice note waits for its words."""
    body = connection.execute(_BODY.with_for_update(), {"row_id": inbox_id}).scalar_one()
    after = attachments.replaced(wire.message_from_text(body), index, reference)
    connection.execute(
        sa.update(_INBOX).where(_INBOX.c.id == inbox_id).values(body=wire.message_to_text(after))
    )
    transcripts.put_notes_in_line(connection, inbox_id, after)


def ticket(connection: Connection, inbox_id: str) -> str:
    """The ticket that the message belongs to; empty for none (yet)."""
    query = sa.select(_INBOX.c.ticket).where(_INBOX.c.id == inbox_id)
    return connection.execute(query).scalar_one() or ""


def count_attempt(connection: Connection, inbox_id: str) -> None:
    """One more try at this message has failed; after `MOST_ATTEMPTS` it waits for a maintainer."""
    connection.execute(
        sa.update(_INBOX).where(_INBOX.c.id == inbox_id).values(attempts=_INBOX.c.attempts + 1)
    )


def stuck(connection: Connection) -> int:
    """How many messages could not be worked on however often it was tried."""
    return connection.execute(
        sa.select(sa.func.count())
        .select_from(_INBOX)
        .where(_INBOX.c.done_at.is_(None), _INBOX.c.attempts >= MOST_ATTEMPTS)
    ).scalar_one()


def of_ticket(
    connection: Connection, ticket: str, limit: int = MOST_OF_TICKET
) -> list[InboundMessage]:
    """The latest messages that belong to a ticket, the oldest of them first."""
    rows = connection.execute(
        sa.select(_INBOX.c.body)
        .where(OF_TICKET)
        .order_by(_INBOX.c.received_at.desc(), _INBOX.c.id.desc())
        .limit(limit),
        {"number": ticket},
    ).scalars()
    return [wire.message_from_text(body) for body in reversed(rows.all())]


def of_sender(
    connection: Connection, sender: Contact, limit: int
) -> list[tuple[InboundMessage, Receipt | None]]:
    """The latest messages of somebody with what we answered, oldest first."""
    rows = connection.execute(
        sa.select(_INBOX.c.body, _INBOX.c.receipt)
        .where(_INBOX.c.sender == str(sender))
        .order_by(_INBOX.c.received_at.desc())
        .limit(limit)
    ).all()
    return [
        (
            wire.message_from_text(row.body),
            wire.receipt_from_text(row.receipt) if row.receipt else None,
        )
        for row in reversed(rows)
    ]


def _find(connection: Connection, message: InboundMessage) -> Arrival:
    row = connection.execute(
        _BY_KEY, {"channel": message.channel, "key": message.external_id}
    ).one()
    receipt = wire.receipt_from_text(row.receipt) if row.receipt else None
    return Arrival(inbox_id=row.id, receipt=receipt)
