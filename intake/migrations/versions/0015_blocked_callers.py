"""Whose calls are limited, by whom, why and until when."""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('caller_block',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('caller', sa.String(length=64), nullable=False),
    sa.Column('call', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.String(length=20), nullable=False),
    sa.Column('words', sa.String(length=200), nullable=False),
    sa.Column('blocked_by', sa.String(length=40), nullable=False),
    sa.Column('blocked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by', sa.String(length=40), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_caller_block'))
    )
    op.create_index('ix_caller_block_caller', 'caller_block', ['caller', 'until'])
    op.create_index('ix_caller_block_blocked_at', 'caller_block', ['blocked_at'])


def downgrade() -> None:
    """Take back."""
    op.drop_index('ix_caller_block_blocked_at', table_name='caller_block')
    op.drop_index('ix_caller_block_caller', table_name='caller_block')
    op.drop_table('caller_block')
