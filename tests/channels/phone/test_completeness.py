"""An answer need not wait where the words can stand, and waits where more mostly follows."""

import pytest

from channels.phone import completeness
from nlp.understanding import Guess, RequestKind, Understanding, Urgency

LAMP = (Guess(code="010217", confidence=0.9),)
HERE = (Guess(code="130506100225", confidence=0.9),)


def said(
    text: str,
    kind: RequestKind = RequestKind.HELP,
    *,
    asked: bool = True,
    urgency: Urgency = Urgency.NORMAL,
    **more: tuple[Guess, ...],
) -> bool:
    what = Understanding(text=text, kind=kind, urgency=urgency, **more)
    return completeness.stands(what, asked=asked)


@pytest.mark.parametrize("text", ["对", "是", "是的", "对对对", "没错，就是那里"])
def test_a_yes_is_answered_soon(text: str) -> None:
    assert said(text, RequestKind.YES)


@pytest.mark.parametrize("text", ["嗯", "嗯嗯", "是"])
def test_a_yes_to_nothing_begins_what_he_has_to_say(text: str) -> None:
    assert not said(text, RequestKind.YES, asked=False)


@pytest.mark.parametrize(
    "text", ["东韩村路灯坏了", "东韩村的路灯坏了三天了", "东韩村还没有来电没有"]
)
def test_a_matter_with_its_place_is_answered_soon(text: str) -> None:
    assert said(text, categories=LAMP, places=HERE)


def test_a_danger_is_answered_at_once_wherever_it_is() -> None:
    assert said("天然气漏了味道很大", urgency=Urgency.DANGER)
    assert not said("着火了，就在", urgency=Urgency.DANGER)


def test_a_question_needs_no_place() -> None:
    assert said("请问身份证在哪里办理", RequestKind.ENQUIRY, categories=LAMP)
    assert not said("请问", RequestKind.ENQUIRY)


def test_a_matter_without_a_place_waits() -> None:
    assert not said("路灯坏了", categories=LAMP)


@pytest.mark.parametrize(
    "text",
    ["东韩村路灯坏了，对", "东韩村路灯坏了，不是", "东韩村路灯坏了，就是", "在东韩村，路灯是"],
)
def test_words_after_which_more_comes_are_waited_for(text: str) -> None:
    assert not said(text, categories=LAMP, places=HERE)
    assert not said(text, RequestKind.YES)


@pytest.mark.parametrize("text", ["不是", "不对", "没有"])
def test_a_bare_no_waits_for_what_it_should_be(text: str) -> None:
    assert not said(text, RequestKind.NO)


@pytest.mark.parametrize("text", ["不是，是东韩村", "不是是东韩村", "不对我说的是东韩村"])
def test_a_correction_is_answered_soon(text: str) -> None:
    assert said(text, RequestKind.UNKNOWN, places=HERE)


@pytest.mark.parametrize("text", ["不是东韩村", "不是东韩村，是", "在东韩村", "不对，东韩村"])
def test_a_place_alone_waits_for_what_it_is_about(text: str) -> None:
    assert not said(text, RequestKind.UNKNOWN, places=HERE)


def test_a_no_that_says_what_instead_is_answered_soon() -> None:
    assert said("不是东韩村，西韩村", RequestKind.NO, places=HERE)
