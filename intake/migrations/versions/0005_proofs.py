"""Wrong last four digits of a telephone, by ticket and day."""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        'proof_failure',
        sa.Column('ticket', sa.String(length=20), nullable=False),
        sa.Column('day', sa.String(length=8), nullable=False),
        sa.Column('failures', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('ticket', 'day', name=op.f('pk_proof_failure')),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table('proof_failure')
