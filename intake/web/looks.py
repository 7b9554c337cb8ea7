"""Who reported a ticket is hidden until somebody says why he looks; every look is written down."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from intake import schema

MOST = 50
LONGEST_REASON = 200
_LOOK = schema.identity_look


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Somebody looked at who reported a ticket."""

    operator: str
    reason: str
    at: datetime


def keep(connection: Connection, look: Look, ticket: str, new_id: str) -> None:
    """Write a look down."""
    connection.execute(
        sa.insert(_LOOK).values(
            id=new_id,
            operator=look.operator,
            ticket=ticket,
            reason=look.reason[:LONGEST_REASON],
            at=look.at,
        )
    )


def of_ticket(connection: Connection, ticket: str) -> list[Look]:
    """The looks at a ticket's reporter, the latest first."""
    rows = connection.execute(
        sa.select(_LOOK.c.operator, _LOOK.c.reason, _LOOK.c.at)
        .where(_LOOK.c.ticket == ticket)
        .order_by(_LOOK.c.at.desc(), _LOOK.c.id.desc())
        .limit(MOST)
    )
    return [Look(operator=row.operator, reason=row.reason, at=row.at) for row in rows]
