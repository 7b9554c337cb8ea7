"""Tables of the ticket and of what leaves the house; the front desk adds its own to the same
`metadata`.

A ticket's columns are what is searched, counted and checked; its other fields are in `details`
(JSON).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from routing.ticket import FINAL_STATUSES

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC and given back in UTC; a time without its zone is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: SQLite keeps times without a zone, so they are UTC before they get
        there.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without its zone can't be kept")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def insert_new(table: sa.Table) -> Mapping[str, sa.Insert]:
    """An INSERT that leaves a row alone which is there already, by the name of the dialect."""
    return MappingProxyType(
        {
            "sqlite": sqlite.insert(table).on_conflict_do_nothing(),
            "postgresql": postgresql.insert(table).on_conflict_do_nothing(),
        }
    )


_FINAL = ", ".join(f"'{status.value}'" for status in sorted(FINAL_STATUSES))

ticket = sa.Table(
    "ticket",
    metadata,
    sa.Column("number", sa.String(20), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("urgency", sa.String(20), nullable=False),
    sa.Column("category", sa.String(20), nullable=False),
    sa.Column("place", sa.String(60), nullable=False),
    sa.Column("unit", sa.String(60), nullable=False),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("reporter", sa.String(200), nullable=False),
    sa.Column("confidential", sa.Boolean, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    # Why a person at the hotline is to decide or to look; empty: nobody need.
    sa.Column("handover_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("opened_at", UtcTime, nullable=False),
    sa.Column("started_at", UtcTime),
    sa.Column("due_at", UtcTime),
    sa.Column("sign_due_at", UtcTime),
    sa.Column("closed_at", UtcTime),
    sa.Column("updated_at", UtcTime, nullable=False),
    sa.Column("details", sa.Text, nullable=False),
    sa.CheckConstraint(f"due_at IS NOT NULL OR status IN ({_FINAL})", name="open_has_due_at"),
    sa.CheckConstraint("version >= 1", name="version"),
    sa.CheckConstraint("unit <> ''", name="unit_is_somebody"),
)
sa.Index("ix_ticket_status_due_at", ticket.c.status, ticket.c.due_at)
sa.Index("ix_ticket_unit_status", ticket.c.unit, ticket.c.status)
sa.Index("ix_ticket_reporter", ticket.c.reporter, ticket.c.opened_at)
sa.Index("ix_ticket_opened_at", ticket.c.opened_at)

ticket_event = sa.Table(
    "ticket_event",
    metadata,
    sa.Column("ticket", sa.String(20), sa.ForeignKey("ticket.number"), primary_key=True),
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("action", sa.String(20), nullable=False),
    sa.Column("by", sa.String(100), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("changes", sa.Text, nullable=False),  # JSON
    sa.CheckConstraint("sequence >= 1", name="sequence"),
)

contact_code = sa.Table(  # by which a ticket's resident is reached; see `codes`
    "contact_code",
    metadata,
    sa.Column("code", sa.String(12), primary_key=True),
    sa.Column("ticket", sa.String(20), nullable=False),
    sa.Column("drawn_at", UtcTime, nullable=False),
    sa.UniqueConstraint("ticket"),
)

number_sequence = sa.Table(
    "number_sequence",
    metadata,
    sa.Column("day", sa.String(8), primary_key=True),  # 20261124, as in Shanghai
    sa.Column("last", sa.Integer, nullable=False),
)

request_key = sa.Table(
    "request_key",
    metadata,
    sa.Column("owner", sa.String(60), primary_key=True),
    sa.Column("key", sa.String(100), primary_key=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)
sa.Index("ix_request_key_at", request_key.c.at)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column(
        "position",
        sa.BigInteger().with_variant(sa.Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("destination", sa.String(220), nullable=False),
    sa.Column("ticket", sa.String(20), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("body", sa.Text, nullable=False),  # JSON
    sa.Column("state", sa.String(10), nullable=False, server_default="waiting"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column(
        "created_at",
        UtcTime,
        nullable=False,
        server_default=sa.func.current_timestamp(),
    ),
    sa.Column("next_at", UtcTime),  # empty: at once
    sa.Column("claimed_by", sa.String(64)),
    sa.Column("claimed_until", UtcTime),
    sa.Column("finished_at", UtcTime),
    sa.Column("last_error", sa.String(300), nullable=False, server_default=""),
    sa.Column("answer", sa.String(200), nullable=False, server_default=""),
    sa.UniqueConstraint("id"),
    sa.CheckConstraint("state IN ('waiting', 'done', 'dead')", name="state"),
    sqlite_autoincrement=True,
)
_WAITING = outbox.c.state == sa.literal_column("'waiting'")
_DEAD = outbox.c.state == sa.literal_column("'dead'")
sa.Index(
    "ix_outbox_waiting",
    outbox.c.destination,
    outbox.c.position,
    sqlite_where=_WAITING,
    postgresql_where=_WAITING,
)
sa.Index("ix_outbox_dead", outbox.c.position, sqlite_where=_DEAD, postgresql_where=_DEAD)
sa.Index("ix_outbox_destination_created_at", outbox.c.destination, outbox.c.created_at)
