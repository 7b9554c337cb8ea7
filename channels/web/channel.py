"""The web channel: a page that works without script, one cookie for each resident, nothing kept
in memory.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
from aiohttp import web

from channels import http
from channels.channel import Channel, Desk, Line, MediaRefused
from channels.message import Attachment, Contact, InboundMessage, Reply
from channels.web import payload, showing, visitor
from channels.web.payload import Form
from channels.web.pictures import Darkroom
from channels.web.ration import Ration
from config.runtime import LOCAL_ZONE
from config.sections import Web

HERE = Path(__file__).parent
STATIC = "/static/web"
QUIET = "X-Quiet"  # asked for by the page's own script, not looked at
NO_PHOTO = "没有这张照片"
TOO_MANY_PHOTOS = "照片一下子来得太多，这张没有收下。您写的都还在：不带照片直接发，或者过一会儿再试"
KIOSK_WARNS_S = 20
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


class WebChannel(Channel):
    """The resident's page at `/`; `/?kiosk=1` is the page of a kiosk that many people use."""

    name = "web"
    schemes = (visitor.SCHEME,)

    def __init__(self, settings: Web, desk: Desk) -> None:
        self._settings = settings
        self._desk = desk
        self._darkroom = Darkroom()
        self._ration = Ration()
        self._pages = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._pages.filters.update(spoken=showing.spoken, photo=showing.photo)

    def routes(self) -> Sequence[web.RouteDef]:
        """The page, sending, progress, staying, clearing, own photos, the page's own files."""
        return [
            web.get("/", self._page),
            web.post("/", self._send),
            web.get("/progress", self._progress),
            web.post("/stay", self._stay),
            web.post("/end", self._end),
            web.get("/photo/{id}", self._photo),
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
        return await self._show(request, template="progress.html")

    async def _send(self, request: web.Request) -> web.Response:
        visitor.same_site(request)
        try:
            form = await payload.read(request)
        except web.HTTPClientError as refusal:
            problem = refusal.text or payload.REFUSED
            return await self._show(request, problem=problem, status=refusal.status)
        resident = visitor.known(request)
        if not resident:
            problem = "隔的时间太长，页面已经换新。请再按一次“发送”，您写的都还在"
            return await self._show(request, problem=problem, kept=form.text, status=403)
        if not payload.is_id(form.key):
            problem = "页面不完整，请再按一次“发送”"
            return await self._show(request, problem=problem, kept=form.text, status=400)
        if not self._ration.takes_message(resident, http.asker(request)):
            problem = self._said("too_many")
            return await self._show(request, problem=problem, kept=form.text, status=429)
        if len(form.text) > payload.LONGEST_TEXT:
            problem = self._said("too_long")
            return await self._show(request, problem=problem, kept=form.text, status=413)
        if form.missing:
            return await self._show(request, problem=form.missing, kept=form.text, status=413)
        if form.photo and not self._ration.takes_photo(http.asker(request), len(form.photo)):
            return await self._show(request, problem=TOO_MANY_PHOTOS, kept=form.text, status=429)
        try:
            attachments = await self._kept(form.photo)
        except MediaRefused as refusal:
            problem = self._desk.render(Reply(key="media_refused", values={"reason": str(refusal)}))
            return await self._show(request, problem=problem, kept=form.text, status=400)
        if not form.text and not attachments and form.point is None:
            problem = "请先写下要说的事，或者选一张照片"
            return await self._show(request, problem=problem, status=400)
        await self._desk.receive(self._message(resident, form, attachments))
        raise web.HTTPSeeOther(visitor.home(request) + "#last")

    def _message(
        self, resident: str, form: Form, attachments: tuple[Attachment, ...]
    ) -> InboundMessage:
        contact = visitor.contact(resident)
        return InboundMessage(
            channel=self.name,
            external_id=f"{contact.path}:{form.key}:{form.digest}",
            sender=contact,
            thread=str(contact),
            text=form.text,
            received_at=self._desk.runtime.now(),
            attachments=attachments,
            point=form.point,
            event=form.event,
        )

    async def _stay(self, request: web.Request) -> web.Response:
        """Somebody is still at the kiosk and writes: he is remembered for as long again."""
        visitor.same_site(request)
        resident, answer = visitor.known(request), web.Response(status=204)
        if resident and visitor.is_kiosk(request):
            self._remember(request, answer, resident)
        return answer

    async def _photo(self, request: web.Request) -> web.Response:
        """A photo in small, for him alone who has sent it."""
        reference = showing.HELD + request.match_info["id"]
        lines = await self._lines(visitor.known(request))
        if not any(reference in line.pictures for line in lines):
            raise web.HTTPNotFound(text=NO_PHOTO)
        found = await self._desk.find(reference)
        if found is None:
            raise web.HTTPNotFound(text=NO_PHOTO)
        whole = await asyncio.to_thread(found[0].read_bytes)
        try:
            content, kind = await self._darkroom.small(whole)
        except MediaRefused:
            raise web.HTTPNotFound(text=NO_PHOTO) from None
        headers = {"Cache-Control": "no-store"}  # nothing of it stays where others sit
        return web.Response(body=content, content_type=kind, headers=headers)

    async def _end(self, request: web.Request) -> web.Response:
        """The browser forgets who was here; what was said stays with those who handle it."""
        visitor.same_site(request)
        answer = web.HTTPSeeOther(visitor.home(request, ended=True))
        visitor.forget(answer)
        raise answer

    async def _kept(self, photo: bytes) -> tuple[Attachment, ...]:
        if not photo:
            return ()
        content, kind = await self._darkroom.cleaned(photo)
        reference = await self._desk.keep(content, kind)
        return (
            Attachment(kind="image", reference=reference, media_type=kind, size_bytes=len(content)),
        )

    async def _show(
        self,
        request: web.Request,
        *,
        template: str = "talk.html",
        problem: str = "",
        kept: str = "",
        status: int = 200,
    ) -> web.Response:
        resident, kiosk = visitor.known(request), visitor.is_kiosk(request)
        lines = await self._lines(resident)
        values: Mapping[str, Any] = {
            "lines": lines,
            "tickets": showing.tickets(lines),
            "begins": showing.begins(lines),
            "choices": showing.choices(lines),
            "zone": LOCAL_ZONE,
            "key": visitor.new_id(),
            "problem": problem,
            "kept": kept,
            "kiosk": kiosk,
            "ended": "ended" in request.query and not lines,
            "query": "?kiosk=1" if kiosk else "",
            "idle_s": self._settings.kiosk_idle_s,
            "warns_s": KIOSK_WARNS_S,
            "county": self._desk.county,
            "hotline": self._desk.hotline,
            "welcome": self._said("welcome"),
            "longest": payload.LONGEST_TEXT,
        }
        text = self._pages.get_template(template).render(values)
        answer = web.Response(text=text, content_type="text/html", status=status)
        answer.headers["Content-Security-Policy"] = POLICY
        answer.headers["Cache-Control"] = "no-store"
        if not resident or (kiosk and QUIET not in request.headers):
            self._remember(request, answer, resident or visitor.new_id())
        return answer

    async def _lines(self, resident: str) -> Sequence[Line]:
        return await self._desk.history(visitor.contact(resident)) if resident else ()

    def _remember(self, request: web.Request, answer: web.Response, resident: str) -> None:
        idle_s = self._settings.kiosk_idle_s
        visitor.remember(request, answer, resident, kiosk_idle_s=idle_s)

    async def _static(self, request: web.Request) -> web.StreamResponse:
        path = HERE / "static" / request.match_info["file"]
        if path.parent != HERE / "static" or not path.is_file():
            raise web.HTTPNotFound(text="没有这个文件")
        return web.FileResponse(path, headers={"Cache-Control": "no-cache"})

    def _said(self, key: str) -> str:
        return self._desk.render(Reply(key=key))
