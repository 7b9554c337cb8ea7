"""The Telegram channel: a webhook inside our server, or polling; answers in the webhook's own."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog
from aiohttp import web

from channels import answering, http, media
from channels.answering import Answering
from channels.channel import Channel, Desk
from channels.http import Forged, Malformed
from channels.message import Attachment, Contact, Reply, SendError
from channels.pieces import Pieces
from channels.telegram import payload
from channels.telegram.client import Client
from channels.telegram.payload import Incoming
from config.sections import Telegram

PATH = "/channels/telegram"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
LONGEST_REPLY = 1500  # characters; the platform takes 4,096, but nobody reads that on a phone
AFTER_FAILURE_S = (1.0, 2.0, 5.0, 15.0, 60.0)
LONGEST_PAUSE_S = 3600.0  # whatever we are told: residents write meanwhile

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
        self._client = Client(settings, desk.http)
        self._pieces = Pieces(self._client.send)
        self._answering = Answering(
            channel=self.name, desk=desk, longest=LONGEST_REPLY, patience_s=patience_s
        )
        self._lights_out: set[asyncio.Task[None]] = set()
        self._offset = 0
        self._failures = 0
        self._cleared = False  # with a webhook still set, asking is refused

    def routes(self) -> Sequence[web.RouteDef]:
        """The webhook's address; none while polling."""
        if self._settings.mode == "polling":
            return []
        return [web.post(PATH, self._on_post)]

    async def run(self) -> None:
        """Poll where that is the way, in one process: the platform refuses a second that asks at
        the same time. Finish what is being received when told to stop.
        """
        try:
            if self._settings.mode == "polling" and self._desk.polls:
                await self._poll()
            await asyncio.Event().wait()
        finally:
            await self._answering.drain()
            await self._client.close()

    async def send(self, to: Contact, reply: Reply) -> str:
        """A message to a chat; buttons where the reply offers choices."""
        sent = await self._pieces.send(to.path, self._answering.pieces(reply), reply.choices)
        self._answering.counts["sent"] += 1
        return sent

    async def fetch(self, attachment: Attachment) -> tuple[bytes, str]:
        """Download `telegram-media:ID`; SendError."""
        content = await self._client.download(media.id_of(attachment, payload.MEDIA_PREFIX))
        return content, media.type_of(content)

    def health(self) -> dict[str, Any]:
        """What has been counted since the start."""
        counts = self._answering.counts
        return {"mode": self._settings.mode, "waiting": self._answering.waiting, **counts}

    async def poll_once(self) -> int:
        """Take what has come; an update is confirmed only when it and its answer are on disk. How
        many.
        """
        updates = await self._client.updates(self._offset)
        for update in updates:
            try:
                incoming = payload.parse(update, self._desk.runtime.now())
            except Malformed as error:
                _log.warning("update_refused", channel=self.name, reason=str(error))
                self._offset = max(self._offset, int(update.get("update_id", 0)) + 1)
                continue
            if incoming.message is not None:
                await self._answering.take(incoming.message)
                self._put_out(incoming)
            self._offset = incoming.update_id + 1
        return len(updates)

    async def poll_step(self) -> float:
        """Ask once. How many seconds to leave the platform alone: none where all is well, more
        each time that it fails, and as many as it asks for itself.
        """
        try:
            if not self._cleared:
                await self._client.drop_webhook()
                self._cleared = True
            await self.poll_once()
        except SendError as error:
            pause_s = AFTER_FAILURE_S[min(self._failures, len(AFTER_FAILURE_S) - 1)]
            self._failures += 1
            asked_s = min(error.retry_after_s or 0.0, LONGEST_PAUSE_S)
            if self._failures == 1 or asked_s > pause_s:  # once for each outage, not for each try
                _log.warning("telegram_polling_failed", reason=error.reason, pause_s=asked_s)
            return max(pause_s, asked_s)
        self._failures = 0
        return 0.0

    async def _poll(self) -> None:
        while True:
            pause_s = await self.poll_step()
            await asyncio.sleep(pause_s)

    async def _on_post(self, request: web.Request) -> web.Response:
        with self._answering.checked():
            self._verify(request)
            record = http.load_json(await http.read_body(request))
            incoming = payload.parse(record, self._desk.runtime.now())
        replies = await self._answering.answer(incoming.message)
        self._put_out(incoming)
        said = self._answering.said(replies)
        if not said:
            return web.Response()
        answer = payload.render(incoming.chat, said, answering.choices(replies))
        return web.Response(text=answer, content_type="application/json")

    def _verify(self, request: web.Request) -> None:
        secret = self._settings.secret.get_secret_value()
        if not http.same(request.headers.get(SECRET_HEADER, ""), secret):
            raise Forged("the secret is wrong")

    def _put_out(self, incoming: Incoming) -> None:
        """The button that was pressed stops spinning; nobody waits for that."""
        if incoming.pressed:
            task = asyncio.create_task(self._answered(incoming.pressed))
            self._lights_out.add(task)
            task.add_done_callback(self._lights_out.discard)

    async def _answered(self, pressed: str) -> None:
        with suppress(SendError):  # it stops by itself, later
            await self._client.answer_button(pressed)
