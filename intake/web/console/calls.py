"""Calls: the list of a day, and one call with its transcript beside its recording."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy import Connection

from channels import text
from config.runtime import LOCAL_ZONE
from intake.phone import recordings, register
from intake.phone.register import Entry, Sort, Wanted
from intake.services import SERVICES, Services
from intake.web import forms, looks, pages, rows, sessions, spoken
from intake.web.console import live
from intake.web.looks import Look

PAGE = 30
CALL = "{call:[0-9a-f-]{36}}"


def routes() -> Sequence[web.RouteDef]:
    """The list, the page, and a look at the caller's number."""
    return [
        web.get("/console/calls", _list),
        web.get(f"/console/calls/{CALL}", _page),
        web.post(f"/console/calls/{CALL}/identity", _identity),
    ]


async def _list(request: web.Request) -> web.StreamResponse:
    services = request.app[SERVICES]
    asked = {name: _asked(request, name) for name in ("day", "sort", "digits", "ticket")}
    today = services.runtime.now().astimezone(LOCAL_ZONE).date()
    everywhere = asked["digits"] or asked["ticket"] or "day" in request.query
    day = asked["day"] if everywhere else today.isoformat()
    page = rows.page_number(request)
    wanted = _wanted(day, asked)
    found = await services.database.read(
        lambda c: register.listing(c, wanted, limit=PAGE + 1, offset=(page - 1) * PAGE)
    )
    values = {
        "rows": spoken.rows(found[:PAGE], await live.living(services)),
        "more": len(found) > PAGE,
        "page": page,
        **asked,
        "day": day,
        "today": day == today.isoformat(),
        "sorts": spoken.SORTS,
        "query": urlencode({**asked, "day": day}),
    }
    return pages.show(request, "calls.html", values)


def _asked(request: web.Request, name: str) -> str:
    return text.cleaned(request.query.get(name, "")).strip()[:20]


def _wanted(day: str, asked: dict[str, str]) -> Wanted:
    since = _midnight(day)
    digits = "".join(each for each in asked["digits"] if each in "0123456789")
    ticket = "".join(each for each in asked["ticket"] if each in "0123456789-")
    return Wanted(
        since=since,
        until=since + timedelta(days=1) if since else None,
        sort=Sort(asked["sort"]) if asked["sort"] in set(Sort) else None,
        last_digits=digits[-4:],
        ticket=ticket,
    )


def _midnight(day: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(day), time(), LOCAL_ZONE)
    except (ValueError, OverflowError):
        return None


async def _page(request: web.Request) -> web.StreamResponse:
    return await _shown(request)


async def _identity(request: web.Request) -> web.StreamResponse:
    """Shows the caller's number, after writing down who looked and why."""
    fields = await forms.read(request)
    session = sessions.required(request, sessions.MAY_WRITE)
    services = request.app[SERVICES]
    if not fields.get("reason"):
        return await _shown(request, problem="请写明为什么要看来电号码")
    call = await _call(services, request.match_info["call"])
    look = Look(operator=session.account.name, reason=fields["reason"], at=services.runtime.now())
    keys = [(key, services.runtime.new_id()) for key in looked_at(call)]

    def write(connection: Connection) -> None:
        for key, new_id in keys:
            looks.keep(connection, look, key, new_id)

    await services.database.write(write)
    return await _shown(request, whole=True)


def looked_at(call: Entry) -> tuple[str, ...]:
    """Under which numbers a look is written down: the call's tickets, else the call itself."""
    return call.tickets or (f"call:{call.id[:13]}",)


async def _shown(
    request: web.Request, *, problem: str = "", whole: bool = False
) -> web.StreamResponse:
    services = request.app[SERVICES]
    session = sessions.required(request, sessions.EVERYBODY)
    hears = session.account.role in sessions.MAY_HEAR
    call = await _call(services, request.match_info["call"])
    lines = await services.database.read(lambda c: register.lines(c, call.id))
    kept = await services.database.read(lambda c: recordings.of_call(c, call.id))
    listens = await services.database.read(
        lambda c: {each.id: register.listeners(c, each.id) for each in kept}
    )
    looked = await services.database.read(
        lambda c: [look for key in looked_at(call) for look in looks.of_ticket(c, key)]
    )
    values = {
        "call": call,
        "row": spoken.row(call, lives=call.id in await live.living(services)),
        "number": spoken.whole(call.contact) if whole else spoken.masked(call.contact),
        "whole": whole,
        "may_look": session.account.role in sessions.MAY_WRITE and not whole,
        "talk": spoken.talk(lines, mask=not whole),
        "recordings": kept,
        "may_hear": hears,
        "sound": _sound(kept) if hears else "",
        "listens": listens,
        "looks": looked,
        "length": spoken.length,
        "problem": problem,
    }
    return pages.show(request, "call.html", values, status=409 if problem else 200)


def _sound(kept: Sequence[recordings.Kept]) -> str:
    return next((each.id for each in kept if not each.purged and each.kind == "call"), "")


async def _call(services: Services, call_id: str) -> Entry:
    found = await services.database.read(lambda c: register.one(c, call_id))
    if found is None:
        raise web.HTTPNotFound(text="没有这个通话")
    return found
