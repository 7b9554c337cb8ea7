"""Messages whose platform waits no more: their answers go by the outbox."""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    later = sa.Column('answer_later', sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column('inbox', later)


def downgrade() -> None:
    """Take back."""
    op.drop_column('inbox', 'answer_later')
