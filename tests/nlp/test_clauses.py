"""Clauses: where they end, and what stands in one."""

import pytest

from nlp import clauses


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("路灯坏了，没人修。", ["路灯坏了", "没人修"]),
        ("别说是我说的 东韩村停水了", ["别说是我说的", "东韩村停水了"]),
        ("坏了3.5天.没人管", ["坏了3.5天", "没人管"]),
        ("，，", []),
        ("", []),
    ],
)
def test_text_falls_into_its_clauses(text: str, parts: list[str]) -> None:
    assert clauses.split(text) == parts


@pytest.mark.parametrize(
    ("look", "before", "after"), [(30, "没有", "了"), (1, "有", "了"), (0, "", "")]
)
def test_nothing_is_seen_beyond_the_clause(look: int, before: str, after: str) -> None:
    text = "说了，没有着火了，放心"
    at = text.index("着火")
    assert clauses.before(text, at, look) == before
    assert clauses.after(text, at + 2, look) == after


def test_the_marks_that_end_a_clause_are_found_where_they_stand() -> None:
    assert clauses.ends("着火了，快来！在A、B两栋") == [3, 6]
    assert clauses.ends("没有标点") == []
    assert all(clauses.ends(f"甲{mark}") == [1] for mark in clauses.ENDS)
