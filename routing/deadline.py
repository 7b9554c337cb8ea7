"""By when: the deadline of a matter, its light (绿黄红), and how a person would say the time.

A deadline always exists. Where the calendar ends, calendar days are counted instead of working
days, which
is the stricter promise, and the deadline says so.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType

from config.county import County, Deadline, DeadlineUnit
from config.runtime import LOCAL_ZONE
from nlp.understanding import Urgency
from routing import worktime
from routing.worktime import Calendar, UnknownYear


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When a ticket must be signed and when it must be done, both UTC. `provisional`: a Chinese
    sentence
    saying why the time may still move, empty where it is firm."""

    at: datetime
    sign_at: datetime
    provisional: str = ""


class Light(StrEnum):
    """How a ticket stands with its deadline: colour, shape and word."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


LIGHT_NAMES = MappingProxyType({Light.GREEN: "正常", Light.YELLOW: "将到期", Light.RED: "超期"})
LIGHT_COLOURS = MappingProxyType({Light.GREEN: "绿", Light.YELLOW: "黄", Light.RED: "红"})
LIGHT_SHAPES = MappingProxyType({Light.GREEN: "●", Light.YELLOW: "▲", Light.RED: "■"})
HALF_MINUTES, QUARTER_MINUTES = 30, 15  # to which a deadline is told
LITTLE_TIME = timedelta(hours=3)
YELLOW_SHARE = 5  # yellow in the last fifth of the time given

# Where the county's table has no line: danger 2 h, water, power, gas and heat 24 h, the rest 7
# working days.
_LAST_RESORT = MappingProxyType(
    {
        Urgency.DANGER: Deadline(
            category="", urgency="danger", amount=2, unit=DeadlineUnit.HOURS, sign_within_minutes=15
        ),
        Urgency.URGENT: Deadline(
            category="",
            urgency="urgent",
            amount=24,
            unit=DeadlineUnit.HOURS,
            sign_within_minutes=60,
        ),
        Urgency.NORMAL: Deadline(
            category="", urgency="normal", amount=7, unit=DeadlineUnit.WORKDAYS
        ),
    }
)


def promise(
    county: County, category: str, urgency: Urgency, start: datetime, calendar: Calendar
) -> Due:
    """Both time limits of a matter whose clock begins at `start` (aware)."""
    limit = _limit(county, category, urgency)
    sign_at = (start + timedelta(minutes=limit.sign_within_minutes)).astimezone(UTC)
    if limit.unit is DeadlineUnit.HOURS:
        at = (start + timedelta(hours=limit.amount)).astimezone(UTC)
        return Due(at=at, sign_at=min(sign_at, at))
    try:
        end = calendar.add_workdays(start, limit.amount)
        years = calendar.provisional_between(start, end)
    except UnknownYear as gap:
        end = _calendar_days(start, limit.amount)
        return Due(at=end, sign_at=min(sign_at, end), provisional=f"{gap}期限暂按自然日计算。")
    said = "、".join(f"{year} 年" for year in years)
    return Due(
        at=end.astimezone(UTC),
        sign_at=min(sign_at, end.astimezone(UTC)),
        provisional=f"{said}的放假安排还没有公布，期限暂按法定节假日计算。" if years else "",
    )


def due(
    county: County, category: str, urgency: Urgency, start: datetime, calendar: Calendar
) -> datetime:
    """When a matter must be done, UTC; there always is such a time."""
    return promise(county, category, urgency, start, calendar).at


def sign_due(county: County, category: str, urgency: Urgency, start: datetime) -> datetime:
    """When the unit must have signed for it, UTC: clock time, day and night."""
    minutes = _limit(county, category, urgency).sign_within_minutes
    return (start + timedelta(minutes=minutes)).astimezone(UTC)


def talk_minutes(county: County) -> int:
    """Within which who asks for a person is spoken to: as urgent matters are signed for."""
    return _limit(county, "", Urgency.URGENT).sign_within_minutes


def light(now: datetime, start: datetime, due: datetime) -> Light:
    """Red once `due` has passed, yellow in the last fifth of the time from `start` to `due`,
    else green.

    At `due` itself the ticket is still in time; exactly one fifth before it turns yellow.
    """
    if now > due:
        return Light.RED
    if (due - now) * YELLOW_SHARE <= due - start:
        return Light.YELLOW
    return Light.GREEN


def speak(due: datetime, now: datetime) -> str:
    """The deadline as people say it, in Shanghai time: `后天下午五点半前`; a time gone by says
    so. Nobody says 十点二十八分前: it is the full or half hour before, for which there are recorded
    phrases; where little time is left, the quarter; the last minutes as they are.
    """
    exact, today = due.astimezone(LOCAL_ZONE), now.astimezone(LOCAL_ZONE)
    step = HALF_MINUTES if abs(due - now) >= LITTLE_TIME else QUARTER_MINUTES
    minute = exact.minute - exact.minute % step
    rounded = exact.replace(minute=minute, second=0, microsecond=0)
    then = rounded if rounded > now or due < now else exact
    said = f"{_day(then.date(), today.date())}{_clock(then.time())}"
    return f"{said}前" if due >= now else f"{said}（已超期）"


def _limit(county: County, category: str, urgency: Urgency) -> Deadline:
    """The county's line for the longest prefix of the category at that urgency."""
    lines = [
        line
        for line in county.deadlines
        if line.urgency == urgency and category.startswith(line.category)
    ]
    return max(lines, key=lambda line: len(line.category), default=_LAST_RESORT[urgency])


def _calendar_days(start: datetime, days: int) -> datetime:
    day = start.astimezone(LOCAL_ZONE).date() + timedelta(days=days)
    return datetime.combine(day, worktime.WORK_ENDS, LOCAL_ZONE).astimezone(UTC)


_NEAR_DAYS = MappingProxyType({-1: "昨天", 0: "今天", 1: "明天", 2: "后天"})
_WEEKDAYS = "一二三四五六日"


def _day(day: date, today: date) -> str:
    near = _NEAR_DAYS.get((day - today).days)
    if near:
        return near
    monday = today - timedelta(days=today.weekday())
    weeks = (day - monday).days // 7
    if day > today and weeks in (0, 1):
        return ("本周" if weeks == 0 else "下周") + _WEEKDAYS[day.weekday()]
    years = day.year - today.year
    year = {0: "", 1: "明年"}.get(years, f"{day.year}年")
    return f"{year}{day.month}月{day.day}日"


_HOURS = ("十二", "一", "两", "三", "四", "五", "六", "七", "八", "九", "十", "十一")
_QUARTERS = MappingProxyType({15: "一刻", 30: "半", 45: "三刻"})
_DIGITS = "零一二三四五六七八九"


def _clock(clock: time) -> str:
    spoken = f"{_part_of_day(clock.hour)}{_HOURS[clock.hour % 12]}点"
    if clock.hour == 0:
        spoken = "凌晨零点"
    if clock.minute in _QUARTERS:
        return spoken + _QUARTERS[clock.minute]
    return f"{spoken}{_number(clock.minute)}分" if clock.minute else spoken


def _part_of_day(hour: int) -> str:
    limits = ((6, "凌晨"), (9, "早上"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
    return next(name for limit, name in limits if hour < limit)


def _number(minute: int) -> str:
    """5 -> 零五, 10 -> 十, 25 -> 二十五."""
    tens, ones = divmod(minute, 10)
    last = _DIGITS[ones] if ones else ""
    if tens == 0:
        return f"零{last}"
    return f"{_DIGITS[tens] if tens > 1 else ''}十{last}"
