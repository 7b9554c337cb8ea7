"""People are heard by what the village calls them: 老李头, 老王家的, 张大娘."""

import pytest

from nlp import urgency
from nlp.danger import tables
from nlp.normalize import normalize
from nlp.segment import Segmenter
from nlp.understanding import Urgency
from nlp.urgency import Watch

CALLED = tables.words()["called"].split()


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Watch:
    """The tables without the second ear."""
    return urgency.build(Segmenter(tmp_path_factory.mktemp("jieba")))


def test_a_surname_stands_where_any_may() -> None:
    assert {"老李头", "老王家的", "张大娘", "郄婶子", "小赵"} <= set(CALLED)
    assert not any("某" in word or "=" in word for word in CALLED)


@pytest.mark.parametrize("said", ["{}掉井里了", "{}喝农药了", "{}叫车撞了", "{}触电了"])
def test_it_befalls_whoever_is_called_so(said: str, watch: Watch) -> None:
    told = [said.format(person) for person in CALLED]
    assert [each for each in told if not _is_danger(each, watch)] == []


@pytest.mark.parametrize(
    "said",
    [
        "老张头晕倒了",  # 头 is his, and not of 头晕
        "老李头叫人打了",
        "老周头让牛顶了",
        "李大爷找不着了",
        "刘奶奶叫不醒",
        "老刘头从房上掉下来了",
        "李四家的掉井里了",
        "张大娘摔了起不来",
        "老李头打俺娘",
        "老李头摔得头破血流",
    ],
)
def test_what_befalls_them_is_danger(said: str, watch: Watch) -> None:
    assert _is_danger(said, watch)


@pytest.mark.parametrize(
    "said",
    [
        "老张头晕",
        "老李头不赔钱",
        "老李头去年掉井里了",
        "李大娘九十了",
        "张大爷没回来吃饭",
        "老王家的狗叫",
        "老李头家墙皮掉了",
    ],
)
def test_talk_of_them_is_none(said: str, watch: Watch) -> None:
    assert not _is_danger(said, watch)


def _is_danger(said: str, watch: Watch) -> bool:
    return watch(normalize(said)).urgency is Urgency.DANGER
