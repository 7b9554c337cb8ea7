"""A resident's page is known by a hash of his cookie: whoever reads a ticket gets into no page."""

import hashlib
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

_SCHEME = 'web:'
_WHERE_FROM = (('inbox', 'sender'), ('ticket', 'reporter'), ('outbox', 'destination'))
_OF_HIM = (
    'UPDATE ticket_event SET changes = replace(changes, :known, :hidden)'
    ' WHERE ticket IN (SELECT number FROM ticket WHERE reporter = :who)',
    'UPDATE ticket SET reporter = replace(reporter, :known, :hidden) WHERE reporter = :who',
    'UPDATE inbox SET sender = replace(sender, :known, :hidden),'
    ' thread = replace(thread, :known, :hidden), body = replace(body, :known, :hidden),'
    ' external_id = replace(external_id, :known, :hidden) WHERE sender = :who',
    'UPDATE conversation SET thread = replace(thread, :known, :hidden),'
    ' state = replace(state, :known, :hidden) WHERE thread = :who',
    'UPDATE outbox SET destination = replace(destination, :known, :hidden)'
    ' WHERE destination = :who',
)


def upgrade() -> None:
    """Apply."""
    connection = op.get_bind()
    for who in set(_residents(connection)):
        known = who.removeprefix(_SCHEME)
        hidden = hashlib.sha256(known.encode()).hexdigest()[:32]
        for statement in _OF_HIM:
            values = {'known': known, 'hidden': hidden, 'who': who}
            connection.execute(sa.text(statement), values)


def downgrade() -> None:
    """Nothing: no cookie comes back from its hash."""


def _residents(connection: sa.Connection) -> Iterator[str]:
    """`web:` and the 32 digits of a cookie."""
    for table, column in _WHERE_FROM:
        query = f"SELECT DISTINCT {column} FROM {table} WHERE {column} LIKE 'web:%'"
        for who in connection.execute(sa.text(query)).scalars():
            if len(who) == len(_SCHEME) + 32:
                yield who
