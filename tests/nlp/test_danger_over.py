"""Is a danger over, and is nothing else said?"""

import pytest

from nlp.danger import over


@pytest.mark.parametrize(
    "text",
    [
        "灭了",
        "火已经灭了",
        "找着了谢谢",
        "孩子找到了，放心吧",
        "俺娘醒过来了",
        "误会",
        "你们不用来了",
    ],
)
def test_it_has_ended(text: str) -> None:
    assert over.ended(text)
    assert not over.is_nothing(text)


@pytest.mark.parametrize(
    "text", ["没事了", "虚惊一场", "误报了", "火灭了没事了", "没事儿了，灭了，谢谢"]
)
def test_there_is_nothing_left(text: str) -> None:
    assert over.ended(text) and over.is_nothing(text)


@pytest.mark.parametrize(
    "text",
    [
        "人快不好了",
        "不好了快来人",
        "没救上来了快",
        "没救上来了",
        "还没找着",
        "未扑灭了",
        "快灭了",
        "好了",
        "在俺家后院好了快来",
        "醒了不会说话",
        "119说不用来",
        "误会不了就是着火",
        "他没回来了",
        "他回来了",
        "派出所说找到了不是他",
        "人没事",
        "没事了吗",
        "灭了又着了",
        "谢谢",
        "",
        "谢谢了" * 400 + "灭",
    ],
)
def test_it_is_not_over(text: str) -> None:
    assert not over.ended(text) and not over.is_nothing(text)
