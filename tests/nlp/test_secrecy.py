"""A plea for secrecy is heard as frightened people make it, and nothing else is taken for one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp import secrecy
from nlp.normalize import normalize

ALL_PLEAS = re.compile("|".join(secrecy._PLEAS))
SAID_IN_PLEAS = sorted(set(re.findall("[\u4e00-\u9fff，。]", ALL_PLEAS.pattern)))


@given(text=st.text(st.sampled_from(SAID_IN_PLEAS), max_size=20))
def test_no_plea_begins_with_a_character_that_is_passed_over(text: str) -> None:
    found, all_of_them = secrecy._WISH.search(text), ALL_PLEAS.search(text)
    assert (found and found.span()) == (all_of_them and all_of_them.span())


@pytest.mark.parametrize(
    "plea",
    [
        *(
            "别泄漏",
            "甭泄漏",
            "莫泄漏",
            "勿泄漏",
            "不要泄漏",
            "请不要泄漏",
            "可不要泄漏",
            "也不要泄漏",
        ),
        *(
            "你们不要泄漏",
            "您不要泄漏",
            "千万不要泄漏",
            "一定不要泄漏",
            "务必不要泄漏",
            "，不要泄漏",
        ),
        *(
            "替俺瞒着",
            "给俺瞒着",
            "帮俺瞒着",
            "保密",
            "怕报复",
            "匿名",
            "谁也别告诉",
            "任何人都别告诉",
        ),
        *("名字别公开", "姓名别公开", "身份别公开", "个人信息别公开", "电话别公开", "号码别公开"),
    ],
)
def test_a_plea_is_heard_whatever_it_begins_with(plea: str) -> None:
    (found, all_of_them) = secrecy._WISH.search(plea), ALL_PLEAS.search(plea)
    assert found and all_of_them and found.start() == all_of_them.start() == 0


@pytest.mark.parametrize(
    "plea",
    [
        *("请给我保密", "替俺保密啊", "我要匿名", "不想实名", "别留俺名", "我不敢留名字"),
        *("别说是我说的", "可别说是俺反映的", "千万别告诉村里是我反映的", "别说出去", "别往外说"),
        *("别把俺供出去", "可别把我供出来", "别把俺卖了", "你可不能把俺给卖喽", "别把我捅出去"),
        *("别把我说出去", "别把自己说出去了", "别把这事说出去", "别把咱露出去", "别出卖我"),
        *(
            "别透漏俺名字",
            "别透漏我是谁",
            "不要透漏我的身份",
            "别透露俺",
            "不要泄漏",
            "不要泄露出去",
        ),
        *(
            "请不要泄漏我的信息",
            "别露俺",
            "别露我名",
            "别暴露我",
            "不要暴露我的身份",
            "别漏了俺的名",
        ),
        *("千万别让村里知道是俺说的", "别让支书知道", "不能让厂子里的人知道", "别叫俺村里人晓得"),
        *("别让人家认出来是我", "别被他们知道了", "可别叫人听出来是俺"),
        *("别跟村里说", "别跟大队书记说这事", "别告诉别人", "谁也别告诉", "对谁都别说", "别声张"),
        *("名字别往外说", "俺的电话别给村里", "不要公开我的姓名", "别写我名字", "别报俺的名"),
        *("俺怕报复", "怕被打击报复", "怕村干部报复俺", "俺怕村里知道", "怕人家知道是我说的"),
        *("保护好举报人", "请保护我的隐私", "别打听我是谁", "别走漏风声", "千万别说啊", "不要外传"),
        *("你们可别往村里捅", "你们别给俺说漏了", "别把这事传到村里", "替俺瞒着点", "给俺保着密"),
        *("俺怕他们找俺麻烦", "别把俺电话给他们", "不要把这事泄露出去", "可不敢叫人家知道"),
        *("别提俺", "别提我的名", "别说俺名", "村里问起来别说是俺", "别供俺", "甭把俺露了"),
    ],
)
def test_plea_for_secrecy_is_heard(plea: str) -> None:
    assert secrecy.wanted(normalize(plea))
    assert secrecy.wanted(normalize(f"支书贪污低保款，{plea}"))


@pytest.mark.parametrize(
    "words",
    [
        *("不用保密", "不需要匿名", "保密局门口路灯坏了", "收到匿名信", "别说修了，人都没来"),
        *("别说是我没提醒你", "没人说是我家的", "别人说是我家的", "别说是我，谁来都受不了"),
        *("别说我了，全村都没水", "别让我知道是谁干的", "为啥不能让我们知道低保名单"),
        *("煤气罐可别漏了", "水管别再漏了", "煤气不要泄漏才好", "化肥别卖给俺假的", "别卖我假药"),
        *("别把我家的地卖了", "不要把俺家的树砍了", "别把垃圾往外倒", "孩子在学校不敢说话"),
        *("特别说明是我家停电", "村里不知道谁说的", "名字写错了", "我叫张三", "别写错我名字"),
        *(
            "不能让煤气漏出来",
            "水管别露出来了",
            "不能透露给我们账目",
            "别把煤气漏出来",
            "村务不公开",
        ),
        *("别再往村里倒垃圾", "不要公开招标", "怕麻烦你们", "别把药给孩子吃"),
        *("做好事不留名", "没有报名", "别给我打电话了", "别提了，路灯还是黑的", "狗别放出去"),
        *("别让孩子掉井里", "别说给我报销了", "怕掉下去", "怕孩子不知道", "电话别打了", "谁知道呢"),
    ],
)
def test_what_only_sounds_like_a_plea_is_none(words: str) -> None:
    assert not secrecy.wanted(normalize(words))
