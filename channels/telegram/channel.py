"""The Telegram channel: a webhook inside our server, or polling; answers in the webhook's own."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import structlog
from aiohttp import web

from channels import http, media, text
from channels.channel import Channel, Desk
from channels.media import MediaFirst
from channels.message import Attachment, Contact, InboundMessage, Reply, SendError
from channels.passive import Overloaded, PassiveReplies
from channels.telegram import payload
from channels.telegram.client import Client
from channels.telegram.payload import Malformed
from config.sections import Telegram

PATH = "/channels/telegram"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
LONGEST_REPLY = 1500  # characters; the platform takes 4,096, but nobody reads that on a phone
BETWEEN_REPLIES = "\n\n"
AFTER_FAILURE_S = (1.0, 2.0, 5.0, 15.0, 60.0)
VOICE_TYPE, PHOTO_TYPE = "audio/ogg", "image/jpeg"

_log = structlog.get_logger(__name__)


class TelegramChannel(Channel):
    """A bot."""

    name = "telegram"
    schemes = (payload.SCHEME,)

    def __init__(
        self, settings: Telegram, desk: Desk, *, patience_s: float = http.PLATFORM_WAITS_S
    ) -> None:
        self._settings = settings
        self._desk = desk
        self._client = Client(settings)
        self._receive = MediaFirst(
            receive=desk.receive, fetch=self.fetch, keep=desk.keep, prefix=payload.MEDIA_PREFIX
        )
        self._replies = PassiveReplies(
            receive=self._receive, later=desk.later, fits=self._fits, patience_s=patience_s
        )
        self._counts: Counter[str] = Counter()
        self._offset = 0

    def routes(self) -> Sequence[web.RouteDef]:
        """The webhook's address; none while polling."""
        if self._settings.mode == "polling":
            return []
        return [web.post(PATH, self._on_post)]

    async def run(self) -> None:
        """Poll where that is the way; finish what is being received when told to stop."""
        try:
            if self._settings.mode == "polling":
                await self._poll()
            await asyncio.Event().wait()
        finally:
            await self._replies.drain()
            await self._client.close()

    async def send(self, to: Contact, reply: Reply) -> str:
        """A message to a chat; buttons where the reply offers choices."""
        pieces = text.split(text.cleaned(self._desk.render(reply)), LONGEST_REPLY, len)
        sent = ""
        for index, piece in enumerate(pieces, 1):
            choices = reply.choices if index == len(pieces) else ()
            sent = await self._client.send(to.path, piece, choices)
        self._counts["sent"] += 1
        return sent

    async def fetch(self, attachment: Attachment) -> tuple[bytes, str]:
        """Download `telegram-media:ID`; SendError."""
        content = await self._client.download(media.id_of(attachment, payload.MEDIA_PREFIX))
        return content, VOICE_TYPE if content[:4] == b"OggS" else PHOTO_TYPE

    def health(self) -> dict[str, Any]:
        """What has been counted since the start."""
        return {"mode": self._settings.mode, "waiting": self._replies.waiting, **self._counts}

    async def poll_once(self) -> int:
        """Take what has come; an update is confirmed only after the desk has it. How many."""
        updates = await self._client.updates(self._offset)
        for update in updates:
            try:
                incoming = payload.parse(update, self._desk.runtime.now())
            except Malformed as error:
                _log.warning("update_refused", channel=self.name, reason=str(error))
                self._offset = max(self._offset, int(update.get("update_id", 0)) + 1)
                continue
            if incoming.message is not None:
                receipt = await self._receive(incoming.message)
                if receipt.replies and not receipt.duplicate:
                    await self._desk.later(incoming.message.sender, receipt.replies)
                self._counts["received"] += 1
            self._offset = incoming.update_id + 1
        return len(updates)

    async def _poll(self) -> None:
        failures = 0
        while True:
            try:
                await self.poll_once()
                failures = 0
            except SendError as error:
                pause_s = AFTER_FAILURE_S[min(failures, len(AFTER_FAILURE_S) - 1)]
                failures += 1
                if failures == 1:  # once for each outage, not once for each try
                    _log.warning("telegram_polling_failed", reason=error.reason)
                await asyncio.sleep(pause_s)

    async def _on_post(self, request: web.Request) -> web.Response:
        secret = self._settings.secret.get_secret_value()
        if not http.same(request.headers.get(SECRET_HEADER, ""), secret):
            raise web.HTTPForbidden(text="secret")
        record = http.load_json(await http.read_body(request))
        try:
            incoming = payload.parse(record, self._desk.runtime.now())
        except Malformed as error:
            self._counts["malformed"] += 1
            raise http.refused(f"{error}") from None
        if incoming.message is None:
            self._counts["ignored"] += 1
            return web.Response()
        replies = await self._answer(incoming.message)
        if not replies:
            return web.Response()
        choices = replies[-1].choices
        answer = payload.render(incoming.chat, self._said(replies), choices)
        return web.Response(text=answer, content_type="application/json")

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
