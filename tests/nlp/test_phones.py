"""A telephone number in a text is the speaker's own only where he says so."""

import pytest

from nlp import phones
from nlp.normalize import normalize

NUMBER = "13912345678"


@pytest.mark.parametrize(
    "text",
    [
        "路灯坏了，我的电话是{}",
        "路灯坏了三天了没人修，我电话{}",
        "路灯坏了，我手机号：{}",
        "俺的手机号码是{}，没人管",
        "本人电话{}",
        "我家座机0319-4567890",
        "我的联系方式是 {}",
        "有事打我{}",
        "打我电话{}",
        "联系我，{}",
        "请联系我：{}",
        "修好了给我打个电话{}",
        "请回电{}",
        "回电话给我，{}",
        "我叫张三，电话{}",
        "{}是我的电话",
        "{}，这是我手机号",
        "我的电话幺三九，一二三四，五六七八",
        "包工头的电话是13800001111，我的电话是{}",
    ],
)
def test_own_number_is_known(text: str) -> None:
    expected = "0319-4567890" if "0319" in text else NUMBER
    assert phones.own(normalize(text.format(NUMBER))) == expected


@pytest.mark.parametrize(
    "text",
    [
        "包工头李四拖欠工资，他的电话是{}",
        "包工头李四拖欠工资，电话{}",
        "老板叫王五，手机{}",
        "{}这个号天天发诈骗短信",
        "骚扰电话天天打我{}",
        "天天打我电话骚扰，号码{}",
        "李四给我的电话是{}",
        "他给我电话{}",
        "他天天给我打电话{}",
        "他让我打{}，打不通",
        "我电话打{}没人接",
        "我们村长的电话是{}",
        "{}是我们村长的电话",
        "我邻居的电话{}",
        "{}",
        "联系电话{}",
    ],
)
def test_number_of_somebody_else_is_no_own_one(text: str) -> None:
    said = normalize(text.format(NUMBER))
    assert phones.own(said) == ""
    assert phones.find(said) == (NUMBER,)
