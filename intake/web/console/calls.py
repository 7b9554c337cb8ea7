"""Calls: the list of a day, and one call with its transcript beside its recording."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy import Connection

from channels import text
from config.runtime import LOCAL_ZONE
from intake import accounts
from intake.accounts import Session
from intake.phone import listens, recordings, register
from intake.phone.register import Entry, Sort, Wanted
from intake.services import SERVICES, Services
from intake.web import forms, looks, pages, rows, sessions, spoken
from intake.web.console import live
from intake.web.looks import Look, What

PAGE = 30
_OF_CALLS = (What.CALLER, What.REPORTER)  # photos and sounds are shown on the ticket
NOT_BY_NUMBER = "按号码查通话要留痕，只有话务员能用。可以按日期、怎么结束、工单号查。"
CALL = "{call:[0-9a-f-]{36}}"


def routes() -> Sequence[web.RouteDef]:
    """The list, the page, and a look at the caller's number."""
    return [
        web.get("/console/calls", _list),
        web.get(f"/console/calls/{CALL}", _page),
        web.post(f"/console/calls/{CALL}/identity", _identity),
    ]


async def _list(request: web.Request) -> web.StreamResponse:
    services, session = request.app[SERVICES], sessions.required(request, sessions.EVERYBODY)
    asked = {name: _asked(request, name) for name in ("day", "sort", "digits", "ticket")}
    may_look = session.account.role in sessions.MAY_WRITE
    if asked["digits"] and not may_look:
        raise web.HTTPForbidden(text=NOT_BY_NUMBER)
    today = services.runtime.now().astimezone(LOCAL_ZONE).date()
    everywhere = asked["digits"] or asked["ticket"] or "day" in request.query
    day = asked["day"] if everywhere else today.isoformat()
    page = rows.page_number(request)
    wanted = _wanted(day, asked)
    found = await services.database.read(
        lambda c: register.listing(c, wanted, limit=PAGE + 1, offset=(page - 1) * PAGE)
    )
    if asked["digits"]:
        await _note_search(services, session, wanted.last_digits)
    values = {
        "may_look": may_look,
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


async def _note_search(services: Services, session: Session, digits: str) -> None:
    """Who looks for a person by his number leaves a trace, here as anywhere."""
    look = Look(
        operator=session.account.name,
        at=services.runtime.now(),
        what=What.SEARCH,
        reason=f"通话里查号码后四位 {digits}",
        item=digits,
    )
    new_id = services.runtime.new_id()
    await services.database.write(lambda c: looks.keep_once(c, look, new_id))


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
    call = await services.database.read(lambda c: _call(c, request.match_info["call"]))
    look = Look(
        operator=session.account.name,
        at=services.runtime.now(),
        what=What.CALLER,
        reason=fields["reason"],
    )
    keys = [(key, services.runtime.new_id()) for key in looked_at(call)]

    def write(connection: Connection) -> None:
        for key, new_id in keys:
            looks.keep(connection, replace(look, ticket=key), new_id)

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
    known = await services.database.read(lambda c: _known(c, request.match_info["call"]))
    call, kept = known["call"], known["recordings"]
    values = {
        **known,
        "row": spoken.row(call, lives=call.id in await live.living(services)),
        "number": spoken.whole(call.contact) if whole else spoken.masked(call.contact),
        "whole": whole,
        "may_look": session.account.role in sessions.MAY_WRITE and not whole,
        "talk": spoken.talk(known["lines"], mask=not whole),
        "may_hear": hears,
        "sound": _sound(kept) if hears else "",
        "length": spoken.length,
        "problem": problem,
    }
    return pages.show(request, "call.html", values, status=409 if problem else 200)


def _sound(kept: Sequence[recordings.Kept]) -> str:
    played = (each for each in kept if each.readable and not each.purged)
    return next((each.id for each in played if each.kind == "call"), "")


def _known(connection: Connection, call_id: str) -> dict[str, Any]:
    """What is known of a call in one moment."""
    call, kept = _call(connection, call_id), recordings.of_call(connection, call_id)
    seen = [look for key in looked_at(call) for look in looks.of_ticket(connection, key)]
    return {
        "call": call,
        "lines": register.lines(connection, call_id),
        "recordings": kept,
        "listens": {each.id: listens.of_recording(connection, each.id) for each in kept},
        "looks": [look for look in seen if look.what in _OF_CALLS],
        "people": accounts.names(connection),
    }


def _call(connection: Connection, call_id: str) -> Entry:
    found = register.one(connection, call_id)
    if found is None:
        raise web.HTTPNotFound(text="没有这个通话")
    return found
