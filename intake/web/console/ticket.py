"""One ticket: what was said, what was decided and why, who has it, and what can be done now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from intake import inbox
from intake.accounts import Session
from intake.services import SERVICES, Services
from intake.web import forms, looks, options, pages, rows, sessions
from intake.web.console import dispatching, ringing
from intake.web.console.dispatching import Wish
from intake.web.looks import Look
from nlp import redact
from routing import lifecycle, store
from routing.dispatch import Order
from routing.errors import RoutingError, StaleVersion, TicketNotFound
from routing.ticket import Action, Status, Ticket, TicketEvent

CHANGED_MEANWHILE = "刚才有别人改动了这张工单，下面是最新的情况，请看过再办。"
_BY_ITS_OWN_FORM = {
    *(Action.DISPATCH, Action.CORRECT, Action.OPEN, Action.EVALUATE, Action.RULE, Action.EXTEND)
}
_CHANNEL_NAMES = {
    "web": "网页",
    "wechat": "微信",
    "weibo": "微博",
    "telegram": "Telegram",
    "phone": "电话",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who reported it; shown only when somebody has said why he looks."""

    name: str
    phone: str
    contact: str


def routes() -> Sequence[web.RouteDef]:
    """The page, its pictures, and what can be done on it."""
    base = "/console/tickets/{number:[0-9-]{1,20}}"
    return [
        web.get(base, _page),
        web.post(base + "/dispatch", _dispatch),
        web.post(base + "/act", _act),
        web.post(base + "/identity", _identity),
        web.get("/console/media/{id:[0-9a-f]{1,64}}", _media),
    ]


async def _page(request: web.Request) -> web.StreamResponse:
    return await _shown(request)


async def _dispatch(request: web.Request) -> web.StreamResponse:
    fields = await forms.read(request)
    session = sessions.required(request, sessions.MAY_WRITE)
    services, number = request.app[SERVICES], request.match_info["number"]
    wish = Wish.of(fields)
    try:
        meant = dispatching.understood(services.county, wish)
        order = _order(number, fields, f"operator:{session.account.name}")
        await services.database.write(lambda c: dispatching.carry_out(c, services, meant, order))
    except RoutingError as error:
        return await _shown(request, problem=_problem(error), wish=wish)
    raise web.HTTPSeeOther(f"/console/tickets/{number}")


async def _act(request: web.Request) -> web.StreamResponse:
    fields = await forms.read(request)
    session = sessions.required(request, sessions.MAY_WRITE | sessions.MAY_SUPERVISE)
    services, number = request.app[SERVICES], request.match_info["number"]
    try:
        action = Action(fields.get("action", ""))
    except ValueError:
        raise web.HTTPBadRequest(text="没有这个操作，请从页面上选") from None
    order = _order(number, fields, _by(session))
    typed = {name: fields.get(name, "") for name in ("unit", "due_at")}
    try:
        await services.database.write(
            lambda c: dispatching.act(c, services, action, order, **typed)
        )
    except RoutingError as error:
        return await _shown(request, problem=_problem(error))
    raise web.HTTPSeeOther(f"/console/tickets/{number}")


async def _identity(request: web.Request) -> web.StreamResponse:
    """Shows who reported a ticket, after writing down who looked and why."""
    fields = await forms.read(request)
    session = sessions.required(request, sessions.MAY_WRITE)
    services, number = request.app[SERVICES], request.match_info["number"]
    if not fields.get("reason"):
        return await _shown(request, problem="请写明为什么要看反映人的信息")
    ticket = await _ticket(services, number)
    look = Look(operator=session.account.name, reason=fields["reason"], at=services.runtime.now())
    new_id = services.runtime.new_id()
    await services.database.write(lambda c: looks.keep(c, look, number, new_id))
    identity = Identity(
        name=ticket.reporter_name, phone=ticket.reporter_phone, contact=ticket.reporter
    )
    return await _shown(request, identity=identity)


async def _media(request: web.Request) -> web.StreamResponse:
    found = await request.app[SERVICES].media.find(request.match_info["id"])
    if found is None or not found[0].exists():
        raise web.HTTPNotFound(text="没有这个文件")
    return web.FileResponse(found[0], headers={"Content-Type": found[1]})


async def _shown(
    request: web.Request,
    *,
    problem: str = "",
    wish: Wish | None = None,
    identity: Identity | None = None,
) -> web.StreamResponse:
    services, number = request.app[SERVICES], request.match_info["number"]
    ticket = await _ticket(services, number)
    events = await services.database.read(lambda c: store.events(c, number))
    messages = await services.database.read(lambda c: inbox.of_ticket(c, number))
    looked = await services.database.read(lambda c: looks.of_ticket(c, number))
    session = sessions.required(request, sessions.EVERYBODY)
    allowed = lifecycle.allowed(ticket, _by(session))
    may_write = session.account.role in sessions.MAY_WRITE
    may_act = may_write or session.account.role in sessions.MAY_SUPERVISE
    values = {
        "ticket": ticket,
        "said": ticket.text if identity else redact.mask(ticket.text),
        "light": rows.light(ticket, services.runtime.now()),
        "events": [_event(services, event, identity is None) for event in events],
        "looks": looked,
        "ringing": await ringing.of_ticket(services, ticket),
        "suggestion": events[0].note if ticket.status is Status.DECIDING else "",
        "pictures": [
            "/console/media/" + attachment.reference.removeprefix("store:")
            for message in messages
            for attachment in message.attachments
            if attachment.kind == "image" and attachment.reference.startswith("store:")
        ],
        "assisting": [services.county.units[code].name for code in ticket.assisting],
        "channel_name": _CHANNEL_NAMES.get(ticket.channel, ticket.channel),
        "identity": identity,
        "masked": _masked(ticket),
        "may_write": may_write,
        "may_act": may_act,
        "allowed": allowed,
        "other_actions": [a for a in allowed if a not in _BY_ITS_OWN_FORM] if may_act else [],
        "rule_reason": dispatching.reason(services.county, ticket),
        "kept": wish or Wish.shown(services.county, ticket),
        "problem": problem,
        **options.lists(services.county),
    }
    return pages.show(request, "ticket.html", values, status=409 if problem else 200)


async def _ticket(services: Services, number: str) -> Ticket:
    try:
        return await services.database.read(lambda c: store.load(c, number))
    except TicketNotFound as error:
        raise web.HTTPNotFound(text=str(error)) from error


def _problem(error: RoutingError) -> str:
    return CHANGED_MEANWHILE if isinstance(error, StaleVersion) else str(error)


def _order(number: str, fields: Mapping[str, str], by: str) -> Order:
    version, note = forms.version(fields), fields.get("note", "")
    return Order(number=number, version=version, by=by, note=note)


def _by(session: Session) -> str:
    kind = "leader" if session.account.role == "leader" else "operator"
    return f"{kind}:{session.account.name}"


def _event(services: Services, event: TicketEvent, masked: bool) -> dict[str, object]:
    kind, _, name = event.by.partition(":")
    units = services.county.units
    who = (
        units[name].name
        if name in units
        else {"resident": "居民", "system": "系统"}.get(kind, name)
    )
    note = redact.mask(event.note) if masked else event.note
    return {"at": event.at, "action": event.action, "who": who, "note": note}


def _masked(ticket: Ticket) -> str:
    """Enough to know that there is somebody, not who."""
    phone = redact.mask_phone(ticket.reporter_phone) if ticket.reporter_phone else "没有留电话"
    return f"已隐去（{phone}）"
