"""The resident puts right where it is: the ticket's place, and who has it, follow where that is
certain; where somebody has signed, or a person has chosen who has it, a person decides.

The log says what was changed from what. Functions of a connection.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from channels.message import Point
from intake.talk import reasons
from nlp.understanding import Urgency
from routing import entails, heard_back, permission
from routing.dispatch import Dispatcher
from routing.order import BY_RESIDENT, BY_SYSTEM, Order
from routing.ticket import Action, Route, Status, Ticket

CHANGED = "居民更正地点：{before}改成{after}"
ADDED = "居民补上地点：{after}"
TO_DECIDE = "居民说地点是{after}，单子上{recorded}，{why}，请定要不要改派"
SIGNED = "已经签收"
CHOSEN = "是人工派的"
UNCERTAIN = "改了以后归谁办拿不准"
PINNED = "居民发来位置"
NOWHERE = "没有记地点"
_UNSIGNED = frozenset({Status.DECIDING, Status.DISPATCHED})
_ASKED_WHERE = frozenset({entails.NO_PLACE, reasons.PLACE_UNKNOWN, reasons.NO_ANSWER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The ticket as it is now, and whether its place is the one he says."""

    ticket: Ticket
    done: bool


def move(
    connection: Connection, dispatcher: Dispatcher, ticket: Ticket, place: str, words: str
) -> Moved:
    """The ticket with his words and, where that may be, at the place that he means."""
    county = dispatcher.county
    before = county.place_name(ticket.place)
    names = {
        "before": before,
        "after": county.place_name(place),
        "recorded": f"是{before}" if before else NOWHERE,
    }
    said = Order.on(ticket, by=BY_RESIDENT, note=words)
    ticket = dispatcher.supplement(connection, said)
    if ticket.place == place or Action.CORRECT not in permission.allowed(ticket, BY_SYSTEM):
        return Moved(ticket=ticket, done=ticket.place == place)
    why = _why_not(ticket)
    if why:
        reason = TO_DECIDE.format(why=why, **names)
        return Moved(ticket=look(connection, dispatcher, ticket, reason), done=False)
    order = Order.on(ticket, by=BY_SYSTEM, note=(CHANGED if before else ADDED).format(**names))
    ticket = dispatcher.correct(connection, order, place=place)
    if ticket.urgency is Urgency.DANGER:
        dispatcher.tell_command(connection, ticket)
    return Moved(ticket=_sent_on(connection, dispatcher, ticket, names), done=True)


def look(connection: Connection, dispatcher: Dispatcher, ticket: Ticket, reason: str) -> Ticket:
    """A person at the hotline is to look at the ticket; one that waits for a person does already,
    so there the log says why.
    """
    if ticket.status in (Status.DECIDING, Status.RETURNED):
        return dispatcher.remark(connection, ticket, reason)
    order = Order.on(ticket, by=BY_SYSTEM, note=reason)
    return dispatcher.correct(connection, order, look=reason)


def pinned(
    connection: Connection, dispatcher: Dispatcher, ticket: Ticket, point: Point | None
) -> Ticket:
    """The ticket with the place pin as its address, where it has none yet."""
    may = Action.CORRECT in permission.allowed(ticket, BY_SYSTEM)
    if point is None or ticket.address or not may:
        return ticket
    order = Order.on(ticket, by=BY_SYSTEM, note=PINNED)
    return dispatcher.correct(connection, order, address=point.words)


def _why_not(ticket: Ticket) -> str:
    if ticket.status not in _UNSIGNED:
        return SIGNED
    chosen = ticket.status is Status.DISPATCHED and ticket.rule == entails.BY_PERSON
    return CHOSEN if chosen else ""


def _sent_on(
    connection: Connection, dispatcher: Dispatcher, ticket: Ticket, names: dict[str, str]
) -> Ticket:
    """To whom the place says, where the catalogue is certain and nothing else is to be decided."""
    route = _route(dispatcher, ticket)
    certain = route is not None and route.certain
    if ticket.status is Status.DECIDING:
        why = heard_back.without(ticket.handover_reason)
        if not certain or ticket.confidential or why not in _ASKED_WHERE:
            return ticket
    elif not certain:
        reason = TO_DECIDE.format(why=UNCERTAIN, **names)
        return look(connection, dispatcher, ticket, reason)
    elif route is not None and (route.unit, route.assisting) == (ticket.unit, ticket.assisting):
        return ticket
    note = route.reason if route else ""
    return dispatcher.dispatch(connection, Order.on(ticket, by=BY_SYSTEM, note=note))


def _route(dispatcher: Dispatcher, ticket: Ticket) -> Route | None:
    return dispatcher.router.route(
        ticket.category,
        ticket.place,
        kind=ticket.kind,
        urgency=ticket.urgency,
        confidence=ticket.category_confidence,
        certain_above=dispatcher.certain_above,
        confidential=ticket.confidential,
    )
