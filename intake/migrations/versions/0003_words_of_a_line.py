"""When each word of a call was said, and how sure it is."""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table('call_line', schema=None) as batch_op:
        batch_op.add_column(sa.Column('words', sa.Text(), server_default='', nullable=False))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('call_line', schema=None) as batch_op:
        batch_op.drop_column('words')
