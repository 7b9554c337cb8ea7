"""Whoever tells of a danger hears first what to do in this very one, then where it is, never a date.

All through the real desk, in the real county and language.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import pytest

from channels.message import InboundMessage, Reply
from config.replies import DANGERS
from intake.replies import Replies
from intake.services import Services
from intake.talk import reasons
from nlp.danger import kinds
from nlp.understanding import Urgency
from routing import store
from tests.clock import Clock
from tests.intake.resident import Resident

_DATE = re.compile("答复|点前|点半前|刻前|分前")


async def texts(resident: Resident, services: Services, text: str) -> list[str]:
    """What we answer, in words."""
    receipt = await resident.receipt(text)
    return [services.replies.render(reply) for reply in receipt.replies]


@pytest.fixture
def resident(services: Services, clock: Clock, say: Callable[..., InboundMessage]) -> Resident:
    """Somebody whose first words we await."""
    return Resident(services, clock, say)


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ("贾宋镇西街老刘家房子着了", "119。人先出来，不要回去拿东西"),
        ("东韩村有人家着火了", "119"),
        ("俺娘摔倒起不来了，家里就俺一个人", "马上打 120"),
        ("我爹喝了百草枯", "120。带上药瓶"),
        ("俺村小学食堂给孩子吃坏了肚子，好几个都拉", "马上打 120"),
        ("老公打我，快来人", "先躲到安全的地方，马上打 110"),
        ("不想活了", "12356"),
        ("我要跳楼", "12356"),
        ("孩子丢了", "马上打 110，不用等二十四小时"),
        ("俺爹糊涂了，出门两天没回来，找不着了", "不用等二十四小时"),
        ("漏煤气了", "不要开灯，不要打火"),
        ("煤气中毒，一家子叫不醒", "不要开灯，不要打火"),
        ("有人触电了", "不要用手拉"),
        ("我家孩子掉井里了", "自己不要下去救"),
        ("孩子被车撞了", "打 120，再打 122"),
        ("电梯里困着人", "不要扒门"),
        ("救命啊", "110、119 或 120"),
    ],
)
async def test_first_is_said_what_to_do_in_this_danger(
    resident: Resident, services: Services, said: str, first: str
) -> None:
    told = await texts(resident, services, said)
    assert first in told[0]
    assert not any(_DATE.search(text) for text in told), told
    assert any(re.search(r"\d{8}-\d{4}", text) for text in told[1:])


async def test_who_thinks_of_ending_his_life_is_not_sent_away_from_danger(
    resident: Resident, services: Services
) -> None:
    told = await texts(resident, services, "不想活了")
    assert not any("危险的地方" in text for text in told)
    assert "120" in told[0]


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ("东韩村孩他娘让狗咬了", "肥皂水"),
        ("我儿子被人骗了二十万", "96110"),
        ("我被骗了，刚转了三万块钱", "96110"),
    ],
)
async def test_what_cannot_wait_and_is_no_danger_has_advice_and_its_ordinary_course(
    resident: Resident, services: Services, said: str, first: str
) -> None:
    receipt = await resident.receipt(said)
    assert first in services.replies.render(receipt.replies[0])
    assert receipt.replies[1].key.startswith(("receipt", "ask_"))


@pytest.mark.parametrize(
    "said",
    [
        "没着火，就是问问消防通道能停车吗",
        "去年被骗了两万",
        "狗咬了人不赔",
        "村里的狗太多，怕咬着孩子",
        "接到诈骗电话",
    ],
)
async def test_false_friends_get_no_advice(resident: Resident, said: str) -> None:
    told = await resident.says(said)
    assert not any(key.startswith("danger") for key in told)


async def test_danger_without_a_place_is_asked_where_and_goes_there(
    resident: Resident, services: Services
) -> None:
    receipt = await resident.receipt("我家孩子掉井里了")
    assert [r.key for r in receipt.replies][-2:] == ["danger_alone", "danger_where"]
    again = await resident.receipt("在东韩村小卖部后头，快来人，孩子还在井里", after_s=70)
    assert [r.key for r in again.replies] == ["danger_placed", "danger_phone"]
    ticket = await services.database.read(lambda c: store.load(c, receipt.ticket))
    assert services.county.place_name(ticket.place) == "和阳镇东韩村"
    assert len(await resident.tickets()) == 1


async def test_village_is_read_back_and_the_house_is_asked_for(
    resident: Resident, services: Services
) -> None:
    told = await texts(resident, services, "东韩村着火了")
    assert "您说的是和阳镇东韩村" in told[2]
    assert "谁家" in told[2]
    assert await resident.says("小学后面老刘家") == ["danger_again", "danger_phone"]
    assert len(await resident.tickets()) == 1


async def test_who_says_the_house_is_asked_no_more(resident: Resident) -> None:
    told = await resident.says("东韩村西街老刘家着火了，我电话13931900001")
    assert told == ["danger_fire", "danger_alone", "danger_at"]


async def test_telephone_left_after_a_danger_is_his_and_the_place_is_still_asked_for(
    resident: Resident, services: Services
) -> None:
    receipt = await resident.receipt("有人触电了")
    assert await resident.says("13931900001") == ["phone_kept"]
    assert await resident.says("东韩村") == ["danger_placed"]
    ticket = await services.database.read(lambda c: store.load(c, receipt.ticket))
    assert ticket.reporter_phone == "13931900001"
    assert ticket.urgency is Urgency.DANGER


async def test_who_asks_how_his_danger_stands_hears_no_date(
    resident: Resident, services: Services
) -> None:
    await resident.says("东韩村西街老刘家着火了，我电话13931900001")
    told = await texts(resident, services, "查询")
    assert "单号" in told[0]
    assert not _DATE.search(told[0])


def test_county_can_have_words_for_each_kind() -> None:
    assert set(kinds.KINDS) == set(DANGERS)


def test_county_without_words_for_a_kind_says_those_of_danger_in_general(
    services: Services,
) -> None:
    lacking = {k: v for k, v in services.county.replies.items() if not k.startswith("danger_fire")}
    replies = Replies(replace(services.county, replies=MappingProxyType(lacking)))
    general = services.county.replies["danger_general"]
    assert replies.render(Reply(key="danger_fire")) == general
    assert replies.speak(Reply(key="danger_fire")) == general


@pytest.mark.parametrize(
    ("first", "over"), [("俺娘走丢了", "找着了谢谢"), ("着火了", "火灭了没事了")]
)
async def test_who_says_that_it_is_over_is_not_asked_where_it_was(
    resident: Resident, first: str, over: str
) -> None:
    assert "danger_where" in await resident.says(first)
    assert await resident.says(over, after_s=180) == ["danger_again"]
    assert len(await resident.tickets()) == 1
    assert await resident.untold() == []


NOT_OVER = (
    "人快不好了", "不好了快来人", "没救上来了快", "在俺家后院好了快来", "醒了不会说话",
    "119说不用来", "误会不了就是着火", "他没回来了", "派出所说找到了不是他", "人没事", "没事了吗",
)  # fmt: skip


@pytest.mark.parametrize("said", NOT_OVER)
async def test_what_is_not_over_is_asked_where_still(
    resident: Resident, services: Services, said: str
) -> None:
    assert "danger_where" in await resident.says("俺娘晕倒了")
    assert {"danger_where", "danger_village"} & set(await resident.says(said))
    assert await resident.says("东韩村") == ["danger_placed", "danger_phone"]
    ticket = await resident.latest()
    assert services.county.place_name(ticket.place) == "和阳镇东韩村" and said in ticket.text


@pytest.mark.parametrize("said", NOT_OVER)
async def test_what_is_not_over_is_kept_while_a_telephone_is_awaited(
    resident: Resident, services: Services, said: str
) -> None:
    assert "danger_phone" in await resident.says("东韩村西街老刘家着火了")
    assert "danger_again" in await resident.says(said)
    assert await resident.says("13931900001") == ["phone_kept"]
    ticket = await resident.latest()
    assert services.county.place_name(ticket.place) == "和阳镇东韩村"
    assert said in ticket.text and ticket.reporter_phone == "13931900001"
    assert len(await resident.tickets()) == 1


@pytest.mark.parametrize("said", ["灭了", "找着了谢谢", "弄错了", "火已经灭了，放心吧"])
async def test_what_has_ended_leaves_the_question_open(
    resident: Resident, services: Services, said: str
) -> None:
    await resident.says("着火了")
    assert await resident.says(said) == ["danger_again"]
    assert await resident.says("东韩村") == ["danger_placed", "danger_phone"]
    assert services.county.place_name((await resident.latest()).place) == "和阳镇东韩村"


@pytest.mark.parametrize("said", ["没事了，灭了", "虚惊一场", "误报", "火灭了没事了谢谢"])
async def test_place_of_what_was_nothing_is_on_the_ticket_all_the_same(
    resident: Resident, services: Services, said: str
) -> None:
    await resident.says("着火了")
    assert await resident.says(said) == ["danger_again"]
    assert await resident.says("东韩村") == ["danger_placed"]
    assert services.county.place_name((await resident.latest()).place) == "和阳镇东韩村"


@pytest.mark.parametrize("spot", ["村西头老李家柴火垛", "俺村", "就在俺们村大队旁边"])
async def test_where_in_the_village_is_kept_and_which_village_is_asked_once_more(
    resident: Resident, services: Services, spot: str
) -> None:
    await resident.says("着火了快来人")
    assert await resident.says(spot) == ["danger_village"]
    assert await resident.says("西韩村") == ["danger_placed", "danger_phone"]
    ticket = await resident.latest()
    assert services.county.place_name(ticket.place) == "和阳镇西韩村" and spot in ticket.text


async def test_who_never_says_which_village_is_asked_no_third_time(
    resident: Resident, services: Services
) -> None:
    await resident.says("着火了快来人")
    assert await resident.says("俺村") == ["danger_village"]
    assert "danger_village" not in await resident.says("村西头老李家柴火垛")
    ticket = await resident.latest()
    log = await services.database.read(lambda c: store.events(c, ticket.number))
    notes = [event.note for event in log]
    assert reasons.LATER_PLACE not in notes and reasons.PLACE_UNKNOWN in notes
    assert "柴火垛" in ticket.text
