"""What was said on both sides of a thread: the inbox, its receipts, and the notices sent since."""

import json
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from channels.channel import Line
from channels.message import Contact, Reply
from intake import inbox, wire
from routing import schema

MOST_MESSAGES = 50
MOST_NOTICES = 50


def read(connection: Connection, contact: Contact, render: Callable[[Reply], str]) -> list[Line]:
    """The latest lines of a contact's conversation, oldest first."""
    lines = []
    for message, receipt in inbox.of_sender(connection, contact, MOST_MESSAGES):
        ticket = receipt.ticket if receipt else ""
        shown = message.text or "".join(each.caption for each in message.attachments)
        pictures = tuple(a.reference for a in message.attachments if a.kind == "image")
        lines.append(
            Line(
                at=message.received_at,
                from_us=False,
                text=shown,
                ticket=ticket,
                pictures=pictures,
            )
        )
        for reply in receipt.replies if receipt else ():
            text = render(reply)
            lines.append(Line(at=message.received_at, from_us=True, text=text, ticket=ticket))
    lines.extend(_notices(connection, contact, render))
    return sorted(lines, key=attrgetter("at"))


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
        Line(
            at=row.created_at,
            from_us=True,
            text=render(wire.reply_from_record(_record(row.body))),
            ticket=row.ticket or "",
        )
        for row in rows
    ]


def _record(body: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(body)
    return record
