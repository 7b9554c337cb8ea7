"""Finding tickets by number, words, place, status and light."""

from collections.abc import Sequence
from urllib.parse import urlencode

from aiohttp import web

from channels import text
from intake.services import SERVICES
from intake.web import pages, rows
from routing import report
from routing.deadline import Light
from routing.ticket import Status

PAGE = 30
LONGEST_QUERY = 60


def routes() -> Sequence[web.RouteDef]:
    """One page."""
    return [web.get("/console/search", _page)]


async def _page(request: web.Request) -> web.StreamResponse:
    services = request.app[SERVICES]
    words = text.cleaned(request.query.get("q", "")).strip()[:LONGEST_QUERY]
    status, light = request.query.get("status", ""), request.query.get("light", "")
    now, page = services.runtime.now(), rows.page_number(request)
    wanted = report.Wanted(
        words=words,
        status=Status(status) if status in set(Status) else None,
        light=Light(light) if light in set(Light) else None,
        places=_places(request, words),
    )
    found = await services.database.read(
        lambda c: report.search(c, wanted, now=now, limit=PAGE + 1, offset=(page - 1) * PAGE)
    )
    values = {
        "rows": rows.shown(found[:PAGE], now),
        "more": len(found) > PAGE,
        "page": page,
        "q": words,
        "status": status,
        "light": light,
        "query": urlencode({"q": words, "status": status, "light": light}),
    }
    return pages.show(request, "search.html", values)


def _places(request: web.Request, words: str) -> tuple[str, ...]:
    """Codes of the places that the words name: the ticket keeps codes, people type names."""
    if not words:
        return ()
    places = request.app[SERVICES].county.places
    return tuple(p.code for p in places if words in p.name or p.name in words)[:50]
