"""Which calls are heard again after their end: those in which we failed to understand."""

import sqlalchemy as sa
from sqlalchemy import Connection

from channels.phone import reasons
from channels.phone.book import Outcome, Purpose, Voice
from channels.phone.kinds import screening
from channels.phone.talk import straight
from intake.phone import schema

PAUSE_MS = 400  # behind what was understood last: its end is in the recording a little later

_CALL, _LINE = schema.call, schema.call_line
_BROKEN_OFF = frozenset({Outcome.LOST, Outcome.FAILED, Outcome.MISSED})
_NOT_HEARD = frozenset(
    {
        reasons.DEAF,
        reasons.MARKED_UNHEARD,
        reasons.NOT_HEARD,
        reasons.NEVER_HEARD,
        reasons.NO_SOUND,
        reasons.TAKEN_AWAY,
        reasons.LIMITED_UNHEARD,
        reasons.PROGRAM_FAILED,
    }
)
_TOLD_TO_US = frozenset({Purpose.INBOUND, Purpose.CALL_BACK})


def missing_from_ms(connection: Connection, call_id: str) -> int | None:
    """From where the book does not say what the caller told us; None: nothing failed in it.

    That nobody said a word is no failure: he put down, pressed a key, or a machine had answered.
    """
    row = connection.execute(sa.select(_CALL).where(_CALL.c.id == call_id)).one_or_none()
    if row is None or Purpose(row.purpose) not in _TOLD_TO_US:
        return None
    # A call of which the exchange alone has told how it ended is one in which the program died.
    died = row.outcome is None or (row.outcome == Outcome.PERSON and not row.reason)
    if not died and row.outcome not in _BROKEN_OFF and row.reason not in _NOT_HEARD:
        return None
    if row.reason == reasons.MARKED_UNHEARD or _went_straight(connection, call_id):
        return 0
    last = connection.execute(
        sa.select(sa.func.max(_LINE.c.end_ms)).where(
            _LINE.c.call == call_id, _LINE.c.voice == Voice.CALLER.value
        )
    ).scalar()
    return 0 if last is None else int(last) + PAUSE_MS


def _went_straight(connection: Connection, call_id: str) -> bool:
    """Nobody asked him again: what we did not understand may come before what we did."""
    greeted = sa.select(_LINE.c.sequence).where(
        _LINE.c.call == call_id, _LINE.c.key == straight.GREETING.key
    )
    return connection.execute(greeted.limit(1)).one_or_none() is not None


def is_his(purpose: Purpose, text: str) -> bool:
    """Whom we ring back may have a machine that answers: its words are nobody's matter."""
    return purpose is not Purpose.CALL_BACK or not screening.is_machine(text)
