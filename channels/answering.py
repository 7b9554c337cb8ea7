"""What every channel with a platform does alike: it takes messages and answers while the platform
waits, within the size of an answer, and acknowledges nothing that is not on disk.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog
from aiohttp import web

from channels import http, text
from channels import message as messages
from channels.channel import Desk
from channels.http import Forged, Malformed
from channels.message import InboundMessage, Receipt, Reply
from channels.text import Size

BETWEEN_REPLIES = "\n\n"
MOST_AT_ONCE = 2000
LEAVES_WITHIN_S = 0.5  # after the patience is at an end; platforms give up after five seconds
DRAIN_S = 5.0

_log = structlog.get_logger(__name__)


class Answering:
    """Takes a channel's messages to the desk; an answer holds `longest` by `size`."""

    def __init__(
        self,
        *,
        channel: str,
        desk: Desk,
        longest: int,
        size: Size = len,
        patience_s: float = http.PLATFORM_WAITS_S,
    ) -> None:
        self._channel = channel
        self._desk = desk
        self._longest = longest
        self._size = size
        self._patience_s = patience_s
        self._tasks: set[asyncio.Task[Receipt]] = set()
        self.counts: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        """How many messages are being worked on."""
        return len(self._tasks)

    @contextmanager
    def checked(self) -> Iterator[None]:
        """403 for what is forged and 400 for what is malformed, each counted and logged."""
        try:
            yield
        except Forged as error:
            self._refused("forged", error)
            raise web.HTTPForbidden(text="forbidden") from None
        except Malformed as error:
            self._refused("malformed", error)
            raise http.refused(str(error)) from None

    async def answer(self, message: InboundMessage | None) -> Sequence[Reply]:
        """What to say in the answer to a callback; nothing where it comes by the outbox.

        HTTP errors make the platform call again: 500 where the desk fails, 503 where it is too
        busy, or has not written the message down by the time the platform's patience is at an end.
        """
        if message is None:
            self.counts["ignored"] += 1
            return ()
        task = self._started(message)
        await asyncio.wait({task}, timeout=self._patience_s)
        if not task.done() and await self._left(message):
            self.counts["received"] += 1
            return ()
        if not task.done():
            raise web.HTTPServiceUnavailable(text="not written down")
        if task.exception() is not None:
            raise web.HTTPInternalServerError(text="not received")
        self.counts["received"] += 1
        return task.result().at_once

    async def take(self, message: InboundMessage) -> None:
        """Receive where nobody waits: on disk when this returns, and answered by the outbox.

        One message that can't be worked on, but is written down, does not hold up the next ones.
        """
        try:
            await self._desk.receive(message, messages.nothing)
        except Exception:
            if not await self._left(message):
                raise
            _log.exception("message_left", channel=self._channel)
        self.counts["received"] += 1

    async def drain(self) -> None:
        """Give what is still being worked on a little time, before the program stops."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=DRAIN_S)

    def said(self, replies: Sequence[Reply]) -> str:
        """The replies as one text."""
        return BETWEEN_REPLIES.join(text.cleaned(self._desk.render(reply)) for reply in replies)

    def pieces(self, reply: Reply) -> list[str]:
        """A reply in as many texts as it takes."""
        return text.split(self.said([reply]), self._longest, self._size)

    def _started(self, message: InboundMessage) -> asyncio.Task[Receipt]:
        if len(self._tasks) >= MOST_AT_ONCE:
            raise web.HTTPServiceUnavailable(text="busy")
        task = asyncio.create_task(self._desk.receive(message, self._fits))
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Receipt]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("message_not_received", channel=self._channel, exc_info=error)

    async def _left(self, message: InboundMessage) -> bool:
        try:
            async with asyncio.timeout(LEAVES_WITHIN_S):
                return await self._desk.leave(message)
        except Exception as error:
            _log.warning("message_not_left", channel=self._channel, error=type(error).__name__)
            return False

    def _fits(self, replies: Sequence[Reply]) -> int:
        """How many of the replies one answer holds."""
        count = len(replies)
        while count and self._size(self.said(replies[:count])) > self._longest:
            count -= 1
        return count

    def _refused(self, why: str, error: Exception) -> None:
        self.counts[why] += 1
        _log.warning("callback_refused", channel=self._channel, reason=str(error))


def choices(replies: Sequence[Reply]) -> tuple[str, ...]:
    """The short answers that were offered last; nothing where none were."""
    return next((each.choices for each in reversed(replies) if each.choices), ())
