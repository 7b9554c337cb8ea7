"""Which further tickets a message belongs to that told several matters."""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        'inbox_also',
        sa.Column('message', sa.String(length=32), nullable=False),
        sa.Column('ticket', sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ['message'], ['inbox.id'], name=op.f('fk_inbox_also_message_inbox')
        ),
        sa.PrimaryKeyConstraint('message', 'ticket', name=op.f('pk_inbox_also')),
    )
    op.create_index('ix_inbox_also_ticket', 'inbox_also', ['ticket'])


def downgrade() -> None:
    """Take back."""
    op.drop_table('inbox_also')
