"""What the console's lists show, in which order, on both databases."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from nlp.understanding import Urgency
from routing import deadline, finding, jurisdiction, report, schema
from routing.database import Database
from routing.deadline import Light
from routing.dispatch import Dispatcher
from routing.finding import Wanted, Word
from routing.order import Order
from routing.ticket import Action, Status, Ticket
from tests.clock import Clock
from tests.routing import county as counties
from tests.routing import parts

CENTRE = jurisdiction.centre(parts.county()).code


@pytest.fixture
def clock() -> Clock:
    return Clock(at=parts.START)


@pytest.fixture
def dispatcher(clock: Clock) -> Dispatcher:
    return parts.dispatcher(clock)


async def _open(database: Database, dispatcher: Dispatcher, **changes: Any) -> Ticket:
    return await database.write(lambda c: dispatcher.open(c, parts.draft(**changes)))


async def _found(database: Database, clock: Clock, **wanted: Any) -> list[str]:
    found = await database.read(
        lambda c: finding.search(c, Wanted(**wanted), now=clock.at, limit=10)
    )
    return [ticket.number[-1] for ticket in found]


async def test_queue_puts_danger_first_then_promise_then_age(
    database: Database, dispatcher: Dispatcher, clock: Clock
) -> None:
    person = {"handover_reason": "居民要人工"}
    oldest = await _open(database, dispatcher, **person)
    clock.forward(minutes=1)
    newer = await _open(database, dispatcher, **person)
    urgent = await _open(database, dispatcher, urgency=Urgency.URGENT, **person)
    danger = await _open(database, dispatcher, urgency=Urgency.DANGER, **person)
    await _open(database, dispatcher)  # dispatched: nobody has to decide
    queue = await database.read(lambda c: report.waiting(c, CENTRE, limit=10))
    assert queue == [danger, urgent, oldest, newer]
    second = await database.read(lambda c: report.waiting(c, CENTRE, limit=2, offset=1))
    assert second == [urgent, oldest]


async def test_returned_ticket_waits_in_the_queue(
    database: Database, dispatcher: Dispatcher
) -> None:
    ticket = await _open(database, dispatcher, category="0201")
    await database.write(
        lambda c: dispatcher.act(
            c,
            Action.RETURN,
            Order(number=ticket.number, version=1, by="department:water", note="不归我们"),
        )
    )
    queue = await database.read(lambda c: report.waiting(c, CENTRE, limit=10))
    assert [each.status for each in queue] == [Status.RETURNED]


_AT_HAMLET = Word(text="某村", places=(counties.HAMLET,))


def _words(*texts: str) -> dict[str, Any]:
    return {"words": tuple(Word(text=text) for text in texts)}


async def test_what_the_centre_has_itself_waits_in_the_queue(
    database: Database, dispatcher: Dispatcher
) -> None:
    """Nobody else is told of it: there is no webhook and no worker for the centre."""
    ours = await _open(database, dispatcher)
    gone = await _open(database, dispatcher)

    def act(connection: sa.Connection) -> Ticket:
        here = dispatcher.dispatch(connection, Order.on(ours, by="operator:a"), unit=CENTRE)
        there = Order.on(gone, by="operator:a")
        dispatcher.answer(connection, there, text="好了")
        return dispatcher.act(connection, Action.SIGN, Order.on(here, by="operator:a"))

    signed = await database.write(act)
    assert await database.read(lambda c: report.waiting(c, CENTRE, limit=10)) == [signed]
    assert await database.read(lambda c: report.count_waiting(c, CENTRE)) == 1


async def test_search_by_words_place_status_unit_and_more(
    database: Database, dispatcher: Dispatcher, clock: Clock
) -> None:
    await _open(database, dispatcher)  # 1
    clock.forward(minutes=1)
    await _open(database, dispatcher, text="井盖丢了100%", category="0201", reporter="web:x")  # 2
    await _open(database, dispatcher, place="", text="没有水", urgency=Urgency.URGENT)  # 3
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["3", "2", "1"]),
        (_words("路灯"), ["1"]),
        (_words("路灯", "三天"), ["1"]),
        (_words("路灯", "井盖"), []),
        (_words("0002"), ["2"]),
        (_words("%"), ["2"]),
        (_words("_"), []),
        (_words("巩庄村"), ["3", "2", "1"]),
        ({"words": (_AT_HAMLET,)}, ["2", "1"]),
        ({"words": (_AT_HAMLET, Word(text="路灯"))}, ["1"]),
        ({"words": (replace(_AT_HAMLET, text="某村井盖", rest="井盖"),)}, ["2"]),
        ({"status": Status.DECIDING}, ["3"]),
        ({"unit": "water"}, ["2"]),
        ({"reporter": "web:x"}, ["2"]),
        ({"category": "02"}, ["2"]),
        ({"urgency": Urgency.URGENT}, ["3"]),
        ({"opened_from": parts.START + timedelta(seconds=1)}, ["3", "2"]),
        ({"opened_before": parts.START + timedelta(seconds=1)}, ["1"]),
    ]
    for wanted, expected in cases:
        assert await _found(database, clock, **wanted) == expected, wanted


async def test_lights_in_the_database_are_the_lights_of_the_calendar(
    database: Database, dispatcher: Dispatcher, clock: Clock
) -> None:
    tickets = [
        await _open(database, dispatcher, urgency=urgency) for urgency in Urgency for _ in range(2)
    ]
    moments = [timedelta(0), *(timedelta(minutes=m) for m in (95, 96, 97, 119, 120, 121))]
    moments += [timedelta(hours=h) for h in (19, 20, 24, 25, 200, 600)]
    for moment in moments:
        clock.at = parts.START + moment
        expected = dict.fromkeys(Light, 0)
        for ticket in tickets:
            expected[deadline.light(clock.at, ticket.opened_at, ticket.due_at)] += 1
        counts = await database.read(lambda c: report.counts(c, clock.at))
        assert {light: counts.light(light) for light in Light} == expected, moment
        for light in Light:
            assert len(await _found(database, clock, light=light)) == expected[light], moment


async def test_counts_by_status(database: Database, dispatcher: Dispatcher, clock: Clock) -> None:
    await _open(database, dispatcher)
    await _open(database, dispatcher, place="")
    ticket = await _open(database, dispatcher)
    await database.write(
        lambda c: dispatcher.act(
            c, Action.WITHDRAW, Order(number=ticket.number, version=1, by="resident", note="不用了")
        )
    )
    counts = await database.read(lambda c: report.counts(c, clock.at))
    assert [counts.status(s) for s in (Status.DECIDING, Status.DISPATCHED, Status.CLOSED)] == [
        1,
        1,
        0,
    ]
    assert await database.read(report.by_status) == {
        "deciding": 1,
        "dispatched": 1,
        "withdrawn": 1,
    }


async def test_finished_tickets_show_no_light(
    database: Database, dispatcher: Dispatcher, clock: Clock
) -> None:
    await _open(database, dispatcher)
    done = sa.update(schema.ticket).values(status="closed")
    await database.write(lambda c: c.execute(done) and None)
    clock.forward(days=90)
    assert await _found(database, clock, light=Light.RED) == []


async def test_page_is_bounded(database: Database, dispatcher: Dispatcher, clock: Clock) -> None:
    await _open(database, dispatcher)
    found = await database.read(
        lambda c: finding.search(
            c, Wanted(words=(Word(text="灯"),) * 500), now=clock.at, limit=10**9
        )
    )
    assert len(found) == 1


async def test_numbers_of_people_are_not_found_in_what_was_said(
    database: Database, dispatcher: Dispatcher, clock: Clock
) -> None:
    said = "502号楼的路灯坏了，电话13912345678，或者幺三九一二三四五六七八"
    await _open(database, dispatcher, text=said, address="门口电话13912345678")
    for words in (
        *("13912345678", "139-1234-5678", "12345678", "5678", "１３９１２３４５６７８"),
        *("幺三九一二三四五六七八", "139 391", "139 123 45", "路灯 13912345678"),
    ):
        assert await _found(database, clock, **_words(*words.split())) == [], words
    for words in ("502", "路灯 502", "0001", "20261124-0001", "20261124"):
        assert await _found(database, clock, **_words(*words.split())) == ["1"], words


async def test_nobody_is_found_by_a_name_that_no_page_shows(
    database: Database, dispatcher: Dispatcher, clock: Clock
) -> None:
    await _open(database, dispatcher, text="我叫张三，路灯坏了", reporter_name="")
    await _open(database, dispatcher, text="张三家门口的路灯坏了", reporter_name="张三")
    for words, expected in (
        (("张三",), ["2"]),
        (("路灯", "张三"), ["2"]),
        (("路灯",), ["2", "1"]),
    ):
        assert await _found(database, clock, **_words(*words)) == expected, words
    found = await database.read(lambda c: finding.by_person(c, "张三", limit=10))
    assert [ticket.number[-1] for ticket in found] == ["2", "1"]


async def test_pages_of_a_search_are_whole_where_much_is_masked(
    database: Database, dispatcher: Dispatcher, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "MOST_ROWS", 3)
    for number in range(9):
        name = "路灯坏了，找张三" if number % 2 else "我叫张三"
        await _open(database, dispatcher, text=name, reporter_name="")

    async def page(offset: int) -> list[str]:
        wanted = Wanted(**_words("张三"))
        found = await database.read(
            lambda c: finding.search(c, wanted, now=clock.at, limit=2, offset=offset)
        )
        return [ticket.number[-1] for ticket in found]

    assert [await page(offset) for offset in (0, 2, 4)] == [["8", "6"], ["4", "2"], []]


async def test_what_waits_is_counted_up_to_a_bound(
    database: Database, dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "MOST_COUNTED", 2)
    for _ in range(5):
        await _open(database, dispatcher, place="")
    assert await database.read(lambda c: report.count_waiting(c, CENTRE)) == 3


async def test_answer_to_the_hotline_comes_back_into_the_queue_whatever_the_status(
    database: Database, dispatcher: Dispatcher
) -> None:
    decides = await _open(database, dispatcher, place="")
    answered, quiet = [await _open(database, dispatcher) for _ in range(2)]

    async def act(ticket: Ticket, by: str, action: Action, note: str) -> Ticket:
        order = Order.on(ticket, by=by, note=note)
        return await database.write(lambda c: dispatcher.act(c, action, order))

    answered = await act(answered, "operator:a", Action.TELL, "灯亮了没有？")
    done = Order.on(answered, by="operator:a")
    answered = await database.write(lambda c: dispatcher.answer(c, done, text="修好了"))
    answered = await act(answered, "resident", Action.SUPPLEMENT, "没有亮")
    await act(quiet, "resident", Action.SUPPLEMENT, "没有亮")
    listed = await database.read(lambda c: report.waiting(c, CENTRE, limit=10))
    assert [each.number for each in listed] == [answered.number, decides.number]
    but = [answered.number]
    listed = await database.read(lambda c: report.waiting(c, CENTRE, limit=10, but=but))
    assert [each.number for each in listed] == [decides.number]


@pytest.mark.parametrize("phone", ["13912345678", "139-1234-5678", "0319-4569899"])
async def test_tickets_of_a_telephone_are_found_wherever_it_stands(
    database: Database, dispatcher: Dispatcher, phone: str
) -> None:
    digits, other = phone.replace("-", ""), {"text": "停水", "reporter_phone": ""}
    for one in (
        {"text": f"请打{phone}"},
        {"reporter": f"tel:+86{digits}"},
        {"reporter_phone": digits},
        {"reporter_phone": "13800000000"},
    ):
        await _open(database, dispatcher, **other | one)
    found = await database.read(lambda c: finding.by_person(c, phone, limit=10))
    assert [ticket.number[-1] for ticket in found] == ["3", "2", "1"]


async def test_answers_have_their_times(
    database: Database, dispatcher: Dispatcher, clock: Clock
) -> None:
    open_, answered = [await _open(database, dispatcher) for _ in range(2)]
    clock.forward(hours=1)
    done = await database.write(
        lambda c: dispatcher.answer(c, Order.on(answered, by="operator:a"), text="修好了")
    )
    at = await database.read(lambda c: report.answered_at(c, [open_, done]))
    assert at == {answered.number: clock.at}
