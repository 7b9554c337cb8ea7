"""Photos and voices of a message fetched before it is received, if the platform is quick."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from channels.channel import KeepMedia, MediaRefused
from channels.message import Attachment, InboundMessage, Receipt, Receive, Reply, SendError

WITHIN_S = 2.0  # of the five seconds that platforms wait; the rest is fetched later

_log = structlog.get_logger(__name__)


class MediaFirst:
    """A `receive` that fetches first, by the channel's `fetch`, whatever begins with `prefix`.

    What can't be had now stays as the platform's reference, so that it is fetched later; what our
    store refuses has no reference any more.
    """

    def __init__(
        self,
        *,
        receive: Receive,
        fetch: Callable[[Attachment], Awaitable[tuple[bytes, str]]],
        keep: KeepMedia,
        prefix: str,
    ) -> None:
        self._receive = receive
        self._fetch = fetch
        self._keep = keep
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
                content, media_type = await self._fetch(attachment)
                return replace(attachment, reference=await self._keep(content, media_type))
        except MediaRefused as refusal:
            refusals.append(Reply(key="media_refused", values={"reason": str(refusal)}))
            return replace(attachment, reference="")
        except (SendError, TimeoutError) as error:
            _log.warning("media_left", prefix=self._prefix, error=type(error).__name__)
        return attachment


def id_of(attachment: Attachment, prefix: str) -> str:
    """The platform's id behind `prefix`; SendError for what is not this platform's."""
    if not attachment.reference.startswith(prefix):
        raise SendError("这个文件不是从这个渠道来的，取不到", permanent=True)
    return attachment.reference.removeprefix(prefix)
