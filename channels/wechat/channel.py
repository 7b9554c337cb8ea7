"""The WeChat channel: callbacks in, replies within five seconds, notices by customer service."""

import asyncio
import secrets
from collections.abc import Sequence
from typing import Any

import structlog
from aiohttp import web

from channels import http, media, text
from channels.answering import Answering
from channels.channel import Channel, Desk
from channels.message import Attachment, Contact, Reply, SendError
from channels.pieces import Pieces
from channels.wechat import envelope, payload
from channels.wechat.client import Client
from channels.wechat.envelope import Account
from config.sections import WeChat

PATH = "/channels/wechat"
LONGEST_REPLY_BYTES = 2048
SUCCESS = "success"
AFTER_TOKEN_FAILURE_S = 30.0

_log = structlog.get_logger(__name__)


class WeChatChannel(Channel):
    """An official account (公众号), in plain or encrypted mode."""

    name = "wechat"
    schemes = (payload.SCHEME,)

    def __init__(
        self, settings: WeChat, desk: Desk, *, patience_s: float = http.PLATFORM_WAITS_S
    ) -> None:
        self._desk = desk
        self._account = Account(
            token=settings.token.get_secret_value(),
            app_id=settings.app_id,
            aes_key=settings.aes_key.get_secret_value(),
        )
        self._client = Client(settings, desk.http, desk.runtime.now)
        self._pieces = Pieces(self._client.send_text)
        self._answering = Answering(
            channel=self.name,
            desk=desk,
            longest=LONGEST_REPLY_BYTES,
            size=text.size_bytes,
            patience_s=patience_s,
        )

    def routes(self) -> Sequence[web.RouteDef]:
        """The one address that the platform knows."""
        return [
            web.get(PATH, self._on_get, allow_head=False),
            web.post(PATH, self._on_post),
        ]

    async def run(self) -> None:
        """Keep the access token fresh; when told to stop, finish what is being received."""
        if not self._account.encrypted:
            _log.warning("wechat_plain_mode", remedy="set wechat.aes_key: plain mode signs no body")
        if not self._account.usable:
            _log.error(
                "wechat_key_wrong", remedy="copy wechat.aes_key again: 43 letters and digits"
            )
        try:
            while True:
                wait_s = await self._keep_token()
                await asyncio.sleep(wait_s)
        finally:
            await self._answering.drain()

    async def send(self, to: Contact, reply: Reply) -> str:
        """A customer-service message; the platform allows it for 48 h after the resident wrote."""
        sent = await self._pieces.send(to.path, self._answering.pieces(reply), reply.choices)
        self._answering.counts["sent"] += 1
        return sent

    async def fetch(self, attachment: Attachment) -> tuple[bytes, str]:
        """Download `wechat-media:ID`; the platform keeps it for three days. SendError."""
        return await self._client.download(media.id_of(attachment, payload.MEDIA_PREFIX))

    def health(self) -> dict[str, Any]:
        """Is it encrypted, does the token hold, and what has been counted since the start?"""
        return {
            "encrypted": self._account.encrypted,
            "token": self._client.tokens.healthy,
            "waiting": self._answering.waiting,
            **self._answering.counts,
        }

    async def _keep_token(self) -> float:
        try:
            return await self._client.tokens.keep()
        except SendError as error:
            _log.warning("wechat_token_missing", reason=error.reason)
            return error.retry_after_s or AFTER_TOKEN_FAILURE_S

    async def _on_get(self, request: web.Request) -> web.Response:
        with self._answering.checked():
            return web.Response(text=envelope.verify_echo(self._account, request.query))

    async def _on_post(self, request: web.Request) -> web.Response:
        body = await http.read_body(request)
        now = self._desk.runtime.now()
        with self._answering.checked():
            xml = envelope.verify(self._account, request.query, body, now)
            incoming = payload.parse(xml, now)
        said = self._answering.said(await self._answering.answer(incoming.message))
        if not said:
            return web.Response(text=SUCCESS)
        now = self._desk.runtime.now()
        plain = payload.render(incoming, said, now)
        sealed = envelope.seal(self._account, plain, nonce=secrets.token_hex(8), now=now)
        return web.Response(text=sealed, content_type="application/xml")
