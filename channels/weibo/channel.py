"""The Weibo channel: callbacks in, replies within five seconds, private messages by the API."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import structlog
from aiohttp import web

from channels import http, media, text
from channels.channel import Channel, Desk
from channels.media import MediaFirst
from channels.message import Attachment, Contact, InboundMessage, Reply
from channels.passive import Overloaded, PassiveReplies
from channels.pieces import Pieces
from channels.weibo import payload
from channels.weibo.client import Client
from channels.weibo.payload import Forged, Malformed
from config.sections import Weibo

PATH = "/channels/weibo"
LONGEST_REPLY = 290  # characters; the platform takes less than 300
BETWEEN_REPLIES = "\n\n"
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
        self._replies = PassiveReplies(
            receive=MediaFirst(
                receive=desk.receive, fetch=self.fetch, keep=desk.keep, prefix=payload.MEDIA_PREFIX
            ),
            later=desk.later,
            fits=self._fits,
            patience_s=patience_s,
        )
        self._counts: Counter[str] = Counter()

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
            await self._replies.drain()

    async def send(self, to: Contact, reply: Reply) -> str:
        """A private message; the platform allows it for 48 h after the resident wrote."""
        pieces = text.split(text.cleaned(self._desk.render(reply)), LONGEST_REPLY, len)
        sent = await self._pieces.send(to.path, pieces)
        self._counts["sent"] += 1
        return sent

    async def fetch(self, attachment: Attachment) -> tuple[bytes, str]:
        """Download `weibo-media:ID`; SendError."""
        return await self._client.download(media.id_of(attachment, payload.MEDIA_PREFIX))

    def health(self) -> dict[str, Any]:
        """What has been counted since the start."""
        return {"waiting": self._replies.waiting, **self._counts}

    async def _on_get(self, request: web.Request) -> web.Response:
        self._verify(request)
        return web.Response(text=request.query.get("echostr", ""))

    async def _on_post(self, request: web.Request) -> web.Response:
        self._verify(request, fresh=True)
        record = http.load_json(await http.read_body(request))
        try:
            incoming = payload.parse(record, self._desk.runtime.now())
        except Malformed as error:
            self._counts["malformed"] += 1
            _log.warning("callback_refused", channel=self.name, reason=str(error))
            raise http.refused(str(error)) from None
        if incoming.message is None:
            self._counts["ignored"] += 1
            return web.Response(text=NOTHING)
        said = self._said(await self._answer(incoming.message))
        if not said:
            return web.Response(text=NOTHING)
        return web.Response(text=payload.render(incoming, said), content_type="application/json")

    async def _answer(self, message: InboundMessage) -> Sequence[Reply]:
        try:
            replies = await self._replies.answer(message)
        except Overloaded:
            raise web.HTTPServiceUnavailable(text="busy") from None
        except Exception:
            _log.exception("message_not_received", channel=self.name)
            raise web.HTTPInternalServerError(text="not received") from None
        self._counts["received"] += 1
        return replies

    def _said(self, replies: Sequence[Reply]) -> str:
        return BETWEEN_REPLIES.join(text.cleaned(self._desk.render(reply)) for reply in replies)

    def _fits(self, replies: Sequence[Reply]) -> int:
        """How many of the replies one answer holds."""
        count = len(replies)
        while count and len(self._said(replies[:count])) > LONGEST_REPLY:
            count -= 1
        return count

    def _verify(self, request: web.Request, *, fresh: bool = False) -> None:
        """Only what Weibo has signed, and lately where `fresh`."""
        try:
            payload.verify(self._settings.app_secret.get_secret_value(), request.query)
            if fresh:
                payload.verify_fresh(request.query, self._desk.runtime.now())
        except Forged as error:
            self._counts["forged"] += 1
            _log.warning("callback_refused", channel=self.name, reason=str(error))
            raise web.HTTPForbidden(text="forbidden") from None
