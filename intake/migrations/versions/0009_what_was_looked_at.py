"""A look says what was looked at: who reported it, a number, a photo, a voice note, a search."""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    what = sa.Column('what', sa.String(length=20), nullable=False, server_default='reporter')
    op.add_column('identity_look', what)
    item = sa.Column('item', sa.String(length=40), nullable=False, server_default='')
    op.add_column('identity_look', item)
    op.create_index('ix_identity_look_ticket', 'identity_look', ['ticket', 'at'])
    op.create_index('ix_identity_look_at', 'identity_look', ['at'])


def downgrade() -> None:
    """Take back."""
    op.drop_index('ix_identity_look_at', table_name='identity_look')
    op.drop_index('ix_identity_look_ticket', table_name='identity_look')
    op.drop_column('identity_look', 'item')
    op.drop_column('identity_look', 'what')
