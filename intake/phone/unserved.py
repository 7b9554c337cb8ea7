"""Whoever rang and was not served (未接来电): a ticket or a word in his own, and our call-back.

Nothing slow stands before it. What he left on the recorder is taken in afterwards, see `spool`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from channels.message import Attachment, Contact, InboundMessage, Receive
from channels.phone import number
from channels.phone.book import Began, Purpose
from channels.phone.talk import window
from config.runtime import Runtime
from intake import attachments
from intake.phone import callbacks, calls, errands, packing, recordings
from intake.phone.calls import Known
from intake.phone.recordings import Kind, Left
from intake.talk import reasons
from routing import heard_back, permission, store
from routing.database import Database
from routing.dispatch import Dispatcher
from routing.order import BY_SYSTEM
from routing.ticket import Action, Ticket, TicketEvent

NOT_ANSWERED = "转人工后没有接通坐席，请回电"
NOTE_LEFT = "居民留了言，请听录音"
UNREADABLE = "居民留了言，录音打不开，请回电问他；录音原样留着，已报维护人员"
TALK = "talk"  # he hung up while he talked with the program
WORDS_WITHIN = timedelta(minutes=2)  # what he left may tell his matter: he is rung after that


@dataclass(frozen=True, slots=True, kw_only=True)
class Unserved:
    """A call that ended, at `stage`, without an operator; `left`: on the recorder."""

    call_id: str
    contact: Contact
    at: datetime
    stage: str
    left: Left = Left.NOTHING
    purpose: Purpose = Purpose.INBOUND


@dataclass(frozen=True, slots=True, kw_only=True)
class Amends:
    """Makes good what was missed; the same call again changes nothing."""

    area_code: str
    receive: Receive
    database: Database
    dispatcher: Dispatcher
    runtime: Runtime

    def contact(self, shown: str, call_id: str) -> Contact:
        """Who rang, by the number that Asterisk wrote down."""
        return number.contact(shown, call_id=call_id, area_code=self.area_code)

    async def make(self, call: Unserved) -> str:
        """His ticket with what is owed to him, durable when it returns; "" if he was served."""
        known = await self.database.write(lambda c: _known(c, call))
        # Who went on to the queue was not served by us, whatever we thought when he left us.
        served = known.answered or (known.served and call.stage == TALK)
        if served and call.left is Left.NOTHING:
            return ""
        ticket = known.tickets[-1] if known.tickets else await self._opened(call)
        if not ticket:
            return ""
        return await self.database.write(lambda c: self._settle(c, call, ticket))

    async def left_words(self, call: Unserved, ticket: str, words: str) -> None:
        """What was understood of his message goes into his ticket, or into one beside it."""
        waits = self._message(call, "waits", event=f"called_back:{ticket}")
        await self.receive(waits)
        await self.receive(self._message(call, "words", event="missed", text=words))

    async def heard_after(self, call: Unserved, ticket: str, words: str) -> None:
        """What was understood only afterwards of what he told us goes into the call's ticket; into
        one of its own, where it has none and there is a matter in it.
        """
        await self.receive(self._message(call, "after", event=f"heard_after:{ticket}", text=words))

    async def _opened(self, call: Unserved) -> str:
        receipt = await self.receive(self._message(call, "missed", event="missed"))
        return receipt.ticket

    def _message(self, call: Unserved, key: str, *, event: str, text: str = "") -> InboundMessage:
        has_sound = call.left is Left.SOUND and not text
        reference = attachments.RECORDED + recordings.id_of(call.call_id, Kind.MISSED)
        voice = Attachment(kind="voice", reference=reference, media_type=packing.MEDIA_TYPE)
        return InboundMessage(
            channel=window.CHANNEL,
            external_id=f"{call.call_id}:{key}",
            sender=call.contact,
            thread=window.thread_of(call.call_id),
            text=text,
            received_at=self.runtime.now(),
            attachments=(voice,) if has_sound and key == "missed" else (),
            event=event,
            spoken=True,
        )

    def _settle(self, connection: Connection, call: Unserved, ticket_number: str) -> str:
        """His call, with what he left on the recorder, belongs to his ticket from now on."""
        calls.link(connection, call.call_id, [ticket_number])
        log = store.events(connection, ticket_number)
        mine = _was_opened_for_it(log)
        news = [
            each for each in _told(call.left, mine) if all(each not in event.note for event in log)
        ]
        if news:
            self._remark(connection, store.load(connection, ticket_number), "，".join(news))
        ticket = store.load(connection, ticket_number)
        if number.to_dial(call.contact):
            self._owe(connection, call, ticket)
        return ticket_number

    def _remark(self, connection: Connection, ticket: Ticket, note: str) -> None:
        if Action.SUPPLEMENT in permission.allowed(ticket, BY_SYSTEM):
            self.dispatcher.remark(connection, ticket, note)

    def _owe(self, connection: Connection, call: Unserved, ticket: Ticket) -> None:
        """We ring him back, once, where nothing tells what he wanted."""
        waits = heard_back.without(ticket.handover_reason) == reasons.MISSED
        unknown = waits and ticket.text in reasons.NOTHING_KNOWN
        if not unknown or errands.were_planned(connection, ticket.number, Purpose.CALL_BACK):
            return
        wanted = callbacks.call_back(
            self.runtime.new_id(), call.contact, ticket.number, by_system=True
        )
        after = WORDS_WITHIN if call.left is Left.SOUND else timedelta()
        errands.plan(connection, wanted, self.runtime.now(), after=after)


def _told(left: Left, mine: bool) -> tuple[str, ...]:
    """What the log is told: whoever opens the ticket of a missed call knows that it was missed."""
    if left is Left.UNREADABLE:
        return (UNREADABLE,) if mine else (NOT_ANSWERED, UNREADABLE)
    if mine:
        return ()
    return (NOT_ANSWERED, NOTE_LEFT) if left is Left.SOUND else (NOT_ANSWERED,)


def _was_opened_for_it(log: list[TicketEvent]) -> bool:
    """Was the ticket opened because nobody answered? Then its log need not say so once more."""
    reason = str(log[0].changes.get("handover_reason", "")) if log else ""
    return heard_back.without(reason) == reasons.MISSED


def _known(connection: Connection, call: Unserved) -> Known:
    """In the book from now on, if it was not; and what the book says of it."""
    began = Began(call_id=call.call_id, contact=call.contact, purpose=call.purpose, at=call.at)
    calls.began(connection, began)
    return calls.find(connection, call.call_id)
