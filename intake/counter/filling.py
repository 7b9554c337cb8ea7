"""What somebody tells whom we rang back goes into the ticket because of which he was rung.

One matter, one ticket: the number that stood for a missed call is the number of what he wanted. It
is done in the desk's own unit of work, so a program that dies has done all of it or nothing.
"""

from sqlalchemy import Connection

from channels.message import InboundMessage
from intake.counter import completing, hiding, moving, ownership
from intake.talk import reasons
from intake.talk.steps import Open
from routing import permission
from routing.dispatch import Dispatcher
from routing.order import BY_RESIDENT, BY_SYSTEM, Order
from routing.ticket import Action, Draft, Status, Ticket

TOLD = "回电时居民说："
LEFT = "留言里居民说："  # on the recorder, see `phone.unserved`
SAID_NOTHING = "回电：{reason}"
ANOTHER = "回电时居民说的是另一件事，另记为工单 {number}"
LEFT_ANOTHER = "留言里居民说的，另记为工单 {number}"
_RECORDER = "missed"  # the event that brings what was left on it
_WAITS = frozenset({Status.DECIDING, Status.RETURNED})
_IN_HAND = frozenset({Status.DISPATCHED, Status.SIGNED})  # somebody was quicker


def fill(
    connection: Connection, dispatcher: Dispatcher, step: Open, message: InboundMessage
) -> Ticket | None:
    """The ticket as it is with the matter in it; None where the matter needs one of its own."""
    if completing.is_meant(message):
        return completing.complete(connection, dispatcher, step, message)
    ticket = ownership.own(connection, step.into, message) if step.into else None
    if ticket is None:
        return None
    draft, told = step.draft, LEFT if message.event == _RECORDER else TOLD
    if draft.text in reasons.NOTHING_KNOWN:
        return _said_nothing(connection, dispatcher, ticket, draft)
    if ticket.status in _WAITS and not _is_another(ticket, draft, dispatcher.certain_above):
        order = Order.on(ticket, by=BY_RESIDENT, note=told + draft.text)
        if message.event == _RECORDER and completing.was_corrected(connection, ticket):
            ticket = dispatcher.supplement(connection, order)
            return moving.look(connection, dispatcher, ticket, completing.AFTER_YOU)
        return dispatcher.take_up(connection, order, draft, text=_text(ticket, draft))
    if ticket.status in _IN_HAND and _is_the_same(ticket, draft):
        if draft.confidential:  # before his words are told to whoever has it
            ticket = hiding.hide(connection, dispatcher, ticket)
        return dispatcher.act(
            connection, Action.SUPPLEMENT, Order.on(ticket, by=BY_RESIDENT, note=told + draft.text)
        )
    return None


def point_on(
    connection: Connection,
    dispatcher: Dispatcher,
    step: Open,
    opened: Ticket,
    message: InboundMessage,
) -> None:
    """Where another ticket was opened instead, the log of the first one says which."""
    ticket = ownership.own(connection, step.into, message) if step.into else None
    if ticket is not None and Action.SUPPLEMENT in permission.allowed(ticket, BY_SYSTEM):
        note = LEFT_ANOTHER if message.event == _RECORDER else ANOTHER
        dispatcher.remark(connection, ticket, note.format(number=opened.number))


def is_word_of_it(note: str) -> bool:
    """Does a note of the log tell what came of ringing back?"""
    return note.startswith((TOLD, SAID_NOTHING.format(reason=""), ANOTHER.format(number="")))


def _said_nothing(
    connection: Connection, dispatcher: Dispatcher, ticket: Ticket, draft: Draft
) -> Ticket:
    """He was silent, or not heard: the ticket waits on, and a person is told why."""
    if Action.SUPPLEMENT not in permission.allowed(ticket, BY_SYSTEM):
        return ticket
    note = SAID_NOTHING.format(reason=draft.handover_reason)
    return dispatcher.remark(connection, ticket, note)


def _text(ticket: Ticket, draft: Draft) -> str:
    if ticket.text in reasons.NOTHING_KNOWN:
        return draft.text
    return f"{ticket.text}\n补充：{draft.text}"


def _is_another(ticket: Ticket, draft: Draft, certain_above: float) -> bool:
    """Both are known for sure, and of different groups of the catalogue."""
    sure = min(ticket.category_confidence, draft.category_confidence) >= certain_above
    return sure and ticket.category[:4] != draft.category[:4]


def _is_the_same(ticket: Ticket, draft: Draft) -> bool:
    """More of a matter that is in hand already: the same group, and no other place."""
    elsewhere = bool(draft.place and ticket.place) and draft.place != ticket.place
    return ticket.category[:4] == draft.category[:4] and not elsewhere
