"""What the linear models read of a message is counted as it is named."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from nlp import features
from nlp.features import Vocabulary

WORDS = st.lists(st.text("路灯坏了工资aé\U00020000", min_size=1, max_size=4), max_size=12)


@given(message=WORDS, other=WORDS, seen=st.integers(1, 3))
def test_counting_rows_is_counting_names(message: list[str], other: list[str], seen: int) -> None:
    names = dict.fromkeys((*features.of(message)[::seen], *features.of(other)))
    rows = {name: row for row, name in enumerate(names)}
    expected = Counter(rows[name] for name in features.of(message) if name in rows)
    found, often = Vocabulary(rows).counted(message)
    assert dict(zip(found.tolist(), often.tolist(), strict=True)) == expected


def test_of_nothing_known_nothing_is_counted() -> None:
    for known in ({}, {"w路灯": 0}):
        rows, often = Vocabulary(known).counted(["工资"])
        assert (len(rows), len(often)) == (0, 0)


def test_stop_words_mean_nothing() -> None:
    assert features.meant(["我", "要", "路灯"]) == ["路灯"]
