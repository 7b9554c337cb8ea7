"""The line now: calls, who waits, what the operators' telephones do; its middle renews itself."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from channels.phone.channel import PhoneChannel
from channels.phone.exchange.happenings import Operator, OperatorState
from channels.phone.exchange.situation import Situation
from intake.phone import register
from intake.phone.register import Entry, Wanted
from intake.services import SERVICES, Services
from intake.web import pages, spoken

MOST = 200
STATES = {
    OperatorState.READY: "空闲",
    OperatorState.RINGING: "正在振铃",
    OperatorState.TALKING: "通话中",
    OperatorState.AWAY: "没有登录",
}
AWAY = Situation(up=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that is on the line."""

    id: str
    since: datetime  # of the state that it is in
    number: str
    purpose: str
    tickets: tuple[str, ...]
    operator: str = ""


def routes() -> Sequence[web.RouteDef]:
    """The page, and its middle alone."""
    return [web.get("/console/live", _page), web.get("/console/live/board", _board)]


def living(services: Services) -> frozenset[str]:
    """The ids of the calls that are on the line, as far as this process knows."""
    return frozenset(each.call_id for each in situation(services).calls)


def situation(services: Services) -> Situation:
    """How the line stands; `up` is false where there is none, or another process has it."""
    channel = services.channels.get(PhoneChannel.name)
    return channel.situation() if isinstance(channel, PhoneChannel) else AWAY


async def _page(request: web.Request) -> web.StreamResponse:
    return pages.show(request, "live.html", await _values(request))


async def _board(request: web.Request) -> web.StreamResponse:
    return pages.show(request, "live_board.html", await _values(request))


async def _values(request: web.Request) -> dict[str, object]:
    services = request.app[SERVICES]
    now, stands = services.runtime.now(), situation(services)
    ids = [each.call_id for each in stands.calls][:MOST]
    known = await services.database.read(lambda c: register.listing(c, Wanted(ids=ids), limit=MOST))
    entries = {each.id: each for each in known}
    queue = [each.call_id for each in stands.waiting]
    waiting = [_call(entries[each], now) for each in queue if each in entries]
    talking = [
        _call(each, now)
        for each in sorted(known, key=lambda each: each.began_at)
        if each.id not in queue
    ]
    operators = sorted(stands.operators, key=lambda each: each.name)
    return {
        "up": stands.up,
        "has_line": services.settings.phone is not None,
        "waiting": waiting,
        "talking": talking,
        "operators": operators,
        "states": STATES,
        "state": _digest(waiting, talking, operators),
        "length": spoken.length,
        "seconds": lambda since: round((now - since).total_seconds()),
    }


def _call(entry: Entry, now: datetime) -> Call:
    waits = entry.queued_at if entry.connected_at is None else None
    return Call(
        id=entry.id,
        since=min(waits or entry.connected_at or entry.began_at, now),
        number=spoken.masked(entry.contact),
        purpose=spoken.PURPOSES[entry.purpose],
        tickets=entry.tickets,
        operator=entry.operator,
    )


def _digest(waiting: list[Call], talking: list[Call], operators: list[Operator]) -> str:
    """Changes when anything but the passing time has changed."""
    told = repr((waiting, talking, operators)).encode()
    return hashlib.sha256(told).hexdigest()[:16]
