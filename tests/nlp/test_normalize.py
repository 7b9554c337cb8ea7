"""Raw text becomes plain text."""

import timeit
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp import normalize

LIMIT = normalize.MOST_CHARACTERS + normalize.LAST_CHARACTERS
SPOKEN = st.text(
    alphabet=st.sampled_from(
        "嗯啊那个就是说我谢，,。:()！? \n一二零幺九十杠13路灯坏了a[微笑]①😀-ﷺ\u0338\ud800、"
    ),
    max_size=40,
)


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("我电话幺三九零零一二三四五六", "我电话13900123456"),
        ("电话是一三九，零零一二，三四五六", "电话是13900123456"),
        ("幺三九一二三四五六七八，幺三八一二三四五六七八", "13912345678,13812345678"),
        ("139 1234 5678", "13912345678"),
        ("二零二六一一二四杠零零零一", "20261124-0001"),
        ("五零二室", "502室"),
        ("门牌幺零二", "门牌102"),
        ("二零二六年三月十五号", "2026年三月十五号"),
    ],
)
def test_numbers_read_out_become_digits(raw: str, plain: str) -> None:
    assert normalize.normalize(raw) == plain


@pytest.mark.parametrize(
    "text",
    [
        "三组老张家",
        "三百零二块钱",
        "一千二百三十四户",
        "两万三千元",
        "一、二、三、四、五、六、七",
        "他家八九十口人",
        "2026-11-24",
        "10:30开门",
        "天天停水",
        "谢谢",
        "三思镇东北部村",
        "13912345678,13800000000",
    ],
)
def test_other_numbers_and_words_stay(text: str) -> None:
    assert normalize.normalize(text) == text


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("嗯嗯，那个，就是说路灯坏了坏了坏了", "路灯坏了"),
        ("我我我要投诉投诉！！！！😀[微笑]", "我要投诉！"),
        ("你好，在吗?", "你好，在吗？"),
        ("\ud800路灯\r\n坏了\x00", "路灯，坏了"),
        ("①路灯不亮②井盖没了", "1、路灯不亮，2、井盖没了"),
        ("ＡＢ１２３", "AB123"),
        ("东 韩 村  路 灯", "东韩村路灯"),
        ("俺村木有水，木人管", "俺村没有水，没人管"),
        ("树木有虫，乔木来了", "树木有虫，乔木来了"),
        ("嗯", "嗯"),
        ("", ""),
        ("😀😀", ""),
    ],
)
def test_fillers_pictures_and_stammering_go(raw: str, plain: str) -> None:
    assert normalize.normalize(raw) == plain


def test_of_a_long_text_the_beginning_and_the_end_are_read() -> None:
    read = normalize.normalize("开头" + "路灯井盖垃圾" * 20_000 + "结尾")
    assert len(read) <= LIMIT
    assert read.startswith("开头")
    assert read.endswith("结尾")


@pytest.mark.parametrize("run", [" ", "\u3000", ", ", "，"])
def test_a_long_run_of_spaces_costs_no_more_than_milliseconds(run: str) -> None:
    took_s = min(timeit.repeat(lambda: normalize.normalize(run * 100_000), number=1, repeat=3))
    assert took_s < 0.02  # a search from each of them to the end took 0.07


@settings(deadline=None, max_examples=300)
@given(st.one_of(SPOKEN, st.text(max_size=80)))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalize.normalize(text)
    assert normalize.normalize(once) == once
    assert len(once) <= LIMIT
    assert "\ud800" not in once


@given(
    st.text(
        alphabet=st.sampled_from("路灯坏，：；？！（）、。《》“”‘’—,:;?!() a1~`'\"\\"), max_size=20
    )
)
def test_the_quick_way_to_the_compatible_form_leads_there(text: str) -> None:
    assert normalize._USUAL.fullmatch(text)
    assert normalize._compatible(text) == unicodedata.normalize("NFKC", text)


@given(st.text(alphabet=st.sampled_from("路灯坏没水电"), min_size=2, max_size=6), st.integers(2, 4))
def test_what_is_said_again_at_once_is_seen(words: str, times: int) -> None:
    assert normalize._repeats(f"俺说{words * times}了")
