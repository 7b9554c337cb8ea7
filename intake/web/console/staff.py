"""Accounts: who works with the console. For the administrator only; what he does is in the log."""

import re
from collections.abc import Sequence

import structlog
from aiohttp import web

from intake import accounts, staffing
from intake.accounts import AccountFault, Role, Session
from intake.services import SERVICES
from intake.staffing import Order, Task
from intake.web import forms, pages, sessions

MAY_STAFF = frozenset({Role.ADMIN})
LONGEST_NAME = 40
_NAME = re.compile(rf"[\w.@-]{{1,{LONGEST_NAME}}}")
_OWN = "不能对自己的账号做这个。要换密码，点右上角“改密码”；要停用，请另一位管理员来办。"
_log = structlog.get_logger(__name__)


def routes() -> Sequence[web.RouteDef]:
    """The list, and what can be done with an account."""
    return [web.get("/console/accounts", _page), web.post("/console/accounts", _manage)]


async def _page(request: web.Request) -> web.StreamResponse:
    sessions.required(request, MAY_STAFF)
    return await _shown(request)


async def _manage(request: web.Request) -> web.StreamResponse:
    """Carry it out, and show a one-time password once: it is in this answer and nowhere else."""
    fields = await forms.read(request)
    session, services = sessions.required(request, MAY_STAFF), request.app[SERVICES]
    try:
        order, now = _order(fields, session), services.runtime.now()
        said = await staffing.manage(services.database, order, now)
    except AccountFault as fault:
        return await _shown(request, problem=str(fault), typed=fields)
    by = session.account.name
    _log.info("account_managed", task=order.task.value, account=order.name, by=by)
    return await _shown(request, said=said)


def _order(fields: forms.Fields, session: Session) -> Order:
    """What is wanted; AccountFault says what is missing."""
    task, name, role = fields.get("task", ""), fields.get("name", ""), fields.get("role", "")
    if task not in set(Task) - {Task.LIST}:
        raise web.HTTPBadRequest(text="没有这个操作，请从页面上选")
    if not _NAME.fullmatch(name):
        raise AccountFault(f"登录名用字母、数字或汉字，中间不空格，最多 {LONGEST_NAME} 个")
    if task == Task.ADD and role not in set(Role):
        raise AccountFault("请选一个角色")
    if name == session.account.name and task != Task.ADD:
        raise AccountFault(_OWN)
    shown = fields.get("display_name", "")[:LONGEST_NAME] or name
    return Order(task=Task(task), name=name, role=Role(role or Role.OPERATOR), display_name=shown)


async def _shown(
    request: web.Request, *, said: str = "", problem: str = "", typed: forms.Fields | None = None
) -> web.StreamResponse:
    kept = typed if typed is not None and typed.get("task") == Task.ADD else {}
    values = {
        "accounts": await request.app[SERVICES].database.read(accounts.listing),
        "said": said,
        "problem": problem,
        "typed": {name: kept.get(name, "") for name in ("name", "display_name", "role")},
    }
    return pages.show(request, "accounts.html", values, status=409 if problem else 200)
