"""Carries out the steps of a turn, inside the desk's unit of work."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from channels.message import Contact, InboundMessage, Receipt, Reply
from config.runtime import Runtime
from intake import inbox
from intake.counter import (
    adding,
    alarms,
    filling,
    handing,
    hiding,
    judging,
    moving,
    nudging,
    ownership,
    withdrawing,
)
from intake.replies import Replies
from intake.talk import confirming
from intake.talk.steps import (
    AskWhich,
    AskWithdraw,
    HandOver,
    Hide,
    Judge,
    Move,
    Open,
    Press,
    ReadBack,
    Say,
    Step,
    Supplement,
    TellProgress,
    Withdraw,
)
from intake.talk.turn import Conversation, Stage, Turn
from nlp.understanding import Urgency
from routing import envelope, outbox, permission, store
from routing.dispatch import Dispatcher
from routing.order import BY_RESIDENT
from routing.ticket import Action


class Clerk:
    """Does what the conversation decided and says what came of it."""

    def __init__(self, *, dispatcher: Dispatcher, replies: Replies, runtime: Runtime) -> None:
        self._dispatcher = dispatcher
        self._replies = replies
        self._runtime = runtime

    def carry_out(
        self, connection: Connection, turn: Turn, message: InboundMessage, inbox_id: str = ""
    ) -> tuple[Conversation, Receipt]:
        """The conversation as it then is, and the receipt for the message.

        `inbox_id`: of the message at hand, which is linked to the receipt's ticket with that.
        """
        after = turn.conversation
        said: list[Reply] = []
        number = ""
        for step in turn.steps:
            is_further = bool(after.ticket)
            after, replies, touched = self._one(connection, step, after, message)
            said.extend(replies)
            number = number or touched
            if isinstance(step, Open):
                told = step.draft.messages
                earlier = tuple(each for each in told if each != inbox_id)
                link = inbox.link_further if is_further else inbox.link
                link(connection, earlier, touched)
                if touched != number and inbox_id in told:
                    inbox.link_also(connection, inbox_id, touched)
        receipt = Receipt(
            replies=tuple(said),
            ticket=number,
            person=bool(turn.person),
            reason=turn.person,
            asks=after.due_at is not None,
            danger=after.ticket_danger,
        )
        return after, receipt

    def notify(
        self, connection: Connection, to: Contact, replies: Sequence[Reply], ticket: str
    ) -> None:
        """Send replies by the outbox: nobody waits at the other end for an answer."""
        new_id, now = self._runtime.new_id, self._runtime.now()
        told = [
            envelope.reply(str(to), ticket, each.key, each.values, new_id, choices=each.choices)
            for each in replies
        ]
        outbox.post(connection, told, now)

    def _one(
        self, connection: Connection, step: Step, after: Conversation, message: InboundMessage
    ) -> tuple[Conversation, list[Reply], str]:
        match step:
            case Say(reply=reply):
                return after, [reply], ""
            case Open():
                return self._open(connection, step, after, message)
            case ReadBack(draft=draft):
                route, due_at = self._dispatcher.preview(draft)
                now = self._runtime.now()
                return after, [self._replies.read_back(draft, route, due_at, now)], ""
            case HandOver():
                return self._hand_over(connection, step, after, message)
            case Judge():
                replies, number = judging.judge(
                    connection, self._dispatcher, step, message, after.proved
                )
                return after, replies, number
            case Supplement():
                return self._supplement(connection, step, after, message)
            case Hide(ticket=number):
                return self._hide(connection, number, after, message)
            case Move():
                return self._move(connection, step, after, message)
            case Press():
                return self._press(connection, step, after, message)
            case TellProgress():
                return after, self._progress(connection, step, after, message), ""
            case AskWhich(tickets=numbers):
                of_them = [store.load(connection, each) for each in numbers]
                return after, [self._replies.which(of_them)], ""
            case AskWithdraw():
                return self._ask_withdraw(connection, step, after, message)
            case Withdraw(ticket=number):
                return after, self._withdraw(connection, number, after, message), number

    def _open(
        self, connection: Connection, step: Open, after: Conversation, message: InboundMessage
    ) -> tuple[Conversation, list[Reply], str]:
        ticket = filling.fill(connection, self._dispatcher, step, message)
        if ticket is None:
            ticket = self._dispatcher.open(connection, step.draft)
            filling.point_on(connection, self._dispatcher, step, ticket, message)
        after = replace(after, ticket=ticket.number)
        if step.danger:
            done = Reply(key=step.danger, values={"number": ticket.number})
            return after, [done], ticket.number
        if step.quiet:
            return after, [], ticket.number
        if step.transfer:
            told = Reply(key="handed_over", values={"number": ticket.number})
            return after, [told], ticket.number
        known = ticket.reporter_phone or message.sender.scheme == "tel"
        offer = not (after.phone_asked or known) and after.stage is Stage.OPEN  # nothing else asked
        said = self._replies.receipt(ticket, self._runtime.now(), ask_phone=offer)
        return replace(after, phone_asked=after.phone_asked or offer), [said], ticket.number

    def _hand_over(
        self, connection: Connection, step: HandOver, after: Conversation, message: InboundMessage
    ) -> tuple[Conversation, list[Reply], str]:
        """Why a person takes over is written into the ticket that is there already."""
        ticket = ownership.own(connection, step.ticket or after.ticket, message, after.proved)
        if ticket is None:
            return after, [Reply(key="transferring")], ""
        waits = not message.spoken
        again = waits and handing.is_asked(ticket, step)
        key = "handed_over_again" if again else step.key
        handing.ask(connection, self._dispatcher, ticket, step, waits=waits)
        return after, [Reply(key=key, values={"number": ticket.number})], ticket.number

    def _supplement(
        self, connection: Connection, step: Supplement, after: Conversation, message: InboundMessage
    ) -> tuple[Conversation, list[Reply], str]:
        ticket = ownership.own(connection, step.ticket, message, after.proved)
        if ticket is None or Action.SUPPLEMENT not in permission.allowed(ticket, BY_RESIDENT):
            return after, [_not_found(step.ticket)], ""
        key = adding.add(connection, self._dispatcher, ticket, step, message.point)
        said = Reply(key=key, values={"number": ticket.number})
        number = "" if step.earlier else ticket.number
        return after, [] if step.quiet else [said], number

    def _hide(
        self, connection: Connection, number: str, after: Conversation, message: InboundMessage
    ) -> tuple[Conversation, list[Reply], str]:
        ticket = ownership.own(connection, number, message, after.proved)
        if ticket is None:
            return after, [_not_found(number)], ""
        key = "supplemented_secret" if ticket.confidential else "secret_kept"
        hiding.hide(connection, self._dispatcher, ticket)
        return after, [Reply(key=key, values={"number": ticket.number})], ticket.number

    def _move(
        self, connection: Connection, step: Move, after: Conversation, message: InboundMessage
    ) -> tuple[Conversation, list[Reply], str]:
        ticket = ownership.own(connection, step.ticket, message, after.proved)
        if ticket is None or Action.SUPPLEMENT not in permission.allowed(ticket, BY_RESIDENT):
            return after, [_not_found(step.ticket)], ""
        moved = moving.move(connection, self._dispatcher, ticket, step.place, step.text)
        if moved.ticket.urgency is Urgency.DANGER:
            alarms.go_on(connection, self._dispatcher, moved.ticket)
        if moved.done:
            after = replace(after, ticket_place=step.place)
        return after, [self._replies.moved(moved.ticket, step.place, moved.done)], ticket.number

    def _press(
        self, connection: Connection, step: Press, after: Conversation, message: InboundMessage
    ) -> tuple[Conversation, list[Reply], str]:
        ticket = ownership.own(connection, step.ticket, message, after.proved)
        if ticket is None:
            return after, [_not_found(step.ticket)], ""
        now = self._runtime.now()
        ticket, told = nudging.press(connection, self._dispatcher, ticket, step.text, now)
        if told:
            by_person = not self._dispatcher.reaches(ticket.unit)
            said = self._replies.reminded(ticket, now, by_person=by_person)
            return after, [said], ticket.number
        how = TellProgress(ticket=ticket.number)
        return after, self._progress(connection, how, after, message), ticket.number

    def _progress(
        self,
        connection: Connection,
        how: TellProgress,
        after: Conversation,
        message: InboundMessage,
    ) -> list[Reply]:
        ticket = ownership.own(connection, how.ticket, message, after.proved)
        if ticket is None:
            return [_not_found(how.ticket) if how.ticket else Reply(key=how.none)]
        latest = self._replies.latest(ticket, store.events(connection, ticket.number))
        return [self._replies.progress(ticket, self._runtime.now(), latest)]

    def _ask_withdraw(
        self, connection: Connection, ask: AskWithdraw, after: Conversation, message: InboundMessage
    ) -> tuple[Conversation, list[Reply], str]:
        ticket = ownership.own(connection, ask.ticket, message, after.proved)
        if ticket is None:
            return after, [_not_found(ask.ticket)], ""
        if withdrawing.can(ticket):
            after = confirming.withdrawing(after, ticket.number, ask.until)
        return after, [withdrawing.ask(ticket)], ""

    def _withdraw(
        self, connection: Connection, number: str, after: Conversation, message: InboundMessage
    ) -> list[Reply]:
        ticket = ownership.own(connection, number, message, after.proved)
        if ticket is None:
            return [_not_found("")]
        return [withdrawing.withdraw(connection, self._dispatcher, ticket)]


def _not_found(number: str) -> Reply:
    """No such ticket of his, or none at all."""
    if not number:
        return Reply(key="progress_none")
    return Reply(key="progress_unknown", values={"number": number})
