"""The line now: calls, who waits, what the operators' telephones do; its middle renews itself.

The same from every process, also from those that don't have the line: see `noticeboard`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from aiohttp import web

from channels.phone.book import Outcome
from channels.phone.exchange.happenings import Operator, OperatorState
from config.runtime import LOCAL_ZONE
from intake.phone import noticeboard, register
from intake.phone.noticeboard import Notice, Standing
from intake.phone.register import Entry, Wanted
from intake.services import SERVICES, Services
from intake.web import locating, pages, spoken
from intake.web.locating import About

STATES = {
    OperatorState.READY: "空闲",
    OperatorState.RINGING: "正在振铃",
    OperatorState.TALKING: "通话中",
    OperatorState.AWAY: "没有登录",
}
OFF = "没有启用电话线路。"  # as it was set up, nothing to be alarmed by
AWAY = "没有连上电话交换机，看不到线路。居民打来会直接转话务员，通话照样录音。"
NOT_YET = "还没有线路的消息：管电话的程序还没有启动好。过一会儿还是这样，请告诉维护人员。"
SILENT = (
    "不知道线路现在怎样：从 {since} 起没有线路的消息。管电话的程序可能停了，请告诉维护人员。"
    "它停着的时候，居民打来会直接转话务员。"
)
US, RECORDER = "热线自己", "没有话务员接，录音机"
NOBODY = Notice(up=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that is on the line."""

    id: str
    since: datetime  # of the state that it is in
    number: str
    purpose: str
    tickets: tuple[str, ...]
    with_whom: str = US
    abouts: tuple[About, ...] = ()  # of who waits: what is to be known before somebody picks up


def routes() -> Sequence[web.RouteDef]:
    """The page, and its middle alone."""
    return [web.get("/console/live", _page), web.get("/console/live/board", _board)]


async def living(services: Services) -> frozenset[str]:
    """The ids of the calls that are on the line, as far as is known."""
    notice = (await noticeboard.standing(services)).notice
    return frozenset(notice.calls) if notice is not None else frozenset()


async def _page(request: web.Request) -> web.StreamResponse:
    return pages.show(request, "live.html", await _values(request))


async def _board(request: web.Request) -> web.StreamResponse:
    return pages.show(request, "live_board.html", await _values(request))


async def _values(request: web.Request) -> dict[str, object]:
    services = request.app[SERVICES]
    now, stands = services.runtime.now(), await noticeboard.standing(services)
    notice, problem = stands.notice or NOBODY, _problem(services, stands, now)
    ids = notice.calls
    known = await services.database.read(
        lambda c: register.listing(c, Wanted(ids=ids), limit=len(ids))
    )
    entries = {each.id: each for each in known}
    queued = [entries[each] for each in notice.waiting if each in entries]
    known_of = await locating.abouts(services, [n for each in queued for n in each.tickets])
    waiting = [_call(each, now, known_of) for each in queued]
    talking = [
        _call(each, now)
        for each in sorted(known, key=lambda each: each.began_at)
        if each.id not in notice.waiting
    ]
    operators = sorted(notice.operators, key=lambda each: each.name)
    return {
        "problem": problem,
        "off": problem == OFF,
        "waiting": waiting,
        "talking": talking,
        "operators": operators,
        "states": STATES,
        "state": _digest(problem, waiting, talking, operators),
        "length": spoken.length,
        "seconds": lambda since: round((now - since).total_seconds()),
    }


def _problem(services: Services, stands: Standing, now: datetime) -> str:
    """Why the line can't be seen; empty: it can."""
    if stands.notice is not None:
        return "" if stands.notice.up else AWAY
    if services.settings.phone is None:
        return OFF
    if stands.silent_since is None:
        return NOT_YET
    return SILENT.format(since=_moment(stands.silent_since, now))


def _moment(at: datetime, now: datetime) -> str:
    """`15:04:22`, and the day too where it is not today."""
    local, today = at.astimezone(LOCAL_ZONE), now.astimezone(LOCAL_ZONE).date()
    day = "" if local.date() == today else f"{local.month}月{local.day}日 "
    return f"{day}{local:%H:%M:%S}"


def _call(entry: Entry, now: datetime, abouts: Mapping[str, About] = MappingProxyType({})) -> Call:
    waits = entry.queued_at if entry.connected_at is None else None
    left = entry.ended_at if entry.outcome is Outcome.PERSON else None  # our part is over
    return Call(
        id=entry.id,
        since=min(waits or entry.connected_at or left or entry.began_at, now),
        number=spoken.masked(entry.contact),
        purpose=spoken.PURPOSES[entry.purpose],
        tickets=entry.tickets,
        with_whom=entry.operator if entry.connected_at else RECORDER if left else US,
        abouts=tuple(abouts[number] for number in entry.tickets if number in abouts),
    )


def _digest(
    problem: str, waiting: list[Call], talking: list[Call], operators: list[Operator]
) -> str:
    """Changes when anything but the passing time has changed."""
    told = repr((problem, waiting, talking, operators)).encode()
    return hashlib.sha256(told).hexdigest()[:16]
