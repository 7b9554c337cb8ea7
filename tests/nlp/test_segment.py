"""Words are cut with the county's names whole."""

import importlib
import logging
import math
import threading
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.segment import MOST_FREQUENT, Segmenter

OURS = ("西东韩村", "善友桥")
HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
USUAL = st.sampled_from("我要说村口的路灯坏了三天没有人修自来水停电工资拖欠不给西东韩一万个")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Segmenter:
    """One segmenter for many examples."""
    return Segmenter(tmp_path_factory.mktemp("jieba"), OURS)


@pytest.fixture(scope="module")
def jiebas_own(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """jieba with the same words added."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        jieba = importlib.import_module("jieba")
    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = str(tmp_path_factory.mktemp("jieba"))
    for word in OURS:
        tokenizer.add_word(word, min(tokenizer.suggest_freq(word), MOST_FREQUENT))
    return tokenizer


@given(run=st.text(st.one_of(USUAL, HAN), min_size=1, max_size=40))
def test_any_run_is_cut_as_jieba_cuts_it(shared: Segmenter, jiebas_own: Any, run: str) -> None:
    assert shared.cut(run) == list(jiebas_own.cut(run, HMM=False))


def test_the_chance_of_a_word_is_jiebas(shared: Segmenter, jiebas_own: Any) -> None:
    (_, _, chance), *_ = shared.words("路灯")
    assert chance == math.log(jiebas_own.FREQ["路灯"] / jiebas_own.total)


def test_names_of_the_county_stay_whole(tmp_path: Path) -> None:
    segmenter = Segmenter(tmp_path / "cache", ["西东韩村", "善友桥"])
    words = segmenter.cut("西东韩村的路灯，ABC 善友桥")
    assert "西东韩村" in words
    assert "善友桥" in words
    assert "".join(words) == "西东韩村的路灯善友桥"


def test_what_is_ordinary_is_known_even_of_words_added(tmp_path: Path) -> None:
    segmenter = Segmenter(tmp_path, ["幸福", "西东韩"])
    assert segmenter.is_ordinary("幸福")
    assert not segmenter.is_ordinary("西东韩")
    assert not segmenter.is_ordinary("善友桥")


def test_several_threads_cut_alike(tmp_path: Path) -> None:
    segmenter = Segmenter(tmp_path)
    text = "村口的路灯坏了三天了没有人来修" * 20
    expected = segmenter.cut(text)
    found: list[list[str]] = []
    threads = [threading.Thread(target=lambda: found.append(segmenter.cut(text))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


def test_hostile_length_loses_nothing(tmp_path: Path) -> None:
    assert "".join(Segmenter(tmp_path).cut("路" * 100_000)) == "路" * 100_000
