"""Long answers are cut where sentences end, and what can't be shown is taken out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels import text


@pytest.mark.parametrize(
    ("words", "limit", "pieces"),
    [
        ("", 10, [""]),
        ("短", 10, ["短"]),
        ("先说一句。再说一句。", 15, ["先说一句。", "再说一句。"]),
        ("先说一句。再说", 100, ["先说一句。再说"]),
        ("甲乙，丙丁戊己", 12, ["甲乙，", "丙丁戊己"]),
        ("甲乙丙丁戊", 6, ["甲乙", "丙丁", "戊"]),
        ("第一段\n第二段。还有", 20, ["第一段\n", "第二段。还有"]),
        ("abc", 1, ["a", "b", "c"]),
        ("路", 1, ["路"]),
    ],
)
def test_words_are_cut_at_the_best_place(words: str, limit: int, pieces: list[str]) -> None:
    assert text.split(words, limit) == pieces


def test_a_family_is_not_torn_apart() -> None:
    family = "👨\u200d👩\u200d👧"
    pieces = text.split("一二三四五六七" + family, text.size_bytes("一二三四五六七" + family) - 3)
    assert pieces == ["一二三四五六七", family]


@given(st.text(st.characters(codec="utf-8")), st.integers(4, 40))
def test_pieces_keep_the_limit_and_lose_nothing(words: str, limit: int) -> None:
    pieces = text.split(words, limit)
    assert "".join(pieces) == words
    assert all(text.size_bytes(piece) <= limit for piece in pieces)
    assert words == "" or all(pieces)


@given(st.text(), st.integers(1, 40))
def test_pieces_can_be_counted_in_characters(words: str, limit: int) -> None:
    pieces = text.split(words, limit, len)
    assert "".join(pieces) == words
    assert all(len(piece) <= limit for piece in pieces)


def test_a_hundred_thousand_characters_are_cut_in_one_go() -> None:
    pieces = text.split("路" * 100_000, 2048)
    assert {len(piece) for piece in pieces[:-1]} == {682}


def test_what_nobody_can_show_is_taken_out() -> None:
    assert text.cleaned("一\x00二\x0b三\x7f\ufffe\ud800四\t五\r\n六\r七") == "一二三四\t五\n六\n七"


@given(st.text())
def test_cleaned_words_can_be_written_anywhere(words: str) -> None:
    cleaned = text.cleaned(words)
    assert "\x00" not in cleaned
    assert cleaned.encode("utf-8").decode("utf-8") == cleaned
    assert text.cleaned(cleaned) == cleaned
