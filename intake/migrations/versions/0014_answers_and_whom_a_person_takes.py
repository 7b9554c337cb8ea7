"""When a call was answered by us and by an operator; whose calls a person takes at once."""

import datetime

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

_CALL = sa.table(
    'call',
    sa.column('id', sa.String()),
    sa.column('began_at', sa.DateTime(timezone=True)),
    sa.column('connected_at', sa.DateTime(timezone=True)),
    sa.column('greeted_at', sa.DateTime(timezone=True)),
    sa.column('picked_up_at', sa.DateTime(timezone=True)),
)
_LINE = sa.table(
    'call_line',
    sa.column('call', sa.String()),
    sa.column('voice', sa.String()),
    sa.column('start_ms', sa.Integer()),
)
_AT_A_TIME = 1000


def upgrade() -> None:
    """Apply; of older calls it is worked out as well as their transcripts tell."""
    for name in ('greeted_at', 'picked_up_at'):
        op.add_column('call', sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.create_table('straight_caller',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('caller', sa.String(length=64), nullable=False),
    sa.Column('marked_on', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('marked_by', sa.String(length=40), nullable=False),
    sa.Column('marked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('unmarked_by', sa.String(length=40), server_default='', nullable=False),
    sa.Column('unmarked_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_straight_caller'))
    )
    op.create_index('ix_straight_caller_caller', 'straight_caller', ['caller', 'marked_at'])
    op.create_index('ix_straight_caller_until', 'straight_caller', ['until'])
    connection = op.get_bind()
    connection.execute(sa.update(_CALL).values(picked_up_at=_CALL.c.connected_at))
    _greeted(connection)


def _greeted(connection: sa.Connection) -> None:
    first = sa.func.min(_LINE.c.start_ms)
    query = (
        sa.select(_CALL.c.id, _CALL.c.began_at, first)
        .join(_LINE, _LINE.c.call == _CALL.c.id)
        .where(_LINE.c.voice == 'line')
        .group_by(_CALL.c.id, _CALL.c.began_at)
    )
    rows = [
        {'of': call, 'at': began_at + datetime.timedelta(milliseconds=start_ms)}
        for call, began_at, start_ms in connection.execute(query)
    ]
    write = (
        sa.update(_CALL)
        .where(_CALL.c.id == sa.bindparam('of'))
        .values(greeted_at=sa.bindparam('at', type_=sa.DateTime(timezone=True)))
    )
    for begin in range(0, len(rows), _AT_A_TIME):
        connection.execute(write, rows[begin : begin + _AT_A_TIME])


def downgrade() -> None:
    """Take back."""
    op.drop_index('ix_straight_caller_until', 'straight_caller')
    op.drop_index('ix_straight_caller_caller', 'straight_caller')
    op.drop_table('straight_caller')
    op.drop_column('call', 'picked_up_at')
    op.drop_column('call', 'greeted_at')
