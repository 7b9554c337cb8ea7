"""Grid workers on their own channels: that a ticket is no longer theirs, and what was answered."""

import json
from typing import Any

import pytest

from routing import entails, heard_back, store
from routing.database import Database
from routing.dispatch import Dispatcher
from routing.order import BY_RESIDENT, BY_SYSTEM, Order
from routing.ticket import Action, Status, Ticket
from tests.clock import Clock
from tests.routing import county as counties
from tests.routing import parts

OLD, NEW, ABOVE = "wechat:oOld", "wechat:oNew", "wechat:oAbove"
DESK = "operator:a"
CONTACTS = {counties.HAMLET_GRID: OLD, counties.FAR_VILLAGE: NEW, counties.HAMLET: ABOVE}


async def _opened(database: Database, clock: Clock, **draft: Any) -> tuple[Dispatcher, Ticket]:
    dispatcher = parts.dispatcher(clock, parts.county(CONTACTS))
    ticket = await database.write(lambda c: dispatcher.open(c, parts.draft(**draft)))
    return dispatcher, ticket


async def _act(
    database: Database, dispatcher: Dispatcher, action: Action, ticket: Ticket, by: str, note: str
) -> Ticket:
    order = Order.on(ticket, by=by, note=note)
    return await database.write(lambda c: dispatcher.act(c, action, order))


async def _told(database: Database, kind: str) -> list[tuple[str, dict[str, str]]]:
    rows = await parts.posted(database)
    return [(r.destination, json.loads(r.body)["values"]) for r in rows if r.kind == kind]


async def test_who_had_a_ticket_that_moves_to_another_village_is_told_that_it_is_not_his(
    database: Database, clock: Clock
) -> None:
    dispatcher, ticket = await _opened(database, clock)
    assert ticket.unit == counties.HAMLET_GRID
    order = Order.on(ticket, by=DESK)
    moved = await database.write(lambda c: dispatcher.correct(c, order, place=counties.FAR_VILLAGE))
    order = Order.on(moved, by=DESK)
    await database.write(lambda c: dispatcher.dispatch(c, order))
    ((to, said),) = await _told(database, "worker_released")
    assert to == OLD and said["number"] == ticket.number and said["reason"] == "转给东韩村网格站了"
    assert [to for to, _ in await _told(database, "worker_dispatched")] == [OLD, NEW]


async def test_release_is_told_in_the_same_unit_of_work_or_not_at_all(
    database: Database, clock: Clock
) -> None:
    dispatcher, ticket = await _opened(database, clock)
    order = Order.on(ticket, by=DESK)

    def fails(connection: Any) -> None:
        dispatcher.dispatch(connection, order, unit=counties.FAR_VILLAGE)
        raise LookupError("the lights went out")

    with pytest.raises(LookupError):
        await database.write(fails)
    assert await _told(database, "worker_released") == []
    assert (await database.read(lambda c: store.load(c, ticket.number))).unit == ticket.unit


async def test_who_gives_a_ticket_away_himself_is_not_told_so(
    database: Database, clock: Clock
) -> None:
    dispatcher, ticket = await _opened(database, clock)
    by = f"grid:{counties.HAMLET_GRID}"
    ticket = await _act(database, dispatcher, Action.REPORT_UP, ticket, by, "我办不了")
    assert ticket.unit == counties.HAMLET and await _told(database, "worker_released") == []
    await _act(database, dispatcher, Action.REPORT_UP, ticket, DESK, "村里来电话说办不了")
    assert [to for to, _ in await _told(database, "worker_released")] == [ABOVE]


async def test_withdrawn_ticket_sends_nobody_on_his_way(database: Database, clock: Clock) -> None:
    dispatcher, ticket = await _opened(database, clock)
    await _act(database, dispatcher, Action.WITHDRAW, ticket, BY_RESIDENT, "自己修好了")
    ((to, said),) = await _told(database, "worker_released")
    assert (to, said["reason"]) == (OLD, "居民撤回了")


async def test_confidential_ticket_is_released_without_a_word_of_it(
    database: Database, clock: Clock
) -> None:
    dispatcher, ticket = await _opened(database, clock)
    order = Order.on(ticket, by=DESK)
    ticket = await database.write(lambda c: dispatcher.correct(c, order, confidential=True))
    order = Order.on(ticket, by=DESK)
    await database.write(lambda c: dispatcher.dispatch(c, order, unit=counties.FAR_VILLAGE))
    ((to, said),) = await _told(database, "worker_released")
    assert (to, said["matter"], said["reason"]) == (OLD, "居民要求保密的事", "另有安排")
    (to, said) = (await _told(database, "worker_dispatched"))[-1]
    assert (to, said["place"]) == (NEW, "请到县网格管理中心当面了解")


async def test_answer_to_the_hotline_is_for_it_to_look_at_and_for_who_has_the_ticket(
    database: Database, clock: Clock
) -> None:
    dispatcher, ticket = await _opened(database, clock)
    ticket = await _act(database, dispatcher, Action.SUPPLEMENT, ticket, BY_RESIDENT, "更暗了")
    assert ticket.handover_reason == "", "who has it reads it"
    assert [said["said"] for _, said in await _told(database, "worker_supplemented")] == ["更暗了"]
    ticket = await _act(database, dispatcher, Action.TELL, ticket, DESK, "在谁家门口？")
    by = f"grid:{counties.HAMLET_GRID}"
    ticket = await _act(database, dispatcher, Action.SIGN, ticket, by, "")
    for words in ("老刘家门口，我电话13912345678", "他家在西街"):
        ticket = await _act(database, dispatcher, Action.SUPPLEMENT, ticket, BY_RESIDENT, words)
    assert ticket.handover_reason == "居民回话：他家在西街"
    _, first, second = await _told(database, "worker_supplemented")
    assert first[0] == OLD and first[1]["said"] == "老刘家门口，我电话［电话］"
    assert second[1]["said"] == "他家在西街"
    ticket = await _act(database, dispatcher, Action.PROGRESS, ticket, by, "去看了")
    assert heard_back.is_there(ticket.handover_reason), "a unit's step is not the hotline's look"
    ticket = await _act(database, dispatcher, Action.SUPPLEMENT, ticket, DESK, "看过了")
    assert ticket.handover_reason == ""
    ticket = await _act(database, dispatcher, Action.SUPPLEMENT, ticket, BY_RESIDENT, "谢谢")
    assert ticket.handover_reason == ""


async def test_why_a_person_decides_outlives_the_answer(database: Database, clock: Clock) -> None:
    dispatcher, ticket = await _opened(database, clock, place="")
    why = ticket.handover_reason
    assert ticket.status is Status.DECIDING and why
    ticket = await _act(database, dispatcher, Action.TELL, ticket, DESK, "在哪个村？")
    ticket = await _act(database, dispatcher, Action.REMIND, ticket, BY_RESIDENT, "快点吧")
    assert ticket.handover_reason == f"{why}；居民回话：快点吧"
    ticket = await _act(database, dispatcher, Action.TELL, ticket, DESK, "请问在哪个村？")
    assert ticket.handover_reason == why


async def test_who_asked_for_a_person_and_answered_has_had_one_once_he_is_written_to(
    database: Database, clock: Clock
) -> None:
    dispatcher, ticket = await _opened(database, clock, place="")
    ticket = await _act(database, dispatcher, Action.TELL, ticket, DESK, "在哪个村？")
    ticket = await _act(database, dispatcher, Action.SUPPLEMENT, ticket, BY_RESIDENT, "东头")
    asked = Order.on(ticket, by=BY_SYSTEM)
    ticket = await database.write(lambda c: dispatcher.correct(c, asked, look=entails.ASKED_PERSON))
    assert ticket.handover_reason == f"{entails.ASKED_PERSON}；居民回话：东头"
    ticket = await _act(database, dispatcher, Action.TELL, ticket, DESK, "您好，请说")
    assert ticket.handover_reason == entails.SPOKEN_TO
