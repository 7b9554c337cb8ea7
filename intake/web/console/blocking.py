"""骚扰号码: limiting a caller's number from the page of his call, the list of all such blocks with
what ends them, and a look at a number.
"""

from collections.abc import Sequence
from dataclasses import replace

import structlog
from aiohttp import web
from sqlalchemy import Connection

from intake import accounts
from intake.phone import blocks, register
from intake.phone.blocks import BlockRefused, Wanted
from intake.services import SERVICES, Services
from intake.web import forms, looks, pages, rows, sessions, spoken
from intake.web.console import calls
from intake.web.looks import Look, What

PAGE = 30
ADDRESS = "/console/blocked"
MAY_UNDO = sessions.EVERYBODY  # whoever sees that it was wrong
WHY = "请写明为什么要看号码"
NO_LINE = "这里没有接电话线路，不能限制来电"
_BLOCK = "{id:[0-9a-f-]{1,64}}"
_log = structlog.get_logger(__name__)


def routes() -> Sequence[web.RouteDef]:
    """Limiting, the list, undoing, a look."""
    return [
        web.post(f"/console/calls/{calls.CALL}/block", _block),
        web.get(ADDRESS, _page),
        web.post(f"{ADDRESS}/{_BLOCK}/end", _end),
        web.post(f"{ADDRESS}/{_BLOCK}/number", _number),
    ]


async def _block(request: web.Request) -> web.StreamResponse:
    fields = await forms.read(request)
    session, services = sessions.required(request, sessions.MAY_WRITE), request.app[SERVICES]
    if services.settings.phone is None:
        raise web.HTTPConflict(text=NO_LINE)
    wanted = Wanted(
        id=services.runtime.new_id(),
        call_id=request.match_info["call"],
        reason=fields.get("reason", ""),
        words=fields.get("words", ""),
        hours=fields.get("hours", ""),
        by=session.account.name,
        most_hours=services.settings.phone.most_block_hours,
    )
    now = services.runtime.now()
    try:
        made = await services.database.write(lambda c: blocks.block(c, wanted, now))
    except BlockRefused as refused:
        return await calls.shown(request, problem=str(refused), typed=fields)
    _log.info(
        "phone.number_blocked",
        block=made.id,
        call=made.call_id,
        reason=made.reason.value,
        until=made.until.isoformat(),
        by=made.by,
    )
    raise web.HTTPSeeOther(f"/console/calls/{made.call_id}")


async def _page(request: web.Request) -> web.StreamResponse:
    return await _shown(request)


async def _end(request: web.Request) -> web.StreamResponse:
    await forms.read(request)
    session, services = sessions.required(request, MAY_UNDO), request.app[SERVICES]
    block, by, now = request.match_info["id"], session.account.name, services.runtime.now()
    ended = await services.database.write(lambda c: blocks.unblock(c, block, by, now))
    if ended is not None:
        _log.info("phone.number_unblocked", block=ended.id, call=ended.call_id, by=by)
    raise web.HTTPSeeOther(_address(request))


def _address(request: web.Request) -> str:
    page = rows.page_number(request)
    return ADDRESS if page == 1 else f"{ADDRESS}?page={page}"


async def _number(request: web.Request) -> web.StreamResponse:
    """Shows one number, after writing down who looked and why."""
    fields = await forms.read(request)
    session, services = sessions.required(request, sessions.MAY_WRITE), request.app[SERVICES]
    block = request.match_info["id"]
    if not fields.get("reason"):
        return await _shown(request, problem=WHY)
    look = Look(
        operator=session.account.name,
        at=services.runtime.now(),
        what=What.CALLER,
        reason=fields["reason"],
    )
    await services.database.write(lambda c: _looked(c, services, block, look))
    return await _shown(request, whole=block)


def _looked(connection: Connection, services: Services, block: str, look: Look) -> None:
    found = blocks.one(connection, block)
    call = register.one(connection, found.call_id) if found else None
    if call is None:
        raise web.HTTPNotFound(text="没有这条限制，可能过了保存期限")
    for key in calls.looked_at(call):
        looks.keep(connection, replace(look, ticket=key), services.runtime.new_id())


async def _shown(request: web.Request, *, problem: str = "", whole: str = "") -> web.StreamResponse:
    session, services = sessions.required(request, sessions.EVERYBODY), request.app[SERVICES]
    page, now = rows.page_number(request), services.runtime.now()

    def read(connection: Connection) -> dict[str, object]:
        found = blocks.listing(connection, now, limit=PAGE + 1, offset=(page - 1) * PAGE)
        people = accounts.names(connection)
        return {"found": found[:PAGE], "more": len(found) > PAGE, "people": people}

    values = {
        **await services.database.read(read),
        "page": page,
        "problem": problem,
        "reasons": blocks.REASONS,
        "masked": spoken.masked,
        "whole_number": spoken.whole,
        "whole": whole,
        "may_look": session.account.role in sessions.MAY_WRITE,
    }
    return pages.show(request, "blocked.html", values, status=409 if problem else 200)
