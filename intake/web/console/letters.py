"""What could not be delivered: look at it, send it again."""

from collections.abc import Sequence

from aiohttp import web

from intake import attachments
from intake.services import SERVICES
from intake.web import forms, pages, sessions
from nlp import redact
from routing import outbox

MOST = 200


def routes() -> Sequence[web.RouteDef]:
    """The list, and sending one again."""
    return [
        web.get("/console/letters", _page),
        web.post("/console/letters/{id:[0-9A-Za-z-]{1,64}}", _resend),
    ]


async def _page(request: web.Request) -> web.StreamResponse:
    services = request.app[SERVICES]
    dead = await services.database.read(lambda c: outbox.dead(c, limit=MOST))
    letters = [
        {
            "id": each.envelope.id,
            "to": _addressee(request, each.envelope.destination),
            "ticket": each.envelope.ticket,
            "attempts": each.envelope.attempts,
            "last_error": each.last_error,
        }
        for each in dead
    ]
    session = sessions.current(request)
    may_write = session is not None and session.account.role in sessions.MAY_WRITE
    return pages.show(request, "letters.html", {"letters": letters, "may_write": may_write})


async def _resend(request: web.Request) -> web.StreamResponse:
    await forms.read(request)
    sessions.required(request, sessions.MAY_WRITE)
    services = request.app[SERVICES]
    key, now = request.match_info["id"], services.runtime.now()
    await services.database.write(lambda c: outbox.resend(c, key, now))
    raise web.HTTPSeeOther("/console/letters")


def _addressee(request: web.Request, destination: str) -> str:
    """A department by its name; a resident only by his channel and the ends of his address."""
    scheme, _, path = destination.partition(":")
    units = request.app[SERVICES].county.units
    if scheme == "webhook":
        return units[path].name if path in units else path
    if scheme == attachments.SCHEME:
        return "补取居民发来的照片、语音或文件"
    return f"{scheme}:{redact.mask_phone(path)}"
