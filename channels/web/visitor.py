"""Who is at the page: a phone remembers its owner by a cookie, a kiosk forgets who is silent."""

import hashlib
import secrets

from aiohttp import web

from channels.message import Contact
from channels.web import payload

COOKIE = "hotline_resident"
SCHEME = "web"
LASTS_S = 180 * 24 * 3600
KIOSK_GRACE_S = 15  # the cookie outlives the page's own clock a little


def known(request: web.Request) -> str:
    """The id that his browser shows; empty for somebody new."""
    shown = request.cookies.get(COOKIE, "")
    return shown if payload.is_id(shown) else ""


def contact(resident: str) -> Contact:
    """Who has this id in his browser, as he is kept and shown: it opens nobody's page."""
    hidden = hashlib.sha256(resident.encode()).hexdigest()
    return Contact(scheme=SCHEME, path=hidden[: payload.ID_LENGTH])


def remember(
    request: web.Request, answer: web.Response, resident: str, *, kiosk_idle_s: int
) -> None:
    """From now on for as long as a phone does, or at a kiosk as long as somebody is there."""
    answer.set_cookie(
        COOKIE,
        resident,
        max_age=kiosk_idle_s + KIOSK_GRACE_S if is_kiosk(request) else LASTS_S,
        httponly=True,
        samesite="Lax",
        secure=request.secure,
    )


def forget(answer: web.StreamResponse) -> None:
    """The browser knows nobody any more."""
    answer.del_cookie(COOKIE)


def same_site(request: web.Request) -> None:
    """403 for what another site's page makes a browser send."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise web.HTTPForbidden(text="这个请求来自别的网站，已拒绝")


def is_kiosk(request: web.Request) -> bool:
    """Is it a page that many people use?"""
    return request.query.get("kiosk") == "1"


def home(request: web.Request, *, ended: bool = False) -> str:
    """The page's own address: nothing of what was said or asked is ever in it."""
    said = {"kiosk": is_kiosk(request), "ended": ended}
    query = "&".join(f"{name}=1" for name, holds in said.items() if holds)
    return f"/?{query}" if query else "/"


def new_id() -> str:
    """An id that nobody guesses."""
    return secrets.token_hex(payload.ID_LENGTH // 2)
