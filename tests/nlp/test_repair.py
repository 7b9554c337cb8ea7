"""What an answer to a read-back says: a table, and that any text is answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp import repair
from nlp.repair import Repair, Slot


@pytest.mark.parametrize(
    ("text", "denied", "meant"),
    [
        ("不是，是东韩村", "", "东韩村"),
        ("不是是东韩村", "", "东韩村"),
        ("不，是西韩村", "", "西韩村"),
        ("不对，在贾宋镇", "", "贾宋镇"),
        ("不对在贾宋镇", "", "贾宋镇"),
        ("不是东韩村是西韩村", "东韩村", "西韩村"),
        ("不是在东韩村是在西韩村", "东韩村", "西韩村"),
        ("不在东韩村在西韩村", "东韩村", "西韩村"),
        ("不叫东韩村叫西韩村", "东韩村", "西韩村"),
        ("不是路灯，是井盖", "路灯", "井盖"),
        ("不是路灯是井盖", "路灯", "井盖"),
        ("你说错了是西韩村", "", "西韩村"),
        ("错了，应该是西韩村", "", "西韩村"),
        ("不是的，是西韩村", "", "西韩村"),
        ("不是东韩村", "", "东韩村"),
        ("不对", "", ""),
        ("都不是", "", ""),
        ("好像不对", "", ""),
        ("哦，不是", "", ""),
        ("地址改成西韩村", "", "西韩村"),
    ],
)
def test_what_is_denied_and_what_is_meant_instead(text: str, denied: str, meant: str) -> None:
    assert repair.read(text) == Repair(denies=True, denied=denied, meant=meant)


@pytest.mark.parametrize(
    ("text", "slot", "meant"),
    [
        ("地方不对", Slot.PLACE, ""),
        ("村名错了", Slot.PLACE, ""),
        ("是地方", Slot.PLACE, ""),
        ("地点不对，是西韩村", Slot.PLACE, "西韩村"),
        ("我改个地址", Slot.PLACE, ""),
        ("把地址改一下吧", Slot.PLACE, ""),
        ("事情不对", Slot.MATTER, ""),
        ("事儿说错了，是井盖", Slot.MATTER, "井盖"),
    ],
)
def test_the_part_is_known_by_its_name(text: str, slot: Slot, meant: str) -> None:
    read = repair.read(text)
    assert (read.denies, read.slot, read.meant) == (True, slot, meant)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("对", ""),
        ("对对", ""),
        ("嗯对", ""),
        ("没错，就是那里", "那里"),
        ("对，就在村口", "就在村口"),
        ("是东韩村", "东韩村"),
        ("就是西韩村", "西韩村"),
    ],
)
def test_a_yes_and_what_comes_after_it(text: str, rest: str) -> None:
    read = repair.read(text)
    assert (read.agrees, read.rest) == (True, rest)


@pytest.mark.parametrize(
    "text", ["对面那家", "对门", "中间那个灯", "行政村", "好几个月了", "东韩村"]
)
def test_words_that_only_begin_like_a_yes_are_none(text: str) -> None:
    read = repair.read(text)
    assert (read.agrees, read.denies, read.meant) == (False, False, text)


def test_what_comes_on_top_is_told_from_what_is_put_right() -> None:
    assert repair.read("还有井盖也丢了") == Repair(adds=True, meant="井盖也丢了")


@pytest.mark.parametrize("text", ["算了", "不用了", "那就算了吧", "不用了，算了", "不报了"])
def test_giving_up_is_heard(text: str) -> None:
    assert repair.gives_up(text)


@pytest.mark.parametrize("text", ["不是", "不对", "不用水", "算了三天", ""])
def test_other_words_are_no_giving_up(text: str) -> None:
    assert not repair.gives_up(text)


@given(
    st.text(alphabet="不是对在错东韩村路灯，地方事情还有嗯 的了", max_size=60)
    | st.text(max_size=60)
)
def test_any_answer_is_read_in_one_way_only(text: str) -> None:
    read = repair.read(text)
    assert sum((read.agrees, read.denies, read.adds)) <= 1
    assert read.meant in text
    assert read.denied in text
