"""Calls: the list of a day, and one call with its transcript beside its recording."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy import Connection

from channels import text
from channels.phone import reasons
from config.runtime import LOCAL_ZONE
from intake import accounts
from intake.phone import listens, recordings, register, transcripts
from intake.phone.recordings import Kind
from intake.phone.register import Entry, Sort, Wanted
from intake.services import SERVICES
from intake.web import forms, limiting, locating, looks, marking, pages, rows, sessions, spoken
from intake.web.console import live
from intake.web.looks import Look, What

PAGE = 30
_OF_CALLS = (What.CALLER, What.REPORTER)  # photos and sounds are shown on the ticket
LAST_DIGITS = 4  # of a number, by which its calls are found
WHICH = "请写号码的后四位，或者整个号码"
WHY = "请写全号码的后四位，并写明为什么要按号码查"
YEARS = range(2000, 3000)
CALL = "{call:[0-9a-f-]{36}}"


def routes() -> Sequence[web.RouteDef]:
    """The list, looking for a number's calls, the page, and a look at the caller's number."""
    return [
        web.get("/console/calls", _list),
        web.post("/console/calls", _by_number),
        web.get(f"/console/calls/{CALL}", _page),
        web.post(f"/console/calls/{CALL}/identity", _identity),
    ]


async def _list(request: web.Request) -> web.StreamResponse:
    services = request.app[SERVICES]
    asked = {name: _asked(request, name) for name in ("day", "sort", "ticket")}
    today = services.runtime.now().astimezone(LOCAL_ZONE).date()
    everywhere = asked["ticket"] or "day" in request.query
    asked["day"] = asked["day"] if everywhere else today.isoformat()
    page, wanted = rows.page_number(request), _wanted(asked)
    found = await services.database.read(
        lambda c: register.listing(c, wanted, limit=PAGE + 1, offset=(page - 1) * PAGE)
    )
    values = {
        **asked,
        "more": len(found) > PAGE,
        "page": page,
        "today": asked["day"] == today.isoformat(),
        "query": urlencode(asked),
    }
    return await _listed(request, found[:PAGE], values)


async def _by_number(request: web.Request) -> web.StreamResponse:
    """Shows the calls of a number's last digits, after writing down who looked and why."""
    fields = await forms.read(request)
    session = sessions.required(request, sessions.MAY_WRITE)
    services = request.app[SERVICES]
    typed, reason = fields.get("digits", ""), fields.get("reason", "")
    kept = {"digits": typed, "reason": reason}
    digits = "".join(each for each in typed if each in "0123456789")[-LAST_DIGITS:]
    if len(digits) < LAST_DIGITS or not reason:
        problem = WHY if digits else WHICH
        return await _listed(request, [], {**kept, "problem": problem}, status=409)
    look = Look(
        operator=session.account.name,
        at=services.runtime.now(),
        what=What.SEARCH,
        reason=f"{reason}（通话里查号码后四位 {digits}）",
        item=digits,
    )
    new_id = services.runtime.new_id()

    def look_up(connection: Connection) -> list[Entry]:
        looks.keep(connection, look, new_id)
        return register.listing(connection, Wanted(last_digits=digits), limit=PAGE)

    found = await services.database.write(look_up)
    return await _listed(request, found, {**kept, "by_number": True})


async def _listed(
    request: web.Request, found: Sequence[Entry], values: dict[str, Any], *, status: int = 200
) -> web.StreamResponse:
    services = request.app[SERVICES]
    session = sessions.required(request, sessions.EVERYBODY)
    blank: dict[str, Any] = {
        "day": "",
        "sort": "",
        "ticket": "",
        "digits": "",
        "reason": "",
        "problem": "",
    }
    blank |= {"more": False, "page": 1, "today": False, "query": "", "by_number": False}
    shown = {
        "may_look": session.account.role in sessions.MAY_WRITE,
        "rows": spoken.rows(found, await live.living(services)),
        "sorts": spoken.SORTS,
    }
    return pages.show(request, "calls.html", {**blank, **shown, **values}, status=status)


def _asked(request: web.Request, name: str) -> str:
    return text.cleaned(request.query.get(name, "")).strip()[:20]


def _wanted(asked: dict[str, str]) -> Wanted:
    since = midnight(asked["day"])
    ticket = "".join(each for each in asked["ticket"] if each in "0123456789-")
    return Wanted(
        since=since,
        until=since + timedelta(days=1) if since else None,
        sort=Sort(asked["sort"]) if asked["sort"] in set(Sort) else None,
        ticket=ticket,
    )


def midnight(day: str) -> datetime | None:
    """The beginning of a day; None for what is none, or none of ours."""
    try:
        begins = datetime.combine(date.fromisoformat(day), time(), LOCAL_ZONE)
    except ValueError:
        return None
    return begins if begins.year in YEARS else None


async def _page(request: web.Request) -> web.StreamResponse:
    return await shown(request)


async def _identity(request: web.Request) -> web.StreamResponse:
    """Shows the caller's number, after writing down who looked and why."""
    fields = await forms.read(request)
    session = sessions.required(request, sessions.MAY_WRITE)
    services = request.app[SERVICES]
    if not fields.get("reason"):
        return await shown(request, problem="请写明为什么要看来电号码")
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
    return await shown(request, whole=True)


def looked_at(call: Entry) -> tuple[str, ...]:
    """Under which numbers a look is written down: the call's tickets, else the call itself."""
    return call.tickets or (f"call:{call.id[:13]}",)


async def shown(
    request: web.Request,
    *,
    problem: str = "",
    whole: bool = False,
    typed: forms.Fields | None = None,
) -> web.StreamResponse:
    """The page of a call; `whole`: with the number, `typed`: with what was to limit it."""
    services = request.app[SERVICES]
    session = sessions.required(request, sessions.EVERYBODY)
    hears = session.account.role in sessions.MAY_HEAR
    now = services.runtime.now()
    known = await services.database.read(lambda c: _known(c, request.match_info["call"], now))
    call, kept = known["call"], known["recordings"]
    marks = await services.database.read(lambda c: marking.of_call(c, services, call))
    values = {
        **known,
        "abouts": await locating.abouts(services, call.tickets),
        "row": spoken.row(call, lives=call.id in await live.living(services)),
        "number": spoken.whole(call.contact) if whole else spoken.masked(call.contact),
        "whole": whole,
        "may_look": session.account.role in sessions.MAY_WRITE and not whole,
        "talk": spoken.talk(known["lines"], mask=not whole),
        "heard": _heard(known, hears=hears, whole=whole),
        "may_hear": hears,
        "sound": _sound(kept) if hears else "",
        "length": spoken.length,
        "problem": problem,
        "wrong_codes": reasons.WRONG_CODES,
        "straight": marks,
        "date": marking.date,
        **limiting.offered(call, session, services.settings.phone, typed),
    }
    return pages.show(request, "call.html", values, status=409 if problem else 200)


def _heard(known: dict[str, Any], *, hears: bool, whole: bool) -> list[spoken.Heard]:
    made = spoken.heard(known["transcripts"], mask=not whole, may_hear=hears)
    return made.get(known["call"].id, [])


def _sound(kept: Sequence[recordings.Kept]) -> str:
    played = (each for each in kept if each.readable and not each.purged)
    return next((each.id for each in played if each.kind == "call"), "")


def _known(connection: Connection, call_id: str, now: datetime) -> dict[str, Any]:
    """What is known of a call in one moment."""
    call, found = _call(connection, call_id), recordings.of_call(connection, call_id)
    kept = [each for each in found if each.kind is not Kind.CALLER]  # which is in the whole one
    seen = [look for key in looked_at(call) for look in looks.of_ticket(connection, key)]
    return {
        "call": call,
        "lines": register.lines(connection, call_id),
        "transcripts": transcripts.of_calls(connection, [call_id]),
        "recordings": kept,
        "listens": {each.id: listens.of_recording(connection, each.id) for each in kept},
        "looks": [look for look in seen if look.what in _OF_CALLS],
        "people": accounts.names(connection),
        **limiting.known(connection, call, now),
    }


def _call(connection: Connection, call_id: str) -> Entry:
    found = register.one(connection, call_id)
    if found is None:
        raise web.HTTPNotFound(text="没有这个通话")
    return found
