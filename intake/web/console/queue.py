"""The first page: tickets that wait for a person at the hotline, and how things stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy import Connection

from intake import inbox
from intake.services import SERVICES, Services
from intake.web import pages, rows, sessions
from intake.web.rows import Row
from nlp import redact
from routing import command, deadline, jurisdiction, report
from routing.deadline import Light
from routing.report import MOST_COUNTED, Counts
from routing.ticket import Status, Ticket

PAGE = 30
WAIT_FOR_YOU, WAIT_FOR_THEM = "件等您办", "件等话务员办"
MOST_DANGERS = 200  # in the alarm: what is not there may be on no list, its unit has it already


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number on the first page, with the list behind it."""

    name: str
    number: str
    link: str
    apart: bool = False  # work that is in a list of its own and not in the first page's
    asks: bool = False  # whose it is doesn't know of it yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How things stand in one moment: no ticket is in two places of it, or in none."""

    dangers: Sequence[Row]  # the alarm: what nobody has taken up
    more_dangers: bool  # than the alarm has room for
    rows: Sequence[Row]  # what else waits
    more: bool
    waiting: int
    stuck: int
    to_ring: int  # their units can't be told by the program
    counts: Counts


def routes() -> Sequence[web.RouteDef]:
    """The page, and what announces news."""
    return [web.get("/console", _page), web.get("/console/waiting", _waiting)]


def standing(connection: Connection, services: Services, now: datetime, page: int) -> Standing:
    """Everything that the page shows, from one look at the database."""
    county = services.county
    centre = jurisdiction.centre(county).code
    unseen = command.unseen(connection, limit=MOST_DANGERS + 1)
    dangers = unseen[:MOST_DANGERS]
    alarmed = [each.number for each in dangers]
    found = report.waiting(
        connection,
        centre,
        limit=PAGE + 1,
        offset=(page - 1) * PAGE,
        but=alarmed,
        talk_minutes=deadline.talk_minutes(county),
    )
    return Standing(
        dangers=rows.read(connection, county, dangers, now),
        more_dangers=len(unseen) > MOST_DANGERS,
        rows=rows.read(connection, county, found[:PAGE], now),
        more=len(found) > PAGE,
        waiting=report.count_waiting(connection, centre),
        stuck=inbox.stuck(connection),
        to_ring=report.count_to_ring(
            connection, report.to_ring(connection, services.dispatcher.unreached)
        ),
        counts=report.counts(connection, now),
    )


async def _page(request: web.Request) -> web.StreamResponse:
    services, page = request.app[SERVICES], rows.page_number(request)
    now = services.runtime.now()
    stands = await services.database.read(lambda c: standing(c, services, now, page))
    session = sessions.required(request, sessions.EVERYBODY)
    may_write = session.account.role in sessions.MAY_WRITE
    figures = _figures(stands, WAIT_FOR_YOU if may_write else WAIT_FOR_THEM)
    values = {
        "stands": stands,
        "page": page,
        "figures": figures,
        "elsewhere": [each for each in figures if each.apart and each.number != "0"],
        "may_write": may_write,
    }
    return pages.show(request, "queue.html", values)


def _figures(stands: Standing, waiting_name: str) -> list[Figure]:
    search, counts = "/console/search", stands.counts
    returned, answered = counts.status(Status.RETURNED), counts.status(Status.ANSWERED)
    yellow, red = counts.light(Light.YELLOW), counts.light(Light.RED)
    asked = counts.status(Status.FOLLOWED_UP)
    more = stands.waiting > MOST_COUNTED
    waiting = f"{MOST_COUNTED} 多" if more else str(stands.waiting)
    return [
        Figure(name=waiting_name, number=waiting, link="/console"),
        Figure(name="件退单待裁定", number=str(returned), link=f"{search}?status=returned"),
        Figure(
            name="件要打电话通知",
            number=str(stands.to_ring),
            link=f"{search}?ring=1",
            apart=True,
            asks=True,
        ),
        Figure(name="件待回访", number=str(answered), link=f"{search}?status=answered", apart=True),
        Figure(name="件待办结", number=str(asked), link=f"{search}?status=followed_up", apart=True),
        Figure(name="件将到期", number=str(yellow), link=f"{search}?light=yellow"),
        Figure(name="件超期", number=str(red), link=f"{search}?light=red"),
    ]


async def _waiting(request: web.Request) -> web.StreamResponse:
    """How many wait, and which dangers nobody has taken up, for the script of every page: it tells
    which of them are new, also where as many others have gone.
    """
    services = request.app[SERVICES]
    centre = jurisdiction.centre(services.county).code

    def look(connection: Connection) -> dict[str, object]:
        dangers = command.unseen(connection, limit=MOST_DANGERS)
        waiting = report.count_waiting(connection, centre)
        told = [{"number": each.number, "what": _what(services, each)} for each in dangers]
        return {"waiting": waiting, "dangers": told}

    return web.json_response(await services.database.read(look))


def _what(services: Services, danger: Ticket) -> str:
    """`火灾火情，和阳镇东韩村`: what is known of it, for a line that is read in a hurry."""
    matter = services.county.matter_name(danger.category)
    place = redact.mask(services.replies.place(danger))
    return f"{matter}，{place}" if matter else place
