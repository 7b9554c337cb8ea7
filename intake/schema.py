"""Tables of the front desk, beside those of `routing.schema` in one database."""

import sqlalchemy as sa

from routing import schema
from routing.schema import UtcTime

metadata = schema.metadata

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("external_id", sa.String(200), nullable=False),
    sa.Column("sender", sa.String(200), nullable=False),
    sa.Column("thread", sa.String(200), nullable=False),
    sa.Column("body", sa.Text, nullable=False),  # the message as JSON
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("done_at", UtcTime),  # empty: not worked on yet
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("ticket", sa.String(20)),  # the first, where it told several matters
    sa.Column("receipt", sa.Text),  # JSON
    # Its platform was told that it is here, and no more: whoever settles it posts the answer.
    sa.Column("answer_later", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("channel", "external_id"),
)
sa.Index(
    "ix_inbox_waiting",
    inbox.c.received_at,
    sqlite_where=inbox.c.done_at.is_(None),
    postgresql_where=inbox.c.done_at.is_(None),
)
sa.Index("ix_inbox_sender", inbox.c.sender, inbox.c.received_at)
sa.Index("ix_inbox_ticket", inbox.c.ticket)

inbox_also = sa.Table(  # the further tickets of a message that told several matters
    "inbox_also",
    metadata,
    sa.Column("message", sa.String(32), sa.ForeignKey("inbox.id"), primary_key=True),
    sa.Column("ticket", sa.String(20), primary_key=True),
)
sa.Index("ix_inbox_also_ticket", inbox_also.c.ticket)

conversation = sa.Table(
    "conversation",
    metadata,
    sa.Column("thread", sa.String(200), primary_key=True),
    sa.Column("state", sa.Text, nullable=False),  # JSON
    sa.Column("last_message", sa.String(32), nullable=False),  # inbox id
    sa.Column("due_at", UtcTime),
    sa.Column("updated_at", UtcTime, nullable=False),
)
sa.Index("ix_conversation_due", conversation.c.due_at)

proof_failure = sa.Table(
    "proof_failure",
    metadata,
    sa.Column("ticket", sa.String(20), primary_key=True),
    sa.Column("day", sa.String(8), primary_key=True),  # 20261124, as people here count days
    sa.Column("failures", sa.Integer, nullable=False),
)

proof_failure_by = sa.Table(
    "proof_failure_by",
    metadata,
    sa.Column("sender", sa.String(64), primary_key=True),  # hashed
    sa.Column("day", sa.String(8), primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
)

media = sa.Table(
    "media",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("media_type", sa.String(60), nullable=False),
    sa.Column("size_bytes", sa.Integer, nullable=False),
    sa.Column("kept_at", UtcTime, nullable=False),
)

operator = sa.Table(
    "operator",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("display_name", sa.String(40), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("must_change", sa.Boolean, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
)

operator_session = sa.Table(
    "operator_session",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("operator", sa.String(40), sa.ForeignKey("operator.name"), nullable=False),
    sa.Column("csrf", sa.String(64), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
)

identity_look = sa.Table(
    "identity_look",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("operator", sa.String(40), nullable=False),
    sa.Column("ticket", sa.String(20), nullable=False),  # empty: a search that found none
    sa.Column("reason", sa.String(200), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("what", sa.String(20), nullable=False, server_default="reporter"),  # looks.What
    sa.Column("item", sa.String(40), nullable=False, server_default=""),  # which photo
)
sa.Index("ix_identity_look_ticket", identity_look.c.ticket, identity_look.c.at)
sa.Index("ix_identity_look_at", identity_look.c.at)

correction = sa.Table(
    "correction",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("ticket", sa.String(20), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("field", sa.String(20), nullable=False),  # category, place, kind, urgency
    sa.Column("before", sa.String(60), nullable=False),
    sa.Column("after", sa.String(60), nullable=False),
    sa.Column("by", sa.String(60), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)
