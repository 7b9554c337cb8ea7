"""The first page: tickets that wait for a person's decision, and how things stand."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from intake.services import SERVICES
from intake.web import pages, rows
from routing import report
from routing.deadline import Light
from routing.ticket import Status

PAGE = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number on the first page, with the list behind it."""

    name: str
    number: int
    link: str


def routes() -> Sequence[web.RouteDef]:
    """The page, and the count that announces news."""
    return [web.get("/console", _page), web.get("/console/waiting", _waiting)]


async def _page(request: web.Request) -> web.StreamResponse:
    services = request.app[SERVICES]
    now, page = services.runtime.now(), rows.page_number(request)
    found = await services.database.read(
        lambda c: report.waiting(c, limit=PAGE + 1, offset=(page - 1) * PAGE)
    )
    counts = await services.database.read(lambda c: report.counts(c, now))
    waiting = counts.status(Status.DECIDING) + counts.status(Status.RETURNED)
    figures = [
        Figure(name="件待研判", number=counts.status(Status.DECIDING), link="/console"),
        Figure(
            name="件退单待裁定",
            number=counts.status(Status.RETURNED),
            link="/console/search?status=returned",
        ),
        Figure(
            name="件将到期",
            number=counts.light(Light.YELLOW),
            link="/console/search?light=yellow",
        ),
        Figure(name="件超期", number=counts.light(Light.RED), link="/console/search?light=red"),
    ]
    values = {
        "rows": rows.shown(found[:PAGE], now),
        "more": len(found) > PAGE,
        "page": page,
        "figures": figures,
        "waiting": waiting,
    }
    return pages.show(request, "queue.html", values)


async def _waiting(request: web.Request) -> web.StreamResponse:
    services = request.app[SERVICES]
    counts = await services.database.read(lambda c: report.counts(c, services.runtime.now()))
    waiting = counts.status(Status.DECIDING) + counts.status(Status.RETURNED)
    return web.json_response({"waiting": waiting})
