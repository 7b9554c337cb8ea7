"""Finding tickets in the console, over HTTP: by words and places, and by a telephone with a reason."""

import re
from collections.abc import AsyncIterator, Callable

import pytest

from channels.message import InboundMessage
from intake.accounts import Role
from intake.services import Services
from routing.order import Order
from routing.ticket import Action
from tests.clock import Clock
from tests.intake.console import Desk, enter, looks

LAMP = "我叫张三，电话13912345678，东韩村村口的路灯坏了三天了没人修"
WATER = "东韩村停水两天了"
ELSEWHERE = "西韩村村口的路灯坏了"
NUMBERS = re.compile(r'href="/console/tickets/([0-9-]+)"')


@pytest.fixture
async def desk(services: Services) -> AsyncIterator[Desk]:
    """A window that nobody has logged in by."""
    made = await Desk.opened(services)
    yield made
    await made.client.close()


@pytest.fixture
async def numbers(services: Services, say: Callable[..., InboundMessage]) -> tuple[str, str, str]:
    """A lamp and no water in one village, a lamp in another."""
    texts = {"a": LAMP, "b": WATER, "c": ELSEWHERE}
    opened = [(await services.desk.receive(say(t, sender=who))).ticket for who, t in texts.items()]
    return opened[0], opened[1], opened[2]


async def found(desk: Desk, query: str) -> set[str]:
    status, page = await desk.get(f"/console/search?q={query}")
    assert status == 200
    return set(NUMBERS.findall(page))


async def test_each_word_and_each_place_must_fit(
    desk: Desk, services: Services, numbers: tuple[str, str, str]
) -> None:
    lamp, water, elsewhere = numbers
    await enter(desk, services, Role.INSPECTOR)
    for query, expected in {
        "东韩村": {lamp, water},
        "路灯": {lamp, elsewhere},
        "东韩村 路灯": {lamp},
        "路灯 东韩村": {lamp},
        "东韩村路灯": {lamp},
        "东韩村的路灯": {lamp},
        "东韩村旁边的路灯": set(),
        "韩村 路灯": {lamp, elsewhere},
        "东韩村 井盖": set(),
    }.items():
        assert await found(desk, query) == expected, query


async def test_telephone_finds_nobody_without_a_trace(
    desk: Desk, services: Services, numbers: tuple[str, str, str]
) -> None:
    await enter(desk, services, Role.INSPECTOR)
    for query in ("13912345678", "139-1234-5678", "12345678", "5678"):
        assert await found(desk, query) == set(), query
        assert (
            "按电话找人要写明理由，请找话务员" in (await desk.get(f"/console/search?q={query}"))[1]
        )
    assert "找人" not in (await desk.get("/console/search"))[1]
    fields = {"csrf": await desk.token(), "who": "13912345678", "reason": "看看"}
    assert (await desk.post("/console/search", fields))[0] == 403
    assert await looks(services) == []


async def test_who_looks_for_a_telephone_says_why_and_is_written_down(
    desk: Desk, services: Services, numbers: tuple[str, str, str]
) -> None:
    token = await enter(desk, services, Role.OPERATOR)
    fields = {"csrf": token, "who": "139 1234 5678", "reason": "  "}
    status, page = await desk.post("/console/search", fields)
    assert status == 409 and "请写明为什么" in page and "139 1234 5678" in page
    for who in ("5678", "张", "zhang"):
        status, page = await desk.post("/console/search", fields | {"who": who, "reason": "x"})
        assert status == 409 and "至少 7 位" in page, who
    assert await looks(services) == []
    status, page = await desk.post("/console/search", fields | {"reason": "记不得单号"})
    assert status == 200 and set(NUMBERS.findall(page)) == {numbers[0]}
    kept = [("operator", numbers[0], "记不得单号（查 139****5678）")]
    assert await looks(services) == kept
    status, page = await desk.post(
        "/console/search", fields | {"who": "13800001111", "reason": "记不得单号"}
    )
    kept.append(("operator", "", "记不得单号（查 138****1111）"))
    assert "这个人没有报过事" in page and sorted(await looks(services)) == sorted(kept)


async def test_name_that_is_masked_is_found_only_with_a_trace(
    desk: Desk, services: Services, numbers: tuple[str, str, str]
) -> None:
    token = await enter(desk, services, Role.OPERATOR)
    assert await found(desk, "张三") == set()
    fields = {"csrf": token, "who": "张三", "reason": "本人来电问进度"}
    status, page = await desk.post("/console/search", fields)
    assert status == 200 and set(NUMBERS.findall(page)) == {numbers[0]}
    assert await looks(services) == [("operator", numbers[0], "本人来电问进度（查 张某）")]


async def test_answered_in_time_is_never_shown_as_late(
    desk: Desk, services: Services, numbers: tuple[str, str, str], clock: Clock
) -> None:
    lamp, water, _ = numbers
    await enter(desk, services, Role.OPERATOR)

    async def answer(number: str) -> None:
        order = Order(number=number, version=1, by="operator:a")
        await services.database.write(lambda c: services.dispatcher.answer(c, order, text="修好了"))

    await answer(lamp)
    clock.forward(days=40)
    await answer(water)
    await desk.log_in("operator")
    _, page = await desk.get("/console/search?status=answered")
    shown = dict(re.findall(r"</span> (按时答复|超期答复).*?tickets/([0-9-]+)", page, re.S))
    assert shown == {"按时答复": lamp, "超期答复": water}
    assert "已超" not in page
    for number, word in ((lamp, "按时答复"), (water, "超期答复")):
        assert word in (await desk.get(f"/console/tickets/{number}"))[1]


async def test_withdrawn_ticket_has_no_light(
    desk: Desk, services: Services, numbers: tuple[str, str, str], clock: Clock
) -> None:
    order = Order(number=numbers[0], version=1, by="operator:a", note="报错了")
    await services.database.write(lambda c: services.dispatcher.act(c, Action.WITHDRAW, order))
    clock.forward(days=40)
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get("/console/search?status=withdrawn")
    assert NUMBERS.findall(page) == [numbers[0]] and 'class="light' not in page


async def test_who_has_asked_for_nothing_is_not_told_that_nothing_was_found(
    desk: Desk, services: Services
) -> None:
    await enter(desk, services, Role.OPERATOR)
    assert "还没有工单" in (await desk.get("/console/search"))[1]
    assert "没有找到" in (await desk.get("/console/search?q=路灯"))[1]
