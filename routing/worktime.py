"""Working days as China has them: holidays, make-up Saturdays, and years not yet published.

The county's own list comes first, then `chinesecalendar` (what the State Council has published),
then `holidays` (the statutory days by law and moon, whose make-up days nobody knows: provisional).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache

import chinese_calendar

from config.runtime import LOCAL_ZONE
from routing.errors import RoutingError

WORK_ENDS = time(17, 30)
MAX_WORKDAYS = 500
_DAYS_SEARCHED = 2000  # far above MAX_WORKDAYS in any real calendar


class UnknownYear(RoutingError):
    """Nobody has said which days of that year are worked."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are worked. `overrides`: ISO date -> works?; a year `"2027": True` says
    that the county's list of that year is complete, so that its other days are plain weekdays and
    weekends.
    """

    overrides: Mapping[str, bool] = field(default_factory=dict)

    def is_workday(self, day: date) -> bool:
        """Is work done on that day? UnknownYear where no source reaches."""
        own = self._own(day)
        if own is not None:
            return own
        published = _published(day)
        if published is not None:
            return published
        return day not in _statutory_days(day.year) and day.weekday() < 5

    def provisional(self, day: date) -> bool:
        """Is that day known by law and moon only, so that the published list may still move it?"""
        return self._own(day) is None and _published(day) is None

    def add_workdays(self, start: datetime, days: int) -> datetime:
        """The end of work (17:30 in Shanghai) on the `days`-th working day after the day of
        `start`.

        The day of `start` does not count, and a period ends with the office hours of its last
        day (Civil Code, articles 201 and 203). `start` is aware, the result is in Shanghai time.
        ValueError unless 1 <= days <= 500; UnknownYear where the count leaves the known years.
        """
        if not 1 <= days <= MAX_WORKDAYS:
            raise ValueError(f"{days} working days; between 1 and {MAX_WORKDAYS} can be counted")
        first = _local_day(start)
        left = days
        for offset in range(1, _DAYS_SEARCHED):
            day = first + timedelta(days=offset)
            left -= self.is_workday(day)
            if not left:
                return datetime.combine(day, WORK_ENDS, LOCAL_ZONE)
        raise UnknownYear(
            f"从 {first} 起 {_DAYS_SEARCHED} 天内数不满 {days} 个工作日，请检查县日历里的休息日。"
        )

    def provisional_between(self, start: datetime, end: datetime) -> tuple[int, ...]:
        """The years that make a count of working days from `start` to `end` provisional."""
        first, last = _local_day(start), _local_day(end)
        span = min((last - first).days, _DAYS_SEARCHED)
        days = (first + timedelta(days=offset) for offset in range(1, span + 1))
        return tuple(sorted({day.year for day in days if self.provisional(day)}))

    def _own(self, day: date) -> bool | None:
        """What the county itself says of that day, None where it is silent."""
        listed = self.overrides.get(day.isoformat())
        if listed is None and self.overrides.get(f"{day.year:04d}"):
            return day.weekday() < 5
        return listed


def _local_day(moment: datetime) -> date:
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment.astimezone(LOCAL_ZONE).date()


@lru_cache(maxsize=2048)
def _published(day: date) -> bool | None:
    """What the State Council has published of that day, None where the library does not reach."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return None


@lru_cache(maxsize=16)
def _statutory_days(year: int) -> frozenset[date]:
    import holidays  # rarely needed, and a fiftieth of a start

    found = frozenset(holidays.country_holidays("CN", years=year))
    if not found:
        raise UnknownYear(
            f"不知道 {year} 年哪些天上班。请把 {year} 年的放假和调休日期写进县的日历（county.toml）。"
        )
    return found
