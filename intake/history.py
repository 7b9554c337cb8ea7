"""What was said on both sides of a thread: the inbox, its receipts, and the notices sent since."""

import json
from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from channels.channel import Line
from channels.message import Contact, InboundMessage, Receipt, Reply
from intake import inbox, wire
from routing import schema

MOST_MESSAGES = 50
MOST_NOTICES = 50


def read(connection: Connection, contact: Contact, render: Callable[[Reply], str]) -> list[Line]:
    """The latest lines of a contact's conversation, oldest first."""
    lines: list[Line] = []
    for message, receipt in inbox.of_sender(connection, contact, MOST_MESSAGES):
        lines.extend(_exchange(message, receipt, render))
    lines.extend(_notices(connection, contact, render))
    return sorted(lines, key=attrgetter("at"))


def _exchange(
    message: InboundMessage, receipt: Receipt | None, render: Callable[[Reply], str]
) -> list[Line]:
    """A message, and what we answered at once; what nobody waited for is among the notices."""
    at, ticket = message.received_at, receipt.ticket if receipt else ""
    said = Line(
        at=at,
        from_us=False,
        text=message.text or "".join(each.caption for each in message.attachments),
        ticket=ticket,
        pictures=tuple(a.reference for a in message.attachments if a.kind == "image"),
        pinned=message.point is not None,
    )
    replies = receipt.at_once if receipt else ()
    return [said, *(_from_us(reply, at, ticket, render) for reply in replies)]


def _notices(
    connection: Connection, contact: Contact, render: Callable[[Reply], str]
) -> list[Line]:
    table = schema.outbox
    rows = connection.execute(
        sa.select(table.c.body, table.c.ticket, table.c.created_at)
        .where(table.c.destination == str(contact))
        .order_by(table.c.created_at.desc())
        .limit(MOST_NOTICES)
    )
    return [
        _from_us(wire.reply_from_record(_record(row.body)), row.created_at, row.ticket, render)
        for row in rows
    ]


def _from_us(
    reply: Reply, at: datetime, ticket: str | None, render: Callable[[Reply], str]
) -> Line:
    return Line(at=at, from_us=True, text=render(reply), ticket=ticket or "", choices=reply.choices)


def _record(body: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(body)
    return record
