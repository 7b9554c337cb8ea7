"""Who is logged in, and what his role may do."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from intake import accounts
from intake.accounts import Role, Session
from intake.services import SERVICES

COOKIE = "hotline_session"
LOGIN = "/console/login"
LOGOUT = "/console/logout"
PASSWORD = "/console/password"
MAY_WRITE = frozenset({Role.OPERATOR, Role.ADMIN})
MAY_SUPERVISE = frozenset({Role.LEADER, Role.INSPECTOR, Role.ADMIN})
MAY_HEAR = MAY_WRITE | {Role.LEADER}  # recordings: names and numbers are said aloud in them
EVERYBODY = frozenset(Role)
_OPEN = (LOGIN, "/console/static/")
_SESSION = web.RequestKey("session", Session)

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class LoginNeeded(web.HTTPSeeOther):
    """Nobody is logged in (any more)."""


def current(request: web.Request) -> Session | None:
    """Who is logged in, if anybody."""
    return request.get(_SESSION)


def admit(request: web.Request, session: Session) -> None:
    """Who has just logged in by this request."""
    request[_SESSION] = session


def required(request: web.Request, roles: frozenset[Role]) -> Session:
    """Who is logged in, if his role is one of these; 403 otherwise."""
    session = current(request)
    if session is None or session.account.role not in roles:
        raise web.HTTPForbidden(text="您的角色不能做这件事，请找管理员")
    return session


@web.middleware
async def middleware(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Nobody sees a page of the console without logging in, nor with a one-time password."""
    if not request.path.startswith("/console"):
        return await handler(request)
    services = request.app[SERVICES]
    token = request.cookies.get(COOKIE, "")
    if token:
        now = services.runtime.now()
        found = await services.database.read(lambda c: accounts.session(c, token, now))
        if found is not None:
            admit(request, found)
    if request.path.startswith(_OPEN):
        return await handler(request)
    session = current(request)
    if session is None:
        raise LoginNeeded(LOGIN)
    if session.account.must_change and request.path not in (PASSWORD, LOGOUT):
        raise web.HTTPSeeOther(PASSWORD)
    return await handler(request)
