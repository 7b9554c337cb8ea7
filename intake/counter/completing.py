"""What was understood of a call only from its recording goes into the ticket of that call, never
into a second one, as it is all of one talk; so do the words of a voice note. A finished ticket
takes no more words; the page of the call shows them, and a danger among them has a ticket of its
own.

It is done in the desk's own unit of work, so a program that dies has done all of it or nothing.
"""

import re
from dataclasses import replace

from sqlalchemy import Connection

from channels.message import InboundMessage
from channels.phone import reasons as phone_reasons
from intake import inbox
from intake.counter import hiding, moving, ownership
from intake.talk import notes, reasons
from intake.talk.steps import Open
from nlp.understanding import Urgency
from routing import heard_back, permission, store
from routing.dispatch import Dispatcher
from routing.order import BY_RESIDENT, Order
from routing.ticket import Action, Draft, Status, Ticket

EVENT = "heard_after"
TOLD = "挂断以后从录音里听出来的："
DANGER = "挂断以后从录音里听出有危险，请马上核实"
COMPLETED = "语音识别出过错，后面的话是挂断以后从录音里听出来的，请核对"
TOLD_IN_NOTE = "语音里听出来的（机器听的，可能有错）："
DANGER_IN_NOTE = "居民的语音里听出有危险，请马上核实"
AFTER_YOU = "单子有人改过，机器后来听出的话没有改动单子，请看一下"
_ONLY_SHOWN = re.compile(r"(?:［(?:语音|照片|视频|文件)］\s*)+")  # no word of the matter
_OPERATOR = "operator:"
_CORRECTED = frozenset({"category", "place", "address", "urgency", "kind"})
_WAITS = frozenset({Status.DECIDING, Status.RETURNED})


def is_meant(message: InboundMessage) -> bool:
    """Does the message bring such words?"""
    return message.event.partition(":")[0] in (EVENT, notes.EVENT)


def placed(connection: Connection, message: InboundMessage) -> InboundMessage:
    """With the ticket that the voice note is in now, if its words are what is brought."""
    name, _, note = message.event.partition(":")
    if name != notes.EVENT:
        return message
    return replace(message, event=f"{message.event}:{inbox.ticket(connection, note)}")


def complete(
    connection: Connection, dispatcher: Dispatcher, step: Open, message: InboundMessage
) -> Ticket | None:
    """The ticket as it is with the words in it; None where they need one of their own."""
    of_note = message.event.startswith(notes.EVENT)
    ticket = _meant(connection, step, message, of_note=of_note)
    if ticket is None:
        return None
    draft, told = step.draft, TOLD_IN_NOTE if of_note else TOLD
    in_danger = draft.urgency is Urgency.DANGER
    if Action.SUPPLEMENT not in permission.allowed(ticket, BY_RESIDENT):
        return None if in_danger else ticket
    unknown = not of_note or in_danger or _ONLY_SHOWN.fullmatch(ticket.text)
    waits = ticket.status in _WAITS and unknown
    if waits and not was_corrected(connection, ticket):
        return _taken_up(connection, dispatcher, ticket, draft, told)
    if draft.confidential:  # before his words are told to whoever has it
        ticket = hiding.hide(connection, dispatcher, ticket)
    order = Order.on(ticket, by=BY_RESIDENT, note=told + draft.text)
    ticket = dispatcher.supplement(connection, order)
    if in_danger and ticket.urgency is not Urgency.DANGER:
        why = DANGER_IN_NOTE if of_note else DANGER
        return moving.look(connection, dispatcher, ticket, why)
    return moving.look(connection, dispatcher, ticket, AFTER_YOU) if waits else ticket


def _meant(
    connection: Connection, step: Open, message: InboundMessage, *, of_note: bool
) -> Ticket | None:
    """A note's ticket is the one that it is in, whoever has opened that."""
    if not step.into:
        return None
    if of_note:
        return ownership.find(connection, step.into)
    return ownership.own(connection, step.into, message)


def was_corrected(connection: Connection, ticket: Ticket) -> bool:
    """Has a person said what it is, or where? No machine knows better."""
    log = store.events(connection, ticket.number)
    return ticket.category_confidence == 1.0 or any(
        event.by.startswith(_OPERATOR) and not _CORRECTED.isdisjoint(event.changes) for event in log
    )


def _taken_up(
    connection: Connection, dispatcher: Dispatcher, ticket: Ticket, draft: Draft, told: str
) -> Ticket:
    """A person decides: nobody has read it back to him."""
    why = heard_back.without(ticket.handover_reason)
    why = COMPLETED if why == phone_reasons.DEAF else why or reasons.HEARD_AFTER
    order = Order.on(ticket, by=BY_RESIDENT, note=told + draft.text)
    text = draft.text
    if ticket.text not in reasons.NOTHING_KNOWN:
        text = f"{ticket.text}\n补充：{draft.text}"
    known = replace(draft, handover_reason=why)
    return dispatcher.take_up(connection, order, known, text=text)
