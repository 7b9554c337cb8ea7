"""Wrong last four digits of a telephone, by who tries and day."""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        'proof_failure_by',
        sa.Column('sender', sa.String(length=64), nullable=False),
        sa.Column('day', sa.String(length=8), nullable=False),
        sa.Column('failures', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('sender', 'day', name=op.f('pk_proof_failure_by')),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table('proof_failure_by')
