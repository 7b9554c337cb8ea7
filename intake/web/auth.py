"""Login, logout, and changing the password."""

import asyncio
from collections.abc import Sequence
from typing import NoReturn
from urllib.parse import quote, unquote

from aiohttp import web
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from sqlalchemy import Connection

from channels import http, text
from intake import accounts, passwords
from intake.accounts import Session
from intake.services import SERVICES
from intake.web import forms, kept, pages, sessions
from intake.web.sessions import COOKIE, EVERYBODY, LOGIN, LOGOUT, PASSWORD, LoginNeeded, required

_TRIES_BY_BOTH = RateLimitItemPerMinute(6)
_TRIES_BY_NAME = RateLimitItemPerMinute(60)  # from everywhere
_TRIES_BY_ADDRESS = RateLimitItemPerMinute(30)
_BROWSER = "hotline_browser"
_BROWSER_KNOWN_S = 90 * 86_400


class _Guard:
    """Bounds what strangers can cost: tries in a minute, and hashes at a time (64 MB each).

    A browser in which somebody has logged in before counts for itself, so that a prankster who
    guesses at a name, from however many addresses, locks out nobody but strangers.
    """

    def __init__(self) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self.hashing = asyncio.Semaphore(2)

    def may_try(self, name: str, address: str, browser_of: str) -> bool:
        """False when there were too many tries in the last minute."""
        hit = self._limiter.hit
        if browser_of:
            return hit(_TRIES_BY_BOTH, "browser", browser_of, name)
        return (
            hit(_TRIES_BY_BOTH, "both", name, address)
            and hit(_TRIES_BY_ADDRESS, "address", address)
            and hit(_TRIES_BY_NAME, "name", name)
        )


_GUARD = web.AppKey("login_guard", _Guard)


def routes() -> Sequence[web.RouteDef]:
    """Login, logout, password."""
    return [
        web.get(LOGIN, _login_page),
        web.post(LOGIN, _login),
        web.post(LOGOUT, _logout),
        web.get(PASSWORD, _password_page),
        web.post(PASSWORD, _change_password),
    ]


def set_up(application: web.Application) -> None:
    """The guard lives as long as the application."""
    application[_GUARD] = _Guard()


async def _login_page(request: web.Request) -> web.StreamResponse:
    return pages.log_in(request)


async def _login(request: web.Request) -> web.StreamResponse:
    forms.check_origin(request)
    fields = await forms.posted(request)
    name, password = fields.get("name", ""), fields.get("password", "")
    guard, services, typed = request.app[_GUARD], request.app[SERVICES], kept.carried(fields)
    browser_of = await _browser_of(request)
    if not guard.may_try(name[:40], http.asker(request), browser_of):
        problem = "试得太多了，请过一分钟再试"
        return pages.log_in(request, problem=problem, name=name, kept=typed, status=429)
    known = await services.database.read(lambda c: accounts.password_hash(c, name))
    async with guard.hashing:
        right = await asyncio.to_thread(passwords.matches, known, password)
    if not right:
        problem = "登录名或密码不对"
        return pages.log_in(request, problem=problem, name=name, kept=typed, status=401)
    answer = web.HTTPSeeOther("/console")
    session = await _begin(request, answer, name)
    if typed is None or session.account.must_change:
        raise answer
    page = pages.again(request, typed, "刚才登录过期了，", status=200)
    for cookie in answer.cookies.values():
        page.cookies[cookie.key] = cookie
    return page


async def _browser_of(request: web.Request) -> str:
    """Who has logged in in this browser before, with the password that he still has; empty for
    nobody.
    """
    quoted, _, proof = request.cookies.get(_BROWSER, "").partition(".")
    name, database = text.cleaned(unquote(quoted)), request.app[SERVICES].database
    if not proof:
        return ""
    hashed = await database.read(lambda c: accounts.password_hash(c, name))
    return name if hashed and http.same(proof, passwords.proof(hashed)) else ""


async def _begin(request: web.Request, answer: web.Response, name: str) -> Session:
    """Log him in: `answer` brings him the cookies, and this request is his from now on."""
    services = request.app[SERVICES]
    now, hours = services.runtime.now(), services.settings.session_hours

    def begin(connection: Connection) -> tuple[str, Session | None, str]:
        token = accounts.begin(connection, name, now, hours)
        hashed = accounts.password_hash(connection, name) or ""
        return token, accounts.session(connection, token, now), passwords.proof(hashed)

    token, session, proof = await services.database.write(begin)
    if session is None:  # disabled in this very moment
        raise LoginNeeded(LOGIN)
    sessions.admit(request, session)
    _give(request, answer, COOKIE, token, lasts_s=int(hours * 3600))
    _give(request, answer, _BROWSER, f"{quote(name, safe='')}.{proof}", lasts_s=_BROWSER_KNOWN_S)
    return session


def _give(
    request: web.Request, answer: web.Response, name: str, value: str, *, lasts_s: int
) -> None:
    """A cookie that scripts and other sites never see."""
    public_url = request.app[SERVICES].settings.public_url
    answer.set_cookie(
        name,
        value,
        max_age=lasts_s,
        httponly=True,
        samesite="Strict",
        secure=request.secure or public_url.startswith("https://"),
        path="/console",
    )


async def _logout(request: web.Request) -> NoReturn:
    await forms.read(request)
    token = request.cookies.get(COOKIE, "")
    await request.app[SERVICES].database.write(lambda c: accounts.end(c, token))
    answer = web.HTTPSeeOther(LOGIN)
    answer.del_cookie(COOKIE, path="/console")
    raise answer


async def _password_page(request: web.Request) -> web.StreamResponse:
    return pages.show(request, "password.html", {"problem": "", "rules": passwords.RULES})


async def _change_password(request: web.Request) -> web.StreamResponse:
    fields = await forms.read(request)
    session = required(request, EVERYBODY)
    guard, services = request.app[_GUARD], request.app[SERVICES]
    name, wanted = session.account.name, fields.get("new", "")
    known = await services.database.read(lambda c: accounts.password_hash(c, name))
    async with guard.hashing:
        right = await asyncio.to_thread(passwords.matches, known, fields.get("old", ""))
    faults = [
        "" if right else "原来的密码不对",
        passwords.weakness(wanted, name),
        "新密码和原来的一样，请换一个" if wanted == fields.get("old") else "",
        "两次输入的新密码不一样" if wanted != fields.get("again") else "",
    ]
    problem = "；".join(filter(None, faults))
    if problem:
        values = {"problem": problem, "rules": passwords.RULES}
        return pages.show(request, "password.html", values, status=400)
    async with guard.hashing:
        hashed = await asyncio.to_thread(passwords.new_hash, wanted)
    await services.database.write(lambda c: accounts.change(c, name, hashed))
    answer = web.HTTPSeeOther("/console")
    await _begin(request, answer, name)
    raise answer
