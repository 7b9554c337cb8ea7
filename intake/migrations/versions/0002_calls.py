"""Calls, call-backs and recordings."""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('call',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('contact', sa.String(length=200), nullable=False),
    sa.Column('purpose', sa.String(length=20), nullable=False),
    sa.Column('began_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.String(length=20), nullable=True),
    sa.Column('reason', sa.String(length=200), server_default='', nullable=False),
    sa.Column('queued_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('operator', sa.String(length=60), server_default='', nullable=False),
    sa.Column('connected_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_call'))
    )
    with op.batch_alter_table('call', schema=None) as batch_op:
        batch_op.create_index('ix_call_began_at', ['began_at'], unique=False)
        batch_op.create_index('ix_call_contact', ['contact', 'began_at'], unique=False)

    op.create_table('call_line',
    sa.Column('call', sa.String(length=40), nullable=False),
    sa.Column('sequence', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('voice', sa.String(length=10), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('start_ms', sa.Integer(), nullable=False),
    sa.Column('end_ms', sa.Integer(), nullable=False),
    sa.Column('confidence', sa.Float(), nullable=True),
    sa.Column('key', sa.String(length=100), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('call', 'sequence', name=op.f('pk_call_line'))
    )
    op.create_table('call_ticket',
    sa.Column('call', sa.String(length=40), nullable=False),
    sa.Column('ticket', sa.String(length=20), nullable=False),
    sa.PrimaryKeyConstraint('call', 'ticket', name=op.f('pk_call_ticket'))
    )
    with op.batch_alter_table('call_ticket', schema=None) as batch_op:
        batch_op.create_index('ix_call_ticket_ticket', ['ticket'], unique=False)

    op.create_table('errand',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('contact', sa.String(length=200), nullable=False),
    sa.Column('purpose', sa.String(length=20), nullable=False),
    sa.Column('ticket', sa.String(length=20), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('claimed_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('result', sa.String(length=200), server_default='', nullable=False),
    sa.CheckConstraint("state IN ('waiting', 'done', 'given_up')", name=op.f('ck_errand_state')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_errand'))
    )
    with op.batch_alter_table('errand', schema=None) as batch_op:
        batch_op.create_index('ix_errand_state_due_at', ['state', 'due_at'], unique=False)
        batch_op.create_index('uq_errand_waiting', ['contact', 'purpose', 'ticket'], unique=True, sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))

    op.create_table('recording',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('call', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('reference', sa.String(length=200), nullable=False),
    sa.Column('media_type', sa.String(length=60), nullable=False),
    sa.Column('seconds', sa.Float(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('kept_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('purge_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('purged_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recording')),
    sa.UniqueConstraint('call', 'kind', name=op.f('uq_recording_call_kind'))
    )
    with op.batch_alter_table('recording', schema=None) as batch_op:
        batch_op.create_index('ix_recording_purge_at', ['purge_at'], unique=False)

    op.create_table('recording_listen',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('recording', sa.String(length=32), nullable=False),
    sa.Column('operator', sa.String(length=40), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recording_listen'))
    )
    with op.batch_alter_table('recording_listen', schema=None) as batch_op:
        batch_op.create_index('ix_recording_listen_recording', ['recording'], unique=False)



def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('recording_listen', schema=None) as batch_op:
        batch_op.drop_index('ix_recording_listen_recording')

    op.drop_table('recording_listen')
    with op.batch_alter_table('recording', schema=None) as batch_op:
        batch_op.drop_index('ix_recording_purge_at')

    op.drop_table('recording')
    with op.batch_alter_table('errand', schema=None) as batch_op:
        batch_op.drop_index('uq_errand_waiting', sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))
        batch_op.drop_index('ix_errand_state_due_at')

    op.drop_table('errand')
    with op.batch_alter_table('call_ticket', schema=None) as batch_op:
        batch_op.drop_index('ix_call_ticket_ticket')

    op.drop_table('call_ticket')
    op.drop_table('call_line')
    with op.batch_alter_table('call', schema=None) as batch_op:
        batch_op.drop_index('ix_call_contact')
        batch_op.drop_index('ix_call_began_at')

    op.drop_table('call')
