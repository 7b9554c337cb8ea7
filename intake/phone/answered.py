"""How soon calls are answered, and how many get through (应答, 接通率): from rows of `call` alone,
so that the same rows give the same figures whoever works them out, and whenever.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import Connection

from channels.phone import reasons
from channels.phone.book import Outcome, Purpose
from intake.phone import schema
from intake.phone.recordings import Kind

SOON = timedelta(seconds=15)  # GB/T 33358-2016, as is TARGET
TARGET = 0.95
UNSETTLED = timedelta(hours=3)  # no call is longer; what has no end after that never got one
HOUR, WINDOW = timedelta(hours=1), 24  # hours

_CALL, _RECORDING = schema.call, schema.recording
_HANDED = frozenset({Outcome.PERSON, Outcome.MISSED, Outcome.FAILED})


class End(StrEnum):
    """What became of a call: each has one."""

    LIVING = "living"  # 还没有结束
    SERVED = "served"  # 热线自己办完
    HUNG_UP = "hung_up"  # 热线应答了，居民没说完就挂断
    SOON = "soon"  # 话务员 15 秒内接起
    LATE = "late"  # 话务员接起，晚了
    MESSAGE = "message"  # 等不到话务员，留了言
    GIVEN_UP = "given_up"  # 等不到话务员，没有留言：呼损
    BROKEN = "broken"  # 热线应答了，中断、出错
    UNANSWERED = "unanswered"  # 谁也没有应答


PICKED_UP = (End.SOON, End.LATE)
HANDED = (*PICKED_UP, End.MESSAGE, End.GIVEN_UP)
THROUGH = (*PICKED_UP, End.SERVED, End.HUNG_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """What a row says of a call, as far as it counts here."""

    id: str
    began_at: datetime
    greeted_at: datetime | None = None
    queued_at: datetime | None = None
    picked_up_at: datetime | None = None
    outcome: Outcome | None = None
    left_message: bool = False

    @property
    def answered_at(self) -> datetime | None:
        """When he first heard somebody: us, or an operator."""
        heard = [at for at in (self.greeted_at, self.picked_up_at) if at is not None]
        return min(heard, default=None)

    @property
    def waited(self) -> timedelta | None:
        """For the operator who picked up; None: nobody did."""
        if self.picked_up_at is None:
            return None
        return max(timedelta(), self.picked_up_at - (self.queued_at or self.began_at))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of some calls; those that have not ended count nowhere but in `ends`."""

    ends: Mapping[End, int]
    answered_soon: int  # he heard somebody within SOON
    waits_s: Sequence[float]  # of those whom an operator picked up, the shortest first

    @property
    def calls(self) -> int:
        """All that have ended."""
        return sum(self.ends.values()) - self.ends[End.LIVING]

    @property
    def handed(self) -> int:
        """Given to the operators, by their wish or ours."""
        return self._of(*HANDED)

    @property
    def picked_up(self) -> int:
        """An operator took it."""
        return self._of(*PICKED_UP)

    @property
    def through(self) -> int:
        """Served, or at least heard, by who was to serve them."""
        return self._of(*THROUGH)

    def waited_s(self, share: float) -> float | None:
        """So long, or less, waited this share of those who were picked up (nearest rank)."""
        if not self.waits_s:
            return None
        return self.waits_s[max(0, math.ceil(share * len(self.waits_s)) - 1)]

    def _of(self, *ends: End) -> int:
        return sum(self.ends[each] for each in ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Twenty-four hours on end from `since`."""

    since: datetime
    calls: int
    through: int


def rows(connection: Connection, since: datetime, until: datetime) -> list[Rung]:
    """The calls that residents made in that time, the oldest first; neither those of blocked
    numbers nor of who keyed in wrong codes.
    """
    message = sa.exists().where(
        _RECORDING.c.call == _CALL.c.id, _RECORDING.c.kind == Kind.MISSED.value
    )
    columns = ("id", "began_at", "greeted_at", "queued_at", "picked_up_at", "outcome")
    query = (
        sa.select(*(_CALL.c[name] for name in columns), message.label("left_message"))
        .where(_CALL.c.purpose == Purpose.INBOUND.value, _CALL.c.reason != reasons.WRONG_CODES)
        .where(sa.or_(_CALL.c.outcome.is_(None), _CALL.c.outcome != Outcome.LIMITED.value))
        .where(_CALL.c.began_at >= since, _CALL.c.began_at < until)
        .order_by(_CALL.c.began_at, _CALL.c.id)
    )
    return [
        Rung(
            id=row.id,
            began_at=row.began_at,
            greeted_at=row.greeted_at,
            queued_at=row.queued_at,
            picked_up_at=row.picked_up_at,
            outcome=Outcome(row.outcome) if row.outcome else None,
            left_message=bool(row.left_message),
        )
        for row in connection.execute(query)
    ]


def settled(call: Rung, now: datetime, living: frozenset[str]) -> bool:
    """Has it ended, and been written down? `living`: the calls that are on the line."""
    if call.id in living:
        return False
    return call.outcome is not None or now - call.began_at >= UNSETTLED


def end_of(call: Rung, now: datetime, living: frozenset[str] = frozenset()) -> End:
    """What became of it."""
    if not settled(call, now, living):
        return End.LIVING
    waited = call.waited
    if waited is not None:
        return End.SOON if waited <= SOON else End.LATE
    if call.queued_at is not None or call.outcome in _HANDED:
        return End.MESSAGE if call.left_message else End.GIVEN_UP
    if call.outcome is Outcome.SERVED:
        return End.SERVED
    if call.greeted_at is None:
        return End.UNANSWERED
    return End.HUNG_UP if call.outcome is Outcome.HUNG_UP else End.BROKEN


def figures(calls: Iterable[Rung], now: datetime, living: frozenset[str] = frozenset()) -> Figures:
    """Of these calls."""
    ends, soon, waits = Counter[End](), 0, list[float]()
    for call in calls:
        end = end_of(call, now, living)
        ends[end] += 1
        if end is End.LIVING:
            continue
        answered_at, waited = call.answered_at, call.waited
        soon += answered_at is not None and answered_at - call.began_at <= SOON
        waits += [waited.total_seconds()] if waited is not None else []
    return Figures(
        ends={each: ends[each] for each in End}, answered_soon=soon, waits_s=tuple(sorted(waits))
    )


def together(some: Iterable[Figures]) -> Figures:
    """Of all calls that these figures are of; no call may be in two of them."""
    parts = list(some)
    return Figures(
        ends={each: sum(part.ends[each] for part in parts) for each in End},
        answered_soon=sum(part.answered_soon for part in parts),
        waits_s=tuple(sorted(wait for part in parts for wait in part.waits_s)),
    )


def by_hour(calls: Iterable[Rung], since: datetime, hours: int = WINDOW) -> list[list[Rung]]:
    """The calls of each hour from `since` on."""
    found: list[list[Rung]] = [[] for _ in range(hours)]
    for call in calls:
        hour = (call.began_at - since) // HOUR
        if 0 <= hour < hours:
            found[hour].append(call)
    return found


def worst(hours: Sequence[Figures], since: datetime) -> Window | None:
    """Of all twenty-four hours on end, from hour to hour, those in which the fewest got through, by
    share; None where there were no calls in any. `hours`: the figures of each hour from `since` on.
    """
    found = (_window(hours, since, at) for at in range(len(hours) - WINDOW + 1))
    return min((each for each in found if each.calls), key=_share, default=None)


def _window(hours: Sequence[Figures], since: datetime, at: int) -> Window:
    some = hours[at : at + WINDOW]
    return Window(
        since=since + at * HOUR,
        calls=sum(each.calls for each in some),
        through=sum(each.through for each in some),
    )


def _share(window: Window) -> float:
    return window.through / window.calls
