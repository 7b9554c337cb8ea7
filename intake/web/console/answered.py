"""How soon calls are answered and how many get through: a day, its hours, the week and the month
that end with it, for those who supervise. No caller is told from another here.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web
from sqlalchemy import Connection

from config.runtime import LOCAL_ZONE
from intake.phone import answered
from intake.phone.answered import End, Figures
from intake.services import SERVICES
from intake.web import pages, sessions, spoken
from intake.web.console import calls, live

MAY_COUNT = sessions.MAY_SUPERVISE
DAY = timedelta(days=1)
DAYS = (1, 7, 30)
GOAL = "95 %"
GOAL_S = "15 秒"
HALF, NEARLY_ALL = 0.5, 0.95
NONE = "—"

_Value = Callable[[Figures], "Cell"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A figure of one time; `met`: does it reach the goal? None: there is none, or no figure."""

    text: str
    of: str = ""  # the two numbers of a share
    met: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure of all times, with what it means."""

    name: str
    means: str
    goal: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One hour of the day; heights in hundredths of the highest."""

    hour: int
    figures: Figures
    through: float
    lost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The figures of a day, of its hours, and of the days that end with it."""

    hours: Sequence[Figures]
    times: Sequence[Figures]  # one for each of DAYS
    worst: Sequence[answered.Window | None]


def routes() -> Sequence[web.RouteDef]:
    """The page."""
    return [web.get("/console/calls/answered", _page)]


async def _page(request: web.Request) -> web.StreamResponse:
    sessions.required(request, MAY_COUNT)
    services = request.app[SERVICES]
    now, living = services.runtime.now(), await live.living(services)
    today = now.astimezone(LOCAL_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    day = min(calls.midnight(request.query.get("day", "")) or today, today)
    known = await services.database.read(lambda c: _known(c, day, now, living))
    values = {
        "day": day,
        "today": day == today,
        "before": (day - DAY).date().isoformat(),
        "after": (day + DAY).date().isoformat(),
        "names": _names(day == today),
        "lines": _lines(known),
        "bars": _bars(known.hours),
        "most": max(each.calls for each in known.hours),
        "living": known.times[0].ends[End.LIVING],
    }
    return pages.show(request, "answered.html", values)


def _known(connection: Connection, day: datetime, now: datetime, living: frozenset[str]) -> Known:
    since, until = day - (max(DAYS) - 1) * DAY, day + DAY
    found = answered.rows(connection, since, until)
    every = answered.by_hour(found, since, max(DAYS) * answered.WINDOW)
    hours = [answered.figures(each, now, living) for each in every]
    past = hours[: (min(until, now) - since) // answered.HOUR]  # an hour that runs is no whole one
    times = [answered.together(hours[-days * answered.WINDOW :]) for days in DAYS]
    worst = [_worst(past, since, until - days * DAY) if days > 1 else None for days in DAYS]
    return Known(hours=hours[-answered.WINDOW :], times=times, worst=worst)


def _worst(past: Sequence[Figures], since: datetime, begin: datetime) -> answered.Window | None:
    return answered.worst(past[(begin - since) // answered.HOUR :], begin)


def _names(today: bool) -> Sequence[str]:
    return ("今天" if today else "这一天", *(f"到这天的 {days} 天" for days in DAYS[1:]))


def _lines(known: Known) -> Sequence[Line]:
    worst = Line(
        name="接通率最低的 24 小时",
        means="从每个整点起连续 24 小时，接通率最低的一段。",
        goal=GOAL,
        cells=[_window(each) for each in known.worst],
    )
    lines = [
        Line(name=name, means=means, goal=goal, cells=[value(each) for each in known.times])
        for name, means, goal, value in _WHAT
    ]
    return (*lines[:_BEFORE_WORST], worst, *lines[_BEFORE_WORST:])


def _window(window: answered.Window | None) -> Cell:
    if window is None:
        return Cell(text=NONE)
    share = _share(window.through, window.calls)
    return Cell(text=share.text, of=f"{share.of}，{pages.clock(window.since)} 起", met=share.met)


def _share(part: int, whole: int) -> Cell:
    """Never rounded up to a goal that it has not reached."""
    if not whole:
        return Cell(text=NONE)
    text = f"{math.floor(1000 * part / whole) / 10:.1f} %"
    return Cell(text=text, of=f"{part}/{whole}", met=part >= answered.TARGET * whole)


def _count(*ends: End) -> _Value:
    return lambda figures: Cell(text=str(sum(figures.ends[each] for each in ends)))


def _wait(share: float, *, goal: bool) -> _Value:
    def cell(figures: Figures) -> Cell:
        waited_s = figures.waited_s(share)
        if waited_s is None:
            return Cell(text=NONE)
        met = waited_s <= answered.SOON.total_seconds() if goal else None
        return Cell(text=spoken.length(math.ceil(waited_s)), met=met)

    return cell


_BEFORE_WORST = 3  # it follows the share that it is the lowest of
_WHAT: Sequence[tuple[str, str, str, _Value]] = (
    ("来电", "居民打进来、已经结束的电话。", "", lambda f: Cell(text=str(f.calls))),
    (
        "15 秒内应答",
        "电话进来 15 秒以内，居民听到了热线或者话务员说话。",
        GOAL,
        lambda f: _share(f.answered_soon, f.calls),
    ),
    (
        "接通率",
        "热线应答了，要转话务员的也有话务员接起来；没人接的，留了言也不算接通。",
        GOAL,
        lambda f: _share(f.through, f.calls),
    ),
    (
        "转话务员",
        "居民要找人，或者热线没有听明白、出了错，转去找话务员的。",
        "",
        lambda f: Cell(text=str(f.handed)),
    ),
    (
        "话务员 15 秒内接起",
        "在转话务员的电话里占多少；从开始排队算起。",
        GOAL,
        lambda f: _share(f.ends[End.SOON], f.handed),
    ),
    (
        "话务员接起",
        "在转话务员的电话里占多少，不管等了多久。",
        GOAL,
        lambda f: _share(f.picked_up, f.handed),
    ),
    ("等不到就挂断（呼损）", "转话务员没人接，也没有留言。", "", _count(End.GIVEN_UP)),
    ("等不到，留了言", "转话务员没人接，在录音机里留了言。", "", _count(End.MESSAGE)),
    (
        "等了多久，一半的人",
        "话务员接起来的电话里，一半从排队到接起不超过这么久。",
        "",
        _wait(HALF, goal=False),
    ),
    (
        "等了多久，95 % 的人",
        "话务员接起来的电话里，100 个有 95 个不超过这么久。",
        GOAL_S,
        _wait(NEARLY_ALL, goal=True),
    ),
    ("热线自己办完", "没有转话务员，热线记下了事，或者答了话。", "", _count(End.SERVED)),
    ("没说完就挂断", "热线应答了，居民没有说完，也没有要找人。", "", _count(End.HUNG_UP)),
    (
        "中断，或者没人应答",
        "线路断了、程序出了错，或者应答以前就断了。",
        "",
        _count(End.BROKEN, End.UNANSWERED),
    ),
)


def _bars(hours: Sequence[Figures]) -> Sequence[Bar]:
    most = max(1, *(each.calls for each in hours))
    return [
        Bar(
            hour=hour,
            figures=each,
            through=100 * each.through / most,
            lost=100 * (each.calls - each.through) / most,
        )
        for hour, each in enumerate(hours)
    ]
