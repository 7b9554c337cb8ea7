"""Who looked at whom (留痕): every look at what tells who somebody is, for those who supervise."""

from collections.abc import Sequence

from aiohttp import web
from sqlalchemy import Connection

from intake import accounts
from intake.services import SERVICES
from intake.web import looks, pages, rows, sessions

PAGE = 50
MAY_TRACE = sessions.MAY_SUPERVISE


def routes() -> Sequence[web.RouteDef]:
    """The list."""
    return [web.get("/console/traces", _page)]


async def _page(request: web.Request) -> web.StreamResponse:
    sessions.required(request, MAY_TRACE)
    page = rows.page_number(request)

    def read(connection: Connection) -> dict[str, object]:
        found = looks.latest(connection, limit=PAGE + 1, offset=(page - 1) * PAGE)
        people = accounts.names(connection)
        return {"looks": found[:PAGE], "more": len(found) > PAGE, "people": people}

    known = await request.app[SERVICES].database.read(read)
    return pages.show(request, "traces.html", {**known, "page": page})
