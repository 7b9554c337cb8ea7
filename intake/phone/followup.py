"""What a follow-up call (回访) leaves in the ticket. Functions of a connection."""

from contextlib import suppress

from sqlalchemy import Connection

from channels.phone.book import Errand, Judgement, Purpose
from intake.counter import filling
from intake.phone import callbacks, errands
from intake.talk import reasons
from routing import permission, store
from routing.dispatch import Dispatcher
from routing.errors import ActionRefused, TicketNotFound
from routing.order import BY_RESIDENT, BY_SYSTEM, Order
from routing.ticket import Action, Status, Ticket

HELD = "电话回访"
UNJUDGED = "电话回访，打通了，居民没有说清解决没有，请人工回访"
UNREACHED = "电话回访两次未接通：{reason}"
RUNG_BACK = "已回拨，接通了，居民没有说要办的事；说了什么见“通话”"
NOT_RUNG_BACK = "回拨两次未接通：{reason}"
NOT_TOLD = "电话通知办理的人两次未接通：{reason}"
NOT_ALARMED = "给值班的人打电话报险，两次未接通：{reason}"
BROKEN_OFF = "{what}没有结果，请人工接着办：{reason}"
OVERTAKEN = "工单已有人办，不再回拨"
WORDS_THERE = "留言已经听出来了，由话务员回电"
JUDGED_SINCE = "居民已经评价，或者又在办理，不再回访"
UNSOLVED = "电话回访，居民说没有解决"
CONFIRMED = "电话回访，居民确认解决"
_JUDGED = frozenset({Status.ANSWERED, Status.FOLLOWED_UP, Status.CLOSED})
_NOT_REACHED = {
    Purpose.FOLLOW_UP: UNREACHED,
    Purpose.CALL_BACK: NOT_RUNG_BACK,
    Purpose.NOTICE: NOT_TOLD,
    Purpose.ALARM: NOT_ALARMED,
}
_CALLS = {
    Purpose.FOLLOW_UP: "电话回访",
    Purpose.CALL_BACK: "回拨",
    Purpose.NOTICE: "电话通知",
    Purpose.ALARM: "电话报险",
}
_SAID = (
    ("solved", "解决", "没有解决"),
    ("satisfied", "满意", "不满意"),
    ("contacted", "联系过", "没有联系过"),
)


def words(judgement: Judgement) -> str:
    """What has been judged, in a few words; empty where nothing has."""
    said = ((getattr(judgement, name), yes, no) for name, yes, no in _SAID)
    return "，".join(yes if is_so else no for is_so, yes, no in said if is_so is not None)


def judged(
    connection: Connection, dispatcher: Dispatcher, errand: Errand, judgement: Judgement
) -> None:
    """回访 and 评价; unsolved is taken up again, solved and not dissatisfied is closed.

    Where he did not say whether it is solved, a person asks him: the ticket waits for that.
    """
    ticket = _ticket(connection, errand)
    if ticket is None or errand.purpose in (Purpose.NOTICE, Purpose.ALARM):
        return
    if errand.purpose is Purpose.CALL_BACK:
        if not _log_tells(connection, errand):
            _remarked(connection, dispatcher, ticket, RUNG_BACK)
        return
    if judgement.solved is None:
        ticket = _evaluated(connection, dispatcher, ticket, judgement)
        _remarked(connection, dispatcher, ticket, UNJUDGED)
        return
    ticket = _followed_up(connection, dispatcher, ticket, HELD)
    ticket = _evaluated(connection, dispatcher, ticket, judgement)
    if not judgement.solved and _may(ticket, Action.REOPEN, BY_RESIDENT):
        with suppress(ActionRefused):  # too late for this number; the judgement says it all
            dispatcher.act(
                connection, Action.REOPEN, Order.on(ticket, by=BY_RESIDENT, note=UNSOLVED)
            )
    confirmed = judgement.solved and judgement.satisfied is not False
    if confirmed and _may(ticket, Action.CLOSE, BY_SYSTEM):
        dispatcher.act(connection, Action.CLOSE, Order.on(ticket, by=BY_SYSTEM, note=CONFIRMED))


def unreached(connection: Connection, dispatcher: Dispatcher, errand: Errand, reason: str) -> None:
    """无人接听 is recorded; what was to be done by telephone stays for a person to do."""
    ticket = _ticket(connection, errand)
    if ticket is None:
        return
    note = _NOT_REACHED[errand.purpose].format(reason=reason)
    if reason.startswith(errands.BROKEN_OFF):
        note = BROKEN_OFF.format(what=_CALLS[errand.purpose], reason=reason)
    _remarked(connection, dispatcher, ticket, note)


def overtaken(connection: Connection, errand: Errand) -> str:
    """Why the call has lost its sense before it could be made; empty where it has not.

    A call-back has where somebody, or the resident himself, has seen to the ticket since, and where
    what he left on the recorder tells his matter; only the first try of one that an operator asked
    for is made whatever happened. A follow-up has where the resident has judged, or the matter is
    being handled again.
    """
    ticket = _ticket(connection, errand)
    if errand.purpose is Purpose.CALL_BACK:
        by_system = errand.reply.values.get("planned_by") == callbacks.BY_SYSTEM
        may_lapse = by_system or errand.attempt > 1
        if may_lapse and (ticket is None or callbacks.fitting(ticket) is not errand.purpose):
            return OVERTAKEN
        return WORDS_THERE if by_system and ticket and _has_left_words(connection, ticket) else ""
    if errand.purpose is Purpose.FOLLOW_UP and ticket is not None:
        settled = ticket.solved is not None or ticket.status not in _JUDGED
        return JUDGED_SINCE if settled else ""
    return ""


def _has_left_words(connection: Connection, ticket: Ticket) -> bool:
    """Has what he left on the recorder told what it is about?"""
    log = store.events(connection, ticket.number)
    left = any(event.note.startswith(filling.LEFT) for event in log)
    return left and ticket.text not in reasons.NOTHING_KNOWN


def _log_tells(connection: Connection, errand: Errand) -> bool:
    """Has what he told in this call gone into the ticket, or does its log say where it is?"""
    since = errands.planned_at(connection, errand.id)
    return any(
        filling.is_word_of_it(event.note) and (since is None or event.at >= since)
        for event in store.events(connection, errand.ticket)
    )


def _evaluated(
    connection: Connection, dispatcher: Dispatcher, ticket: Ticket, judgement: Judgement
) -> Ticket:
    if judgement == Judgement() or not _may(ticket, Action.EVALUATE, BY_RESIDENT):
        return ticket
    return dispatcher.evaluate(
        connection,
        Order.on(ticket, by=BY_RESIDENT, note=HELD),
        solved=judgement.solved,
        satisfied=judgement.satisfied,
        contacted=judgement.contacted,
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
