"""When somebody may be rung, and when once more: by day; for a danger at any hour. Pure."""

from datetime import datetime, time, timedelta

from channels.phone.book import Purpose
from config.runtime import LOCAL_ZONE

DAY = (time(8, 0), time(21, 0))  # nobody is rung outside these hours, but for a danger
AGAIN_AFTER = timedelta(hours=2)
ALARM_AGAIN_AFTER = timedelta(minutes=2)


def first(purpose: Purpose, at: datetime) -> datetime:
    """When a call that is owed from then on may be made."""
    return at if purpose is Purpose.ALARM else by_day(at)


def again(purpose: Purpose, now: datetime) -> datetime:
    """When it is tried once more."""
    return now + ALARM_AGAIN_AFTER if purpose is Purpose.ALARM else by_day(now + AGAIN_AFTER)


def is_day(now: datetime) -> bool:
    """May everybody be rung now?"""
    return by_day(now) == now


def by_day(at: datetime) -> datetime:
    """The moment itself by day; else when the next day begins."""
    local = at.astimezone(LOCAL_ZONE)
    begins, ends = DAY
    if begins <= local.time() < ends:
        return at
    day = local.date() if local.time() < begins else local.date() + timedelta(days=1)
    return datetime.combine(day, begins, LOCAL_ZONE)
