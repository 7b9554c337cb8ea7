"""Rows of several tables are found in one reading of a text, each by its own table."""

import pytest

from nlp.danger.rules import Finder, Rule

WORDS = {"person": "老人 孩子", "fell": "掉进 掉到", "water": "河里 井里"}


def rule(name: str, *slots: str, gap: int = 4) -> Rule:
    across = tuple(slot.endswith(",") for slot in slots)
    bare = tuple(slot.removesuffix(",") for slot in slots)
    return Rule(danger=name, name=name, slots=bare, across=across, gap=gap, weak=False)


FINDER = Finder(
    (
        [rule("drowning", "person,", "fell", "water")],
        [rule("thing", "手机/钥匙", "fell", "water"), rule("play", "person", "玩水")],
    ),
    WORDS,
)


@pytest.mark.parametrize(
    ("text", "dangers", "harmless"),
    [
        ("老人掉进河里了", ["drowning"], []),
        ("手机掉到井里了", [], ["thing"]),
        ("孩子，掉进河里", ["drowning"], []),  # a comma may lie behind the first slot
        ("老人掉进，河里", [], []),  # and none behind the second
        ("孩子。掉进河里", [], []),
        ("孩子玩水，手机掉进河里", [], ["thing", "play"]),
        ("孩子在村东头那边掉进河里", [], []),  # too far
        ("路灯坏了", [], []),
    ],
)
def test_each_table_has_its_rows(text: str, dangers: list[str], harmless: list[str]) -> None:
    found = FINDER.find(text, ())
    assert [[match.rule.name for match in table] for table in found] == [dangers, harmless]


def test_a_word_inside_another_one_does_not_count() -> None:
    assert FINDER.find("老人掉进河里", [(3, 5)]) == ((), ())
