"""Codes by which residents are reached, and what was keyed in."""

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('contact_code',
    sa.Column('code', sa.String(length=12), nullable=False),
    sa.Column('ticket', sa.String(length=20), nullable=False),
    sa.Column('drawn_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_contact_code')),
    sa.UniqueConstraint('ticket', name=op.f('uq_contact_code_ticket'))
    )
    op.create_table('contact_try',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('call', sa.String(length=40), nullable=False),
    sa.Column('caller', sa.String(length=64), nullable=False),
    sa.Column('ticket', sa.String(length=20), nullable=False),
    sa.Column('unit', sa.String(length=60), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact_try'))
    )
    op.create_index('ix_contact_try_at', 'contact_try', ['at'])
    op.create_index('ix_contact_try_call', 'contact_try', ['call'])
    op.create_index('ix_contact_try_caller', 'contact_try', ['caller', 'at'])


def downgrade() -> None:
    """Take back."""
    op.drop_index('ix_contact_try_caller', table_name='contact_try')
    op.drop_index('ix_contact_try_call', table_name='contact_try')
    op.drop_index('ix_contact_try_at', table_name='contact_try')
    op.drop_table('contact_try')
    op.drop_table('contact_code')
