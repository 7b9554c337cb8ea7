"""Which phrases a county records, and how a text is cut into them."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.phone.voice import phrases, phrasing, reading
from channels.phone.voice.phrasing import MOST_RUN, Piece, Recorded
from config import load
from config.county import County

RECEIPT = (
    "您的事记下了，由和阳镇网格管理中心办理，后天下午五点半前给您答复。"
    "还有别的事您接着说。单号是20261124-0001。"
)


@pytest.fixture(scope="module")
def county() -> County:
    return load.load_county(Path("config/nanhe"))


@pytest.fixture(scope="module")
def known(county: County) -> Recorded:
    return Recorded(texts=frozenset(phrases.phrases(county)))


def said(text: str, recorded: Recorded) -> list[tuple[str, bool]]:
    return [(piece.text, piece.recorded) for piece in phrasing.cut(reading.read(text), recorded)]


def test_phrases_are_fit_to_be_read_aloud_and_named_once(county: County) -> None:
    texts = list(phrases.phrases(county))
    assert len(texts) == len(set(texts))
    assert all(phrases.plain(reading.read(text)) == text for text in texts)
    assert not any(each.isdigit() or each in "{}" for text in texts for each in text)


def test_everything_fixed_in_the_spoken_replies_is_a_phrase(county: County) -> None:
    fixed = phrases.grouped(county)["话术"]
    assert "由" in fixed
    assert not any("回" in text and "单号" not in text for text in fixed if text.startswith("想问"))


def test_receipt_is_recorded_from_its_first_to_its_last_word(
    county: County, known: Recorded
) -> None:
    pieces = said(RECEIPT, known)
    assert all(recorded for _, recorded in pieces)
    assert "".join(text for text, _ in pieces).replace("，", "") == phrases.plain(
        reading.read(RECEIPT)
    ).replace("，", "")
    assert ("和阳镇网格管理中心", True) in pieces
    assert ("下午五点半", True) in pieces


def test_free_words_are_synthesised_in_one_run_and_not_patched_with_scraps(known: Recorded) -> None:
    answer = "路灯的线路已经换了新的，今天晚上请您再看一看"
    assert said(answer, known) == [(answer, False)]


def test_pause_is_longest_after_a_sentence() -> None:
    recorded = Recorded(texts=frozenset({"好", "您请讲", "第一", "第二"}))
    pieces = phrasing.cut("好。第一、第二，您请讲", recorded)
    assert [piece.pause_ms for piece in pieces] == [320, 110, 150, phrasing.JOIN_MS]


def test_marks_inside_a_phrase_belong_to_it() -> None:
    recorded = Recorded(texts=frozenset({"您好，请讲", "您好", "请讲"}))
    assert said("您好。请讲。", recorded) == [("您好，请讲", True)]


def test_longest_phrase_wins() -> None:
    recorded = Recorded(texts=frozenset({"东", "韩", "村", "东韩村"}))
    assert said("东韩村", recorded) == [("东韩村", True)]


def test_long_run_is_cut_at_a_mark() -> None:
    text = "路灯坏了，" * 100
    pieces = phrasing.cut(text, Recorded(texts=frozenset()))
    assert all(len(piece.text) <= MOST_RUN for piece in pieces)
    assert "".join(piece.text for piece in pieces).replace("，", "") == text.replace("，", "")
    assert all(piece.text.endswith("了") for piece in pieces)


words = st.text(st.sampled_from("东韩村路灯坏了，。、"), max_size=60)


@settings(deadline=None)
@given(words, st.sets(words.map(phrases.plain).filter(bool), max_size=12))
def test_pieces_hold_every_word_in_order(text: str, recorded: set[str]) -> None:
    pieces = phrasing.cut(text, Recorded(texts=frozenset(recorded)))
    assert "".join(map(_bare, (piece.text for piece in pieces))) == _bare(text)
    assert all(piece.text in recorded for piece in pieces if piece.recorded)
    assert all(_bare(piece.text) for piece in pieces)


def _bare(text: str) -> str:
    return "".join(each for each in text if each not in "，。、")


def test_nothing_is_no_piece() -> None:
    assert phrasing.cut("", Recorded(texts=frozenset({"好"}))) == ()
    assert phrasing.cut("。", Recorded(texts=frozenset({"好"}))) == ()
    assert phrasing.cut("啊", Recorded(texts=frozenset())) == (
        Piece(text="啊", recorded=False, pause_ms=phrasing.JOIN_MS),
    )
