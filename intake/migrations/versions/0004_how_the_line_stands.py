"""How the phone line stands, written by the process that has it, for the pages of the others."""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('line_notice',
    sa.Column('name', sa.String(length=20), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_line_notice'))
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table('line_notice')
