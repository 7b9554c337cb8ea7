"""How the line stands, known in every process: the one that has it writes it down for the others.

It is one small row, written when something has changed, at most once a second, and every few
seconds that all know that it still holds. No resident's number is in it: who may see what of a
caller is decided where his call is looked up by its id.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from channels.phone.channel import PhoneChannel
from channels.phone.exchange.happenings import Operator, OperatorState
from channels.phone.exchange.situation import Situation
from intake.phone import schema
from intake.services import Services
from routing.schema import insert_new

CHANGES_S = 1.0  # changes are looked for so often, so no more is written than that
HEARTBEAT_S = 5.0
FRESH = timedelta(seconds=15)  # three heartbeats; the clocks of several machines agree better
MOST_CALLS = 200  # far beyond what a county's lines carry
MOST_OPERATORS = 100
LONGEST_NAME = 60
LONGEST_ID = 40

_TABLE = schema.line_notice
_NAME = PhoneChannel.name
_NEW = insert_new(_TABLE)
_AWAY = Situation(up=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is told of the line: ids of calls, the queue's members.

    `up`: the exchange is there; while it is not, the rest is as last known.
    """

    up: bool
    calls: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()  # the first first
    operators: tuple[Operator, ...] = ()  # without their lines
    served: int = 0  # calls that the program itself is serving
    version: str = ""  # of the exchange
    recogniser: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A notice, and when it was true."""

    at: datetime
    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the line stands; without a notice nobody knows, since then or from the beginning."""

    notice: Notice | None = None
    silent_since: datetime | None = None


class Poster:
    """`step` writes down how the line stands, if this process has it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._posted: Notice | None = None
        self._again_at_s = 0.0

    async def step(self) -> bool:
        """Write what has changed, or that nothing has; False: that was all for now."""
        runtime, own = self._services.runtime, situation(self._services)
        if not own.here:
            self._posted = None
            return False
        notice, elapsed_s, now = told(own), runtime.elapsed(), runtime.now()
        if notice == self._posted and elapsed_s < self._again_at_s:
            return False
        await self._services.database.write(lambda c: post(c, notice, now))
        self._posted, self._again_at_s = notice, elapsed_s + HEARTBEAT_S
        return False


def situation(services: Services) -> Situation:
    """How the line stands as this process has it; nothing where another has it, or nobody."""
    channel = services.channels.get(PhoneChannel.name)
    return channel.situation() if isinstance(channel, PhoneChannel) else _AWAY


async def standing(services: Services) -> Standing:
    """How the line stands, whoever has it."""
    own = situation(services)
    if own.here:
        return Standing(notice=told(own))
    posted, now = await services.database.read(read), services.runtime.now()
    if posted is None:
        return Standing()
    if abs(now - posted.at) > FRESH:
        return Standing(silent_since=min(posted.at, now))
    return Standing(notice=posted.notice)


def told(situation: Situation) -> Notice:
    """What is told of it, bounded."""
    return Notice(
        up=situation.up,
        calls=tuple(each.call_id[:LONGEST_ID] for each in situation.calls[:MOST_CALLS]),
        waiting=tuple(each.call_id[:LONGEST_ID] for each in situation.waiting[:MOST_CALLS]),
        operators=tuple(_unwired(each) for each in situation.operators[:MOST_OPERATORS]),
        served=len(situation.with_us),
        version=situation.version[:LONGEST_NAME],
        recogniser=situation.recogniser[:LONGEST_NAME],
    )


def health(standing: Standing) -> dict[str, Any]:
    """How the line stands by the board, in the words of the channel's own health."""
    notice = standing.notice
    if notice is None:
        return {"here": False, "asterisk": "unknown", "recogniser": "unknown"}
    return {
        "here": False,
        "asterisk": (notice.version or "up") if notice.up else "away",
        "calls": notice.served,
        "recogniser": notice.recogniser or "none",
        "operators": len(notice.operators),
        "waiting": len(notice.waiting),
    }


def post(connection: Connection, notice: Notice, at: datetime) -> None:
    """Put it in the place of the last one."""
    row = {"at": at, "body": _body(notice)}
    known = sa.update(_TABLE).where(_TABLE.c.name == _NAME)
    if not connection.execute(known.values(row)).rowcount:
        connection.execute(_NEW[connection.dialect.name], {"name": _NAME, **row})


def read(connection: Connection) -> Posted | None:
    """The last one, however old; None where none was ever written."""
    row = connection.execute(sa.select(_TABLE).where(_TABLE.c.name == _NAME)).one_or_none()
    return None if row is None else Posted(at=row.at, notice=_notice(row.body))


def purge(connection: Connection, *, before: datetime) -> int:
    """Forget one that was written before then; how many."""
    return connection.execute(sa.delete(_TABLE).where(_TABLE.c.at < before)).rowcount


def _unwired(operator: Operator) -> Operator:
    return Operator(
        interface="",
        name=operator.name[:LONGEST_NAME],
        state=operator.state,
        paused=operator.paused,
        calls_taken=operator.calls_taken,
    )


def _body(notice: Notice) -> str:
    return json.dumps(
        {
            "up": notice.up,
            "calls": notice.calls,
            "waiting": notice.waiting,
            "operators": [
                (each.name, each.state.value, each.paused, each.calls_taken)
                for each in notice.operators
            ],
            "served": notice.served,
            "version": notice.version,
            "recogniser": notice.recogniser,
        }
    )


def _notice(body: str) -> Notice:
    kept = json.loads(body)
    return Notice(
        up=kept["up"],
        calls=tuple(kept["calls"]),
        waiting=tuple(kept["waiting"]),
        operators=tuple(
            Operator(
                interface="",
                name=name,
                state=OperatorState(state),
                paused=paused,
                calls_taken=taken,
            )
            for name, state, paused, taken in kept["operators"]
        ),
        served=kept.get("served", 0),  # a process of an older version may have written it
        version=kept.get("version", ""),
        recogniser=kept.get("recogniser", ""),
    )
