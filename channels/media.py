"""Photos and voices of a message fetched before it is received, if the platform is quick."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from channels.channel import MediaRefused
from channels.message import Attachment, InboundMessage, Receipt, Receive, Reply, SendError

WITHIN_S = 2.0  # of the five seconds that platforms wait; the rest can be fetched when looked at

_log = structlog.get_logger(__name__)


class MediaFirst:
    """A `receive` that fetches first. `fetch` takes a reference that begins with `prefix`, keeps
    the bytes and returns `store:ID`; what can't be had now stays as the platform's reference.
    """

    def __init__(
        self, *, receive: Receive, fetch: Callable[[str], Awaitable[str]], prefix: str
    ) -> None:
        self._receive = receive
        self._fetch = fetch
        self._prefix = prefix

    async def __call__(self, message: InboundMessage) -> Receipt:
        """Receive the message; a refusal of our store is told to the resident after the reply."""
        refusals: list[Reply] = []
        kept = tuple([await self._kept(each, refusals) for each in message.attachments])
        receipt = await self._receive(replace(message, attachments=kept))
        return replace(receipt, replies=(*receipt.replies, *refusals)) if refusals else receipt

    async def _kept(self, attachment: Attachment, refusals: list[Reply]) -> Attachment:
        if not attachment.reference.startswith(self._prefix):
            return attachment
        try:
            async with asyncio.timeout(WITHIN_S):
                return replace(attachment, reference=await self._fetch(attachment.reference))
        except MediaRefused as refusal:
            refusals.append(Reply(key="media_refused", values={"reason": str(refusal)}))
        except (SendError, TimeoutError) as error:
            _log.warning("media_left", prefix=self._prefix, error=type(error).__name__)
        return attachment
