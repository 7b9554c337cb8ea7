"""The ticket's calls, and the buttons that have the system ring somebody: 回访, 回拨."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import Connection

from channels.message import Reply
from channels.phone.book import Purpose
from intake.phone import callbacks, errands, register, transcripts
from intake.phone.errands import Owed, Plan
from intake.phone.register import Wanted
from intake.services import SERVICES, Services
from intake.web import forms, sessions, spoken
from intake.web.spoken import Heard, Row
from routing import permission, store
from routing.errors import TicketNotFound
from routing.order import BY_SYSTEM
from routing.ticket import Action, Ticket

MOST = 20
ASKED = {Purpose.FOLLOW_UP: "{name}请系统电话回访", Purpose.CALL_BACK: "{name}请系统回拨"}
CAN_NOT = "这张工单现在不能请系统打电话：没有能拨的号码，或者还没到这一步"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ringing:
    """What the ticket page shows of calls; `purpose` is the call that may be asked for."""

    rows: list[Row]
    heard: dict[str, list[Heard]]  # by call: what a machine heard afterwards
    owed: list[Owed]
    purpose: Purpose | None
    number: str


def routes() -> Sequence[web.RouteDef]:
    """Asking for a call."""
    return [web.post("/console/tickets/{number:[0-9-]{1,20}}/ring", _ring)]


def of_ticket(
    connection: Connection, services: Services, ticket: Ticket, *, may_hear: bool
) -> Ringing:
    """The ticket's calls, and which may be asked for now."""
    calls = register.listing(connection, Wanted(ticket=ticket.number), limit=MOST)
    owed = errands.of_ticket(connection, ticket.number)
    waits = any(each.state == "waiting" for each in owed)
    to = callbacks.reachable(ticket)
    may = services.settings.phone is not None and to is not None and not waits
    return Ringing(
        rows=spoken.rows(calls),
        heard=spoken.heard(
            transcripts.of_calls(connection, [call.id for call in calls]), may_hear=may_hear
        ),
        owed=owed,
        purpose=callbacks.fitting(ticket) if may else None,
        number=spoken.masked(to) if to else "",
    )


async def _ring(request: web.Request) -> web.StreamResponse:
    await forms.read(request)
    session = sessions.required(request, sessions.MAY_WRITE)
    services, number = request.app[SERVICES], request.match_info["number"]
    if services.settings.phone is None:
        raise web.HTTPConflict(text=CAN_NOT)
    name, new_id = session.account.display_name, services.runtime.new_id()
    try:
        await services.database.write(lambda c: _plan(c, services, number, name, new_id))
    except TicketNotFound as error:
        raise web.HTTPNotFound(text=str(error)) from error
    raise web.HTTPSeeOther(f"/console/tickets/{number}")


def _plan(connection: Connection, services: Services, number: str, name: str, new_id: str) -> None:
    ticket = store.load(connection, number)
    to, purpose = callbacks.reachable(ticket), callbacks.fitting(ticket)
    if to is None or purpose is None:
        raise web.HTTPConflict(text=CAN_NOT)
    wanted = callbacks.call_back(new_id, to, number)
    if purpose is Purpose.FOLLOW_UP:
        wanted = callbacks.follow_up(new_id, to, number, _result(services, ticket))
    if _owe(connection, services, wanted) and Action.SUPPLEMENT in permission.allowed(
        ticket, BY_SYSTEM
    ):
        note = ASKED[purpose].format(name=name)
        services.dispatcher.remark(connection, ticket, note)


def _owe(connection: Connection, services: Services, wanted: Plan) -> bool:
    """False: the same call is owed already."""
    return errands.plan(connection, wanted, services.runtime.now()) == wanted.id


def _result(services: Services, ticket: Ticket) -> Reply:
    matter = services.replies.matter(ticket.category)
    values = {"number": ticket.number, "matter": matter, "answer": ticket.answer}
    return Reply(key="result", values=values)
