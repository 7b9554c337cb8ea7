"""Trained weights hold no person's name, by rules other than those by which they were trained."""

import re
from pathlib import Path

import numpy as np
import pytest

from nlp import classify, network, personal
from nlp.danger import ear

# Of the commonest full names in the country, by the ministry's yearly report, and some in the news.
COMMON = re.findall(
    r"\S+",
    """
    张伟 王伟 王芳 李伟 李娜 张敏 李静 王静 刘伟 王秀英 张丽 李秀英 王丽 张静 张秀英 李强 王敏 李敏 王磊 刘洋
    王艳 王勇 李军 张勇 李杰 张杰 张磊 王强 王军 张艳 李勇 王超 刘敏 陈静 刘杰 张涛 周辉 杨慧 李明 李平 刘强
    王平 陈杰 张军 王杰 张强 刘军 陈敏 王鹏 李建国 王建国 张建国 何建军 习近平 李克强
    """,
)
OFFICE = re.compile(
    "[李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚詹]"
    "(?:书记|[市县区厅局处科镇乡]长|主任|先生|女士|某)"
)


@pytest.fixture(scope="module")
def known() -> set[str]:
    """Every word and run of characters that the program's models know, pairs of words joined."""
    found: set[str] = set()
    for folder in (classify.MODEL, ear.MODEL):
        found |= {feature[1:].replace(" ", "") for feature in _vocabulary(folder)}
    for readers in network.load(classify.MODEL).readers:
        found |= set(readers.vocabulary)
    return found


def _vocabulary(folder: Path) -> list[str]:
    with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
        return bytes(arrays["vocabulary"]).decode("utf-8").split("\n")


def test_no_weight_belongs_to_a_common_name(known: set[str]) -> None:
    assert "路灯" in known and len(known) > 50_000
    assert known.isdisjoint(COMMON)


def test_no_weight_belongs_to_somebody_in_office(known: set[str]) -> None:
    assert [each for each in sorted(known) if OFFICE.fullmatch(each)] == []


def test_the_leaders_name_is_in_no_piece_either(known: set[str]) -> None:
    assert [each for each in known if "近平" in each or "克强" in each] == []


@pytest.mark.parametrize(
    "name", ["何建军", "李强", "王明", "张健", "周辉", "詹书记", "黄某", "毛市长"]
)
def test_names_are_known(name: str) -> None:
    assert personal.Names().has(name)


@pytest.mark.parametrize(
    "word", ["路灯", "收费", "噪音", "班主任", "总书记", "副局长", "村主任", "小区", "方便", "建国"]
)
def test_words_are_no_names(word: str) -> None:
    assert not personal.Names().has(word)


def test_pieces_of_a_name_that_are_words_are_left() -> None:
    pieces = personal.Names().pieces(["何建军", "习近平", "路灯"])
    assert {"习近", "近平"} <= pieces
    assert "建军" not in pieces
