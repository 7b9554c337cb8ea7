"""The front desk: `receive` is the one use case that every channel calls.

A message is on disk before it is looked at. Then it is understood, and ONE unit of work settles it:
conversation, tickets, events, what must go out, and the receipt.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import structlog
from sqlalchemy import Connection

from channels import message as messages
from channels.message import Fits, InboundMessage, Receipt
from config.runtime import Runtime
from intake import inbox, threads
from intake.clerk import Clerk
from intake.counter import completing, ownership, proofs
from intake.talk import belonging, conversation
from intake.talk.turn import Conversation, Heard, Knowledge, Turn
from nlp.understanding import RequestKind, Understanding, Urgency
from routing import writer
from routing.database import Database
from routing.errors import StaleVersion
from routing.writer import CommitUnknown

MOST_RETRIES = 5
LONGEST_DANGER = timedelta(days=1)  # that somebody goes on telling of
MOST_CHARACTERS = 4000  # of one message; the rest stays in the inbox

_StepFunction = Callable[[Conversation, Heard, Knowledge], Turn]


class _SilenceFunction(Protocol):
    def __call__(
        self, conversation: Conversation, *, sender: InboundMessage, knowledge: Knowledge
    ) -> Turn: ...


_log = structlog.get_logger(__name__)


class FrontDesk:
    """Takes messages from channels and answers with receipts."""

    def __init__(
        self, *, database: Database, runtime: Runtime, clerk: Clerk, knowledge: Knowledge
    ) -> None:
        self._database = database
        self._runtime = runtime
        self._clerk = clerk
        self._knowledge = knowledge
        self._busy: dict[tuple[str, str], asyncio.Task[Receipt]] = {}

    async def receive(self, message: InboundMessage, fits: Fits = messages.everything) -> Receipt:
        """The receipt for a message; the same one again for the same `(channel, external_id)`.

        What `fits` leaves over goes by the outbox, in the unit of work that writes the receipt.
        The work goes on when the caller is cancelled: a platform that hangs up must not undo it.
        """
        key = (message.channel, message.external_id)
        running = self._busy.get(key)
        if running is None:
            running = asyncio.create_task(self._receive(message, fits))
            self._busy[key] = running
            running.add_done_callback(lambda _: self._busy.pop(key, None))
            return await asyncio.shield(running)
        return replace(await asyncio.shield(running), duplicate=True)

    async def leave(self, message: InboundMessage) -> bool:
        """Is the message written down, and will its answer go by the outbox? Then nobody needs to
        wait for it. False: it is not here (yet), or its answer can be had by asking again.
        """
        return await self._database.write(lambda c: inbox.leave(c, message))

    async def _receive(self, message: InboundMessage, fits: Fits) -> Receipt:
        new_id = self._runtime.new_id()
        arrival = await self._database.write(lambda c: inbox.add(c, message, new_id))
        if arrival.receipt is not None:
            return arrival.receipt
        return await self._settled(arrival.inbox_id, message, fits)

    async def settle(
        self, inbox_id: str, message: InboundMessage, *, answer_later: bool = False
    ) -> Receipt:
        """Work on a message that is in the inbox.

        `answer_later`: nobody waits for the receipt any more, so its replies go by the outbox.
        """
        fits = messages.nothing if answer_later else messages.everything
        return await self._settled(inbox_id, message, fits)

    async def _settled(self, inbox_id: str, message: InboundMessage, fits: Fits) -> Receipt:
        """What we fail to understand goes to a person."""
        await self._database.give_way()
        heard = Heard(
            message=message,
            inbox_id=inbox_id,
            understanding=self._understood(message),
            at=self._runtime.now(),
        )
        try:
            return await self._stepped(heard, conversation.step, fits)
        except Exception as error:  # our own: the resident must not be lost, the plainest ticket
            if writer.will_pass(error):
                raise  # the message waits in the inbox for who sends it again, or for the sweep
            _log.exception("message_not_settled", inbox=inbox_id, channel=message.channel)
            return await self._stepped(heard, conversation.plain_ticket, fits)

    async def expire(self, thread: str) -> Receipt:
        """Silence after a question: open the ticket with what there is, the plainest if need be."""
        try:
            return await self._in_one_unit(lambda c: self._expire(c, thread, conversation.expire))
        except Exception as error:
            if writer.will_pass(error):
                raise
            _log.exception("silence_not_settled")
            plainly = conversation.plain_silence
            return await self._in_one_unit(lambda c: self._expire(c, thread, plainly))

    async def _stepped(self, heard: Heard, step: _StepFunction, fits: Fits) -> Receipt:
        return await self._in_one_unit(lambda c: self._settle(c, heard, step, fits))

    async def _in_one_unit(self, work: Callable[[Connection], Receipt]) -> Receipt:
        for _ in range(MOST_RETRIES):
            try:
                return await self._database.write(work)
            except (StaleVersion, threads.Interrupted, CommitUnknown):
                continue  # each unit looks first whether it has been done
        return await self._database.write(work)

    def _understood(self, message: InboundMessage) -> Understanding:
        words = [message.text[:MOST_CHARACTERS], message.point.label if message.point else ""]
        text = "，".join(part for part in words if part)
        try:
            return self._knowledge.of(message).understand(text)
        except Exception:
            _log.exception("message_not_understood", channel=message.channel)
            return Understanding(text=text, kind=RequestKind.UNKNOWN, urgency=Urgency.NORMAL)

    def _settle(
        self, connection: Connection, heard: Heard, step: _StepFunction, fits: Fits
    ) -> Receipt:
        held = threads.hold(connection, heard.inbox_id, heard.message.thread)
        if held.message.receipt is not None:
            return held.message.receipt
        heard = replace(heard, message=completing.placed(connection, heard.message))
        thread = proofs.weigh(connection, held.conversation, heard)
        heard = self._with_tickets(connection, thread, heard)
        turn = step(thread, heard, self._knowledge.of(heard.message))
        after, receipt = self._clerk.carry_out(connection, turn, heard.message, heard.inbox_id)
        told = 0 if held.message.answer_later else fits(receipt.replies)
        receipt = replace(receipt, posted=len(receipt.replies) - told)
        inbox.settle(connection, heard.inbox_id, receipt, heard.at)
        sender, later = heard.message.sender, receipt.replies[told:]
        self._clerk.notify(connection, sender, later, receipt.ticket)
        threads.save(connection, after, message=heard.inbox_id, at=heard.at, new=held.new)
        return receipt

    def _with_tickets(self, connection: Connection, thread: Conversation, heard: Heard) -> Heard:
        """With how the tickets stand that the message may speak of, or judge."""
        told, message = None, heard.message
        if self._knowledge.verdicts(heard.understanding.text):
            told = ownership.last_told(connection, message.sender, heard.at)
        numbers = {thread.ticket, *heard.understanding.tickets} - {""}
        standing = ownership.standing(connection, numbers, message, thread.proved)
        heard = replace(heard, told=told, standing=standing)
        if belonging.may_be(thread, heard, self._knowledge.of(message)):
            heard = replace(heard, in_hand=ownership.in_hand(connection, message.sender))
        if heard.understanding.urgency is not Urgency.DANGER:
            return heard
        lately = ownership.raised(connection, message.sender, heard.at - LONGEST_DANGER)
        return replace(heard, raised=lately)

    def _expire(self, connection: Connection, thread: str, silence: _SilenceFunction) -> Receipt:
        before = threads.load(connection, thread)
        if before.due_at is None or before.due_at > self._runtime.now():
            return Receipt()
        inbox_id, message = threads.last_message(connection, thread)
        sender = replace(message, received_at=self._runtime.now())
        knowledge = self._knowledge.of(message)
        turn = silence(before, sender=sender, knowledge=knowledge)
        after, receipt = self._clerk.carry_out(connection, turn, sender)
        self._clerk.notify(connection, message.sender, receipt.replies, receipt.ticket)
        threads.save(connection, after, message=inbox_id, at=self._runtime.now())
        return receipt
