"""Watches over deadlines: who is late with signing or finishing is reminded, once for each."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from config.runtime import Runtime
from routing import report, schema
from routing.database import Database
from routing.dispatch import BY_SYSTEM, Dispatcher, Order
from routing.errors import RoutingError
from routing.ticket import Action, Status

BATCH = 50
NOT_SIGNED = "到时限没有签收，请马上签收。"
OVERDUE = "已超过办理时限，请马上办理并写明进展。"

_TICKET = schema.ticket
_EVENT = schema.ticket_event


class Watch:
    """Reminds by itself. What it did stands in the ticket's log, so it never does it twice."""

    def __init__(self, *, database: Database, dispatcher: Dispatcher, runtime: Runtime) -> None:
        self._database = database
        self._dispatcher = dispatcher
        self._runtime = runtime

    async def step(self) -> bool:
        """Remind a batch of each; True if anybody was reminded."""
        now = self._runtime.now()
        overdue = await self._database.read(lambda c: _overdue(c, now))
        unsigned = await self._database.read(lambda c: _unsigned(c, now))
        done = [await self._remind(*each, past_due=True) for each in overdue]
        done += [await self._remind(*each, past_due=False) for each in unsigned]
        return any(done)

    async def _remind(self, number: str, version: int, *, past_due: bool) -> bool:
        """False if somebody was faster, another process of ours for one: the version tells."""
        try:
            await self._database.write(lambda c: self._one(c, number, version, past_due=past_due))
        except RoutingError:
            return False
        return True

    def _one(self, connection: Connection, number: str, version: int, *, past_due: bool) -> None:
        order = Order(
            number=number,
            version=version,
            by=BY_SYSTEM,
            note=OVERDUE if past_due else NOT_SIGNED,
        )
        if past_due:
            self._dispatcher.remind_overdue(connection, order)
        else:
            self._dispatcher.act(connection, Action.REMIND, order)


def _overdue(connection: Connection, now: datetime) -> list[tuple[str, int]]:
    running = _TICKET.c.status.in_([status.value for status in report.RUNNING])
    return _late(connection, _TICKET.c.due_at, now, running)


def _unsigned(connection: Connection, now: datetime) -> list[tuple[str, int]]:
    """Not signed in time, and not past due_at, which is the graver reminder."""
    dispatched = _TICKET.c.status == Status.DISPATCHED.value
    return _late(connection, _TICKET.c.sign_due_at, now, dispatched, _TICKET.c.due_at >= now)


def _late(
    connection: Connection,
    deadline: ColumnElement[datetime | None],
    now: datetime,
    *conditions: ColumnElement[bool],
) -> list[tuple[str, int]]:
    """Tickets past a deadline of which we have not reminded since it passed."""
    reminded = (
        sa.select(1)
        .where(
            _EVENT.c.ticket == _TICKET.c.number,
            _EVENT.c.action == Action.REMIND.value,
            _EVENT.c.by == BY_SYSTEM,
            _EVENT.c.at > deadline,
        )
        .exists()
    )
    rows = connection.execute(
        sa.select(_TICKET.c.number, _TICKET.c.version)
        .where(*conditions, deadline < now, ~reminded)
        .order_by(deadline)
        .limit(BATCH)
    )
    return [(row.number, row.version) for row in rows]
