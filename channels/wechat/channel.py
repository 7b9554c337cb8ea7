"""The WeChat channel: callbacks in, replies within five seconds, notices by customer service."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Sequence
from typing import Any

import structlog
from aiohttp import web

from channels import http, media, text
from channels.channel import Channel, Desk
from channels.media import MediaFirst
from channels.message import Attachment, Contact, Reply, SendError
from channels.passive import Overloaded, PassiveReplies
from channels.pieces import Pieces
from channels.wechat import envelope, payload
from channels.wechat.client import Client
from channels.wechat.envelope import Account, Forged, Malformed
from channels.wechat.payload import Incoming
from config.sections import WeChat

PATH = "/channels/wechat"
LONGEST_REPLY_BYTES = 2048
BETWEEN_REPLIES = "\n\n"
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
            await self._replies.drain()

    async def send(self, to: Contact, reply: Reply) -> str:
        """A customer-service message; the platform allows it for 48 h after the resident wrote."""
        pieces = text.split(text.cleaned(self._desk.render(reply)), LONGEST_REPLY_BYTES)
        sent = await self._pieces.send(to.path, pieces)
        self._counts["sent"] += 1
        return sent

    async def fetch(self, attachment: Attachment) -> tuple[bytes, str]:
        """Download `wechat-media:ID`; the platform keeps it for three days. SendError."""
        return await self._client.download(media.id_of(attachment, payload.MEDIA_PREFIX))

    def health(self) -> dict[str, Any]:
        """Is it encrypted, does the token hold, and what has been counted since the start?"""
        return {
            "encrypted": self._account.encrypted,
            "token": self._client.tokens.healthy,
            "waiting": self._replies.waiting,
            **self._counts,
        }

    async def _keep_token(self) -> float:
        try:
            return await self._client.tokens.keep()
        except SendError as error:
            _log.warning("wechat_token_missing", reason=error.reason)
            return error.retry_after_s or AFTER_TOKEN_FAILURE_S

    async def _on_get(self, request: web.Request) -> web.Response:
        try:
            return web.Response(text=envelope.verify_echo(self._account, request.query))
        except Forged as error:
            raise self._forged(error) from None
        except Malformed as error:
            raise self._malformed(error) from None

    async def _on_post(self, request: web.Request) -> web.Response:
        body = await http.read_body(request)
        now = self._desk.runtime.now()
        try:
            xml = envelope.verify(self._account, request.query, body, now)
            incoming = payload.parse(xml, now)
        except Forged as error:
            raise self._forged(error) from None
        except Malformed as error:
            raise self._malformed(error) from None
        return self._response(incoming, await self._answer(incoming))

    async def _answer(self, incoming: Incoming) -> Sequence[Reply]:
        if incoming.message is None:
            self._counts["ignored"] += 1
            return (Reply(key="unsupported"),) if incoming.unsupported else ()
        try:
            replies = await self._replies.answer(incoming.message)
        except Overloaded:
            raise web.HTTPServiceUnavailable(text="busy") from None
        except Exception:
            _log.exception("message_not_received", channel=self.name)
            raise web.HTTPInternalServerError(text="not received") from None
        self._counts["received"] += 1
        return replies

    def _response(self, incoming: Incoming, replies: Sequence[Reply]) -> web.Response:
        said = self._said(replies)
        if not said:
            return web.Response(text=SUCCESS)
        now = self._desk.runtime.now()
        plain = payload.render(incoming, said, now)
        sealed = envelope.seal(self._account, plain, nonce=secrets.token_hex(8), now=now)
        return web.Response(text=sealed, content_type="application/xml")

    def _said(self, replies: Sequence[Reply]) -> str:
        return BETWEEN_REPLIES.join(text.cleaned(self._desk.render(reply)) for reply in replies)

    def _fits(self, replies: Sequence[Reply]) -> int:
        """How many of the replies one answer holds."""
        count = len(replies)
        while count and text.size_bytes(self._said(replies[:count])) > LONGEST_REPLY_BYTES:
            count -= 1
        return count

    def _forged(self, error: Forged) -> web.HTTPForbidden:
        self._counts["forged"] += 1
        _log.warning("callback_refused", channel=self.name, reason=str(error))
        return web.HTTPForbidden(text="forbidden")

    def _malformed(self, error: Malformed) -> web.HTTPBadRequest:
        self._counts["malformed"] += 1
        _log.warning("callback_refused", channel=self.name, reason=str(error))
        return http.refused(str(error))
