"""Callers who ring again and again and say nothing: a hint for a person, who alone may act on it.

Only where the line has spoken and heard, and nobody spoke. Who cannot speak may be in a danger.
"""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from channels.phone import number, reasons
from channels.phone.book import Outcome, Purpose, Voice
from intake.phone import schema
from intake.phone.register import Entry

WITHIN = timedelta(hours=1)
LEAST = 3  # such calls are a hint
_CALL, _LINE = schema.call, schema.call_line
_SAYS_NOTHING = ("", reasons.NO_SOUND)  # other reasons: a key, or we could not hear him
_OUTCOMES = (Outcome.HUNG_UP, Outcome.PERSON, Outcome.LIMITED, Outcome.MISSED)


def calls(connection: Connection, call: Entry) -> int:
    """How many in the hour before this call, with it; 0 where there are too few to speak of."""
    if call.purpose is not Purpose.INBOUND or not number.to_dial(call.contact):
        return 0
    said = sa.exists().where(
        _LINE.c.call == _CALL.c.id, _LINE.c.voice == Voice.CALLER.value, _LINE.c.text != ""
    )
    spoke = sa.exists().where(_LINE.c.call == _CALL.c.id, _LINE.c.voice == Voice.LINE.value)
    query = sa.select(sa.func.count()).where(
        _CALL.c.contact == str(call.contact),
        _CALL.c.purpose == Purpose.INBOUND.value,
        _CALL.c.began_at > call.began_at - WITHIN,
        _CALL.c.began_at <= call.began_at,
        _CALL.c.outcome.in_([each.value for each in _OUTCOMES]),
        _CALL.c.reason.in_(_SAYS_NOTHING),
        sa.or_(_CALL.c.operator == "", _CALL.c.reason == reasons.NO_SOUND),
        spoke,
        ~said,
    )
    found = connection.execute(query).scalar_one()
    return found if found >= LEAST else 0
