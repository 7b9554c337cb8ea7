"""Carries out the steps of a turn, inside the desk's unit of work."""

from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy import Connection

from channels.message import Contact, InboundMessage, Receipt, Reply
from config.runtime import Runtime
from intake import inbox, wire
from intake.replies import Replies
from intake.turn import (
    AskWithdraw,
    Conversation,
    Open,
    Say,
    Stage,
    Step,
    Supplement,
    TellProgress,
    Turn,
    Withdraw,
)
from routing import lifecycle, outbox, schema, store
from routing.dispatch import Dispatcher
from routing.errors import ActionRefused, TicketNotFound
from routing.outbox import Envelope
from routing.ticket import Action, Ticket

BY_RESIDENT = "resident"
WITHDRAW_REASON = "居民本人撤单"
_TOLD = (Action.PROGRESS, Action.ANSWER, Action.EXTEND)  # their notes are for the resident too


class Clerk:
    """Does what the conversation decided and says what came of it."""

    def __init__(self, *, dispatcher: Dispatcher, replies: Replies, runtime: Runtime) -> None:
        self._dispatcher = dispatcher
        self._replies = replies
        self._runtime = runtime

    def carry_out(
        self, connection: Connection, turn: Turn, message: InboundMessage
    ) -> tuple[Conversation, Receipt]:
        """The conversation as it then is, and the receipt for the message."""
        after = turn.conversation
        said: list[Reply] = []
        number = ""
        for step in turn.steps:
            after, replies, touched = self._one(connection, step, after, message)
            said.extend(replies)
            number = number or touched
        return after, Receipt(replies=tuple(said), ticket=number)

    def notify(
        self, connection: Connection, to: Contact, replies: Sequence[Reply], ticket: str
    ) -> None:
        """Send replies by the outbox: nobody waits at the other end for an answer."""
        outbox.post(
            connection,
            [
                Envelope(
                    id=self._runtime.new_id(),
                    destination=str(to),
                    ticket=ticket,
                    kind=reply.key,
                    body=wire.reply_to_record(reply),
                )
                for reply in replies
            ],
            self._runtime.now(),
        )

    def _one(
        self, connection: Connection, step: Step, after: Conversation, message: InboundMessage
    ) -> tuple[Conversation, list[Reply], str]:
        match step:
            case Say(reply=reply):
                return after, [reply], ""
            case Open():
                return self._open(connection, step, after)
            case Supplement():
                return self._supplement(connection, step, after, message)
            case TellProgress(ticket=number):
                return after, self._progress(connection, number, message), ""
            case AskWithdraw(ticket=number):
                return self._ask_withdraw(connection, number, after, message)
            case Withdraw(ticket=number):
                return after, self._withdraw(connection, number, message), number

    def _open(
        self, connection: Connection, step: Open, after: Conversation
    ) -> tuple[Conversation, list[Reply], str]:
        ticket = self._dispatcher.open(connection, step.draft)
        inbox.link(connection, step.draft.messages, ticket.number)
        receipt = self._replies.receipt(ticket, self._runtime.now())
        return replace(after, ticket=ticket.number), [receipt], ticket.number

    def _supplement(
        self, connection: Connection, step: Supplement, after: Conversation, message: InboundMessage
    ) -> tuple[Conversation, list[Reply], str]:
        ticket = self._own(connection, step.ticket, message)
        if ticket is None or Action.SUPPLEMENT not in lifecycle.allowed(ticket, BY_RESIDENT):
            return after, [Reply(key="progress_unknown", values={"number": step.ticket})], ""
        self._dispatcher.supplement(
            connection,
            ticket.number,
            version=ticket.version,
            by=BY_RESIDENT,
            note=step.text,
        )
        said = Reply(key="supplemented", values={"number": ticket.number})
        return after, [] if step.quiet else [said], ticket.number

    def _progress(
        self, connection: Connection, number: str, message: InboundMessage
    ) -> list[Reply]:
        ticket = self._own(connection, number, message)
        if ticket is None:
            missing = Reply(key="progress_unknown", values={"number": number})
            return [missing if number else Reply(key="progress_none")]
        events = store.events(connection, ticket.number)
        notes = [event.note for event in events if event.action in _TOLD and event.note]
        moved = [event.at for event in events if "status" in event.changes]
        now = self._runtime.now()
        latest = notes[-1] if notes else self._replies.standing(ticket, moved[-1])
        return [self._replies.progress(ticket, now, latest)]

    def _ask_withdraw(
        self, connection: Connection, number: str, after: Conversation, message: InboundMessage
    ) -> tuple[Conversation, list[Reply], str]:
        ticket = self._own(connection, number, message)
        if ticket is None:
            missing = Reply(key="progress_unknown", values={"number": number})
            return after, [missing if number else Reply(key="progress_none")], ""
        asked = replace(after, stage=Stage.WITHDRAW, ticket=ticket.number)
        ask = Reply(
            key="withdraw_ask", values={"number": ticket.number}, choices=("确认撤单", "不撤了")
        )
        return asked, [ask], ""

    def _withdraw(
        self, connection: Connection, number: str, message: InboundMessage
    ) -> list[Reply]:
        ticket = self._own(connection, number, message)
        if ticket is None:
            return [Reply(key="progress_none")]
        try:
            self._dispatcher.withdraw(
                connection,
                ticket.number,
                version=ticket.version,
                by=BY_RESIDENT,
                note=WITHDRAW_REASON,
            )
        except ActionRefused as refusal:
            values = {"number": ticket.number, "reason": str(refusal)}
            return [Reply(key="withdraw_refused", values=values)]
        return [Reply(key="withdrawn", values={"number": ticket.number})]

    def _own(self, connection: Connection, number: str, message: InboundMessage) -> Ticket | None:
        """The ticket, if it is this resident's: the one named, or his latest where none is
        named.
        """
        found = number or _latest(connection, message.sender)
        if not found:
            return None
        try:
            ticket = store.load(connection, found)
        except TicketNotFound:
            return None
        mine = ticket.reporter == str(message.sender) or _knows_phone(ticket, message)
        return ticket if mine else None


def _latest(connection: Connection, sender: Contact) -> str:
    table = schema.ticket
    return (
        connection.execute(
            sa.select(table.c.number)
            .where(table.c.reporter == str(sender))
            .order_by(table.c.opened_at.desc(), table.c.number.desc())
            .limit(1)
        ).scalar_one_or_none()
        or ""
    )


def _knows_phone(ticket: Ticket, message: InboundMessage) -> bool:
    """Somebody on another device proves himself by the last four digits of the phone he left."""
    last = ticket.reporter_phone[-4:]
    words = message.text.replace(ticket.number, " ").split()
    return len(last) == 4 and last in words
