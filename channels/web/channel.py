"""The web channel: a page that works without script, one cookie for each resident, nothing kept
in memory.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jinja2
from aiohttp import BodyPartReader, web
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from channels import http
from channels.channel import Channel, Desk, MediaRefused
from channels.message import Attachment, Contact, InboundMessage, Point, Reply
from channels.web import pictures
from config.runtime import LOCAL_ZONE
from config.sections import Web

SCHEME = "web"
COOKIE = "hotline_resident"
HERE = Path(__file__).parent
STATIC = "/static/web"
LONGEST_TEXT = 2000
LONGEST_UPLOAD_BYTES = 10 * 2**20 + 64 * 1024
COOKIE_LASTS_S = 180 * 24 * 3600
KIOSK_IDLE_S = 120
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_BY_COOKIE = RateLimitItemPerMinute(20)
_BY_ADDRESS = RateLimitItemPerMinute(120)  # a village shares one address


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a resident sent: words, a place pin, a photo."""

    text: str = ""
    key: str = ""
    latitude: str = ""
    longitude: str = ""
    photo: bytes = b""


class WebChannel(Channel):
    """The resident's page at `/`."""

    name = "web"
    schemes = (SCHEME,)

    def __init__(self, settings: Web, desk: Desk) -> None:
        self._settings = settings
        self._desk = desk
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._pages = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def routes(self) -> Sequence[web.RouteDef]:
        """The page, sending, clearing, and the page's own files."""
        return [
            web.get("/", self._page),
            web.post("/", self._send),
            web.get("/progress", self._progress),
            web.post("/end", self._end),
            web.get(STATIC + "/{file}", self._static),
        ]

    async def send(self, to: Contact, reply: Reply) -> str:
        """Nothing to do but to be there: the resident finds it on his page, which reads the
        outbox.
        """
        return f"page:{reply.key}"

    async def _page(self, request: web.Request) -> web.Response:
        return await self._show(request)

    async def _progress(self, request: web.Request) -> web.Response:
        return await self._show(request, asking=True)

    async def _send(self, request: web.Request) -> web.Response:
        self._same_site(request)
        form = await _read(request)
        resident = request.cookies.get(COOKIE, "")
        if not _is_id(resident) or not _is_id(form.key):
            return await self._show(request, problem="页面已过期，请再按一次发送", kept=form.text)
        if not self._may_send(request, resident):
            return await self._show(
                request, problem=self._said("too_many"), kept=form.text, status=429
            )
        if len(form.text) > LONGEST_TEXT:
            return await self._show(
                request, problem=self._said("too_long"), kept=form.text, status=413
            )
        try:
            attachments = await self._kept(form.photo)
        except MediaRefused as refusal:
            problem = self._desk.render(Reply(key="media_refused", values={"reason": str(refusal)}))
            return await self._show(request, problem=problem, kept=form.text, status=400)
        point = _point(form)
        if not form.text and not attachments and point is None:
            return await self._show(request, problem="请先写下要说的事，或者选一张照片")
        await self._desk.receive(self._message(resident, form, attachments, point))
        raise web.HTTPSeeOther(_back(request))

    def _message(
        self,
        resident: str,
        form: Form,
        attachments: tuple[Attachment, ...],
        point: Point | None,
    ) -> InboundMessage:
        contact = Contact(scheme=SCHEME, path=resident)
        return InboundMessage(
            channel=self.name,
            external_id=f"{resident}:{form.key}",
            sender=contact,
            thread=str(contact),
            text=form.text,
            received_at=self._desk.runtime.now(),
            attachments=attachments,
            point=point,
        )

    async def _end(self, request: web.Request) -> web.Response:
        self._same_site(request)
        answer = web.HTTPSeeOther(_back(request))
        answer.del_cookie(COOKIE)
        raise answer

    async def _kept(self, photo: bytes) -> tuple[Attachment, ...]:
        if not photo:
            return ()
        content, kind = await asyncio.to_thread(pictures.cleaned, photo)
        reference = await self._desk.keep(content, kind)
        return (
            Attachment(kind="image", reference=reference, media_type=kind, size_bytes=len(content)),
        )

    async def _show(
        self,
        request: web.Request,
        *,
        problem: str = "",
        kept: str = "",
        asking: bool = False,
        status: int = 200,
    ) -> web.Response:
        resident = request.cookies.get(COOKIE, "")
        fresh = not _is_id(resident)
        resident = _new_id() if fresh else resident
        lines = [] if fresh else await self._desk.history(Contact(scheme=SCHEME, path=resident))
        values: Mapping[str, Any] = {
            "lines": lines,
            "zone": LOCAL_ZONE,
            "key": _new_id(),
            "problem": problem,
            "kept": kept,
            "asking": asking,
            "kiosk": "kiosk" in request.query,
            "query": request.query_string[:200],
            "idle_s": KIOSK_IDLE_S,
            "welcome": self._said("welcome"),
            "longest": LONGEST_TEXT,
        }
        text = self._pages.get_template("page.html").render(values)
        answer = web.Response(text=text, content_type="text/html", status=status)
        answer.headers["Content-Security-Policy"] = POLICY
        answer.headers["Cache-Control"] = "no-store"
        if fresh:
            age = None if values["kiosk"] else COOKIE_LASTS_S
            answer.set_cookie(
                COOKIE,
                resident,
                max_age=age,
                httponly=True,
                samesite="Lax",
                secure=request.secure,
            )
        return answer

    async def _static(self, request: web.Request) -> web.StreamResponse:
        path = HERE / "static" / request.match_info["file"]
        if path.parent != HERE / "static" or not path.is_file():
            raise web.HTTPNotFound(text="没有这个文件")
        return web.FileResponse(path, headers={"Cache-Control": "max-age=3600"})

    def _same_site(self, request: web.Request) -> None:
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise web.HTTPForbidden(text="这个请求来自别的网站，已拒绝")

    def _may_send(self, request: web.Request, resident: str) -> bool:
        by_cookie = self._limiter.hit(_BY_COOKIE, "resident", resident)
        return self._limiter.hit(_BY_ADDRESS, "address", request.remote or "") and by_cookie

    def _said(self, key: str) -> str:
        return self._desk.render(Reply(key=key))


async def _read(request: web.Request) -> Form:
    """The form, each part bounded; a photo comes with the multipart form alone."""
    if not request.content_type.startswith("multipart/"):
        body = await http.read_body(request)
        found = parse_qs(body.decode("utf-8", "replace"), max_num_fields=20)
        return _form({name: values[0].strip() for name, values in found.items()}, b"")
    fields: dict[str, str] = {}
    photo = b""
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise http.refused("表单不对")
        if part.name == "photo":
            photo = await _bounded(part, LONGEST_UPLOAD_BYTES)
        elif part.name in _FIELDS:
            value = await _bounded(part, 4 * LONGEST_TEXT + 1024)
            fields[part.name] = value.decode("utf-8", "replace").strip()
    return _form(fields, photo)


def _form(fields: Mapping[str, str], photo: bytes) -> Form:
    text, key, latitude, longitude = (fields.get(name, "") for name in _FIELDS)
    return Form(text=text, key=key, latitude=latitude, longitude=longitude, photo=photo)


async def _bounded(part: BodyPartReader, limit_bytes: int) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(64 * 1024):
        content += chunk
        if len(content) > limit_bytes:
            raise web.HTTPRequestEntityTooLarge(max_size=limit_bytes, actual_size=len(content))
    return bytes(content)


_FIELDS = ("text", "key", "latitude", "longitude")


def _point(form: Form) -> Point | None:
    try:
        point = Point(latitude=float(form.latitude), longitude=float(form.longitude))
    except ValueError:
        return None
    inside = -90 <= point.latitude <= 90 and -180 <= point.longitude <= 180
    return point if inside else None


def _back(request: web.Request) -> str:
    return "/?" + request.query_string[:200] if request.query_string else "/"


def _new_id() -> str:
    return secrets.token_hex(16)


def _is_id(text: str) -> bool:
    return len(text) == 32 and all(c in "0123456789abcdef" for c in text)
