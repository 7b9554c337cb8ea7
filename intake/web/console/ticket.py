"""One ticket: its page, and the forms on it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from aiohttp import web
from sqlalchemy import Connection

from intake.accounts import Role, Session
from intake.services import SERVICES, Services
from intake.web import attached, forms, looks, sessions
from intake.web.console import acting, deciding, sheet
from intake.web.console.acting import Typed
from intake.web.console.deciding import Wish
from intake.web.console.sheet import Identity
from intake.web.looks import Look, What
from routing.errors import RoutingError, StaleVersion
from routing.order import Order
from routing.ticket import Action, Ticket

CHANGED_MEANWHILE = "刚才有别人改动了这张工单，下面是最新的情况，您填的还在，请看过再提交。"
ASK_FOR_PHOTOS = "照片要先在工单页上点“看照片”，系统记下谁看的"
_ACTORS = {Role.LEADER: "leader", Role.INSPECTOR: "inspector"}

_Decide = Callable[[Connection, Services, Wish, Order], Ticket]


def routes() -> Sequence[web.RouteDef]:
    """The page, its pictures and sounds, and what can be done on it."""
    base = "/console/tickets/{number:[0-9-]{1,20}}"
    return [
        web.get(base, _page),
        web.get(base + "/version", _version),
        web.post(base + "/dispatch", _dispatch),
        web.post(base + "/correct", _correct),
        web.post(base + "/act", _act),
        web.post(base + "/identity", _identity),
        web.post(base + "/photos", _photos),
        web.get(base + "/media/{id:[0-9a-f]{1,64}}", _media),
    ]


async def _page(request: web.Request) -> web.StreamResponse:
    return await sheet.shown(request, by=_by(sessions.required(request, sessions.EVERYBODY)))


async def _version(request: web.Request) -> web.StreamResponse:
    """Who has the page open is told that there is more, and sees it when he likes."""
    sessions.required(request, sessions.EVERYBODY)
    this = await sheet.ticket(request.app[SERVICES], request.match_info["number"])
    return web.json_response({"version": this.version})


async def _dispatch(request: web.Request) -> web.StreamResponse:
    return await _decided(request, deciding.dispatch, dispatches=True)


async def _correct(request: web.Request) -> web.StreamResponse:
    return await _decided(request, deciding.correct, dispatches=False)


async def _decided(
    request: web.Request, decide: _Decide, *, dispatches: bool
) -> web.StreamResponse:
    fields = await forms.read(request)
    session = sessions.required(request, sessions.MAY_WRITE)
    services, wish, order = request.app[SERVICES], Wish.of(fields), _order(request, fields)
    try:
        meant = deciding.understood(services.county, wish, dispatches=dispatches)
        await services.database.write(lambda c: decide(c, services, meant, order))
    except RoutingError as error:
        return await sheet.shown(request, by=_by(session), problem=_problem(error), wish=wish)
    raise _done(order, Action.DISPATCH if dispatches else Action.CORRECT)


async def _act(request: web.Request) -> web.StreamResponse:
    fields = await forms.read(request)
    session = sessions.required(request, sessions.MAY_WRITE | sessions.MAY_SUPERVISE)
    services, typed, order = request.app[SERVICES], Typed.of(fields), _order(request, fields)
    try:
        action = Action(typed.action)
    except ValueError:
        raise web.HTTPBadRequest(text="没有这个操作，请从页面上选") from None
    try:
        await services.database.write(lambda c: acting.act(c, services, action, order, typed))
    except RoutingError as error:
        return await sheet.shown(request, by=_by(session), problem=_problem(error), typed=typed)
    raise _done(order, action)


async def _identity(request: web.Request) -> web.StreamResponse:
    """Shows who reported a ticket, after writing down who looked and why."""
    fields = await forms.read(request)
    session = sessions.required(request, sessions.MAY_WRITE)
    services, number = request.app[SERVICES], request.match_info["number"]
    if not fields.get("reason"):
        problem = "请写明为什么要看反映人的信息"
        return await sheet.shown(request, by=_by(session), problem=problem)
    ticket = await sheet.ticket(services, number)
    look = _look(request, session, What.REPORTER, reason=fields["reason"])
    new_id = services.runtime.new_id()
    await services.database.write(lambda c: looks.keep(c, look, new_id))
    identity = Identity(
        name=ticket.reporter_name, phone=ticket.reporter_phone, contact=ticket.reporter
    )
    return await sheet.shown(request, by=_by(session), identity=identity)


async def _photos(request: web.Request) -> web.StreamResponse:
    """Shows a ticket's photos to who need not see them for his work, after writing it down."""
    await forms.read(request)
    session = sessions.required(request, sessions.EVERYBODY)
    services, number = request.app[SERVICES], request.match_info["number"]
    look, new_id = _look(request, session, What.PHOTO), services.runtime.new_id

    def write(connection: Connection) -> None:
        for each in attached.of_ticket(connection, number):
            if each.is_picture:
                looks.keep_once(connection, replace(look, item=each.id), new_id())

    await services.database.write(write)
    return await sheet.shown(request, by=_by(session), photos=True)


async def _media(request: web.Request) -> web.StreamResponse:
    """A photo, voice note or file that came along with the ticket; who gets it is written down."""
    session = sessions.required(request, sessions.EVERYBODY)
    services, number = request.app[SERVICES], request.match_info["number"]
    media_id = request.match_info["id"]
    known = await services.database.read(lambda c: attached.find(c, number, media_id))
    found = await services.media.find(media_id) if known else None
    if known is None or found is None or not found[0].exists():
        raise web.HTTPNotFound(text="没有这个文件")
    if known.is_heard:
        sessions.required(request, sessions.MAY_HEAR)
    look = _look(request, session, known.what, item=media_id)
    if known.is_heard or session.account.role in sessions.MAY_WRITE:
        new_id = services.runtime.new_id()
        await services.database.write(lambda c: looks.keep_once(c, look, new_id))
    elif not await services.database.read(lambda c: looks.lately(c, look)):
        raise web.HTTPForbidden(text=ASK_FOR_PHOTOS)
    return web.FileResponse(found[0], headers={"Content-Type": found[1]})


def _look(
    request: web.Request, session: Session, what: What, *, reason: str = "", item: str = ""
) -> Look:
    return Look(
        operator=session.account.name,
        at=request.app[SERVICES].runtime.now(),
        what=what,
        reason=reason,
        item=item,
        ticket=request.match_info["number"],
    )


def _done(order: Order, action: Action) -> web.HTTPSeeOther:
    """Back to the page, which says that it is done."""
    return web.HTTPSeeOther(f"/console/tickets/{order.number}?done={action.value}")


def _problem(error: RoutingError) -> str:
    return CHANGED_MEANWHILE if isinstance(error, StaleVersion) else str(error)


def _order(request: web.Request, fields: Mapping[str, str]) -> Order:
    return Order(
        number=request.match_info["number"],
        version=forms.version(fields),
        by=_by(sessions.required(request, sessions.EVERYBODY)),
        note=fields.get("note", ""),
    )


def _by(session: Session) -> str:
    return f"{_ACTORS.get(session.account.role, 'operator')}:{session.account.name}"
