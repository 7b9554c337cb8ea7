"""The Weibo channel: callbacks in, passive replies, and messages later through the fans
service's API.
"""

import asyncio
import json
from collections.abc import Sequence

import aiohttp
from aiohttp import web

from channels import http, text
from channels.channel import Channel, Desk
from channels.message import Contact, Receipt, Reply, SendError
from channels.weibo import payload
from config.settings import Weibo

PATH = "/channels/weibo"
LONGEST_REPLY_BYTES = 900  # the platform takes 300 characters


class WeiboChannel(Channel):
    """A Weibo account with the fans service."""

    name = "weibo"
    schemes = (payload.SCHEME,)

    def __init__(self, settings: Weibo, desk: Desk) -> None:
        self._settings = settings
        self._desk = desk
        self._late: set[asyncio.Task[None]] = set()

    def routes(self) -> Sequence[web.RouteDef]:
        """The one address that the platform knows."""
        return [web.get(PATH, self._on_get), web.post(PATH, self._on_post)]

    async def send(self, to: Contact, reply: Reply) -> str:
        """A private message through the API."""
        for piece in text.split(self._desk.render(reply), LONGEST_REPLY_BYTES):
            await self._send_text(to.path, piece)
        return ""

    async def _send_text(self, receiver: str, said: str) -> None:
        form = {
            "access_token": self._settings.access_token.get_secret_value(),
            "type": "text",
            "receiver_id": receiver,
            "data": json.dumps({"text": said}, ensure_ascii=False),
        }
        url = self._settings.api_url + "/2/messages/reply.json"
        try:
            async with self._desk.http.post(url, data=form) as answer:
                record = await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise SendError(f"微博接口连不上：{type(error).__name__}") from error
        if record.get("error_code"):
            code = record["error_code"]
            raise SendError(
                f"微博返回错误 {code}：{record.get('error', '')}", permanent=code in _HOPELESS
            )

    def _check(self, request: web.Request) -> None:
        if not payload.verified(self._settings.app_secret.get_secret_value(), request.query):
            raise web.HTTPForbidden(text="signature")

    async def _on_get(self, request: web.Request) -> web.Response:
        self._check(request)
        return web.Response(text=request.query.get("echostr", ""))

    async def _on_post(self, request: web.Request) -> web.Response:
        self._check(request)
        body = await http.read_body(request)
        incoming = payload.parse(http.load_json(body), body, self._desk.runtime.now())
        if incoming.message is None:
            return web.Response(text="")
        working = asyncio.create_task(self._desk.receive(incoming.message))
        try:
            async with asyncio.timeout(http.PLATFORM_WAITS_S):
                receipt = await asyncio.shield(working)
        except TimeoutError:
            self._answer_later(working, incoming.sender)
            return web.Response(text="")
        said = "\n".join(self._desk.render(reply) for reply in receipt.replies)
        if not said:
            return web.Response(text="")
        said = text.split(said, LONGEST_REPLY_BYTES)[0]
        return web.Response(text=payload.render(incoming, said), content_type="application/json")

    def _answer_later(self, working: "asyncio.Task[Receipt]", sender: str) -> None:
        async def finish() -> None:
            receipt = await working
            if not receipt.duplicate and receipt.replies:
                await self._desk.later(Contact(scheme=payload.SCHEME, path=sender), receipt.replies)

        task = asyncio.create_task(finish())
        self._late.add(task)
        task.add_done_callback(self._late.discard)


_HOPELESS = frozenset({21332, 21301, 10014, 20003})
