"""The first page of the console: everything that waits for the hotline's people is there."""

import json
import re
from collections.abc import AsyncIterator, Callable

import pytest
from pytest import MonkeyPatch
from sqlalchemy import Connection

from channels.message import InboundMessage
from intake.accounts import Role
from intake.services import Services
from intake.web.console import queue
from routing import store
from routing.order import Order
from routing.ticket import Action
from tests.clock import Clock
from tests.intake.console import Desk, enter

IN_TOWN = "和阳大街路灯坏了"


@pytest.fixture
async def desk(services: Services) -> AsyncIterator[Desk]:
    """A window that nobody has logged in by."""
    made = await Desk.opened(services)
    yield made
    await made.client.close()


async def test_matter_that_the_centre_has_is_in_somebodys_queue(
    desk: Desk, services: Services, say: Callable[..., InboundMessage]
) -> None:
    number = (await services.desk.receive(say(IN_TOWN))).ticket
    ticket = await services.database.read(lambda c: store.load(c, number))
    assert ticket.unit == services.county.code
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get("/console")
    assert f"/console/tickets/{number}" in page and "<b>1</b> 件等您办" in page
    assert await desk.get("/console/waiting") == (200, '{"waiting": 1, "dangers": []}')


async def test_danger_that_nobody_has_seen_to_is_an_alarm_until_somebody_does(
    desk: Desk, services: Services, say: Callable[..., InboundMessage]
) -> None:
    number = (await services.desk.receive(say("东韩村有人家着火了，屋里还有人"))).ticket
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get("/console")
    assert "险情 1 件，还没有人接手" in page and 'role="alert"' in page
    assert page.count(f"/console/tickets/{number}") == 1
    told = {"number": number, "what": "火灾火情，和阳镇东韩村"}
    _, news = await desk.get("/console/waiting")
    assert json.loads(news) == {"waiting": 1, "dangers": [told]}
    order = Order(number=number, version=1, by="operator:a", note="已请119出动")
    await services.database.write(lambda c: services.dispatcher.act(c, Action.PROGRESS, order))
    _, page = await desk.get("/console")
    assert "险情" not in page and page.count(f"/console/tickets/{number}") == 1


async def test_alarm_that_has_no_room_for_all_dangers_says_that_there_are_more(
    desk: Desk,
    services: Services,
    say: Callable[..., InboundMessage],
    monkeypatch: MonkeyPatch,
) -> None:
    monkeypatch.setattr(queue, "MOST_DANGERS", 1)
    for sender in ("a", "b"):
        await services.desk.receive(say("东韩村有人家着火了，屋里还有人", sender=sender))
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get("/console")
    assert "险情 1 件以上，还没有人接手" in page and "接手一件，后面的就上来一件" in page


async def test_news_are_a_link_inside_what_is_read_out(desk: Desk, services: Services) -> None:
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get("/console")
    assert re.search(r'<p role="status"><a class="news" id="news" href="/console" hidden', page)


async def test_answered_ticket_has_a_list_to_be_followed_up_from(
    desk: Desk, services: Services, say: Callable[..., InboundMessage]
) -> None:
    number = (await services.desk.receive(say(IN_TOWN))).ticket
    order = Order(number=number, version=1, by="operator:a")
    await services.database.write(lambda c: services.dispatcher.answer(c, order, text="修好了"))
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get("/console")
    assert f"/console/tickets/{number}" not in page and "<b>0</b> 件等您办" in page
    assert "<b>1</b> 件待回访" in page
    assert f"/console/tickets/{number}" in (await desk.get("/console/search?status=answered"))[1]


async def test_danger_shows_red_until_somebody_has_taken_it_up(
    desk: Desk, services: Services, say: Callable[..., InboundMessage]
) -> None:
    number = (await services.desk.receive(say("东韩村有人家着火了，屋里还有人"))).ticket
    await enter(desk, services, Role.OPERATOR)
    pages = ("/console", "/console/search", f"/console/tickets/{number}")
    for path in pages:
        _, page = await desk.get(path)
        assert "险情</span>" in page and "正常</span>" not in page, path
    order = Order(number=number, version=1, by="operator:a", note="已请119出动")
    await services.database.write(lambda c: services.dispatcher.act(c, Action.PROGRESS, order))
    for path in pages[1:]:
        _, page = await desk.get(path)
        assert "正常</span>" in page and "险情</span>" not in page, path


async def test_who_asked_for_a_person_comes_after_danger_and_within_the_hour(
    desk: Desk, services: Services, say: Callable[..., InboundMessage], clock: Clock
) -> None:
    water = (await services.desk.receive(say(IN_TOWN, sender="a"))).ticket
    asks = (await services.desk.receive(say("我要找人工", sender="b"))).ticket
    fire = (await services.desk.receive(say("东韩村有人家着火了", sender="c"))).ticket
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get("/console")
    listed = [page.index(f"/console/tickets/{number}") for number in (fire, asks, water)]
    assert listed == sorted(listed) and "回话限 " in page
    clock.forward(minutes=55)
    assert "将到期</span>" in (await desk.get(f"/console/tickets/{asks}"))[1]
    clock.forward(minutes=6)
    _, page = await desk.get(f"/console/tickets/{asks}")
    assert "超期</span>" in page and "前给他回话（已超 1 分）" in page
    order = Order(number=asks, version=1, by="operator:a", note="您好，请说")
    await services.database.write(lambda c: services.dispatcher.act(c, Action.TELL, order))
    _, page = await desk.get("/console")
    assert "回话限" not in page and "已经给他回过话" in page


async def test_the_promise_that_ends_first_is_first(
    desk: Desk, services: Services, say: Callable[..., InboundMessage], clock: Clock
) -> None:
    """Who answered, with days left, does not come before who waits for a call within the hour."""
    answered = (await services.desk.receive(say(IN_TOWN, sender="a"))).ticket
    asks = (await services.desk.receive(say("我要找人工", sender="b"))).ticket

    def ask(connection: Connection) -> None:
        tell = Order(number=answered, version=1, by="operator:a", note="哪一盏")
        services.dispatcher.act(connection, Action.TELL, tell)
        reply = Order(number=answered, version=2, by="resident", note="东头的")
        services.dispatcher.act(connection, Action.SUPPLEMENT, reply)

    await services.database.write(ask)
    clock.forward(minutes=8)
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get("/console")
    assert "居民回话：东头的" in page
    listed = [page.index(f"/console/tickets/{number}") for number in (asks, answered)]
    assert listed == sorted(listed)
    assert "谁的时限先到谁在前" in page


async def test_danger_in_the_alarm_has_all_that_a_line_of_the_list_has(
    desk: Desk, services: Services, say: Callable[..., InboundMessage], clock: Clock
) -> None:
    number = (await services.desk.receive(say("东韩村有人家着火了，屋里还有人"))).ticket
    await services.desk.receive(say(IN_TOWN, sender="b"))
    await enter(desk, services, Role.OPERATOR)
    clock.forward(minutes=7)
    _, page = await desk.get("/console")
    alarm, _, rest = page.partition("</section>")
    for told in (number, "火灾火情", "屋里还有人", "和阳镇东韩村", "待研判", "原因：", "已等 7 分"):
        assert told in alarm, told
    assert number not in rest and "路灯" in rest


async def test_page_is_one_look_at_the_database(
    desk: Desk, services: Services, say: Callable[..., InboundMessage], monkeypatch: MonkeyPatch
) -> None:
    number = (await services.desk.receive(say("东韩村有人家着火了，屋里还有人"))).ticket
    await enter(desk, services, Role.OPERATOR)
    read, looked = services.database.read, []

    async def counted(work: Callable[..., object]) -> object:
        looked.append(work)
        return await read(work)

    monkeypatch.setattr(services.database, "read", counted)
    for path in ("/console", "/console/waiting", f"/console/tickets/{number}", "/console/search"):
        looked.clear()
        assert (await desk.get(path))[0] == 200
        assert len(looked) == 2, path  # who asks, and what he sees


async def test_ticket_of_an_office_that_nothing_gets_to_is_in_a_list_until_somebody_rang(
    desk: Desk, services: Services, say: Callable[..., InboundMessage]
) -> None:
    number = (await services.desk.receive(say("东韩村村口的路灯坏了三天了没人修"))).ticket
    csrf = await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get("/console")
    assert "<b>1</b> 件要打电话通知" in page and 'href="/console/search?ring=1"' in page
    assert (
        '没有等着拿主意的工单。还有 <a href="/console/search?ring=1">1 件要打电话通知</a>。' in page
    )
    assert f"/console/tickets/{number}" in (await desk.get("/console/search?ring=1"))[1]
    path = f"/console/tickets/{number}"
    unit = services.replies.unit(await services.database.read(lambda c: store.load(c, number)))
    assert f"系统通知不到{unit}：请打电话告诉他们" in (await desk.get(path))[1], "the other is told"
    assert "告诉了，替他们签收" in (await desk.get(path))[1]
    form = {"csrf": csrf, "version": "1", "action": "sign", "note": "打电话告诉了王主任"}
    assert (await desk.post(f"{path}/act", form))[0] == 303
    _, page = await desk.get("/console")
    assert "<b>0</b> 件要打电话通知" in page and "现在没有等着办的工单。" in page
    assert number not in (await desk.get("/console/search?ring=1"))[1]


async def test_ticket_of_which_the_resident_was_asked_has_a_list_until_it_is_closed(
    desk: Desk, services: Services, say: Callable[..., InboundMessage]
) -> None:
    number = (await services.desk.receive(say(IN_TOWN))).ticket
    csrf = await enter(desk, services, Role.OPERATOR)
    path = f"/console/tickets/{number}"
    forms = (
        {"action": "answer", "note": "修好了"},
        {"action": "evaluate", "satisfied": "no", "note": "还是不亮"},
    )
    for version, form in enumerate(forms, start=1):
        posted = await desk.post(f"{path}/act", {"csrf": csrf, "version": str(version), **form})
        assert posted[0] == 303
    _, page = await desk.get("/console")
    assert "<b>1</b> 件待办结" in page
    assert number in (await desk.get("/console/search?status=followed_up"))[1]


async def test_what_a_resident_says_of_an_answer_is_in_the_queue(
    desk: Desk, services: Services, say: Callable[..., InboundMessage], clock: Clock
) -> None:
    number = (await services.desk.receive(say(IN_TOWN))).ticket
    order = Order(number=number, version=1, by="operator:a")
    await services.database.write(lambda c: services.dispatcher.answer(c, order, text="修好了"))
    clock.forward(hours=1)
    await services.desk.receive(say(f"补充 {number} 灯罩掉下来了", key="2"))
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get("/console")
    assert f"/console/tickets/{number}" in page and "居民回话：" in page and "灯罩掉下来了" in page


async def test_who_only_supervises_is_not_asked_to_do_the_operators_work(
    desk: Desk, services: Services, say: Callable[..., InboundMessage]
) -> None:
    await services.desk.receive(say("东韩村有人家着火了，屋里还有人"))
    await enter(desk, services, Role.LEADER)
    _, page = await desk.get("/console")
    assert "等话务员拿主意的工单" in page and "请马上催话务员接手" in page
    assert "<b>1</b> 件等话务员办" in page and "等您" not in page


async def test_who_assists_and_is_not_told_is_named_on_the_ticket(
    desk: Desk, services: Services, say: Callable[..., InboundMessage]
) -> None:
    number = (await services.desk.receive(say("东韩村村口的路灯坏了三天了没人修"))).ticket

    def asked(connection: Connection) -> None:
        order, act = Order(number=number, version=1, by="operator:a"), services.dispatcher
        act.dispatch(connection, order, unit="water", assisting=("education",))

    await services.database.write(asked)
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get(f"/console/tickets/{number}")
    education = services.county.unit_name("education")
    assert f"系统通知不到{education}：" in page and "替他们签收" not in page
