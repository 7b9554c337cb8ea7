"""Tickets go into the database and come out the same; numbers are given once."""

import asyncio
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa

from nlp.understanding import RequestKind
from routing import lifecycle, schema, store
from routing.database import Database
from routing.errors import StaleVersion, TicketNotFound
from routing.ticket import Action, Status, Ticket, TicketEvent
from tests.routing import parts

DAY = date(2026, 11, 24)


def _opened(number: str = "20261124-0001") -> tuple[Ticket, TicketEvent]:
    return lifecycle.opened(
        parts.draft(),
        number=number,
        status=Status.DISPATCHED,
        unit="housing",
        due_at=parts.START + timedelta(days=5),
        sign_due_at=parts.START + timedelta(hours=2),
        assisting=("water",),
        rule="dispatch:R1@v1",
        certain=True,
        standard=("先设围挡", "修好拍照"),
        by="system",
        at=parts.START,
    )


async def test_ticket_comes_out_as_it_went_in(database: Database) -> None:
    ticket, event = _opened()
    await database.write(lambda c: store.insert(c, ticket, event))
    assert await database.read(lambda c: store.load(c, ticket.number)) == ticket
    assert await database.read(lambda c: store.events(c, ticket.number)) == [event]


async def test_whole_log_is_kept_and_rebuilds_the_ticket(database: Database) -> None:
    ticket, event = _opened()
    await database.write(lambda c: store.insert(c, ticket, event))
    steps: tuple[tuple[Action, str, dict[str, Any]], ...] = (
        (Action.SIGN, "department:housing", {}),
        (Action.ANSWER, "department:housing", {"answer": "修好了"}),
        (Action.CLOSE, "operator:李", {}),
        (Action.EVALUATE, "resident", {"solved": True}),
    )
    for action, by, changes in steps:
        ticket, event = lifecycle.advance(ticket, action, by=by, at=parts.START, **changes)
        await database.write(lambda c, t=ticket, e=event: store.save(c, t, e))  # type: ignore[misc]
    kept = await database.read(lambda c: store.load(c, ticket.number))
    log = await database.read(lambda c: store.events(c, ticket.number))
    assert kept == ticket
    assert lifecycle.replay(log) == kept


async def test_second_saver_of_a_version_is_refused_and_changes_nothing(
    database: Database,
) -> None:
    ticket, event = _opened()
    await database.write(lambda c: store.insert(c, ticket, event))
    saves = [
        lifecycle.advance(ticket, Action.SIGN, by="department:housing", at=parts.START, note=note)
        for note in ("甲", "乙")
    ]
    found = await asyncio.gather(
        *(database.write(lambda c, s=s: store.save(c, *s)) for s in saves),  # type: ignore[misc]
        return_exceptions=True,
    )
    assert [type(each) for each in found].count(StaleVersion) == 1
    log = await database.read(lambda c: store.events(c, ticket.number))
    assert [each.sequence for each in log] == [1, 2]


async def test_unknown_ticket_is_told_in_chinese(database: Database) -> None:
    with pytest.raises(TicketNotFound, match="没有工单"):
        await database.read(lambda c: store.load(c, "20261124-9999"))
    assert await database.read(lambda c: store.events(c, "20261124-9999")) == []


async def test_open_ticket_without_a_deadline_is_refused_by_the_database(
    database: Database,
) -> None:
    ticket, event = _opened()
    await database.write(lambda c: store.insert(c, ticket, event))
    table = schema.ticket
    with pytest.raises(sa.exc.IntegrityError, match="open_has_due_at"):
        await database.write(lambda c: c.execute(sa.update(table).values(due_at=None)) and None)
    closed = sa.update(table).values(status="closed", due_at=None)
    await database.write(lambda c: c.execute(closed) and None)


@pytest.mark.parametrize(("column", "value"), [("version", 0), ("unit", "")])
async def test_ticket_has_a_version_and_an_owner(
    database: Database, column: str, value: object
) -> None:
    ticket, event = _opened()
    await database.write(lambda c: store.insert(c, ticket, event))
    change = sa.update(schema.ticket).values({column: value})
    with pytest.raises(sa.exc.IntegrityError):
        await database.write(lambda c: c.execute(change) and None)


async def test_event_belongs_to_a_ticket(database: Database) -> None:
    _, event = _opened()
    row = store._event_row(event)
    with pytest.raises(sa.exc.IntegrityError):
        await database.write(lambda c: c.execute(sa.insert(schema.ticket_event), row) and None)


async def test_numbers_count_by_day_and_grow_a_digit_past_9999(database: Database) -> None:
    assert await database.write(lambda c: store.next_number(c, DAY)) == "20261124-0001"
    assert await database.write(lambda c: store.next_number(c, DAY)) == "20261124-0002"
    tomorrow = date(2026, 11, 25)
    assert await database.write(lambda c: store.next_number(c, tomorrow)) == "20261125-0001"
    jump = sa.update(schema.number_sequence).values(last=9999)
    await database.write(lambda c: c.execute(jump) and None)
    assert await database.write(lambda c: store.next_number(c, DAY)) == "20261124-10000"


async def test_two_processes_never_give_one_number_twice(
    database: Database, database_url: str
) -> None:
    other = Database(database_url)
    await other.start()
    numbers = await asyncio.gather(
        *(
            each.write(lambda c: store.next_number(c, DAY))
            for _ in range(100)
            for each in (database, other)
        )
    )
    await other.close()
    assert sorted(numbers) == [f"20261124-{n:04d}" for n in range(1, 201)]


async def test_times_are_kept_in_utc_and_naive_ones_refused(database: Database) -> None:
    shanghai = timezone(timedelta(hours=8))
    row = {"owner": "water", "key": "k", "fingerprint": "f", "answer": "a"}
    table = schema.request_key
    local = datetime(2026, 11, 24, 10, 0, 0, 123456, tzinfo=shanghai)
    await database.write(lambda c: c.execute(sa.insert(table), {**row, "at": local}) and None)
    kept = await database.read(lambda c: c.execute(sa.select(table.c.at)).scalar_one())
    assert kept == local
    assert kept.tzinfo is UTC
    naive = {**row, "key": "k2", "at": local.replace(tzinfo=None)}
    with pytest.raises(sa.exc.StatementError, match="without its zone"):
        await database.write(lambda c: c.execute(sa.insert(table), naive) and None)


def test_every_ticket_field_is_kept() -> None:
    ticket, _ = _opened()
    row = store._row(ticket)
    assert row["kind"] == RequestKind.HELP.value
    kept = set(row) - {"details"} | set(store._DETAILS)
    assert kept == set(Ticket.__dataclass_fields__)
