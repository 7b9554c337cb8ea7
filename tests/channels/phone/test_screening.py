"""Who has picked up: the words of machines are known, those of people are not taken for them."""

import pytest

from channels.phone.kinds import screening

MACHINES = (
    "您好您拨打的用户暂时无法接通请稍后再拨",
    "您所拨打的电话已关机",
    "您呼叫的用户正在通话中",
    "对不起您拨打的号码是空号",
    "请在滴声后留言",
    "请在提示音之后开始留言",
    "您好我是机主的智能助理请问有什么事",
    "这里是语音信箱",
    "机主现在不方便接电话有什么需要转告",
    "我们将以短信通知机主",
    "来电助手为您服务",
)
PEOPLE = (
    "喂你好",
    "我拨打那个电话没人接",
    "打他们电话老是打不通",
    "请你们稍等我去喊他",
    "我给你们留言了",
    "电话坏了",
    "路灯坏了三天了",
    "我们村的广播没有声音",
    "短信我收到了",
    "他不在家",
)


@pytest.mark.parametrize("text", MACHINES)
def test_a_machine_is_known_by_its_words(text: str) -> None:
    assert screening.is_machine(text)


@pytest.mark.parametrize("text", PEOPLE)
def test_a_person_is_no_machine(text: str) -> None:
    assert not screening.is_machine(text)
