"""保密: who asks for it is heard, a person decides, and departments learn only that there is something."""

import json
from collections.abc import Callable, Sequence

import pytest
import sqlalchemy as sa

from channels.message import Contact, InboundMessage, Reply
from config.county import UnitKind
from intake.services import Services
from intake.talk import hiding
from routing import schema, store, visible
from routing.order import Order
from routing.ticket import Status
from tests.clock import Clock
from tests.intake.resident import Resident

LAMP = "东韩村村口的路灯坏了三天了没人修"


@pytest.mark.parametrize(
    "wish", ["请给我保密", "要求保密", "替我保密，谢谢", "别说是我反映的", "不要透露我的名字"]
)
async def test_who_asks_for_secrecy_is_heard_and_a_person_decides(
    services: Services, say: Callable[..., InboundMessage], wish: str
) -> None:
    number = (await services.desk.receive(say(f"{LAMP}，{wish}"))).ticket
    ticket = await services.database.read(lambda c: store.load(c, number))
    assert (ticket.confidential, ticket.status) == (True, Status.DECIDING)
    assert ticket.handover_reason == "居民要求保密"
    order = Order.on(ticket, by="operator:a")
    await services.database.write(
        lambda c: services.dispatcher.dispatch(c, order, unit="city-management")
    )
    query = sa.select(schema.outbox.c.body).where(
        schema.outbox.c.destination == "webhook:city-management"
    )
    told = json.loads(await services.database.read(lambda c: c.execute(query).scalar_one()))
    assert told["data"]["confidential"] and "路灯" not in told["data"]["text"]


@pytest.mark.parametrize("wish", ["不用保密", "不需要保密", "保密局门口也是", "别说修了，人都没来"])
async def test_who_asks_for_no_secrecy_gets_none(
    services: Services, say: Callable[..., InboundMessage], wish: str
) -> None:
    number = (await services.desk.receive(say(f"{LAMP}，{wish}"))).ticket
    assert not (await services.database.read(lambda c: store.load(c, number))).confidential


@pytest.mark.parametrize("after_s", [5, 90, 3600])
@pytest.mark.parametrize(
    "wish",
    [
        "请保密",
        "别说是我说的",
        "千万别告诉村里是我反映的",
        "可别跟大队说是俺反映的",
        "不要透露我的名字",
        "我要匿名",
        "别让他知道",
        "可别叫村干部知道",
    ],
)
async def test_secrecy_wished_for_later_holds_from_then_on(
    services: Services, clock: Clock, say: Callable[..., InboundMessage], wish: str, after_s: int
) -> None:
    resident = Resident(services, clock, say)
    number = (await resident.receipt(LAMP)).ticket
    assert await resident.says(wish, after_s=after_s) == ["secret_kept"]
    ticket = await resident.latest()
    assert (ticket.number, ticket.confidential) == (number, True)
    assert ticket.handover_reason
    log = await services.database.read(lambda c: store.events(c, number))
    assert [event.note for event in log if event.changes.get("confidential")][-1] == "居民要求保密"
    for unit in (ticket.unit, *ticket.assisting):
        seen = visible.to_department(services.county, ticket, unit)
        assert seen["text"] == visible.WITHHELD and not seen["place_name"]
    query = sa.select(schema.outbox.c.body).where(schema.outbox.c.destination.like("webhook:%"))
    told = await services.database.read(lambda c: c.execute(query).scalars().all())
    assert not any(wish in body for body in told)


async def test_telephone_left_with_the_wish_is_kept(
    services: Services, clock: Clock, say: Callable[..., InboundMessage]
) -> None:
    resident = Resident(services, clock, say)
    await resident.says(LAMP)
    told = await resident.says("别说是我说的，我电话13931900001", after_s=90)
    assert told == ["secret_kept", "phone_kept"]
    ticket = await resident.latest()
    assert ticket.confidential and ticket.reporter_phone == "13931900001"


async def test_wish_beside_another_matter_is_that_matters(
    services: Services, clock: Clock, say: Callable[..., InboundMessage]
) -> None:
    resident = Resident(services, clock, say)
    first = (await resident.receipt(LAMP)).ticket
    await resident.says("东三召村停水了，别说是我反映的", after_s=600)
    assert (await resident.latest()).confidential
    assert not (await services.database.read(lambda c: store.load(c, first))).confidential


async def test_of_a_finished_ticket_he_hears_who_never_saw_his_name(
    services: Services, clock: Clock, say: Callable[..., InboundMessage]
) -> None:
    resident = Resident(services, clock, say)
    number = (await resident.receipt(LAMP)).ticket
    await resident.finished(number, closed=True)
    assert await resident.says("别说是我说的", after_s=600) == ["secret_finished"]


async def every(resident: Resident) -> list[bool]:
    """Which of his tickets are confidential, the oldest first."""
    table = schema.ticket
    query = sa.select(table.c.confidential).where(table.c.reporter == resident.sender)
    read = resident.services.database.read
    return list(await read(lambda c: c.execute(query.order_by(table.c.number)).scalars().all()))


@pytest.mark.parametrize(
    "words",
    [
        "东韩村路灯坏了。还有东韩村停水两天了，别说是我说的",
        "别说是我说的，东韩村路灯坏了。还有东韩村停水两天了",
        "东韩村路灯坏了，请保密。还有东韩村停水两天了",
    ],
)
async def test_wish_beside_several_matters_is_for_all_of_them(
    services: Services, clock: Clock, say: Callable[..., InboundMessage], words: str
) -> None:
    resident = Resident(services, clock, say)
    await resident.says(words)
    assert await every(resident) == [True, True]


async def test_wish_beside_several_matters_on_the_telephone_is_for_all_of_them(
    services: Services, clock: Clock, say: Callable[..., InboundMessage]
) -> None:
    resident = Resident(services, clock, say)
    tel = Contact(scheme="tel", path="+8613912345678")
    call = {"spoken": True, "sender": tel, "thread": "call:1", "channel": "phone"}
    await resident.says("东韩村路灯坏了还有东韩村停水两天了别说是我说的", **call)
    await resident.says("对", **call)
    await resident.says("对", **call)
    assert await every(resident) == [True, True]
    await resident.says("东三召村的井盖丢了", after_s=300, **call)
    await resident.says("对", **call)
    assert await every(resident) == [True, True, False]


@pytest.mark.parametrize("signed", [False, True])
async def test_wish_told_when_he_is_rung_back_is_heard(
    services: Services, clock: Clock, say: Callable[..., InboundMessage], signed: bool
) -> None:
    resident = Resident(services, clock, say)
    tel = Contact(scheme="tel", path="+8613912345678")
    missed = {"spoken": True, "sender": tel, "thread": "call:1", "channel": "phone"}
    text = "东韩村路灯坏了" if signed else ""
    number = (await resident.receipt(text, event="missed", **missed)).ticket
    if signed:  # a colleague was quicker
        ticket = await services.database.read(lambda c: store.load(c, number))
        order = Order.on(ticket, by="operator:a")
        unit = "city-management"
        await services.database.write(lambda c: services.dispatcher.dispatch(c, order, unit=unit))
    back = {**missed, "thread": "call:2"}
    await resident.says("", event=f"called_back:{number}", **back)
    await resident.says("东韩村路灯坏了，别说是我说的", **back)
    await resident.says("对", **back)
    ticket = await services.database.read(lambda c: store.load(c, number))
    assert ticket.confidential
    assert await every(resident) == [True]


def _said(services: Services, replies: Sequence[Reply]) -> str:
    return "\n".join(services.replies.render(reply) for reply in replies)


async def test_who_asks_for_it_with_his_matter_is_told_that_he_has_it_and_where_we_take_it_to_be(
    services: Services, clock: Clock, say: Callable[..., InboundMessage]
) -> None:
    receipt = await Resident(services, clock, say).receipt(f"{LAMP}，别把俺供出去")
    assert [reply.key for reply in receipt.replies] == ["secret_promised", "receipt_person"]
    said = _said(services, receipt.replies)
    assert "给您保密" in said and "地点：和阳镇东韩村\n" in said


async def test_promise_is_kept_through_a_question_and_a_danger(
    services: Services, clock: Clock, say: Callable[..., InboundMessage]
) -> None:
    resident = Resident(services, clock, say)
    assert await resident.says("路灯坏了，别说是我说的") == ["secret_promised", "ask_place"]
    assert await resident.says("东韩村") == ["receipt_person"]
    assert await resident.says("还有给我保密啊", after_s=90) == ["supplemented_secret"]
    other = Resident(services, clock, say, "b")
    told = await other.says("东韩村着火了，别说是我说的")
    assert told[0] == "danger_fire" and told[1].startswith("danger_") and told[2] == hiding.PROMISED


async def test_who_has_it_is_never_told_that_others_read_his_words(
    services: Services, clock: Clock, say: Callable[..., InboundMessage]
) -> None:
    resident = Resident(services, clock, say)
    await resident.says(f"{LAMP}，别说是我说的")
    for words in ("谢谢", "千万别让村里知道", "灯杆也歪了", "别透漏俺名字", "谢谢啊"):
        receipt = await resident.receipt(words, after_s=90)
        said = _said(services, receipt.replies)
        assert "办理的人能看到" not in said and "转给办事的人" not in said, (words, said)


@pytest.mark.parametrize(
    "matter", ["西韩村化工厂往河里排污水", "东韩村低保不公平，支书亲戚都吃低保", LAMP]
)
async def test_who_fears_the_village_is_not_proposed_to_it(
    services: Services, clock: Clock, say: Callable[..., InboundMessage], matter: str
) -> None:
    resident = Resident(services, clock, say)
    await resident.says(f"{matter}，别把俺供出去")
    ticket = await resident.latest()
    log = await services.database.read(lambda c: store.events(c, ticket.number))
    assert "网格站" not in log[0].note and "由属地" not in log[0].note
    order = Order.on(ticket, by="operator:a")
    await services.database.write(lambda c: services.dispatcher.dispatch(c, order))
    unit = services.county.units[(await resident.latest()).unit]
    assert unit.kind not in (UnitKind.GRID, UnitKind.VILLAGE, UnitKind.TOWNSHIP)
    receipt = await resident.receipt("查询")
    assert services.county.unit_name(unit.code) in _said(services, receipt.replies)


async def test_who_asks_for_secrecy_before_he_says_what_it_is_about_is_asked_what(
    services: Services, clock: Clock, say: Callable[..., InboundMessage]
) -> None:
    resident = Resident(services, clock, say)
    told = await resident.says("哎，跟你说个事，你可别给别人说")
    assert told == ["secret_promised", "ask_matter"]
