"""Watches over deadlines: who is late with signing or finishing is reminded, once for each; of a
danger the command desk is told again and again until somebody has seen to it; what an office had
that is no more goes back to the centre.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

import sqlalchemy as sa
import structlog
from sqlalchemy import ColumnElement, Connection

from config.runtime import Runtime
from routing import command, jurisdiction, schema, store, writer
from routing.database import Database
from routing.dispatch import Dispatcher
from routing.errors import RoutingError
from routing.order import BY_SYSTEM, Order
from routing.resting import Resting
from routing.ticket import RUNNING_STATUSES, Action, Status, Ticket

BATCH = 50
MOST_PROVISIONAL = 5000
NOT_SIGNED = "到时限没有签收，请马上签收。"
ORPHANED = "原来的主办单位已不在县区数据里，转给兜底单位。"
RECOUNTED = "放假安排已公布，期限重新计算。"
OVERDUE = "已超过办理时限，请马上办理并写明进展。"

_log = structlog.get_logger(__name__)

_TICKET = schema.ticket
_EVENT = schema.ticket_event


class Watch:
    """Reminds by itself. What it did stands in the ticket's log, so it never does it twice."""

    def __init__(self, *, database: Database, dispatcher: Dispatcher, runtime: Runtime) -> None:
        self._database = database
        self._dispatcher = dispatcher
        self._runtime = runtime
        self._recounted: date | None = None
        self._resting = Resting()  # tickets that can't be reminded

    async def step(self) -> bool:
        """Remind a batch of each; True if anybody was reminded."""
        now, act = self._runtime.now(), self._dispatcher
        self._resting.wake(now)
        reminders: tuple[_Reminder, ...] = (
            _Reminder(late=self._published, note=RECOUNTED, remind=act.recount),
            _Reminder(late=self._orphaned, note=ORPHANED, remind=self._adopt),
            _Reminder(late=command.to_repeat, note=command.NOTE, remind=act.remind_danger),
            _Reminder(late=_overdue, note=OVERDUE, remind=act.remind_overdue),
            _Reminder(late=_unsigned, note=NOT_SIGNED, remind=partial(_plainly, act)),
        )
        done = [await self._batch(each, now) for each in reminders]
        return any(done)

    def _orphaned(self, connection: Connection, _: datetime, limit: int) -> list[tuple[str, int]]:
        """Tickets in hand at units that the county has no more."""
        in_hand = _TICKET.c.status.in_([Status.DISPATCHED.value, Status.SIGNED.value])
        units = connection.execute(sa.select(_TICKET.c.unit).where(in_hand).distinct()).scalars()
        gone = [code for code in units if code not in self._dispatcher.county.units]
        query = sa.select(_TICKET.c.number, _TICKET.c.version).where(
            in_hand, _TICKET.c.unit.in_(gone)
        )
        rows = connection.execute(query.order_by(_TICKET.c.number).limit(limit)) if gone else ()
        return [(row.number, row.version) for row in rows]

    def _published(
        self, connection: Connection, now: datetime, limit: int
    ) -> list[tuple[str, int]]:
        """Tickets whose date was provisional and is no more; looked for once a day, since what is
        published comes with a new version of the program or of the county's data.
        """
        if self._recounted == now.date():
            return []
        query = sa.select(_TICKET).where(
            _TICKET.c.status.in_([status.value for status in RUNNING_STATUSES]),
            _TICKET.c.details.contains('"due_provisional":true', autoescape=True),
        )
        tickets = map(store.ticket_of, connection.execute(query.limit(MOST_PROVISIONAL)))
        calendar = self._dispatcher.calendar
        firm = [
            (ticket.number, ticket.version)
            for ticket in tickets
            if not calendar.provisional_between(
                ticket.started_at or ticket.opened_at, ticket.due_at
            )
        ]
        if len(firm) <= limit:
            self._recounted = now.date()
        return firm[:limit]

    def _adopt(self, connection: Connection, order: Order) -> Ticket:
        last = jurisdiction.fallback(self._dispatcher.county)
        return self._dispatcher.dispatch(connection, order, unit=last.code)

    async def _batch(self, reminder: "_Reminder", now: datetime) -> bool:
        limit = BATCH + len(self._resting)
        late = await self._database.read(lambda c: reminder.late(c, now, limit))
        fit = [each for each in late if each[0] not in self._resting]
        done = [await self._one(reminder, *each) for each in fit[:BATCH]]
        return any(done)

    async def _one(self, reminder: "_Reminder", number: str, version: int) -> bool:
        """False if it could not be: somebody was faster (the version tells), or the ticket itself
        is not in order, which must not keep the others from their reminder.
        """
        order = Order(number=number, version=version, by=BY_SYSTEM, note=reminder.note)
        try:
            await self._database.write(lambda c: reminder.remind(c, order))
        except RoutingError:
            return False
        except Exception as error:
            _log.exception("reminder_failed", ticket=number)
            if not writer.will_pass(error):
                self._resting.rest(number, self._runtime.now())
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reminder:
    """One kind of being late: whom it concerns, what is noted, and how they are reminded."""

    late: Callable[[Connection, datetime, int], list[tuple[str, int]]]
    note: str
    remind: Callable[[Connection, Order], Ticket]


def _plainly(dispatcher: Dispatcher, connection: Connection, order: Order) -> Ticket:
    return dispatcher.act(connection, Action.REMIND, order)


def _overdue(connection: Connection, now: datetime, limit: int) -> list[tuple[str, int]]:
    running = _TICKET.c.status.in_([status.value for status in RUNNING_STATUSES])
    return _late(connection, _TICKET.c.due_at, now, limit, running)


def _unsigned(connection: Connection, now: datetime, limit: int) -> list[tuple[str, int]]:
    """Not signed in time, and not past due_at, which is the graver reminder."""
    dispatched = _TICKET.c.status == Status.DISPATCHED.value
    return _late(connection, _TICKET.c.sign_due_at, now, limit, dispatched, _TICKET.c.due_at >= now)


def _late(
    connection: Connection,
    deadline: ColumnElement[datetime | None],
    now: datetime,
    limit: int,
    *conditions: ColumnElement[bool],
) -> list[tuple[str, int]]:
    """Tickets past a deadline of which we have not reminded since it passed."""
    reminded = (
        sa.select(1)
        .where(
            _EVENT.c.ticket == _TICKET.c.number,
            _EVENT.c.action == Action.REMIND.value,
            _EVENT.c.by == BY_SYSTEM,
            _EVENT.c.note != command.NOTE,
            _EVENT.c.at > deadline,
        )
        .exists()
    )
    rows = connection.execute(
        sa.select(_TICKET.c.number, _TICKET.c.version)
        .where(*conditions, deadline < now, ~reminded)
        .order_by(deadline)
        .limit(limit)
    )
    return [(row.number, row.version) for row in rows]
