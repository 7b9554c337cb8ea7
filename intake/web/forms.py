"""Forms of the console: read with bounds, and refused unless they come from our own page."""

import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from aiohttp import web

from channels import http, text
from intake.services import SERVICES
from intake.web import sessions

LONGEST_FIELD = 4000
Fields = Mapping[str, str]
EXPIRED = "页面已过期，请刷新后再试一次"


class PageExpired(web.HTTPForbidden):
    """The form does not carry the session's token: it is of an earlier login."""


async def read(request: web.Request) -> Mapping[str, str]:
    """The fields of a posted form, trimmed; PageExpired without the session's token, 400 for a
    field too long.
    """
    check_origin(request)
    fields = await posted(request)
    session = sessions.current(request)
    expected = session.csrf if session else ""
    if not expected or not hmac.compare_digest(expected.encode(), fields.get("csrf", "").encode()):
        raise PageExpired(text=EXPIRED)
    for name, value in fields.items():
        if len(value) > LONGEST_FIELD:
            raise web.HTTPBadRequest(text=f"“{name}”太长，最多 {LONGEST_FIELD} 字")
    return fields


async def posted(request: web.Request) -> Mapping[str, str]:
    """The fields of a form as somebody typed them; 400 for what no browser sends."""
    try:
        form = await request.post()
    except http.BROKEN_FORM:
        raise web.HTTPBadRequest(text="表单不对，请刷新页面再试") from None
    given = {name: value for name, value in form.items() if isinstance(value, str)}
    return {name: text.cleaned(value).strip() for name, value in given.items()}


def check_origin(request: web.Request) -> None:
    """403 where the browser says that another site sent this."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise web.HTTPForbidden(text="这个请求来自别的网站，已拒绝")
    origin = request.headers.get("Origin")
    own = {request.host, urlsplit(request.app[SERVICES].settings.public_url).netloc}
    if origin and origin != "null" and urlsplit(origin).netloc not in own:
        raise web.HTTPForbidden(text="这个请求来自别的网站，已拒绝")


def version(fields: Mapping[str, str]) -> int:
    """The ticket's version that the page showed; 400 where it is missing."""
    try:
        return int(fields.get("version", ""))
    except ValueError:
        raise web.HTTPBadRequest(text="页面缺少工单版本，请刷新后再试") from None
