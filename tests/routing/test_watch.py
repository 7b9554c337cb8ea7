"""Whoever is late is reminded, once for each deadline, whatever the number of processes."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from config.county import FALLBACK_DUTY, Duty
from routing import notices, store
from routing.database import Database
from routing.order import Order
from routing.ticket import Action, Ticket
from routing.watch import ORPHANED, Watch
from routing.worktime import Calendar
from tests.clock import Clock
from tests.routing import county as counties
from tests.routing import parts

CONTACTS = {
    counties.HAMLET_GRID: "wechat:oWorker",
    counties.HAMLET: "wechat:oStation",
    counties.COUNTY: "wechat:oCentre",
}


@pytest.fixture
def clock() -> Clock:
    return Clock(at=parts.START)


def _watch(database: Database, clock: Clock) -> Watch:
    dispatcher = parts.dispatcher(clock, parts.county(CONTACTS))
    return Watch(database=database, dispatcher=dispatcher, runtime=clock.runtime())


async def _open(database: Database, clock: Clock, **changes: Any) -> Ticket:
    dispatcher = parts.dispatcher(clock, parts.county(CONTACTS))
    return await database.write(lambda c: dispatcher.open(c, parts.draft(**changes)))


async def _reminders(database: Database, ticket: Ticket) -> list[str]:
    log = await database.read(lambda c: store.events(c, ticket.number))
    return [event.note for event in log if event.action is Action.REMIND]


async def test_in_time_nobody_is_reminded(database: Database, clock: Clock) -> None:
    ticket = await _open(database, clock)
    clock.forward(minutes=119)
    assert not await _watch(database, clock).step()
    assert await _reminders(database, ticket) == []


async def test_unsigned_ticket_is_reminded_of_once(database: Database, clock: Clock) -> None:
    ticket = await _open(database, clock)
    clock.forward(hours=2, seconds=1)
    watch = _watch(database, clock)
    assert await watch.step()
    assert not await watch.step()
    clock.forward(hours=20)
    assert not await watch.step()
    assert await _reminders(database, ticket) == ["到时限没有签收，请马上签收。"]
    rows = [(row.destination, row.kind) for row in await parts.posted(database)]
    assert rows[-2:] == [
        ("webhook:housing", "ticket.reminded"),
        ("wechat:oWorker", "worker_dispatched"),
    ]


async def test_overdue_ticket_is_told_one_level_up_as_well(
    database: Database, clock: Clock
) -> None:
    ticket = await _open(database, clock)
    clock.at = ticket.due_at
    clock.forward(seconds=1)
    watch = _watch(database, clock)
    assert await watch.step()
    assert not await watch.step()
    assert len(await _reminders(database, ticket)) == 1  # the graver one covers both
    last = (await parts.posted(database))[-1]
    assert (last.destination, last.kind) == ("wechat:oStation", "progress")
    assert "督促" in json.loads(last.body)["values"]["latest"]


async def test_extended_deadline_is_watched_anew(database: Database, clock: Clock) -> None:
    ticket = await _open(database, clock)
    clock.at = ticket.due_at
    clock.forward(seconds=1)
    watch = _watch(database, clock)
    await watch.step()
    reminded = await database.read(lambda c: store.load(c, ticket.number))
    clock.forward(hours=1)
    dispatcher = parts.dispatcher(clock)
    later = clock.at.replace(day=clock.at.day + 1)
    await database.write(
        lambda c: dispatcher.extend(
            c,
            Order(number=ticket.number, version=reminded.version, by="operator:李", note="等配件"),
            due_at=later,
        )
    )
    assert not await watch.step()
    clock.forward(days=2)
    assert await watch.step()
    assert len(await _reminders(database, ticket)) == 2


async def test_undecided_ticket_past_its_time_is_reminded_of_too(
    database: Database, clock: Clock
) -> None:
    ticket = await _open(database, clock, place="")
    clock.at = ticket.due_at
    clock.forward(seconds=1)
    assert await _watch(database, clock).step()
    assert len(await _reminders(database, ticket)) == 1


async def test_two_processes_remind_once(
    database: Database, database_url: str, clock: Clock
) -> None:
    tickets = [await _open(database, clock) for _ in range(12)]
    clock.forward(hours=3)
    other = Database(database_url)
    await other.start()
    await asyncio.gather(*(_watch(each, clock).step() for each in (database, other)))
    await other.close()
    for ticket in tickets:
        assert len(await _reminders(database, ticket)) == 1


async def test_answered_ticket_is_left_in_peace(database: Database, clock: Clock) -> None:
    ticket = await _open(database, clock, place="")
    dispatcher = parts.dispatcher(clock)
    await database.write(
        lambda c: dispatcher.answer(
            c, Order(number=ticket.number, version=1, by="operator:李"), text="已经告诉您了"
        )
    )
    clock.forward(days=60)
    assert not await _watch(database, clock).step()


@pytest.mark.parametrize("last", [counties.COUNTY, "housing"])
async def test_what_an_office_had_that_is_no_more_goes_to_the_fallback(
    database: Database, clock: Clock, last: str
) -> None:
    ticket = await _open(database, clock)
    home = parts.county(CONTACTS)
    left = {code: unit for code, unit in home.units.items() if code != ticket.unit}
    duties = {FALLBACK_DUTY: Duty(role=FALLBACK_DUTY, unit=last)}
    later = parts.dispatcher(clock, replace(home, units=left, duties=duties))
    watching = Watch(database=database, dispatcher=later, runtime=clock.runtime())
    assert await watching.step()
    adopted = await database.read(lambda c: store.load(c, ticket.number))
    assert adopted.unit == last
    log = await database.read(lambda c: store.events(c, ticket.number))
    assert (log[-1].action, log[-1].note) == (Action.DISPATCH, ORPHANED)
    assert not await watching.step()


async def test_ticket_of_an_office_that_is_no_more_is_still_reminded_of_and_told(
    database: Database, clock: Clock
) -> None:
    ticket = await _open(database, clock, category="0201")  # the water department leads
    home = parts.county(CONTACTS)
    left = {code: unit for code, unit in home.units.items() if code != "water"}
    later = parts.dispatcher(clock, replace(home, units=left))
    order = Order.on(ticket, by="operator:李", note="水务局撤了")
    await database.write(lambda c: later.remind_overdue(c, order))
    assert notices.RELEASED not in [row.kind for row in await parts.posted(database)]


async def test_date_is_counted_anew_once_the_holidays_are_published(
    database: Database, clock: Clock
) -> None:
    clock.forward(days=800)  # a year that nobody has published
    ticket = await _open(database, clock)
    assert ticket.due_provisional
    year = clock.at.year
    assert not await _watch(database, clock).step()
    known = {str(each): True for each in range(year, year + 2)}
    later = replace(parts.dispatcher(clock, parts.county(CONTACTS)), calendar=Calendar(known))
    watching = Watch(database=database, dispatcher=later, runtime=clock.runtime())
    assert await watching.step()
    counted = await database.read(lambda c: store.load(c, ticket.number))
    assert not counted.due_provisional
    assert not await watching.step()


async def test_reminder_that_the_database_refused_for_a_moment_does_not_rest_for_an_hour(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def locked(*_: object) -> object:
        raise sa.exc.OperationalError("UPDATE", {}, Exception("database is locked"))

    ticket = await _open(database, clock)
    clock.forward(hours=2, seconds=1)
    watch = _watch(database, clock)
    with monkeypatch.context() as patches:
        patches.setattr(Database, "write", locked)
        assert not await watch.step()
    assert await watch.step()
    assert len(await _reminders(database, ticket)) == 1
