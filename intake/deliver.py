"""From the outbox to the channels: envelopes become replies, refusals become delivery errors."""

from collections.abc import Awaitable, Callable, Mapping

from channels.channel import Channel
from channels.message import Contact, SendError
from intake import wire
from routing.envelope import DeliveryError, Envelope

Deliver = Callable[[Envelope], Awaitable[str]]


def by_channels(channels: Mapping[str, Channel]) -> dict[str, Deliver]:
    """A deliverer for each contact scheme that some channel can send to."""
    return {
        scheme: _through(channel) for channel in channels.values() for scheme in channel.schemes
    }


def _through(channel: Channel) -> Deliver:
    async def deliver(envelope: Envelope) -> str:
        reply = wire.reply_from_record(dict(envelope.body))
        try:
            return await channel.send(Contact.parse(envelope.destination), reply)
        except SendError as error:
            raise DeliveryError(
                error.reason, permanent=error.permanent, retry_after_s=error.retry_after_s
            ) from error

    return deliver
