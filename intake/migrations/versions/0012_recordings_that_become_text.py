"""Recordings that wait to become text, and what came of it."""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        'transcription',
        sa.Column('recording', sa.String(length=32), nullable=False),
        sa.Column('call', sa.String(length=40), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('from_ms', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('problem', sa.String(length=200), server_default='', nullable=False),
        sa.Column('text', sa.Text(), server_default='', nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'heard', 'done', 'given_up')",
            name=op.f('ck_transcription_state'),
        ),
        sa.PrimaryKeyConstraint('recording', name=op.f('pk_transcription')),
    )
    op.create_index('ix_transcription_call', 'transcription', ['call'], unique=False)
    op.create_index(
        'ix_transcription_state_due_at', 'transcription', ['state', 'due_at'], unique=False
    )


def downgrade() -> None:
    """Take back; the older program knows no recordings of what the caller alone said."""
    op.execute("DELETE FROM recording WHERE kind = 'caller'")
    op.drop_table('transcription')
