"""What could not be delivered: look at it, send it again."""

from collections.abc import Sequence

from aiohttp import web

from intake import letters
from intake.services import SERVICES
from intake.web import forms, pages, rows, sessions
from routing import outbox

PAGE = 50
ALL = "all"


def routes() -> Sequence[web.RouteDef]:
    """The list, and sending one again or all."""
    return [
        web.get("/console/letters", _page),
        web.post(f"/console/letters/{ALL}", _resend_all),
        web.post("/console/letters/{id:[0-9A-Za-z-]{1,64}}", _resend),
    ]


async def _page(request: web.Request) -> web.StreamResponse:
    services, page = request.app[SERVICES], rows.page_number(request)
    dead = await services.database.read(
        lambda c: outbox.dead(c, limit=PAGE + 1, offset=(page - 1) * PAGE)
    )
    session = sessions.required(request, sessions.EVERYBODY)
    values = {
        "letters": [letters.shown(services.county, services.replies, d) for d in dead[:PAGE]],
        "number": await services.database.read(outbox.count_dead),
        "more": len(dead) > PAGE,
        "page": page,
        "may_write": session.account.role in sessions.MAY_WRITE,
    }
    return pages.show(request, "letters.html", values)


async def _resend(request: web.Request) -> web.StreamResponse:
    await forms.read(request)
    sessions.required(request, sessions.MAY_WRITE)
    services = request.app[SERVICES]
    key, now = request.match_info["id"], services.runtime.now()
    await services.database.write(lambda c: outbox.resend(c, key, now))
    raise web.HTTPSeeOther("/console/letters")


async def _resend_all(request: web.Request) -> web.StreamResponse:
    await forms.read(request)
    sessions.required(request, sessions.MAY_WRITE)
    services = request.app[SERVICES]
    now = services.runtime.now()
    await services.database.write(lambda c: outbox.resend_all(c, now))
    raise web.HTTPSeeOther("/console/letters")
