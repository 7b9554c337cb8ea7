"""The first page: tickets that wait for a person at the hotline, and how things stand."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from intake import inbox
from intake.services import SERVICES, Services
from intake.web import pages, rows
from routing import command, jurisdiction, report
from routing.deadline import Light
from routing.report import Counts
from routing.ticket import Status

PAGE = 30
MOST_DANGERS = 20  # in the alarm; whoever has so many has more to do than to read on


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
    now, page, centre = services.runtime.now(), rows.page_number(request), _centre(services)
    found = await services.database.read(
        lambda c: report.waiting(c, centre, limit=PAGE + 1, offset=(page - 1) * PAGE)
    )
    counts = await services.database.read(lambda c: report.counts(c, now))
    waiting = await services.database.read(lambda c: report.count_waiting(c, centre))
    dangers = await services.database.read(lambda c: command.unseen(c, limit=MOST_DANGERS))
    values = {
        "dangers": await rows.read(services, dangers),
        "rows": await rows.read(services, found[:PAGE]),
        "more": len(found) > PAGE,
        "page": page,
        "figures": _figures(waiting, counts),
        "stuck": await services.database.read(inbox.stuck),
        "waiting": waiting,
    }
    return pages.show(request, "queue.html", values)


def _figures(waiting: int, counts: Counts) -> list[Figure]:
    search = "/console/search"
    return [
        Figure(name="件等您办", number=waiting, link="/console"),
        Figure(
            name="件退单待裁定",
            number=counts.status(Status.RETURNED),
            link=f"{search}?status=returned",
        ),
        Figure(
            name="件待回访", number=counts.status(Status.ANSWERED), link=f"{search}?status=answered"
        ),
        Figure(name="件将到期", number=counts.light(Light.YELLOW), link=f"{search}?light=yellow"),
        Figure(name="件超期", number=counts.light(Light.RED), link=f"{search}?light=red"),
    ]


async def _waiting(request: web.Request) -> web.StreamResponse:
    services = request.app[SERVICES]
    centre = _centre(services)
    waiting = await services.database.read(lambda c: report.count_waiting(c, centre))
    dangers = await services.database.read(lambda c: command.unseen(c, limit=MOST_DANGERS))
    return web.json_response({"waiting": waiting, "dangers": len(dangers)})


def _centre(services: Services) -> str:
    """The unit for which the hotline's people act."""
    return jurisdiction.centre(services.county).code
