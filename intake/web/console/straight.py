"""下次直接转人工: a caller is marked, and unmarked, from the page of his call or of his ticket."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog
from aiohttp import web
from sqlalchemy import Connection

from channels.message import Contact
from channels.phone import number
from intake.phone import callbacks, register, straight
from intake.phone.straight import Mark
from intake.services import SERVICES, Services
from intake.web import forms, marking, sessions
from intake.web.console import calls
from routing import store
from routing.errors import TicketNotFound

NO_LINE = "这里没有接电话线路，不能标"
NO_NUMBER = "没有能打来的号码，不能标"
NO_REASON = "请写明为什么要直接转人工，例如：年纪大、耳朵背"
_TICKET = "{number:[0-9-]{1,20}}"
_log = structlog.get_logger(__name__)

_Find = Callable[[Connection, str], Contact | None]
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes() -> Sequence[web.RouteDef]:
    """Marking and unmarking, on both pages."""
    on_call, on_ticket = f"/console/calls/{calls.CALL}", f"/console/tickets/{_TICKET}"
    return [
        web.post(f"{on_call}/straight", _marks("call", _of_call)),
        web.post(f"{on_call}/straight/end", _unmarks("call", _of_call)),
        web.post(f"{on_ticket}/straight", _marks("number", _of_ticket)),
        web.post(f"{on_ticket}/straight/end", _unmarks("number", _of_ticket)),
    ]


def _marks(name: str, find: _Find) -> _Handler:
    """The handler for a page that `name` tells; `find`: whose page it is."""

    async def handler(request: web.Request) -> web.StreamResponse:
        fields, services = await forms.read(request), request.app[SERVICES]
        wanted = _wanted(request, services, fields, request.match_info[name])
        done = await services.database.write(
            lambda c: straight.mark(c, _somebody(find(c, wanted.on)), wanted)
        )
        if done:
            _log.info("phone.caller_marked", mark=wanted.id, on=wanted.on, by=wanted.by)
        raise _back(request)

    return handler


def _unmarks(name: str, find: _Find) -> _Handler:
    """As `_marks`."""

    async def handler(request: web.Request) -> web.StreamResponse:
        await forms.read(request)
        by, on = sessions.required(request, marking.MAY_MARK).account.name, request.match_info[name]
        services = request.app[SERVICES]
        now = services.runtime.now()
        done = await services.database.write(
            lambda c: straight.unmark(c, _somebody(find(c, on)), by, now)
        )
        if done:
            _log.info("phone.caller_unmarked", on=on, by=by)
        raise _back(request)

    return handler


def _wanted(request: web.Request, services: Services, fields: Mapping[str, str], on: str) -> Mark:
    session, phone = sessions.required(request, marking.MAY_MARK), services.settings.phone
    if phone is None:
        raise web.HTTPConflict(text=NO_LINE)
    if not fields.get("reason"):
        raise web.HTTPBadRequest(text=NO_REASON)
    now = services.runtime.now()
    return Mark(
        id=services.runtime.new_id(),
        on=on,
        reason=fields["reason"],
        by=session.account.name,
        at=now,
        until=straight.until(now, phone.straight_days),
    )


def _of_call(connection: Connection, call_id: str) -> Contact | None:
    call = register.one(connection, call_id)
    if call is None:
        raise web.HTTPNotFound(text="没有这个通话")
    return call.contact


def _of_ticket(connection: Connection, ticket: str) -> Contact | None:
    try:
        return callbacks.reachable(store.load(connection, ticket))
    except TicketNotFound as error:
        raise web.HTTPNotFound(text=str(error)) from error


def _somebody(contact: Contact | None) -> Contact:
    if contact is None or not number.to_dial(contact):
        raise web.HTTPConflict(text=NO_NUMBER)
    return contact


def _back(request: web.Request) -> web.HTTPSeeOther:
    return web.HTTPSeeOther(request.path.partition("/straight")[0])
