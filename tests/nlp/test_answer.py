"""Answers as people give them when they are rung after a result: a table a question."""

import pytest

from nlp import answer
from nlp.answer import Question

YES, NO, NEITHER = True, False, None

SOLVED = {
    YES: "解决了 修好了谢谢 弄好了 早修好了 已经解决了 都解决了 全弄好了 没问题 没问题了 没毛病 好了 亮了 通了 来水了 嗯 对 是的 "
    "对对解决了 嗯解决了 解决啦 办完了 处理好了 妥了 行了 中了 没事了 好着呢 能用了 坏了又修好了 一开始没解决后来解决了 "
    "解决了不过有点慢 解决了就是没人联系我 修好了，就是态度不太好 必须的解决了 清完了 换上了 没意见，解决了",
    NO: "没解决 没有解决 没有 没有呢 没 没呢 还没有 还没修 没修好 没人来修 没给俺修 根本没人管 又坏了 修好了又坏了 修了没修好 还是那样 "
    "还在漏 照样不亮 不亮 没动静 解决不了 没怎么解决 没完全解决 没彻底解决 白修了 糊弄人 老样子 哪有 别提了 差得远 未解决 "
    "嗯没有 啊没有啊 没好 没有下文 不算解决 啥也没修 什么都没解决 没意见就是还没修好 处理得不彻底 不行",
    NEITHER: "记不清了 不知道 我也不知道 不清楚 不太清楚 我不记得了 没注意 没去看 没听清 你说什么我听不见 不好意思你说啥 你是哪里 等着解决呢 "
    "不知道解决没有 不好说 说不准 应该解决了吧 好像好了 解决了一半 修了一点 怎么说呢 有的好了 差不多 不用了 喂 喂喂 你好 你是谁 谁啊 有点慢 再说吧 "
    "是谁啊 是啥事 哪里的 好像没有 可能吧 稍等",
}
SATISFIED = {
    YES: "满意 很满意 挺满意的 非常满意 基本满意 还算满意 满意满意 没意见 没有意见 没啥意见 没什么意见 没有啥意见 没有任何意见 没有不满意 没什么不满意的 "
    "没得说 没的说 没说的 没啥说的 没啥可挑的 没二话 不错 挺不错 不赖 不差 不孬 不坏 挺好 挺好的 很好 真好 还行 还可以 还中 可以 凑合 "
    "中 行 好 好的 嗯 对 是 满意，就是有点慢 没意见谢谢你们 谢谢 辛苦你们了 得劲 没毛病 没问题 "
    "没啥不满意的 有啥不满意的 不是不满意 可好了 态度挺好 勉强满意 满意得很",
    NO: "不满意 不太满意 不太行 不太好 一点也不满意 完全不满意 不大满意 不是很满意 不怎么满意 很不满意 非常不满意 不算满意 不够满意 谈不上满意 有意见 意见大了 意见很大 差劲 太差了 "
    "不咋样 不咋地 不怎么样 糊弄人 应付事 失望 不行 不好 不 没有 差评 不满 不中 提点意见 敷衍俺们 还不满意",
    NEITHER: "记不清了 不知道 说不上来 不好说 一般 一般般 马马虎虎 有点慢 没听清 喂 你好 差不多 不评价 不想说 满意个啥 再说吧 什么 啥 "
    "你说啥 等等 还没看呢吗 没印象",
}
CONTACTED = {
    YES: "有 有啊 联系了 联系过 联系过了 打过电话 打了电话 给我打电话了 来过 来了 来人了 来了两个人 有人来 有人联系 上门了 上门看了 没少来 没少打电话 "
    "没打电话，人来了 没来人，打了个电话 打电话了没来人 来过没修 嗯 对 是 接过电话 问过我 他来家看的 找过我了 见过 昨天来的 村里来人看过",
    NO: "没有 没 没呢 没联系 没联系过 没有联系过 没人联系 没人联系过我 没人来过 没人来 没有人来 没给我打电话 没打过电话 没接到电话 没来过 哪有人来 没见着人 "
    "谁也没来 谁都没联系我 一个电话也没打 没人管 没人问 连个电话都没有 没人跟我联系 从来没联系过 不 没上门 没说过 没有没有 没有过 都没有 也没人说一声 一直没联系 没给俺打过",
    NEITHER: "记不清了 不知道 不记得了 忘了 谁来过啊 什么人 没注意 好像来过 可能打过 没在意 你是谁 喂 你好 没听清 你说啥 不清楚 回头再说",
}


def _cases(table: dict[bool | None, str]) -> list[tuple[str, bool | None]]:
    return [(words, wanted) for wanted, many in table.items() for words in many.split()]


@pytest.mark.parametrize(("words", "wanted"), _cases(SOLVED))
def test_is_it_solved(words: str, wanted: bool | None) -> None:
    assert answer.of(words, Question.SOLVED) is wanted


@pytest.mark.parametrize(("words", "wanted"), _cases(SATISFIED))
def test_is_he_satisfied(words: str, wanted: bool | None) -> None:
    assert answer.of(words, Question.SATISFIED) is wanted


@pytest.mark.parametrize(("words", "wanted"), _cases(CONTACTED))
def test_has_anybody_been_in_touch(words: str, wanted: bool | None) -> None:
    assert answer.of(words, Question.CONTACTED) is wanted


@pytest.mark.parametrize("question", Question)
@pytest.mark.parametrize("words", ["", "，", "哈", "啊啊", "啊", "今天天气好热", "一二三"])
def test_what_is_no_answer_is_none(words: str, question: Question) -> None:
    assert answer.of(words, question) is None


@pytest.mark.parametrize(
    "words",
    [
        "喂",
        "喂喂",
        "你好",
        "喂你好",
        "您好",
        "哪位",
        "你是谁",
        "你哪里",
        "啊",
        "嗯",
        "哦",
        "没听清",
        "什么",
        "啥事",
        "你说",
        "请讲",
        "喂，哪位啊",
        "等一下",
        "听不见",
    ],
)
def test_a_hello_takes_nothing_in(words: str) -> None:
    assert answer.is_hello(words) and not answer.takes_in(words)


@pytest.mark.parametrize(
    "words",
    [
        "知道了",
        "收到",
        "好的",
        "好",
        "明白",
        "嗯好的",
        "行",
        "听到了",
        "清楚了",
        "我马上去",
        "好好好",
        "中",
    ],
)
def test_who_says_so_has_taken_it_in(words: str) -> None:
    assert answer.takes_in(words) and not answer.is_hello(words)


@pytest.mark.parametrize("words", ["不知道", "没听清楚", "解决了", "我在开车", "听不清楚"])
def test_other_words_are_neither(words: str) -> None:
    assert not answer.takes_in(words) and not answer.is_hello(words)
