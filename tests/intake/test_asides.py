"""Talk beside a matter gets a kind word and no ticket; what we are not sure of is not shown."""

from collections.abc import Callable

import pytest

from channels.message import InboundMessage
from intake.services import Services
from nlp import aside
from nlp.aside import Aside
from routing import store
from routing.ticket import Status
from tests.clock import Clock
from tests.intake.resident import Resident

LAMP = "东韩村村口的路灯坏了三天了没人修"


@pytest.fixture
def resident(services: Services, clock: Clock, say: Callable[..., InboundMessage]) -> Resident:
    """Somebody whose first words we await."""
    return Resident(services, clock, say)


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("谢谢，灯修好了", "thanks"),
        ("领导电话多少", "no_numbers"),
        ("书记的手机号是多少", "no_numbers"),
        ("明天天气怎么样", "weather"),
        ("怎么撤销", "progress_none"),
        ("派出所电话多少", "no_office_numbers"),
        ("村委会电话你给我一下", "no_office_numbers"),
        ("医院电话", "no_office_numbers"),
        ("你们几点上班", "hours"),
        ("你们晚上有人吗", "hours"),
        ("你是机器人吗", "who"),
        ("是真人还是机器", "who"),
        ("你叫啥", "who"),
        ("这热线是干啥的", "who"),
        ("你们他妈的都是吃干饭的吗", "anger"),
        ("垃圾热线，啥也不是", "anger"),
        ("打错了", "acknowledged"),
        ("没事了谢谢", "acknowledged"),
        ("120电话多少", "no_office_numbers"),
        ("喂喂喂能听见不", "greeting"),
        ("恁这服务真得劲", "thanks"),
        ("咋还没来人", "press_none"),
        ("我要投诉你们", "ask_matter"),
        ("没事了", "acknowledged"),
        ("你们管不管", "press_none"),
        ("在吗", "greeting"),
        ("有人吗", "greeting"),
        ("谢谢啊闺女", "thanks"),
        ("没有单号", "no_number"),
        ("俺没单号", "no_number"),
        ("单号忘了", "progress_none"),
        ("刚才打错了", "acknowledged"),
        ("谁给你们发工资的？一群废物", "anger"),
        ("算了不说了说了也没用", "anger"),
        ("唉，跟你们说了也白说", "anger"),
        ("你多大了", "who"),
        ("请问你们电话多少", "our_number"),
        ("热线电话是多少", "our_number"),
        ("谢谢哈，辛苦了🌹", "thanks"),
        ("早上好！祝工作愉快", "greeting"),
        ("没解决", "progress_none"),
        ("解决了", "progress_none"),
        ("我不满意", "progress_none"),
        ("查一下我的事办到哪了", "progress_none"),
        ("帮我看看俺的事弄到哪儿了", "progress_none"),
        ("我要找县长", "ask_matter"),
        ("哎，跟你说个事", "ask_matter"),
    ],
)
async def test_talk_without_a_matter_opens_nothing(resident: Resident, said: str, key: str) -> None:
    assert await resident.says(said) == [key]
    assert await resident.tickets() == []


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("你们电话多少", "our_number"),
        ("嗯", "acknowledged"),
        ("好的", "acknowledged"),
        ("知道了", "acknowledged"),
        ("谢谢，灯修好了", "thanks"),
        ("怎么撤销", "withdraw_ask"),
        ("行吧，我等着", "acknowledged"),
        ("谢谢啊闺女", "thanks"),
        ("我的单号是多少", "progress"),
        *((said, "acknowledged") for said in ("对", "是的", "中了，谢谢了啊", "谢谢，不用回了")),
        *((said, "acknowledged") for said in ("行，谢谢恁", "不用回电话了", "好嘞麻烦了")),
    ],
)
@pytest.mark.parametrize("after_s", [10, 600])
async def test_talk_after_a_ticket_adds_nothing_to_it(
    resident: Resident, services: Services, said: str, key: str, after_s: float
) -> None:
    number = (await resident.receipt(LAMP)).ticket
    before = await services.database.read(lambda c: store.events(c, number))
    assert await resident.says(said, after_s=after_s) == [key]
    assert await services.database.read(lambda c: store.events(c, number)) == before
    assert await resident.tickets() == [LAMP]


@pytest.mark.parametrize(
    "said",
    [
        "谢谢，灯修好了，可是又坏了",
        "谢谢你们，麻烦再来看看井盖",
        "天气太冷暖气不热",
        "村主任不管事",
        "村书记电话打不通没人管",
        "低保取消了怎么办",
        "怎么取消新农合",
        "下雨就淹",
        "好的，不过路灯还是不亮",
        *("没有单号牌的路口", "麻烦来看看", "谢谢，路灯还是不亮", "对面路灯也坏了", "行道树倒了"),
        *("不用回电话了，来修就行", "没事别停水", "辛苦来一趟"),
        *("谁给工人发工资，拖了半年", "说了多少回路灯也没用", "多大的坑也没人填"),
    ],
)
def test_what_tells_something_is_no_aside(said: str) -> None:
    assert aside.of(said) is None


@pytest.mark.parametrize("said", ["行", "好嘞", "知道了，谢谢", "收到", "OK"])
def test_what_was_heard_is_said_in_many_ways(said: str) -> None:
    assert aside.of(said) is Aside.HEARD


@pytest.mark.parametrize("said", ["asdfghjkl", "乱七八糟的不知道咋说才好了"])
async def test_guess_that_we_are_not_sure_of_is_not_shown(
    resident: Resident, services: Services, said: str
) -> None:
    receipt = await resident.receipt(said)
    (told,) = [services.replies.render(reply) for reply in receipt.replies]
    assert f"事情：“{said[:6]}" in told


@pytest.mark.parametrize(
    "insult",
    [
        "你们都是吃干饭的",
        "什么破玩意儿",
        "破热线一点用没有",
        "恁都是弄啥嘞，光吃不干",
        "你们这帮吃干饭的，打了几回电话都不管",
        "那个啥呀又跟上回一个样子呢这是",
    ],
)
@pytest.mark.parametrize("after_s", [30, 300])
async def test_matter_told_after_an_insult_is_understood_as_that_matter(
    resident: Resident, services: Services, insult: str, after_s: float
) -> None:
    await resident.says(insult)
    matter = "地里机井没电浇不上麦子 郝桥镇"
    await resident.says(matter, after_s=after_s)
    ticket = await resident.latest()
    assert ticket.text == matter or insult not in ticket.text
    assert (ticket.category[:2], services.county.place_name(ticket.place)) == ("10", "郝桥镇")
    assert ticket.status is Status.DISPATCHED


@pytest.mark.parametrize(
    "said", ["你是人是机器", "恁是真人不", "你是人还是机器", "你是机器人吗", "恁是机器还是人啊"]
)
async def test_who_asks_what_we_are_is_told_honestly_and_offered_a_person(
    resident: Resident, services: Services, said: str
) -> None:
    (reply,) = (await resident.receipt(said)).replies
    told = services.replies.render(reply)
    assert "不是真人" in told and "人工" in told
    assert await resident.tickets() == [] and await resident.untold() == []
