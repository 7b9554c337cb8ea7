"""Finding tickets by number, words, place, status and light; a person only with a reason."""

import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy import Connection

from channels import text
from config.county import County
from intake.services import SERVICES, Services
from intake.web import forms, looks, pages, rows, sessions
from intake.web.looks import Look, What
from intake.web.rows import Row
from nlp import redact
from routing import finding, report
from routing.deadline import Light
from routing.finding import Wanted, Word
from routing.ticket import Status

PAGE = 30
LONGEST_QUERY = 60
SHORTEST_PHONE = 7
MOST_PLACES = 50
MAY_LOOK = sessions.MAY_WRITE
WHO = "请把电话号码写全（至少 7 位），或者写姓名（两到四个汉字）"
WHY = "请写明为什么要按人查"
_NAME = re.compile(r"[\u4e00-\u9fff·]{2,8}")


def routes() -> Sequence[web.RouteDef]:
    """The page, and looking for whoever has a telephone or a name."""
    return [web.get("/console/search", _page), web.post("/console/search", _by_person)]


async def _page(request: web.Request) -> web.StreamResponse:
    services = request.app[SERVICES]
    words = text.cleaned(request.query.get("q", "")).strip()[:LONGEST_QUERY]
    status, light = request.query.get("status", ""), request.query.get("light", "")
    page, ring = rows.page_number(request), "1" if "ring" in request.query else ""
    wanted = Wanted(
        words=_words(services.county, words),
        status=Status(status) if status in set(Status) else None,
        light=Light(light) if light in set(Light) else None,
        to_ring=services.dispatcher.unreached if ring else None,
    )
    found = await services.database.read(lambda c: _found(c, services, wanted, page))
    values = {
        "rows": found[:PAGE],
        "more": len(found) > PAGE,
        "page": page,
        "q": words,
        "status": status,
        "light": light,
        "ring": ring,
        "query": urlencode({"q": words, "status": status, "light": light} | _if_ticked(ring)),
        "personal": finding.is_personal(words) and not found,
    }
    return _shown(request, values)


def _if_ticked(ring: str) -> dict[str, str]:
    return {"ring": ring} if ring else {}


def _found(connection: Connection, services: Services, wanted: Wanted, page: int) -> list[Row]:
    """The lines of a page and, where there are more, of one beyond it."""
    now, offset = services.runtime.now(), (page - 1) * PAGE
    if wanted.to_ring is not None:
        wanted = replace(wanted, to_ring=report.to_ring(connection, wanted.to_ring))
    found = finding.search(connection, wanted, now=now, limit=PAGE + 1, offset=offset)
    return rows.read(connection, services.county, found, now)


async def _by_person(request: web.Request) -> web.StreamResponse:
    """Shows the tickets of a telephone or a name, after writing down at each who looked and why;
    where there are none, that he looked.
    """
    fields = await forms.read(request)
    session = sessions.required(request, MAY_LOOK)
    services = request.app[SERVICES]
    who, reason = fields.get("who", ""), fields.get("reason", "")
    kept = {"who": who, "reason": reason}
    is_phone = sum(each.isdigit() for each in who) >= SHORTEST_PHONE
    if not is_phone and not _NAME.fullmatch(who):
        return _shown(request, {**kept, "problem": WHO}, status=409)
    if not reason:
        return _shown(request, {**kept, "problem": WHY}, status=409)
    hidden = redact.mask_phone(who) if is_phone else who[0] + "某"
    look = Look(
        operator=session.account.name,
        at=services.runtime.now(),
        what=What.SEARCH,
        reason=f"{reason}（查 {hidden}）",
    )
    found = await services.database.write(lambda c: _looked_up(c, services, who, look))
    return _shown(request, {**kept, "rows": found, "asked": True})


def _looked_up(connection: Connection, services: Services, who: str, look: Look) -> list[Row]:
    found = finding.by_person(connection, who, limit=PAGE)
    for number in [ticket.number for ticket in found] or [""]:
        looks.keep(connection, replace(look, ticket=number), services.runtime.new_id())
    return rows.read(connection, services.county, found, look.at)


def _shown(
    request: web.Request, values: dict[str, object], *, status: int = 200
) -> web.StreamResponse:
    session = sessions.required(request, sessions.EVERYBODY)
    blank = {"rows": [], "more": False, "page": 1, "query": "", "personal": False, "problem": ""}
    blank |= {"q": "", "status": "", "light": "", "ring": ""}
    blank |= {"who": "", "reason": "", "asked": False}
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
