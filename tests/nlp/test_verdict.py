"""What is said of a result."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp import kind, verdict
from nlp.normalize import normalize
from nlp.understanding import RequestKind

SOLVED, UNSOLVED = RequestKind.SOLVED, RequestKind.UNSOLVED
SATISFIED, UNSATISFIED = RequestKind.SATISFIED, RequestKind.UNSATISFIED


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("解决了", {SOLVED}),
        ("已经修好了，谢谢", {SOLVED}),
        ("灯亮了", {SOLVED}),
        ("属实", {SOLVED}),
        ("没解决", {UNSOLVED}),
        ("没有解决", {UNSOLVED}),
        ("没修", {UNSOLVED}),
        ("根本没人来修", {UNSOLVED}),
        ("还是不亮", {UNSOLVED}),
        ("还没修好呢！灯黑着", {UNSOLVED}),
        ("修好一天又坏了", {UNSOLVED}),
        ("不属实", {UNSOLVED}),
        ("不实", {UNSOLVED}),
        ("满意", {SATISFIED}),
        ("基本满意", {SATISFIED}),
        ("非常满意", {SATISFIED}),
        ("还行", {SATISFIED}),
        ("不满意", {UNSATISFIED}),
        ("不太满意", {UNSATISFIED}),
        ("不怎么样", {UNSATISFIED}),
        ("解决了，很满意", {SOLVED, SATISFIED}),
        ("修好了，就是不太满意", {SOLVED, UNSATISFIED}),
        ("没解决，不满意", {UNSOLVED, UNSATISFIED}),
    ],
)
def test_result_is_judged(text: str, said: set[RequestKind]) -> None:
    assert set(verdict.of(normalize(text))) == said


@pytest.mark.parametrize(
    "text",
    [
        "解决了吗",
        "修好了没有",
        "什么时候能修好",
        "怎么还没修",
        "你好",
        "东韩村路灯坏了",
        "谢谢",
        "转人工",
        "",
        "修好了，" + "村里另外还有一件事要说清楚，是关于街上摆摊和路边停车的，" * 3,
    ],
)
def test_what_asks_or_tells_something_else_judges_nothing(text: str) -> None:
    assert verdict.of(normalize(text)) == ()


@pytest.mark.parametrize("text", ["解决了", "没解决", "没修", "满意", "不满意", "不实"])
def test_without_a_result_the_same_words_are_no_verdict(text: str) -> None:
    assert kind.judge(normalize(text))[0] not in {SOLVED, UNSOLVED, SATISFIED, UNSATISFIED}


@given(st.text(alphabet="没不解决修好了满意还是又坏，", max_size=30))
def test_nobody_says_two_opposite_things(text: str) -> None:
    said = verdict.of(text)
    assert not {SOLVED, UNSOLVED} <= set(said)
    assert not {SATISFIED, UNSATISFIED} <= set(said)
