"""What residents and grid workers say of a result: recorded, closed, or opened again.

The resident's three judgements (solved, satisfied, contacted) are fields of the ticket. A grid
worker's opinion is a step of its own in the log, `by=grid:CODE`, and changes none of them.
"""

from sqlalchemy import Connection

from channels.message import InboundMessage, Reply
from config.county import UnitKind
from intake.counter import ownership
from intake.talk.steps import Judge
from nlp.understanding import RequestKind
from routing import permission
from routing.dispatch import Dispatcher
from routing.errors import ActionRefused
from routing.order import BY_RESIDENT, BY_SYSTEM, Order
from routing.steps import Actor
from routing.ticket import Action, Status, Ticket

GRADES = ("满意", "基本满意", "不满意")
TRUE_REPORT = "网格员核实：属实"
FALSE_REPORT = "网格员核实：不实"

_OFFICES = {
    UnitKind.GRID: Actor.GRID,
    UnitKind.VILLAGE: Actor.VILLAGE,
    UnitKind.COMMUNITY: Actor.VILLAGE,
    UnitKind.TOWNSHIP: Actor.TOWNSHIP,
}
_BY_UNIT = frozenset({*_OFFICES, UnitKind.COUNTY, UnitKind.URBAN_AREA, UnitKind.URBAN_BLOCK})


def judge(
    connection: Connection,
    dispatcher: Dispatcher,
    step: Judge,
    message: InboundMessage,
    proved: str = "",
) -> tuple[list[Reply], str]:
    """Record the verdict as whose it is; the replies, and the ticket's number where it was found.

    Of a stranger nothing is taken.
    """
    ticket = ownership.own(connection, step.ticket, message, proved)
    if ticket is not None:
        return _by_resident(connection, dispatcher, ticket, step), ticket.number
    ticket = ownership.find(connection, step.ticket)
    if ticket is not None and _is_worker(dispatcher, ticket, str(message.sender)):
        return _by_worker(connection, dispatcher, ticket, step), ticket.number
    return [Reply(key="progress_unknown", values={"number": step.ticket})], ""


def _by_resident(
    connection: Connection, dispatcher: Dispatcher, ticket: Ticket, step: Judge
) -> list[Reply]:
    solved = _one_of(step, RequestKind.SOLVED, RequestKind.UNSOLVED)
    satisfied = _one_of(step, RequestKind.SATISFIED, RequestKind.UNSATISFIED)
    values = {"number": ticket.number}
    if Action.EVALUATE not in permission.allowed(ticket, BY_RESIDENT):
        return _beside(connection, dispatcher, ticket, step)
    ticket = dispatcher.evaluate(
        connection,
        Order.on(ticket, by=BY_RESIDENT, note=step.words),
        solved=solved,
        satisfied=satisfied,
    )
    if solved is False:
        return [_reopened(connection, dispatcher, ticket, step)]
    if solved or (satisfied and ticket.solved is not False):
        _close(connection, dispatcher, ticket, step)
    if satisfied is None:
        return [Reply(key="evaluate_ask", values=values, choices=GRADES)]
    return [Reply(key="evaluated" if satisfied else "dissatisfied", values=values)]


def _reopened(connection: Connection, dispatcher: Dispatcher, ticket: Ticket, step: Judge) -> Reply:
    """The same number with its history; after the time for that, a word about a new one."""
    values = {"number": ticket.number}
    try:
        dispatcher.act(connection, Action.REOPEN, Order.on(ticket, by=BY_RESIDENT, note=step.words))
    except ActionRefused:
        return Reply(key="reopen_late", values=values)
    return Reply(key="notice_reopened", values=values)


def _close(connection: Connection, dispatcher: Dispatcher, ticket: Ticket, step: Judge) -> None:
    """The resident himself has said that it is done: nobody need ask him again."""
    note = f"居民本人说：{step.words}"
    if ticket.status is Status.ANSWERED:
        ticket = dispatcher.act(
            connection, Action.FOLLOW_UP, Order.on(ticket, by=BY_SYSTEM, note=note)
        )
    if ticket.status is Status.FOLLOWED_UP:
        dispatcher.act(connection, Action.CLOSE, Order.on(ticket, by=BY_SYSTEM, note=note))


def _beside(
    connection: Connection, dispatcher: Dispatcher, ticket: Ticket, step: Judge
) -> list[Reply]:
    """The ticket is being handled (again): there is nothing to judge, but his words are kept."""
    values = {"number": ticket.number}
    if Action.SUPPLEMENT not in permission.allowed(ticket, BY_RESIDENT):
        return [Reply(key="ticket_finished", values=values)]
    dispatcher.act(connection, Action.SUPPLEMENT, Order.on(ticket, by=BY_RESIDENT, note=step.words))
    return [Reply(key="supplemented", values=values)]


def _by_worker(
    connection: Connection, dispatcher: Dispatcher, ticket: Ticket, step: Judge
) -> list[Reply]:
    """属实 or 不实, as a record of its own; of anything else his words alone."""
    true = _one_of(step, RequestKind.SOLVED, RequestKind.UNSOLVED)
    opinion = "" if true is None else f"{TRUE_REPORT if true else FALSE_REPORT}。"
    kind = dispatcher.county.units[ticket.unit].kind  # it is there: he answers for it
    by = f"{_OFFICES.get(kind, Actor.UNIT)}:{ticket.unit}"
    if Action.EVALUATE not in permission.allowed(ticket, by):
        return [Reply(key="progress_unknown", values={"number": ticket.number})]
    dispatcher.evaluate(connection, Order.on(ticket, by=by, note=opinion + step.words))
    return [Reply(key="worker_evaluated", values={"number": ticket.number})]


def _is_worker(dispatcher: Dispatcher, ticket: Ticket, contact: str) -> bool:
    """Whether he answers for the territory that led the ticket; departments never judge."""
    county = dispatcher.county
    workers = county.workers.get(ticket.unit, ())
    unit = county.units.get(ticket.unit)
    on_the_ground = unit is not None and unit.kind in _BY_UNIT
    return on_the_ground and any(worker.contact == contact for worker in workers)


def _one_of(step: Judge, yes: RequestKind, no: RequestKind) -> bool | None:
    if yes in step.verdicts:
        return True
    return False if no in step.verdicts else None
