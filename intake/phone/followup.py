"""What a follow-up call (回访) leaves in the ticket. Functions of a connection."""

from contextlib import suppress

from sqlalchemy import Connection

from channels.phone.book import Errand, Judgement, Purpose
from intake.counter import filling
from intake.phone import callbacks, errands
from routing import permission, store
from routing.dispatch import Dispatcher
from routing.errors import ActionRefused, TicketNotFound
from routing.order import BY_RESIDENT, BY_SYSTEM, Order
from routing.ticket import Action, Status, Ticket

HELD = "电话回访"
UNREACHED = "电话回访两次未接通：{reason}"
RUNG_BACK = "已回拨，接通了，居民没有说要办的事；说了什么见“通话”"
NOT_RUNG_BACK = "回拨两次未接通：{reason}"
_JUDGED = frozenset({Status.ANSWERED, Status.FOLLOWED_UP, Status.CLOSED})
UNSOLVED = "电话回访，居民说没有解决"
CONFIRMED = "电话回访，居民确认解决"


def judged(
    connection: Connection, dispatcher: Dispatcher, errand: Errand, judgement: Judgement
) -> None:
    """回访 and 评价; unsolved is taken up again, solved and not dissatisfied is closed."""
    ticket = _ticket(connection, errand)
    if ticket is None or errand.purpose is Purpose.NOTICE:
        return
    if errand.purpose is Purpose.CALL_BACK:
        if not _log_tells(connection, errand):
            _remarked(connection, dispatcher, ticket, RUNG_BACK)
        return
    ticket = _followed_up(connection, dispatcher, ticket, HELD)
    said = (judgement.solved, judgement.satisfied, judgement.contacted)
    if any(each is not None for each in said) and _may(ticket, Action.EVALUATE, BY_RESIDENT):
        ticket = dispatcher.evaluate(
            connection,
            Order.on(ticket, by=BY_RESIDENT, note=HELD),
            solved=judgement.solved,
            satisfied=judgement.satisfied,
            contacted=judgement.contacted,
        )
    if judgement.solved is False and _may(ticket, Action.REOPEN, BY_RESIDENT):
        with suppress(ActionRefused):  # too late for this number; the judgement says it all
            dispatcher.act(
                connection, Action.REOPEN, Order.on(ticket, by=BY_RESIDENT, note=UNSOLVED)
            )
    confirmed = judgement.solved and judgement.satisfied is not False
    if confirmed and _may(ticket, Action.CLOSE, BY_SYSTEM):
        dispatcher.act(connection, Action.CLOSE, Order.on(ticket, by=BY_SYSTEM, note=CONFIRMED))


def unreached(connection: Connection, dispatcher: Dispatcher, errand: Errand, reason: str) -> None:
    """无人接听 is recorded; the ticket stays for a person to follow up."""
    ticket = _ticket(connection, errand)
    if ticket is None:
        return
    if errand.purpose is Purpose.CALL_BACK:
        _remarked(connection, dispatcher, ticket, NOT_RUNG_BACK.format(reason=reason))
        return
    _followed_up(connection, dispatcher, ticket, UNREACHED.format(reason=reason))


def overtaken(connection: Connection, errand: Errand) -> bool:
    """Has the call lost its sense before it could be made?

    A call-back has where somebody, or the resident himself, has seen to the ticket since; only the
    first try of one that an operator asked for is made whatever happened. A follow-up has where the
    resident has judged, or the matter is being handled again.
    """
    ticket = _ticket(connection, errand)
    if errand.purpose is Purpose.CALL_BACK:
        by_system = errand.reply.values.get("planned_by") == callbacks.BY_SYSTEM
        may_lapse = by_system or errand.attempt > 1
        return may_lapse and (ticket is None or callbacks.fitting(ticket) is not errand.purpose)
    if errand.purpose is Purpose.FOLLOW_UP and ticket is not None:
        return ticket.solved is not None or ticket.status not in _JUDGED
    return False


def _log_tells(connection: Connection, errand: Errand) -> bool:
    """Has what he told in this call gone into the ticket, or does its log say where it is?"""
    since = errands.planned_at(connection, errand.id)
    return any(
        filling.is_word_of_it(event.note) and (since is None or event.at >= since)
        for event in store.events(connection, errand.ticket)
    )


def _remarked(connection: Connection, dispatcher: Dispatcher, ticket: Ticket, note: str) -> None:
    if _may(ticket, Action.SUPPLEMENT, BY_SYSTEM):
        dispatcher.remark(connection, ticket, note)


def _followed_up(
    connection: Connection, dispatcher: Dispatcher, ticket: Ticket, note: str
) -> Ticket:
    if not _may(ticket, Action.FOLLOW_UP, BY_SYSTEM):
        return ticket
    return dispatcher.act(connection, Action.FOLLOW_UP, Order.on(ticket, by=BY_SYSTEM, note=note))


def _ticket(connection: Connection, errand: Errand) -> Ticket | None:
    try:
        return store.load(connection, errand.ticket) if errand.ticket else None
    except TicketNotFound:
        return None


def _may(ticket: Ticket, action: Action, by: str) -> bool:
    return action in permission.allowed(ticket, by)
