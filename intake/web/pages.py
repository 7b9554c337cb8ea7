"""Pages from templates: one environment, what every page shows, and how times and lights are
written.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import web
from jinja2.bccache import Bucket

from channels import registry
from config.runtime import LOCAL_ZONE
from intake.accounts import ROLE_NAMES
from intake.services import SERVICES
from intake.web import sessions
from intake.web.kept import Kept
from nlp import redact
from nlp.understanding import REQUEST_KIND_NAMES, URGENCY_NAMES
from routing import deadline
from routing.ticket import ACTION_NAMES, FINAL_STATUSES, STATUS_NAMES

HERE = Path(__file__).parent
STATIC = "/console/static"
_ANY = "没有办成，请回到上一页再试一次。"
_LABELS = {
    "action": "做什么",
    "unit": "单位",
    "category": "类别",
    "place": "地点",
    "address": "具体位置",
    "due_at": "延到",
}
_PLAIN = {
    404: "没有这个页面，请查一查地址。",
    405: "这个地址不能这样用，请从页面上点。",
    413: "内容太长，请写短一些，或者分几次写。",
}


def set_up(application: web.Application) -> None:
    """Templates and static files of the console."""
    services = application[SERVICES]
    environment = aiohttp_jinja2.setup(
        application,
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        bytecode_cache=_Compiled(services.settings.state / "cache" / "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clock"] = clock
    environment.filters["masked"] = redact.mask
    environment.filters["left"] = left
    environment.filters["waited"] = waited
    environment.globals.update(
        county=services.county,
        replies=services.replies,
        role_names=ROLE_NAMES,
        status_names=STATUS_NAMES,
        final_statuses=FINAL_STATUSES,
        may_supervise=sessions.MAY_SUPERVISE,
        action_names=ACTION_NAMES,
        kind_names=REQUEST_KIND_NAMES,
        urgency_names=URGENCY_NAMES,
        light_names=deadline.LIGHT_NAMES,
        channel_names=registry.NAMES,
    )
    application.router.add_static(STATIC, HERE / "static", append_version=False)


class _Compiled(jinja2.FileSystemBytecodeCache):
    """Templates as they were compiled the last time: each takes 50 ms of the first who opens it. A
    disk that takes nothing costs the next start that much again, and nobody a page.
    """

    def __init__(self, folder: Path) -> None:
        with suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        super().__init__(str(folder))

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


def show(
    request: web.Request, template: str, values: Mapping[str, Any], *, status: int = 200
) -> web.Response:
    """The page, with who is logged in and what time it is."""
    session = sessions.current(request)
    common = {
        "session": session,
        "csrf": session.csrf if session else "",
        "now": request.app[SERVICES].runtime.now(),
        "path": request.path,
    }
    return aiohttp_jinja2.render_template(template, request, {**common, **values}, status=status)


def in_chinese(refusal: web.HTTPException) -> str:
    """What a refusal says: our own words, or those for what aiohttp says in English."""
    said = refusal.text or ""
    return said if said and not said.isascii() else _PLAIN.get(refusal.status, _ANY)


def fault(request: web.Request, status: int, text: str) -> web.Response:
    """A page that says what went wrong and where to go on."""
    return show(request, "fault.html", {"status": status, "text": text}, status=status)


def again(request: web.Request, kept: Kept, why: str, *, status: int) -> web.Response:
    """What was typed and not taken, ready to be sent once more."""
    values = {"kept": kept, "why": why, "labels": _LABELS}
    return show(request, "again.html", values, status=status)


def log_in(
    request: web.Request,
    *,
    problem: str = "",
    name: str = "",
    kept: Kept | None = None,
    status: int = 200,
) -> web.Response:
    """The login page; what was typed before goes along with it."""
    values = {"problem": problem, "name": name, "kept": kept}
    return show(request, "login.html", values, status=status)


def lost(request: web.Request) -> web.Response:
    """For a resident at an address that there is not: the way home."""
    return show(request, "lost.html", {}, status=404)


def has_strayed(request: web.Request) -> bool:
    """Is a person looking at an address of ours, rather than a program or a page's own script?"""
    return request.method == "GET" and "text/html" in request.headers.get("Accept", "")


def wants_page(request: web.Request) -> bool:
    """Is a person looking, at a page of ours?"""
    return request.path.startswith("/console")


def clock(at: datetime | None) -> str:
    """`11月24日 15:04` in the county's time."""
    if at is None:
        return ""
    local = at.astimezone(LOCAL_ZONE)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def left(due_at: datetime, now: datetime) -> str:
    """`还有 1 小时 50 分`, `还有 2 天 20 小时`: what is left, as people count it."""
    minutes = round((due_at - now).total_seconds() / 60)
    return f"还有 {_length(minutes)}" if minutes >= 0 else f"已超 {_length(-minutes)}"


def waited(since: datetime, now: datetime) -> str:
    """`已等 5 分`: for how long nobody has taken it up."""
    return f"已等 {_length(max(0, round((now - since).total_seconds() / 60)))}"


def _length(minutes: int) -> str:
    """Days and hours, or hours and minutes; minutes beside days are let go."""
    hours, rest = divmod(minutes, 60)
    days, more = divmod(hours, 24)
    parts = ((days, "天"), (more, "小时")) if days else ((hours, "小时"), (rest, "分"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 分"
