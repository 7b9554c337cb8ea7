"""The Weibo channel: callbacks in, replies within five seconds, private messages by the API."""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from aiohttp import web

from channels import http, media
from channels.answering import Answering
from channels.channel import Channel, Desk
from channels.message import Attachment, Contact, Reply
from channels.pieces import Pieces
from channels.weibo import payload
from channels.weibo.client import Client
from config.sections import Weibo

PATH = "/channels/weibo"
LONGEST_REPLY = 290  # characters; the platform takes less than 300
NOTHING = ""  # an empty answer: taken, and nothing to say now

_log = structlog.get_logger(__name__)


class WeiboChannel(Channel):
    """A Weibo account with the fans service (粉丝服务)."""

    name = "weibo"
    schemes = (payload.SCHEME,)

    def __init__(
        self, settings: Weibo, desk: Desk, *, patience_s: float = http.PLATFORM_WAITS_S
    ) -> None:
        self._settings = settings
        self._desk = desk
        self._client = Client(settings, desk.http)
        self._pieces = Pieces(self._client.send_text)
        self._answering = Answering(
            channel=self.name, desk=desk, longest=LONGEST_REPLY, patience_s=patience_s
        )

    def routes(self) -> Sequence[web.RouteDef]:
        """The one address that the platform knows."""
        return [
            web.get(PATH, self._on_get, allow_head=False),
            web.post(PATH, self._on_post),
        ]

    async def run(self) -> None:
        """Wait to be told to stop, then finish what is being received."""
        _log.warning("weibo_signs_no_body", remedy="let Weibo reach us by https only")
        try:
            await asyncio.Event().wait()
        finally:
            await self._answering.drain()

    async def send(self, to: Contact, reply: Reply) -> str:
        """A private message; the platform allows it for 48 h after the resident wrote."""
        sent = await self._pieces.send(to.path, self._answering.pieces(reply), reply.choices)
        self._answering.counts["sent"] += 1
        return sent

    async def fetch(self, attachment: Attachment) -> tuple[bytes, str]:
        """Download `weibo-media:ID`; SendError."""
        return await self._client.download(media.id_of(attachment, payload.MEDIA_PREFIX))

    def health(self) -> dict[str, Any]:
        """What has been counted since the start."""
        return {"waiting": self._answering.waiting, **self._answering.counts}

    async def _on_get(self, request: web.Request) -> web.Response:
        with self._answering.checked():
            self._verify(request)
        return web.Response(text=request.query.get("echostr", ""))

    async def _on_post(self, request: web.Request) -> web.Response:
        now = self._desk.runtime.now()
        with self._answering.checked():
            self._verify(request)
            payload.verify_fresh(request.query, now)
            record = http.load_json(await http.read_body(request))
            incoming = payload.parse(record, now)
        said = self._answering.said(await self._answering.answer(incoming.message))
        if not said:
            return web.Response(text=NOTHING)
        return web.Response(text=payload.render(incoming, said), content_type="application/json")

    def _verify(self, request: web.Request) -> None:
        payload.verify(self._settings.app_secret.get_secret_value(), request.query)
