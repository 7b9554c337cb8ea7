"""Each action through the dispatcher: the ticket, its log and its envelopes, in one unit of work."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from nlp.understanding import RequestKind, Urgency
from routing import lifecycle, store
from routing.database import Database
from routing.dispatch import Dispatcher
from routing.errors import ActionRefused, StaleVersion, UnknownUnit
from routing.order import Order
from routing.ticket import Action, Status, Ticket
from tests import statements
from tests.clock import Clock
from tests.routing import county as counties
from tests.routing import parts

LEAD = f"grid:{counties.HAMLET_GRID}"
OPERATOR = "operator:李"


@pytest.fixture
def clock() -> Clock:
    return Clock(at=parts.START)


@pytest.fixture
def dispatcher(clock: Clock) -> Dispatcher:
    return parts.dispatcher(clock)


async def _open(database: Database, dispatcher: Dispatcher, **changes: Any) -> Ticket:
    return await database.write(lambda c: dispatcher.open(c, parts.draft(**changes)))


async def _act(
    database: Database,
    dispatcher: Dispatcher,
    action: Action,
    ticket: Ticket,
    by: str = OPERATOR,
    note: str = "",
) -> Ticket:
    order = Order.on(ticket, by=by, note=note)
    return await database.write(lambda c: dispatcher.act(c, action, order))


async def _call(
    database: Database,
    method: Callable[..., Ticket],
    ticket: Ticket,
    by: str = OPERATOR,
    note: str = "",
    **values: Any,
) -> Ticket:
    order = Order.on(ticket, by=by, note=note)
    return await database.write(lambda c: method(c, order, **values))


async def _kinds(database: Database) -> list[tuple[str, str]]:
    return [(row.destination, row.kind) for row in await parts.posted(database)]


async def test_certain_matter_goes_to_the_territory_and_the_department_assists(
    database: Database, dispatcher: Dispatcher
) -> None:
    ticket = await _open(database, dispatcher)
    assert (ticket.number, ticket.status) == ("20261124-0001", Status.DISPATCHED)
    assert (ticket.unit, ticket.assisting) == (counties.HAMLET_GRID, ("housing",))
    assert ticket.rule == "dispatch:R1@v1"
    assert ticket.standard == ("先设围挡", "修好拍照")
    assert ticket.sign_due_at == parts.START + timedelta(hours=2)
    assert await database.read(lambda c: store.load(c, ticket.number)) == ticket
    assert await _kinds(database) == [("webhook:housing", "ticket.dispatched")]


async def test_webhook_tells_the_matter_but_not_who_reported_it(
    database: Database, dispatcher: Dispatcher
) -> None:
    ticket = await _open(database, dispatcher)
    row = (await parts.posted(database))[0]
    body = json.loads(row.body)
    assert body["type"] == "ticket.dispatched"
    assert body["timestamp"] == parts.START.isoformat()
    data = body["data"]
    assert (data["number"], data["version"], data["role"]) == (ticket.number, 1, "assisting")
    assert data["category_path"] == "城乡建设 / 市政管理 / 城市公共设施"
    assert data["place_name"] == "和阳镇巩庄村"
    assert "路灯坏了" in data["text"]
    for secret in ("13912345678", "张三", "oResident"):
        assert secret not in row.body


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"category_confidence": 0.5}, "拿不准"),
        ({"category": ""}, "听不出"),
        ({"place": ""}, "不知道在哪里"),
        ({"handover_reason": "居民要人工"}, "居民要人工"),
        ({"confidential": True}, "保密"),
        ({"category": "04"}, "没有这一类"),
        ({"kind": RequestKind.INVALID}, "派单目录"),
    ],
)
async def test_what_is_not_certain_waits_for_a_person_with_a_deadline(
    database: Database, dispatcher: Dispatcher, changes: dict[str, Any], reason: str
) -> None:
    ticket = await _open(database, dispatcher, **changes)
    assert (ticket.status, ticket.unit) == (Status.DECIDING, counties.COUNTY)
    assert reason in ticket.handover_reason
    assert ticket.due_at > parts.START
    assert await _kinds(database) == []


async def test_direct_rule_leads_in_the_department(
    database: Database, dispatcher: Dispatcher
) -> None:
    ticket = await _open(database, dispatcher, category="0201")
    assert ticket.unit == "water"
    data = json.loads((await parts.posted(database))[0].body)["data"]
    assert data["role"] == "lead"
    assert {"sign", "return"} <= set(data["actions"])


async def test_operator_corrects_and_dispatches_by_the_catalogue_in_one_unit_of_work(
    database: Database, dispatcher: Dispatcher
) -> None:
    before = await _open(database, dispatcher, category="04", category_confidence=0.2)

    def both(connection: Connection) -> Ticket:
        corrected = dispatcher.correct(
            connection, Order.on(before, by=OPERATOR), category="0201", urgency="urgent"
        )
        return dispatcher.dispatch(
            connection, Order(number=before.number, version=corrected.version, by=OPERATOR)
        )

    ticket = await database.write(both)
    assert (ticket.status, ticket.unit, ticket.version) == (Status.DISPATCHED, "water", 3)
    assert ticket.urgency is Urgency.URGENT
    assert ticket.due_at == parts.START + timedelta(hours=24)
    assert ticket.rule == "dispatch:R2@v1"
    assert ticket.handover_reason == ""
    log = await database.read(lambda c: store.events(c, ticket.number))
    assert lifecycle.replay(log) == ticket


@pytest.mark.parametrize(
    ("after", "urgency", "minutes"),
    [
        (5, Urgency.DANGER, 15),  # from when its unit got it
        (40, Urgency.DANGER, 40 + 15),  # that is past: from now
        (5, Urgency.URGENT, 60),
    ],
)
async def test_time_to_sign_follows_the_urgency_that_an_operator_puts_right(
    database: Database,
    dispatcher: Dispatcher,
    clock: Clock,
    after: int,
    urgency: Urgency,
    minutes: int,
) -> None:
    ticket = await _open(database, dispatcher)
    assert ticket.sign_due_at == parts.START + timedelta(hours=2)
    clock.forward(minutes=after)
    ticket = await _call(database, dispatcher.correct, ticket, urgency=urgency)
    assert ticket.sign_due_at == parts.START + timedelta(minutes=minutes)
    back = await _call(database, dispatcher.correct, ticket, urgency=Urgency.NORMAL)
    assert back.sign_due_at == ticket.sign_due_at + timedelta(minutes=120) - _allowed(urgency)
    signed = await _act(database, dispatcher, Action.SIGN, back)
    graver = await _call(database, dispatcher.correct, signed, urgency=Urgency.DANGER)
    assert graver.sign_due_at == signed.sign_due_at


def _allowed(urgency: Urgency) -> timedelta:
    return timedelta(minutes=15 if urgency is Urgency.DANGER else 60)


async def test_raised_urgency_gives_a_deadline_that_can_still_be_kept(
    database: Database, dispatcher: Dispatcher, clock: Clock
) -> None:
    ticket = await _open(database, dispatcher)
    clock.forward(hours=5)
    raised = await _call(database, dispatcher.correct, ticket, urgency=Urgency.DANGER)
    assert raised.due_at == clock.at + timedelta(hours=2)


async def test_dispatch_to_a_chosen_unit_and_to_an_unknown_one(
    database: Database, dispatcher: Dispatcher
) -> None:
    ticket = await _open(database, dispatcher, place="")
    with pytest.raises(UnknownUnit, match="nowhere"):
        await _call(database, dispatcher.dispatch, ticket, unit="nowhere")
    with pytest.raises(ActionRefused, match="请指明主办单位"):
        await _call(database, dispatcher.dispatch, ticket)
    done = await _call(
        database, dispatcher.dispatch, ticket, unit="water", assisting=("housing", "water")
    )
    assert (done.unit, done.assisting, done.rule) == ("water", ("housing",), "person")


async def test_whole_life_tells_everybody_concerned(database: Database, clock: Clock) -> None:
    home = parts.county({counties.HAMLET_GRID: "wechat:oWorker"})
    dispatcher = parts.dispatcher(clock, home)
    ticket = await _open(database, dispatcher)
    ticket = await _act(database, dispatcher, Action.SIGN, ticket, by=LEAD)
    ticket = await _act(database, dispatcher, Action.PROGRESS, ticket, by=LEAD, note="灯泡买好了")
    ticket = await _act(
        database, dispatcher, Action.SUPPLEMENT, ticket, by="resident", note="还有井盖"
    )
    assert ticket.text.endswith("补充：还有井盖")
    ticket = await _call(database, dispatcher.answer, ticket, by=LEAD, text="灯修好了")
    ticket = await _act(database, dispatcher, Action.FOLLOW_UP, ticket, note="电话回访，说好了")
    ticket = await database.write(
        lambda c: dispatcher.evaluate(c, Order.on(ticket, by=OPERATOR), solved=True, satisfied=True)
    )
    ticket = await _act(database, dispatcher, Action.CLOSE, ticket)
    assert ticket.status is Status.CLOSED
    assert (ticket.solved, ticket.satisfied, ticket.contacted) == (True, True, None)
    ticket = await _act(database, dispatcher, Action.REOPEN, ticket)
    assert (ticket.status, ticket.unit) == (Status.DISPATCHED, counties.HAMLET_GRID)
    kinds = await _kinds(database)
    webhooks = [kind for destination, kind in kinds if destination == "webhook:housing"]
    assert webhooks == [
        f"ticket.{name}"
        for name in [
            "dispatched",
            "signed",
            "progressed",
            "supplemented",
            "answered",
            "followed_up",
            "evaluated",
            "closed",
            "reopened",
        ]
    ]
    people = [pair for pair in kinds if pair[0].startswith("wechat:")]
    assert people == [
        ("wechat:oWorker", "worker_dispatched"),
        ("wechat:oWorker", "worker_supplemented"),
        ("wechat:oResident", "result"),
        ("wechat:oWorker", "worker_result"),
        ("wechat:oWorker", "worker_dispatched"),
        ("wechat:oResident", "notice_reopened"),
    ]
    log = await database.read(lambda c: store.events(c, ticket.number))
    assert lifecycle.replay(log) == ticket


async def test_who_reopens_himself_is_answered_at_once_and_gets_no_notice(
    database: Database, clock: Clock
) -> None:
    dispatcher = parts.dispatcher(clock, parts.county({counties.HAMLET_GRID: "wechat:oWorker"}))
    ticket = await _open(database, dispatcher)
    ticket = await _act(database, dispatcher, Action.SIGN, ticket, by=LEAD)
    ticket = await _call(database, dispatcher.answer, ticket, by=LEAD, text="灯修好了")
    await _act(database, dispatcher, Action.REOPEN, ticket, by="resident")
    kinds = await _kinds(database)
    assert ("wechat:oResident", "notice_reopened") not in kinds
    assert kinds.count(("wechat:oWorker", "worker_dispatched")) == 2


async def test_preview_tells_what_opening_would_do_and_writes_nothing(
    database: Database, dispatcher: Dispatcher
) -> None:
    draft = parts.draft()
    route, due_at = dispatcher.preview(draft)
    assert await _kinds(database) == []
    opened = await _open(database, dispatcher)
    assert route is not None
    assert (route.unit, route.rule, due_at) == (opened.unit, opened.rule, opened.due_at)
    unsure, _ = dispatcher.preview(parts.draft(category_confidence=0.3))
    assert unsure is None


async def test_result_carries_the_answer_in_the_words_for_the_resident(
    database: Database, dispatcher: Dispatcher
) -> None:
    ticket = await _open(database, dispatcher)
    ticket = await _act(database, dispatcher, Action.SIGN, ticket, by=LEAD)
    await _call(database, dispatcher.answer, ticket, by=LEAD, text="灯修好了")
    body = json.loads((await parts.posted(database))[-1].body)
    assert body["key"] == "result"
    assert body["values"] == {
        "number": ticket.number,
        "matter": "城市公共设施",
        "answer": "灯修好了",
    }


async def test_department_returns_and_the_one_who_takes_over_is_told(
    database: Database, dispatcher: Dispatcher
) -> None:
    ticket = await _open(database, dispatcher, category="0201")
    ticket = await _act(
        database, dispatcher, Action.RETURN, ticket, by="department:water", note="不归我们"
    )
    assert ticket.status is Status.RETURNED
    ticket = await _call(database, dispatcher.rule, ticket, unit="housing", note="归住建")
    assert ticket.unit == "housing"
    assert await _kinds(database) == [
        ("webhook:water", "ticket.dispatched"),
        ("webhook:housing", "ticket.dispatched"),
        ("webhook:water", "ticket.released"),
    ]
    released = json.loads((await parts.posted(database))[-1].body)["data"]
    assert (released["role"], released["text"], released["actions"]) == ("none", "", [])


async def test_reported_up_ticket_goes_one_level_up(
    database: Database, dispatcher: Dispatcher
) -> None:
    ticket = await _open(database, dispatcher)
    ticket = await _act(database, dispatcher, Action.REPORT_UP, ticket, by=LEAD, note="修不了")
    assert (ticket.unit, ticket.status) == (counties.HAMLET, Status.DISPATCHED)
    assert ticket.rule == f"report_up:{counties.HAMLET_GRID}"


async def test_extended_supervised_and_withdrawn(
    database: Database, dispatcher: Dispatcher
) -> None:
    ticket = await _open(database, dispatcher)
    later = ticket.due_at + timedelta(days=3)
    ticket = await _call(database, dispatcher.extend, ticket, by=LEAD, due_at=later, note="等配件")
    assert ticket.due_at == later
    ticket = await _act(database, dispatcher, Action.SUPERVISE, ticket, note="居民多次反映")
    assert ticket.supervision_number == f"{ticket.number}-D1"
    ticket = await _act(
        database, dispatcher, Action.WITHDRAW, ticket, by="resident", note="自己修好了"
    )
    assert ticket.status is Status.WITHDRAWN


async def test_confidential_matter_is_withheld_from_webhooks_and_workers(
    database: Database, clock: Clock
) -> None:
    home = parts.county({"water": "wechat:oClerk"})
    dispatcher = parts.dispatcher(clock, home)
    ticket = await _open(database, dispatcher, confidential=True)
    await _call(database, dispatcher.dispatch, ticket, unit="water", note="巩庄村的人报的")
    rows = await parts.posted(database)
    to = ["webhook:water", "wechat:oClerk", "wechat:oResident"]  # who told it hears who has it
    assert [row.destination for row in rows] == to
    for row in rows[:2]:
        body = json.dumps(json.loads(row.body), ensure_ascii=False).replace("公共设施", "")
        assert not any(secret in body for secret in ("路灯", "巩庄", counties.HAMLET)), body
    assert json.loads(rows[1].body)["values"]["place"] == "请到县网格管理中心当面了解"


async def test_ticket_that_was_just_read_is_not_read_again_for_its_step(
    database: Database, dispatcher: Dispatcher
) -> None:
    opened = await _open(database, dispatcher)

    def reminded(connection: Connection) -> Ticket:
        ticket = store.load(connection, opened.number)
        return dispatcher.act(connection, Action.REMIND, Order.on(ticket, by=OPERATOR))

    with statements.counted() as done:
        await database.write(reminded)
    reads = [each for each in done if each.startswith("SELECT")]
    assert len(reads) == 1, reads


async def test_order_for_a_later_version_reads_that_one(
    database: Database, dispatcher: Dispatcher
) -> None:
    seen = await _open(database, dispatcher)
    later = await _act(database, dispatcher, Action.REMIND, seen)
    order = replace(Order.on(seen, by=OPERATOR), version=later.version)
    await database.write(lambda c: dispatcher.act(c, Action.REMIND, order))
    assert len(await database.read(lambda c: store.events(c, seen.number))) == 3


async def test_ticket_that_has_changed_since_it_was_seen_is_left_as_it_is(
    database: Database, dispatcher: Dispatcher
) -> None:
    seen = await _open(database, dispatcher)
    await _act(database, dispatcher, Action.REMIND, seen)
    with pytest.raises(StaleVersion):
        await _act(database, dispatcher, Action.REMIND, seen)
    assert len(await database.read(lambda c: store.events(c, seen.number))) == 2


async def test_of_two_who_decide_at_once_one_is_too_late(
    database: Database, dispatcher: Dispatcher
) -> None:
    ticket = await _open(database, dispatcher, place="")
    found = await asyncio.gather(
        _call(database, dispatcher.dispatch, ticket, unit="water"),
        _call(database, dispatcher.dispatch, ticket, unit="housing"),
        return_exceptions=True,
    )
    assert sum(isinstance(each, StaleVersion) for each in found) == 1
    assert len(await parts.posted(database)) == 2  # its unit, and the resident


async def test_nobody_is_rung_to_hear_who_has_his_matter(
    database: Database, dispatcher: Dispatcher
) -> None:
    ticket = await _open(database, dispatcher, place="", reporter="tel:+8613800000000")
    await _call(database, dispatcher.dispatch, ticket, unit="water")
    assert [row.destination for row in await parts.posted(database)] == ["webhook:water"]


async def test_refused_action_posts_nothing(database: Database, dispatcher: Dispatcher) -> None:
    ticket = await _open(database, dispatcher, category="0201")
    with pytest.raises(ActionRefused):
        await _act(database, dispatcher, Action.SIGN, ticket, by="department:housing")
    assert len(await parts.posted(database)) == 1


async def test_granted_extension_outlives_a_correction_of_the_category(
    database: Database, dispatcher: Dispatcher
) -> None:
    ticket = await _open(database, dispatcher)
    later = ticket.due_at + timedelta(days=20)
    ticket = await _call(database, dispatcher.extend, ticket, note="等配件", due_at=later)
    ticket = await _call(database, dispatcher.correct, ticket, category="0201")
    assert ticket.due_at == later
    ticket = await _call(database, dispatcher.correct, ticket, urgency=Urgency.DANGER)
    assert ticket.due_at == parts.START + timedelta(hours=2)


@pytest.mark.parametrize(
    ("by", "days", "refused"),
    [
        (LEAD, 15, ""),
        (LEAD, 60, "要由县网格管理中心决定"),
        (OPERATOR, 60, ""),
        (OPERATOR, 400, "不能超过 366 天"),
    ],
)
async def test_unit_gives_itself_its_time_over_again_at_most(
    database: Database, dispatcher: Dispatcher, by: str, days: int, refused: str
) -> None:
    ticket = await _open(database, dispatcher)
    extend = _call(
        database,
        dispatcher.extend,
        ticket,
        by=by,
        note="等配件",
        due_at=ticket.due_at + timedelta(days=days),
    )
    if not refused:
        assert (await extend).extensions == 1
        return
    with pytest.raises(ActionRefused, match=refused):
        await extend


async def test_date_at_the_end_of_time_is_refused(
    database: Database, dispatcher: Dispatcher
) -> None:
    ticket = await _open(database, dispatcher)
    end = datetime.fromisoformat("9999-12-31T23:59:59-14:00")
    with pytest.raises(ActionRefused):
        await _call(database, dispatcher.extend, ticket, by=LEAD, note="等配件", due_at=end)


async def test_what_the_desk_answered_itself_is_reopened_for_a_person_to_decide(
    database: Database, dispatcher: Dispatcher
) -> None:
    ticket = await _open(database, dispatcher, category_confidence=0.2)
    ticket = await _call(database, dispatcher.answer, ticket, text="问过了，明天修")
    ticket = await _act(database, dispatcher, Action.REOPEN, ticket, by="resident", note="没修")
    assert ticket.status is Status.DECIDING
    assert ticket.handover_reason == lifecycle.REOPENED_UNDECIDED
    assert lifecycle.replay(await database.read(lambda c: store.events(c, ticket.number))) == ticket
