"""Why a person is to look at a ticket becomes a column: those of the queue are found by it."""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

_KEPT = {
    'sqlite': "json_extract(details, '$.handover_reason')",
    'postgresql': "CAST(details AS json) ->> 'handover_reason'",
}


def upgrade() -> None:
    """Apply."""
    column = sa.Column('handover_reason', sa.Text(), nullable=False, server_default='')
    op.add_column('ticket', column)
    kept = _KEPT[op.get_bind().dialect.name]
    # Only what still waits: what was answered or closed has nobody to look at it.
    op.execute(
        f"UPDATE ticket SET handover_reason = COALESCE({kept}, '') WHERE status = 'deciding'"
    )


def downgrade() -> None:
    """Take back."""
    op.drop_column('ticket', 'handover_reason')
