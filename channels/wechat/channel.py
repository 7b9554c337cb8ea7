"""The WeChat channel: callbacks in, passive replies within five seconds, customer-service
messages later.
"""

import asyncio
import secrets
from collections.abc import Sequence

import structlog
from aiohttp import web

from channels import http, text
from channels.channel import Channel, Desk
from channels.message import Contact, Receipt, Reply
from channels.wechat import payload
from channels.wechat.client import Client
from channels.wechat.payload import Account, Forged, Incoming, Malformed
from config.settings import WeChat

PATH = "/channels/wechat"
LONGEST_REPLY_BYTES = 2000  # the platform takes 2,048
SUCCESS = "success"

_log = structlog.get_logger(__name__)


class WeChatChannel(Channel):
    """An official account."""

    name = "wechat"
    schemes = (payload.SCHEME,)

    def __init__(self, settings: WeChat, desk: Desk) -> None:
        self._desk = desk
        self._account = Account(
            token=settings.token.get_secret_value(),
            app_id=settings.app_id,
            aes_key=settings.aes_key.get_secret_value(),
        )
        self._client = Client(settings, desk)
        self._late: set[asyncio.Task[None]] = set()

    def routes(self) -> Sequence[web.RouteDef]:
        """The one address that the platform knows."""
        return [web.get(PATH, self._on_get), web.post(PATH, self._on_post)]

    async def run(self) -> None:
        """Nothing of its own, but a word of warning where the account is not encrypted."""
        if not self._account.encrypted:
            _log.warning("wechat_plain_mode", remedy="set wechat.aes_key: plain mode signs no body")

    async def send(self, to: Contact, reply: Reply) -> str:
        """A customer-service message; the platform allows it for 48 h after the resident wrote."""
        sent = ""
        for piece in text.split(self._desk.render(reply), LONGEST_REPLY_BYTES):
            sent = await self._client.send_text(to.path, piece)
        return sent

    def health(self) -> dict[str, object]:
        """Is it encrypted?"""
        return {"encrypted": self._account.encrypted}

    async def _on_get(self, request: web.Request) -> web.Response:
        try:
            return web.Response(text=payload.verify_echo(self._account, request.query))
        except Forged:
            raise web.HTTPForbidden(text="signature") from None

    async def _on_post(self, request: web.Request) -> web.Response:
        body = await http.read_body(request)
        now = self._desk.runtime.now()
        try:
            record = payload.verify(self._account, request.query, body, now.timestamp())
            incoming = payload.parse(record, now)
        except Forged:
            raise web.HTTPForbidden(text="signature") from None
        except Malformed as error:
            raise http.refused(str(error)) from None
        if incoming.message is None:
            return web.Response(text=SUCCESS)
        working = asyncio.create_task(self._desk.receive(incoming.message))
        try:
            async with asyncio.timeout(http.PLATFORM_WAITS_S):
                receipt = await asyncio.shield(working)
        except TimeoutError:
            self._answer_later(working, incoming)
            return web.Response(text=SUCCESS)
        return self._passive(incoming, receipt)

    def _passive(self, incoming: Incoming, receipt: Receipt) -> web.Response:
        said = "\n\n".join(self._desk.render(reply) for reply in receipt.replies)
        if not said:
            return web.Response(text=SUCCESS)
        said = text.split(said, LONGEST_REPLY_BYTES)[0]
        answer = payload.render(self._account, incoming, said, secrets.token_hex(8))
        return web.Response(text=answer, content_type="text/xml")

    def _answer_later(self, working: "asyncio.Task[Receipt]", incoming: Incoming) -> None:
        """The platform has stopped waiting: the answer goes by the outbox when it is there."""

        async def finish() -> None:
            receipt = await working
            if not receipt.duplicate and receipt.replies:
                to = Contact(scheme=payload.SCHEME, path=incoming.sender)
                await self._desk.later(to, receipt.replies)

        task = asyncio.create_task(finish())
        self._late.add(task)
        task.add_done_callback(self._late.discard)
