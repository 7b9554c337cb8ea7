"""Finding tickets by number, words, place, status and light; by a telephone only with a reason."""

from collections.abc import Sequence
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy import Connection

from channels import text
from config.county import County
from intake.services import SERVICES, Services
from intake.web import forms, looks, pages, rows, sessions
from intake.web.looks import Look
from routing import report
from routing.deadline import Light
from routing.report import Word
from routing.ticket import Status, Ticket

PAGE = 30
LONGEST_QUERY = 60
SHORTEST_PHONE = 7
MOST_PLACES = 50
MAY_LOOK = sessions.MAY_WRITE


def routes() -> Sequence[web.RouteDef]:
    """The page, and looking for whoever has a telephone."""
    return [web.get("/console/search", _page), web.post("/console/search", _by_phone)]


async def _page(request: web.Request) -> web.StreamResponse:
    services = request.app[SERVICES]
    words = text.cleaned(request.query.get("q", "")).strip()[:LONGEST_QUERY]
    status, light = request.query.get("status", ""), request.query.get("light", "")
    now, page = services.runtime.now(), rows.page_number(request)
    wanted = report.Wanted(
        words=_words(services.county, words),
        status=Status(status) if status in set(Status) else None,
        light=Light(light) if light in set(Light) else None,
    )
    found = await services.database.read(
        lambda c: report.search(c, wanted, now=now, limit=PAGE + 1, offset=(page - 1) * PAGE)
    )
    values = {
        "rows": await rows.read(services, found[:PAGE]),
        "more": len(found) > PAGE,
        "page": page,
        "q": words,
        "status": status,
        "light": light,
        "query": urlencode({"q": words, "status": status, "light": light}),
        "personal": report.is_personal(words) and not found,
    }
    return _shown(request, values)


async def _by_phone(request: web.Request) -> web.StreamResponse:
    """Shows the tickets of a telephone, after writing down at each who looked and why."""
    fields = await forms.read(request)
    session = sessions.required(request, MAY_LOOK)
    services = request.app[SERVICES]
    phone, reason = fields.get("phone", ""), fields.get("reason", "")
    kept = {"phone": phone, "reason": reason}
    if sum(each.isdigit() for each in phone) < SHORTEST_PHONE:
        return _shown(request, {**kept, "problem": "请把电话号码写全，至少 7 位"}, status=409)
    if not reason:
        return _shown(request, {**kept, "problem": "请写明为什么要按电话查"}, status=409)
    look = Look(operator=session.account.name, reason=reason, at=services.runtime.now())
    found = await services.database.write(lambda c: _looked_up(c, services, phone, look))
    return _shown(request, {**kept, "rows": await rows.read(services, found), "asked": True})


def _looked_up(connection: Connection, services: Services, phone: str, look: Look) -> list[Ticket]:
    found = report.by_phone(connection, phone, limit=PAGE)
    for ticket in found:
        looks.keep(connection, look, ticket.number, services.runtime.new_id())
    return found


def _shown(
    request: web.Request, values: dict[str, object], *, status: int = 200
) -> web.StreamResponse:
    session = sessions.required(request, sessions.EVERYBODY)
    blank = {"rows": [], "more": False, "page": 1, "query": "", "personal": False, "problem": ""}
    blank |= {"q": "", "status": "", "light": "", "phone": "", "reason": "", "asked": False}
    may_look = session.account.role in MAY_LOOK
    return pages.show(
        request, "search.html", {**blank, "may_look": may_look, **values}, status=status
    )


def _words(county: County, typed: str) -> tuple[Word, ...]:
    return tuple(_word(county, each) for each in typed.split())


def _word(county: County, word: str) -> Word:
    """The word with the places that it names: the ticket keeps codes, people type names."""
    within = [p for p in county.places if p.name in word]
    longest = max((p.name for p in within), key=len, default="")
    named = [p for p in within if p.name == longest] or [p for p in county.places if word in p.name]
    return Word(
        text=word,
        places=tuple(place.code for place in named[:MOST_PLACES]),
        rest=word.replace(longest, "", 1) if longest else "",
    )
