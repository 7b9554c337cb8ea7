"""Voice notes wait with the recordings to become text."""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    for column in (
        sa.Column('message', sa.String(length=32), server_default='', nullable=False),
        sa.Column('attachment', sa.Integer(), server_default='0', nullable=False),
    ):
        op.add_column('transcription', column)


def downgrade() -> None:
    """Take back."""
    op.drop_column('transcription', 'attachment')
    op.drop_column('transcription', 'message')
