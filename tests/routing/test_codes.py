"""Contact codes: who has one, for how long, and who is told of it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from channels.phone.talk import keys
from routing import codes, lifecycle, notices, permission, schema, store
from routing.codes import Codes, NoCodeLeft
from routing.database import Database
from routing.dispatch import Dispatcher
from routing.order import BY_RESIDENT, BY_SYSTEM, Order
from routing.ticket import Action, Status, Ticket
from tests.clock import Clock
from tests.routing import county as counties
from tests.routing import parts

DESK = "operator:a"
CODES = Codes(dial="4569899", days=7)
WORKER = "wechat:oWorker"
CONTACTS = {counties.HAMLET_GRID: WORKER}
NUMBERLESS = {"reporter": "web:a", "reporter_phone": ""}


def dispatcher(clock: Clock) -> Dispatcher:
    return replace(parts.dispatcher(clock, parts.county(CONTACTS)), codes=CODES)


async def opened(database: Database, clock: Clock, **draft: Any) -> Ticket:
    made = dispatcher(clock)
    return await database.write(lambda c: made.open(c, parts.draft(**draft)))


async def code_of(database: Database, ticket: Ticket) -> str:
    return await database.read(lambda c: codes.code_of(c, ticket.number))


async def stands(database: Database, clock: Clock, number: str) -> bool:
    made = dispatcher(clock)
    return await database.read(lambda c: made.way(c, store.load(c, number)) is not None)


async def act(
    database: Database, clock: Clock, ticket: Ticket, action: Action, by: str, note: str = ""
) -> Ticket:
    made, order = dispatcher(clock), Order.on(ticket, by=by, note=note)
    if action is Action.ANSWER:
        return await database.write(lambda c: made.answer(c, order, text="修好了"))
    return await database.write(lambda c: made.act(c, action, order))


@given(st.lists(st.builds(codes.draw), min_size=20, max_size=20))
def test_code_can_be_keyed_in_and_has_no_key_that_is_a_person(drawn: list[str]) -> None:
    assert all(len(code) == keys.LENGTH == codes.LENGTH for code in drawn)
    assert set("".join(drawn)) <= set(keys.DIGITS) == set(codes.DIGITS)
    assert len(set(drawn)) > 15


async def test_ticket_with_a_number_has_one_code_that_stays(
    database: Database, clock: Clock
) -> None:
    ticket = await opened(database, clock)
    code = await code_of(database, ticket)
    assert len(code) == codes.LENGTH
    assert await database.read(lambda c: codes.ticket_of(c, code)) == ticket.number
    await act(database, clock, ticket, Action.SUPPLEMENT, BY_RESIDENT, "还没有修")
    assert await code_of(database, ticket) == code


@pytest.mark.parametrize(
    "draft", [NUMBERLESS, {"confidential": True}], ids=["no number", "confidential"]
)
async def test_who_left_no_number_or_wants_secrecy_has_none(
    database: Database, clock: Clock, draft: dict[str, Any]
) -> None:
    ticket = await opened(database, clock, **draft)
    assert await code_of(database, ticket) == ""


async def test_who_rang_has_a_number(database: Database, clock: Clock) -> None:
    ticket = await opened(database, clock, reporter="tel:+8613900000000", reporter_phone="")
    assert await code_of(database, ticket)


async def test_number_that_is_left_later_brings_a_code(database: Database, clock: Clock) -> None:
    ticket = await opened(database, clock, **NUMBERLESS)
    made, order = dispatcher(clock), Order.on(ticket, by=BY_RESIDENT, note="我的电话")
    await database.write(lambda c: made.supplement(c, order, phone="+8613912345678"))
    code = await code_of(database, ticket)
    posted = [row for row in await parts.posted(database) if row.destination == WORKER]
    assert code and code in posted[-1].body  # who has it need not wait for the next step


async def test_secrecy_that_is_wished_later_ends_a_code(database: Database, clock: Clock) -> None:
    ticket = await opened(database, clock)
    assert await stands(database, clock, ticket.number)
    made, order = dispatcher(clock), Order.on(ticket, by=BY_SYSTEM)
    await database.write(lambda c: made.correct(c, order, confidential=True))
    assert not await stands(database, clock, ticket.number)


async def test_code_lives_some_days_after_closing_then_is_forgotten(
    database: Database, clock: Clock
) -> None:
    ticket = await opened(database, clock)
    ticket = await act(database, clock, ticket, Action.SIGN, DESK)
    ticket = await act(database, clock, ticket, Action.ANSWER, DESK)
    ticket = await act(database, clock, ticket, Action.CLOSE, DESK)
    clock.forward(days=7)
    assert await stands(database, clock, ticket.number)
    assert await database.write(lambda c: CODES.purge(c, clock.at, 10)) == 0
    clock.forward(seconds=1)
    assert not await stands(database, clock, ticket.number)
    assert await database.write(lambda c: CODES.purge(c, clock.at, 10)) == 1
    await act(database, clock, ticket, Action.REOPEN, BY_RESIDENT, "没修")
    assert await stands(database, clock, ticket.number)


async def test_withdrawn_ticket_has_none(database: Database, clock: Clock) -> None:
    ticket = await opened(database, clock)
    await act(database, clock, ticket, Action.WITHDRAW, BY_RESIDENT, "不用了")
    assert not await stands(database, clock, ticket.number)
    assert await database.write(lambda c: CODES.purge(c, clock.at, 10)) == 1


async def test_who_has_the_ticket_no_more_has_no_code(database: Database, clock: Clock) -> None:
    ticket = await opened(database, clock)
    first = await code_of(database, ticket)
    made, order = dispatcher(clock), Order.on(ticket, by=DESK)
    moved = await database.write(lambda c: made.dispatch(c, order, unit="water"))
    second = await code_of(database, ticket)
    assert second and second != first
    assert await database.read(lambda c: codes.ticket_of(c, first)) == ""
    order = Order.on(moved, by=DESK)
    await database.write(lambda c: made.dispatch(c, order, unit="water", assisting=["housing"]))
    assert await code_of(database, ticket) == second  # who comes to it leaves it to all others


async def test_who_loses_a_confidential_ticket_has_no_code_when_secrecy_is_lifted(
    database: Database, clock: Clock
) -> None:
    ticket = await opened(database, clock)
    first = await code_of(database, ticket)
    made = dispatcher(clock)
    for step in (
        lambda c, order: made.correct(c, order, confidential=True),
        lambda c, order: made.dispatch(c, order, unit="water"),
        lambda c, order: made.correct(c, order, confidential=False),
    ):
        ticket = await database.write(partial(step, order=Order.on(ticket, by=DESK)))
    assert ticket.unit == "water"
    assert await database.read(lambda c: codes.ticket_of(c, first)) == ""
    assert await code_of(database, ticket) not in ("", first)


async def test_code_that_somebody_has_is_drawn_again(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: Iterator[str] = iter(["111111", "111111", "222222"])
    monkeypatch.setattr(codes, "draw", lambda: next(drawn))
    one, other = await opened(database, clock), await opened(database, clock)
    assert [await code_of(database, each) for each in (one, other)] == ["111111", "222222"]


async def test_search_for_a_free_code_is_bounded(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes, "draw", lambda: "111111")
    await opened(database, clock)
    with pytest.raises(NoCodeLeft):
        await opened(database, clock)


async def test_departments_and_the_worker_are_told_in_plain_chinese_and_no_number(
    database: Database, clock: Clock
) -> None:
    ticket = await opened(database, clock)
    code = await code_of(database, ticket)
    told = f"联系居民：拨 4569899，听到问候后按 *，再按 {code}"
    rows = await parts.posted(database)
    sent = {row.destination: json.loads(row.body) for row in rows}
    assert sent["webhook:housing"]["data"]["contact"] == {
        "dial": "4569899",
        "code": code,
        "text": told,
    }
    assert sent[WORKER]["values"]["contact"] == f"{told}\n"
    assert not any("13912345678" in row.body for row in rows)


async def test_who_loses_a_ticket_is_told_of_no_way(database: Database, clock: Clock) -> None:
    ticket = await opened(database, clock)
    made, order = dispatcher(clock), Order.on(ticket, by=DESK)
    await database.write(lambda c: made.dispatch(c, order, unit="water"))
    rows = await parts.posted(database)
    (gone,) = [json.loads(row.body) for row in rows if row.kind == notices.RELEASED]
    assert gone["data"]["contact"] is None


async def test_without_a_line_there_is_no_code(database: Database, clock: Clock) -> None:
    made = parts.dispatcher(clock, parts.county(CONTACTS))
    await database.write(lambda c: made.open(c, parts.draft()))
    assert await database.read(lambda c: c.execute(sa.select(schema.contact_code)).all()) == []
    rows = await parts.posted(database)
    (worker,) = [json.loads(row.body) for row in rows if row.destination == WORKER]
    assert worker["values"]["contact"] == ""


@pytest.mark.parametrize("status", list(Status))
def test_line_alone_notes_what_came_of_a_call(clock: Clock, status: Status) -> None:
    ticket, _ = lifecycle.opened(
        parts.draft(),
        number="20261124-0001",
        status=Status.DISPATCHED,
        unit="x",
        due_at=clock.at + timedelta(days=7),
        by=BY_SYSTEM,
        at=clock.at,
    )
    ticket = replace(ticket, status=status)
    may = {
        by
        for by in (BY_SYSTEM, DESK, BY_RESIDENT, "department:x", "grid:x")
        if Action.CONTACT in permission.allowed(ticket, by)
    }
    assert may == (set() if status is Status.WITHDRAWN else {BY_SYSTEM})
