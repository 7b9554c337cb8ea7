"""Who wants a person, and who only speaks of people and machines."""

import pytest

from nlp import kind, person
from nlp.normalize import normalize
from nlp.understand import Understander
from nlp.understanding import RequestKind, Urgency


@pytest.mark.parametrize(
    "text",
    [
        "着火了，快转人工",
        "找你们工作人员",
        "我要找恁的客服",
        "接通人工",
        "给我找个领导来",
        "我要找人",
        "不跟机器说话",
        "换个人",
        "找个活人",
        "叫人来说",
        "叫个人来接电话",
        "我要和人说话",
        "让人接电话",
        "你们有没有活人啊",
        "找你们领导",
        "叫你们领导接电话",
        "我不想跟机器人说",
        "别用机器糊弄我",
        "能不能来个人说话",
        "来个人跟我说",
        "我要真人",
        "接线员呢",
        "找接线员",
        "给我转接线员",
        "我要找客服",
        "转人",
        "人工人工",
        "我跟你说不明白，找个人来",
        "说不清楚，换个人来说",
        "找个明白人跟我说",
        "换人",
        "找个会说话的人",
        "叫个人",
        "我说不清你给我找个人说说",
        "你听不懂换个人",
        "让你们领导给我回个电话",
        "给我找个人说话",
        "别跟我说机器话，叫个活人来",
        "转人工",
        "现在转吧",
        "快转",
        "俺不跟机器说，叫个人",
        "你们那有没有活人",
        "找个管事的来说",
        "想找个人说说话",
        "让工作人员接电话",
        "叫个懂的人来跟俺说",
        "我要人工服务",
        "人工客服",
        "我要跟真人说",
        "俺要跟人说话",
        "换个人跟我说",
        "不要机器，要人",
        "麻烦找个人接一下电话",
        "别让机器人跟我说了",
        "来个人",
        "我找人",
        "找人",
        "有活人没有",
        "你是机器吧给我换人",
        "能不能给俺打个电话",
        *("俺要找恁领导", "我要找恁当官的说", "让恁领导接电话", "俺找恁管事的", "把恁领导叫来"),
        *("找个当官的", "咱要找个人说", "恁给俺找个人说话", "俺想找恁们主任", "找恁大领导"),
        "你们给我回个电话",
    ],
)
def test_wish_for_a_person_is_understood(text: str) -> None:
    assert kind.judge(normalize(text))[0] is RequestKind.PERSON


@pytest.mark.parametrize(
    "text",
    [
        "找人修路灯",
        "你们工作人员来过了",
        "你们工作人员态度不好",
        *(
            "找恁当官的评理",
            "俺找领导反映路灯坏了",
            "俺村当官的不管事",
            "把恁领导撤了",
            "俺找恁修路灯",
        ),
        "找人来修水管",
        "我要找人评理",
        "找个人给我修修水管",
        "换个人来修，上次那个修不好",
        "村里换个人当书记吧",
        "叫人来看看路灯",
        "让人来说和说和",
        "家里没人说话，老人孤单",
        "找不到人了",
        "我要找人借钱",
        "我要找我儿子",
        "有人没有管的啊",
        "叫人家打了",
        "叫人来把垃圾拉走",
        "没人说话",
        "跟人说话没礼貌",
        "找人代办社保",
        "要个人来给老人理发",
        "换个人办事窗口都不行",
        "人工服务窗口没人",
        "物业客服电话没人接",
        "银行光有机器没有人工",
        "村干部不跟人说话",
        "我儿子不跟人说话",
        "叫领导来看看俺村的路",
        "让领导来修",
        "人工费太贵",
        "人工湖的水臭了",
        "村里广播让人说闲话",
        "我妈让人说了一顿",
        "找个人说说理",
        "派人来修",
        "来人修路灯",
        "有人来了没",
        "有没有人管",
        "来人啊",
        "家里来人了",
        "派个人来看看",
        "找人做主",
        "机器坏了不想修",
        "想要人工增雨",
        "有人打架",
        "要人命了",
        "找几个人来清淤",
        "没人接电话",
        "村里电话没人接",
        "电话打不通没人接",
        "找领导也没用",
        "要人来家里认证",
        "安排人来清垃圾",
        "找个人陪我去医院",
        "让人来接孩子",
        "让人接我去医院",
        "叫个人来家里接老人",
        "换个接线盒",
        "转让大棚",
        "客服态度差",
        "移动客服乱扣费",
        "快递客服不接电话",
        "12345客服推诿",
        "他天天给我打电话骚扰我",
        "没人给我打电话",
        "拨打了10086人工服务进行投诉",
        "多次拨打人工服务都没有给我解决",
    ],
)
def test_who_wants_one_to_do_something_wants_no_talk(text: str) -> None:
    assert kind.judge(normalize(text))[0] is not RequestKind.PERSON


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("着火了，快转人工", "着火了"),
        ("我跟你说不明白，找个人来", ""),
        ("不要机器，要人", ""),
        ("转人工，我家水管爆了", "我家水管爆了"),
    ],
)
def test_what_is_said_beside_the_wish_is_known(text: str, rest: str) -> None:
    assert person.beside(normalize(text)) == rest


@pytest.mark.parametrize("text", ["叫个人来接电话", "叫个人", "找个活人跟俺说", "给俺打个电话"])
def test_wish_for_a_person_is_no_alarm(understander: Understander, text: str) -> None:
    assert understander(text).urgency is Urgency.NORMAL


def test_danger_in_the_same_breath_is_one_with_its_matter(understander: Understander) -> None:
    said = understander("着火了，快转人工")
    assert (said.kind, said.urgency) == (RequestKind.PERSON, Urgency.DANGER)
    assert said.categories
