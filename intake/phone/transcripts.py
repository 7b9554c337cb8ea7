"""The line of recordings that are to become text, and what came of each. Functions of a connection.

It is in the database, so a program that dies goes on with it at its next start. Each try is counted
before it is made: a recording that kills the program is not tried for ever.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import Connection

from channels.message import InboundMessage
from intake import attachments
from intake.phone import schema
from routing.schema import insert_new

AFTER = (  # how long after a try the next one is made; then it is given up
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
)
MOST_ATTEMPTS = len(AFTER) + 1
LATER = timedelta(minutes=10)  # where it is not its fault: the store is away
LONGEST = timedelta(days=7)  # in the line; so long nobody recognised anything here
LONGEST_TEXT = 8000
NOBODY = "一直没有能用的语音识别"
NOTE = "note"  # a voice note; other kinds are those of `recordings`

_RECORDING = schema.recording
_TABLE = schema.transcription
_NEW = insert_new(_TABLE)


class State(StrEnum):
    """How far a recording has come."""

    WAITING = "waiting"
    HEARD = "heard"  # it is text, which its ticket does not know yet
    DONE = "done"
    GIVEN_UP = "given_up"


RUNNING = (State.WAITING, State.HEARD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcription:
    """A recording on its way to text; `from_ms` is where it begins in its call.

    A voice note has no call, but the inbox id of its message and its place among the attachments.
    """

    recording: str
    call_id: str
    kind: str
    from_ms: int
    state: State
    attempts: int
    problem: str
    text: str
    message: str = ""
    attachment: int = 0
    seconds: float = 0.0  # of the recording, where that was asked for


def put_in_line(
    connection: Connection, recording: Mapping[str, object], now: datetime, *, from_ms: int
) -> None:
    """A recording, with its row, waits from now on; one that did before goes on as it was."""
    told = {"recording": recording["id"], "call": recording["call"], "kind": recording["kind"]}
    _wait(connection, [{**told, "from_ms": from_ms}], now)


def put_notes_in_line(connection: Connection, inbox_id: str, message: InboundMessage) -> None:
    """Those voice notes of the message that we hold and nobody has understood wait from now on;
    one that did before goes on as it was.
    """
    told = {"call": "", "kind": NOTE, "from_ms": 0, "message": inbox_id}
    notes = [
        {**told, "recording": attachments.note_id(message, index), "attachment": index}
        for index in attachments.unheard(message)
    ]
    _wait(connection, notes, message.received_at)


def claim(connection: Connection, now: datetime, *, hears: bool) -> Transcription | None:
    """The next one, this try counted already; None: nothing can be done now.

    `hears`: is there anybody who recognises speech?
    """
    _expire(connection, now)
    states = RUNNING if hears else (State.HEARD,)
    row = connection.execute(
        sa.select(_TABLE)
        .where(_TABLE.c.state.in_([each.value for each in states]), _TABLE.c.due_at <= now)
        .order_by(_TABLE.c.attempts, _TABLE.c.due_at, _TABLE.c.recording)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    tried = row.attempts + 1
    again = now + (AFTER[tried - 1] if tried <= len(AFTER) else LATER)
    _change(connection, row.recording, attempts=tried, due_at=again)
    if tried > MOST_ATTEMPTS:  # the last try has killed the program
        give_up(connection, row.recording, row.problem, now)
        return None
    return _made(row, attempts=tried)


def heard(connection: Connection, recording: str, text: str, now: datetime) -> None:
    """It is text; its ticket must be told. That is tried as often again."""
    _change(
        connection,
        recording,
        state=State.HEARD.value,
        text=text[:LONGEST_TEXT],
        attempts=0,
        due_at=now,
        problem="",
    )


def failed(connection: Connection, job: Transcription, problem: str, now: datetime) -> None:
    """This try came to nothing; the last one ends it. Since it was claimed it may have become text,
    and its ticket is still to be told.
    """
    if _attempts(connection, job) >= MOST_ATTEMPTS:
        give_up(connection, job.recording, problem, now)
    else:
        _change(connection, job.recording, problem=problem)


def postpone(connection: Connection, job: Transcription, problem: str, now: datetime) -> None:
    """Nothing could be tried: it counts for nothing."""
    tried = max(0, _attempts(connection, job) - 1)
    _change(connection, job.recording, attempts=tried, due_at=now + LATER, problem=problem)


def done(connection: Connection, recording: str, now: datetime) -> None:
    """All that there is to do is done."""
    _end(connection, recording, State.DONE, now)


def give_up(connection: Connection, recording: str, problem: str, now: datetime) -> None:
    """A person listens instead."""
    _change(connection, recording, problem=problem)
    _end(connection, recording, State.GIVEN_UP, now)


def of_calls(connection: Connection, call_ids: Sequence[str]) -> list[Transcription]:
    """Those of these calls, in the order of their kinds."""
    query = (
        sa.select(_TABLE, sa.func.coalesce(_RECORDING.c.seconds, 0.0).label("seconds"))
        .outerjoin(_RECORDING, _RECORDING.c.id == _TABLE.c.recording)
        .where(_TABLE.c.call.in_(call_ids))
        .order_by(_TABLE.c.call, _TABLE.c.kind)
    )
    rows = connection.execute(query)
    return [replace(_made(row, attempts=row.attempts), seconds=row.seconds) for row in rows]


def of_notes(connection: Connection, ids: Sequence[str]) -> dict[str, Transcription]:
    """Those of these voice notes, by their ids."""
    rows = connection.execute(sa.select(_TABLE).where(_TABLE.c.recording.in_(ids))) if ids else ()
    return {row.recording: _made(row, attempts=row.attempts) for row in rows}


def _wait(connection: Connection, told: Sequence[Mapping[str, object]], since: datetime) -> None:
    first = {"state": State.WAITING.value, "attempts": 0, "due_at": since, "created_at": since}
    if told:
        connection.execute(_NEW[connection.dialect.name], [{**each, **first} for each in told])


def _attempts(connection: Connection, job: Transcription) -> int:
    query = sa.select(_TABLE.c.attempts).where(_TABLE.c.recording == job.recording)
    return int(connection.execute(query).scalar_one())


def _expire(connection: Connection, now: datetime) -> None:
    query = sa.select(_TABLE.c.recording, _TABLE.c.problem).where(
        _TABLE.c.state.in_([each.value for each in RUNNING]), _TABLE.c.created_at < now - LONGEST
    )
    for row in connection.execute(query).all():
        give_up(connection, row.recording, row.problem or NOBODY, now)


def _end(connection: Connection, recording: str, state: State, now: datetime) -> None:
    """What the caller alone said is kept no longer than that: it is in the recording of the call,
    which alone remains.
    """
    _change(connection, recording, state=state.value, finished_at=now)
    connection.execute(
        sa.update(_RECORDING)
        .where(_RECORDING.c.id == recording, _RECORDING.c.kind == "caller")
        .values(purge_at=now)
    )


def _change(connection: Connection, recording: str, **values: object) -> None:
    connection.execute(sa.update(_TABLE).where(_TABLE.c.recording == recording).values(**values))


def _made(row: sa.Row[tuple[object, ...]], *, attempts: int) -> Transcription:
    return Transcription(
        recording=row.recording,
        call_id=row.call,
        kind=row.kind,
        from_ms=row.from_ms,
        state=State(row.state),
        attempts=attempts,
        problem=row.problem,
        text=row.text,
        message=row.message,
        attachment=row.attachment,
    )
