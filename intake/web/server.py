"""The HTTP application: channels, console, department API and health behind one port."""

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from channels import http
from intake.services import SERVICES, Services
from intake.web import api, auth, forms, health, kept, pages, proxies, refusals, sessions
from intake.web.console import (
    answered,
    blocking,
    calls,
    letters,
    listening,
    live,
    queue,
    ringing,
    search,
    staff,
    straight,
    stuck,
    ticket,
    traces,
)

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)

_FOR_PROGRAMS = ("/metrics", "/healthz", "/channels/")

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_log = structlog.get_logger(__name__)


def application(services: Services) -> web.Application:
    """All routes over the services that the composition root has built."""
    limit_bytes = services.settings.body_limit_bytes
    made = web.Application(
        middlewares=[proxies.middleware, _dress, _explain, sessions.middleware],
        client_max_size=limit_bytes,
    )
    made[SERVICES] = services
    made[http.BODY_LIMIT] = limit_bytes
    pages.set_up(made)
    auth.set_up(made)
    listening.set_up(made)
    for channel in services.channels.values():
        made.router.add_routes(channel.routes())
    modules = (
        auth,
        queue,
        ticket,
        stuck,
        search,
        staff,
        traces,
        letters,
        calls,
        answered,
        blocking,
        listening,
        live,
        ringing,
        straight,
        api,
        health,
    )
    for module in modules:
        made.router.add_routes(module.routes())
    return made


@web.middleware
async def _dress(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Security headers on every answer; a page may bring a policy of its own."""
    try:
        response = await handler(request)
    except web.HTTPException as answer:
        _put_on(answer, request)
        raise
    finally:
        if request.method == "POST":
            request.app[SERVICES].wake.set()
    _put_on(response, request)
    return response


def _put_on(response: web.StreamResponse, request: web.Request) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", POLICY)
    if request.path.startswith("/console"):
        response.headers.setdefault("Cache-Control", "no-store")


@web.middleware
async def _explain(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """What goes wrong is said to a person as a page and to a program as JSON; details go to the
    log.
    """
    try:
        return await handler(request)
    except (sessions.LoginNeeded, forms.PageExpired) as refusal:
        return await _typed_in_vain(request, refusal)
    except web.HTTPException as refusal:
        if refusal.status < 400:
            raise
        if pages.wants_page(request):
            return pages.fault(request, refusal.status, pages.in_chinese(refusal))
        if request.path.startswith(refusals.PATH) and refusal.content_type != "application/json":
            return refusals.of(refusal.status, pages.in_chinese(refusal))
        if refusal.status == 404 and pages.has_strayed(request):
            return pages.lost(request)
        if refusal.content_type == "text/plain" and not request.path.startswith(_FOR_PROGRAMS):
            refusal.text = pages.in_chinese(refusal)
        raise
    except Exception:
        _log.exception("request_failed", path=request.path, method=request.method)
        text = "系统出错了，已经记录下来。请稍后再试；如果着急，请拨打热线电话。"
        if pages.wants_page(request):
            return pages.fault(request, 500, text)
        if request.path.startswith(refusals.PATH):
            return refusals.of(500, text)
        return web.json_response({"error": text}, status=500)


async def _typed_in_vain(
    request: web.Request, refusal: sessions.LoginNeeded | forms.PageExpired
) -> web.StreamResponse:
    """Who was logged out meanwhile logs in (again), and loses none of his words by it."""
    typed = await kept.of(request)
    if isinstance(refusal, forms.PageExpired):
        if typed is None:
            return pages.fault(request, refusal.status, forms.EXPIRED)
        return pages.again(request, typed, "这一页是上次登录时打开的，", status=refusal.status)
    if typed is None:
        raise refusal
    return pages.log_in(request, problem="登录过期了，请重新登录", kept=typed, status=401)
