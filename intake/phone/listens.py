"""Who listened to a recording, and when: written down and looked up. Functions of a connection."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from intake.phone import schema

AGAIN = timedelta(minutes=10)  # seeking in a recording is not listening once more
MOST = 50
_LISTEN, _RECORDING, _TICKET = schema.recording_listen, schema.recording, schema.call_ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Somebody listened to a recording."""

    operator: str
    at: datetime


def heard(connection: Connection, recording: str, operator: str, at: datetime, new_id: str) -> None:
    """Write down that somebody listens; once in AGAIN."""
    lately = sa.select(_LISTEN.c.id).where(
        _LISTEN.c.recording == recording,
        _LISTEN.c.operator == operator,
        _LISTEN.c.at > at - AGAIN,
    )
    if connection.execute(lately.limit(1)).one_or_none() is None:
        row = {"id": new_id, "recording": recording, "operator": operator, "at": at}
        connection.execute(sa.insert(_LISTEN), row)


def of_recording(connection: Connection, recording: str) -> list[Listen]:
    """Who listened, the latest first."""
    rows = connection.execute(
        sa.select(_LISTEN.c.operator, _LISTEN.c.at)
        .where(_LISTEN.c.recording == recording)
        .order_by(_LISTEN.c.at.desc())
        .limit(MOST)
    )
    return [Listen(operator=row.operator, at=row.at) for row in rows]


def of_ticket(connection: Connection, ticket: str) -> list[Listen]:
    """Who listened to the recordings of a ticket's calls, the latest first."""
    rows = connection.execute(
        sa.select(_LISTEN.c.operator, _LISTEN.c.at)
        .join(_RECORDING, _RECORDING.c.id == _LISTEN.c.recording)
        .join(_TICKET, _TICKET.c.call == _RECORDING.c.call)
        .where(_TICKET.c.ticket == ticket)
        .order_by(_LISTEN.c.at.desc())
        .limit(MOST)
    )
    return [Listen(operator=row.operator, at=row.at) for row in rows]
