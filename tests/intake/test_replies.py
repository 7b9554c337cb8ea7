"""What a resident hears of his ticket: in his words, and nothing that is not so."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from channels.message import InboundMessage
from intake.services import Services
from routing import schema, store
from routing.order import Order
from routing.ticket import STATUS_NAMES, Action, Status, Ticket
from tests.clock import Clock

SECRET = "东韩村的支书贪污低保，别说是我说的"
LAMP = "东韩村村口的路灯坏了三天了没人修"
BY_OPERATOR = "operator:李"
Say = Callable[..., InboundMessage]


async def load(services: Services, number: str) -> Ticket:
    return await services.database.read(lambda c: store.load(c, number))


async def acted(services: Services, number: str, action: Action, note: str, by: str) -> Ticket:
    order = Order.on(await load(services, number), by=by, note=note)
    return await services.database.write(lambda c: services.dispatcher.act(c, action, order))


async def progress(services: Services, say: Say, key: str) -> str:
    (reply,) = (await services.desk.receive(say("查询", key=key))).replies
    return services.replies.render(reply)


async def notices(services: Services) -> list[str]:
    query = sa.select(schema.outbox.c.kind).where(schema.outbox.c.destination == "web:a")
    return list(await services.database.read(lambda c: c.execute(query).scalars().all()))


@pytest.mark.parametrize(
    ("actions", "says"),
    [
        ([], "已经转给东韩村网格站"),
        ([Action.SIGN], "东韩村网格站正在办"),
        ([Action.RETURN], "正在重新定由谁办"),
    ],
)
async def test_how_it_stands_is_said_without_the_offices_words(
    services: Services, say: Say, actions: list[Action], says: str
) -> None:
    number = (await services.desk.receive(say(LAMP))).ticket
    for action in actions:
        await acted(services, number, action, "不归我们", BY_OPERATOR)
    said = await progress(services, say, "2")
    assert f"现在：{says}，" in said
    assert not any(name in said for name in STATUS_NAMES.values())


async def test_withdrawal_by_an_operator_is_told_and_not_called_the_residents_wish(
    services: Services, say: Say
) -> None:
    number = (await services.desk.receive(say(LAMP))).ticket
    await acted(services, number, Action.PROGRESS, "电工看过了", BY_OPERATOR)
    await acted(services, number, Action.WITHDRAW, "和另一张单子重复", BY_OPERATOR)
    assert await notices(services) == ["notice_withdrawn"]
    said = await progress(services, say, "2")
    assert "工作人员撤单，原因：和另一张单子重复。" in said
    for wrong in ("按您的意思", "办理，", "答复", "电工"):
        assert wrong not in said


async def test_withdrawal_by_himself_is_no_news_to_him(services: Services, say: Say) -> None:
    number = (await services.desk.receive(say(LAMP))).ticket
    await acted(services, number, Action.WITHDRAW, "居民本人撤单", "resident")
    assert await notices(services) == []
    assert "按您的意思撤单" in await progress(services, say, "2")


async def decided(services: Services, number: str, unit: str) -> None:
    order = Order.on(await load(services, number), by=BY_OPERATOR, note="归他们管")
    await services.database.write(lambda c: services.dispatcher.dispatch(c, order, unit=unit))


async def test_who_was_told_that_a_person_decides_is_told_who_has_it(
    services: Services, say: Say
) -> None:
    number = (await services.desk.receive(say(SECRET))).ticket
    assert (await load(services, number)).status is Status.DECIDING
    await decided(services, number, "130506101")
    assert await notices(services) == ["notice_dispatched"]
    await decided(services, number, "130506102")
    assert await notices(services) == ["notice_dispatched"], "one word, not one for every move"


async def test_resident_is_told_of_a_later_date_and_why(
    services: Services, say: Say, clock: Clock
) -> None:
    number = (await services.desk.receive(say(LAMP))).ticket
    ticket = await load(services, number)
    order = Order.on(ticket, by=BY_OPERATOR, note="等配件")
    later = ticket.due_at.replace(day=ticket.due_at.day + 1)
    await services.database.write(lambda c: services.dispatcher.extend(c, order, due_at=later))
    assert await notices(services) == ["notice_extended"]


async def test_date_that_may_still_move_is_said_to_do_so(
    services: Services, say: Say, clock: Clock
) -> None:
    clock.forward(days=400)  # into a year whose holidays nobody has published
    (reply,) = (await services.desk.receive(say(LAMP))).replies
    assert "放假安排还没公布，日子可能会变" in services.replies.render(reply)
    assert "放假安排还没公布" in await progress(services, say, "2")


async def test_date_gone_by_is_no_promise_any_more(
    services: Services, say: Say, clock: Clock
) -> None:
    await services.desk.receive(say(LAMP))
    assert "前答复您" in await progress(services, say, "2")
    clock.forward(days=40)
    said = await progress(services, say, "3")
    assert "已超期" in said and "还没有答复您" in said and "前答复您" not in said
    assert "催一下" in said and "人工" in said
    (reply,) = (await services.desk.receive(say("催一下", key="4"))).replies
    said = services.replies.render(reply)
    assert "已超期" in said and "给您答复" not in said and "人工" in said
