"""Fetches later what a platform did not give in time: an errand of the outbox, tried until it is
there or given up.
"""

from collections.abc import Mapping

import structlog
from sqlalchemy import Connection

from channels.channel import Channel, KeepMedia, MediaRefused
from channels.message import Reply, SendError
from intake import attachments, inbox
from intake.clerk import Clerk
from routing import store
from routing.database import Database
from routing.dispatch import Dispatcher
from routing.envelope import DeliveryError, Envelope
from routing.errors import RoutingError, StaleVersion

NOTE = "居民发来的照片、语音或文件没有取到：{reason}。已经请居民再发一次。"
LOST = "没有传到，请再发一次"  # in the resident's ears
MOST_TRIES = 5  # of writing the note, against others who change the ticket

_log = structlog.get_logger(__name__)


class Fetching:
    """The deliverer of `media:` envelopes, and what follows when one is given up."""

    def __init__(
        self,
        *,
        database: Database,
        keep: KeepMedia,
        channels: Mapping[str, Channel],
        dispatcher: Dispatcher,
        clerk: Clerk,
    ) -> None:
        self._database = database
        self._keep = keep
        self._channels = channels
        self._dispatcher = dispatcher
        self._clerk = clerk

    async def deliver(self, envelope: Envelope) -> str:
        """Fetch one attachment and put `store:ID` into its message; DeliveryError.

        What our store refuses is told to the resident, and not asked for again.
        """
        inbox_id, index = _wanted(envelope)
        message = await self._database.read(lambda c: inbox.message(c, inbox_id))
        attachment = attachments.sought(message.attachments[index])
        if not attachments.is_missing(attachment):  # it was fetched, and the note of it was lost
            return attachment.reference
        channel = self._channels.get(message.channel)
        if channel is None:
            raise DeliveryError(f"渠道 {message.channel} 没有开通，取不到文件", permanent=True)
        try:
            reference = await self._keep(*await channel.fetch(attachment))
        except SendError as error:
            raise DeliveryError(
                error.reason, permanent=error.permanent, retry_after_s=error.retry_after_s
            ) from error
        except MediaRefused as refusal:
            why = str(refusal)
            await self._database.write(lambda c: self._refused(c, inbox_id, index, why))
            return why
        await self._database.write(lambda c: inbox.attach(c, inbox_id, index, reference))
        return reference

    def _refused(self, connection: Connection, inbox_id: str, index: int, why: str) -> None:
        inbox.attach(connection, inbox_id, index, "")
        self._tell(connection, inbox_id, why)

    def _tell(self, connection: Connection, inbox_id: str, why: str) -> None:
        """The resident hears that it is not with us, whether or not there is a ticket yet."""
        sender = inbox.message(connection, inbox_id).sender
        told = Reply(key="media_refused", values={"reason": why})
        self._clerk.notify(connection, sender, (told,), inbox.ticket(connection, inbox_id))

    def given_up(self, connection: Connection, envelope: Envelope, reason: str) -> None:
        """He is told, and so is who reads the ticket, also one that comes later, in the unit of
        work that gives the errand up.
        """
        inbox_id, index = _wanted(envelope)
        number = inbox.ticket(connection, inbox_id)
        _log.error("media_given_up", inbox=inbox_id, attachment=index, ticket=number)
        sought = attachments.sought(inbox.message(connection, inbox_id).attachments[index])
        inbox.attach(connection, inbox_id, index, attachments.LOST + sought.reference)
        self._tell(connection, inbox_id, LOST)
        if number:
            self._note(connection, number, reason)

    def _note(self, connection: Connection, number: str, reason: str) -> None:
        for _ in range(MOST_TRIES):
            try:
                with connection.begin_nested():
                    ticket = store.load(connection, number)
                    note = NOTE.format(reason=reason.rstrip("。"))
                    self._dispatcher.remark(connection, ticket, note)
            except StaleVersion:
                continue
            except RoutingError as refusal:  # closed meanwhile: the log has it
                _log.warning("media_note_refused", ticket=number, reason=str(refusal))
            return


def _wanted(envelope: Envelope) -> tuple[str, int]:
    return str(envelope.body["message"]), int(envelope.body["attachment"])
