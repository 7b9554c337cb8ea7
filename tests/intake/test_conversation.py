"""How a conversation goes on: a table of cases, and what must hold for any talk."""

from datetime import timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from channels.message import Attachment, Point
from intake.talk import conversation, questions, reasons
from intake.talk.steps import (
    AskWithdraw,
    Judge,
    Move,
    Open,
    Say,
    Supplement,
    TellProgress,
    Withdraw,
)
from intake.talk.turn import Stage, Told
from nlp.understanding import RequestKind, Urgency
from tests.intake.talk import (
    DONGHAN,
    KNOWLEDGE,
    LAMP,
    SAYINGS,
    WATER,
    Talk,
    drafts,
    keys,
    understand,
)


def test_full_sentence_opens_a_ticket_at_once() -> None:
    (opened,) = drafts(Talk().say("东韩村路灯坏了"))
    assert opened.draft.category == LAMP.code
    assert opened.draft.place == DONGHAN.code
    assert opened.draft.handover_reason == ""


def test_missing_place_is_asked_once_and_the_answer_fills_it() -> None:
    talk = Talk()
    assert keys(talk.say("路灯坏了")) == ["ask_place"]
    (opened,) = drafts(talk.say("东韩村"))
    assert (opened.draft.category, opened.draft.place) == (LAMP.code, DONGHAN.code)
    assert opened.draft.text == "路灯坏了\n东韩村"
    assert opened.draft.messages == ("m1", "m2")


def test_words_that_are_sure_of_the_matter_go_before_a_guess_of_it() -> None:
    talk = Talk()
    assert keys(talk.say("乱套了")) == ["ask_place"]
    (opened,) = drafts(talk.say("东韩村路灯坏了"))
    assert (opened.draft.category, opened.draft.place) == (LAMP.code, DONGHAN.code)
    assert opened.draft.text == "乱套了\n东韩村路灯坏了"


def test_another_matter_told_where_we_asked_for_the_place_has_a_ticket_of_its_own() -> None:
    talk = Talk()
    assert keys(talk.say("路灯坏了")) == ["ask_place"]
    lamp, water = (each.draft for each in drafts(talk.say("东韩村停水")))
    assert (lamp.category, lamp.place, lamp.text) == (LAMP.code, DONGHAN.code, "路灯坏了")
    assert (water.category, water.place, water.text) == (WATER.code, DONGHAN.code, "东韩村停水")
    assert lamp.messages == water.messages == ("m1", "m2")
    assert keys(talk.say("查询")) != ["ask_place"]


def test_two_near_places_are_asked_about_with_both_names() -> None:
    talk = Talk()
    talk.say("路灯坏了")
    turn = talk.say("韩村")
    assert keys(turn) == ["ask_place_which"]
    (said,) = [step for step in turn.steps if isinstance(step, Say)]
    assert said.reply.choices == ("和阳镇东韩村", "和阳镇西韩村")
    (opened,) = drafts(talk.say("东韩村"))
    assert opened.draft.place == DONGHAN.code


def test_what_is_not_understood_twice_goes_to_a_person() -> None:
    talk = Talk()
    assert keys(talk.say("啊")) == ["ask_matter"]
    (opened,) = drafts(talk.say("啊"))
    assert opened.draft.handover_reason == reasons.NOT_UNDERSTOOD
    assert opened.draft.messages == ("m1", "m2")


def test_of_a_result_told_after_a_question_the_verdict_is_heard_and_the_question_stands() -> None:
    talk = Talk()
    talk.say("路灯坏了")
    result = Told(ticket="20261120-0001", at=talk.at + timedelta(seconds=60), category=WATER.code)
    turn = talk.say("没有解决", after_s=90, told=result)
    (judged,) = [step for step in turn.steps if isinstance(step, Judge)]
    assert judged.ticket == "20261120-0001"
    assert talk.state.stage is Stage.PLACE
    (opened,) = drafts(talk.say("东韩村", told=result))
    assert (opened.draft.category, opened.draft.place) == (LAMP.code, DONGHAN.code)


def test_of_a_result_told_before_a_question_the_question_is_answered() -> None:
    talk = Talk()
    result = Told(ticket="20261120-0001", at=talk.at, category=WATER.code)
    talk.say("路灯坏了", told=result)
    turn = talk.say("没有解决", told=result)
    assert not [step for step in turn.steps if isinstance(step, Judge)]


def test_place_that_is_not_found_goes_to_a_person() -> None:
    talk = Talk()
    talk.say("路灯坏了")
    (opened,) = drafts(talk.say("就在那边上"))
    assert opened.draft.handover_reason == reasons.PLACE_UNKNOWN
    assert opened.draft.category == LAMP.code


def test_who_does_not_say_where_is_asked_once_more() -> None:
    talk = Talk()
    talk.say("路灯坏了")
    assert keys(talk.say("啊")) == ["ask_place"]
    (opened,) = drafts(talk.say("啊"))
    assert opened.draft.handover_reason == reasons.PLACE_UNKNOWN


def test_wish_for_a_person_hands_over_everything_heard() -> None:
    talk = Talk()
    talk.say("路灯坏了")
    (opened,) = drafts(talk.say("转人工"))
    assert opened.draft.handover_reason == reasons.PERSON_ASKED
    assert "路灯坏了" in opened.draft.text


def test_danger_is_answered_first_and_asked_only_where() -> None:
    turn = Talk().say("着火了")
    assert keys(turn) == ["danger_general", "danger_where"]
    (opened,) = drafts(turn)
    assert opened.draft.urgency is Urgency.DANGER
    assert opened.draft.handover_reason == reasons.DANGER_FIRST
    assert isinstance(turn.steps[0], Say)


def test_more_words_of_the_same_danger_join_its_ticket() -> None:
    talk = Talk()
    talk.say("着火了")
    turn = talk.say("着火了", after_s=3)
    assert not drafts(turn)
    assert keys(turn) == ["danger_general", "danger_again", "danger_where"]
    assert any(isinstance(step, Supplement) and step.alarm for step in turn.steps)


def test_burst_joins_the_ticket_and_says_so_once() -> None:
    talk = Talk()
    talk.say("东韩村路灯坏了")
    turns = [talk.say("啊", after_s=4) for _ in range(4)]
    added = [step for turn in turns for step in turn.steps]
    assert all(isinstance(step, Supplement) for step in added)
    assert [step.brief for step in added if isinstance(step, Supplement)] == [
        False,
        True,
        True,
        True,
    ]


def test_another_certain_matter_opens_a_second_ticket() -> None:
    talk = Talk()
    talk.say("东韩村路灯坏了")
    (opened,) = drafts(talk.say("东韩村停水"))
    assert opened.draft.category == WATER.code


def test_several_demands_become_several_tickets_with_a_common_place() -> None:
    opened = drafts(Talk().say("路灯坏了还有东韩村停水"))
    assert [each.draft.category for each in opened] == [LAMP.code, WATER.code]
    assert {each.draft.place for each in opened} == {DONGHAN.code}


def test_talk_is_answered_as_talk() -> None:
    assert keys(Talk().say("你好")) == ["greeting"]
    assert keys(Talk().say("谢谢")) == ["thanks"]
    assert isinstance(Talk().say("查询").steps[0], TellProgress)


def test_withdrawing_needs_a_yes() -> None:
    talk = Talk()
    talk.say("东韩村路灯坏了")
    assert isinstance(talk.say("撤单", after_s=60).steps[0], AskWithdraw)
    turn = talk.say("是")
    assert isinstance(turn.steps[0], Withdraw)
    assert turn.steps[0].ticket == "20261123-0001"


def test_withdrawing_is_dropped_by_a_no() -> None:
    talk = Talk()
    talk.say("东韩村路灯坏了")
    talk.say("撤单", after_s=60)
    assert talk.say("不用了").steps == (TellProgress(ticket=talk.state.ticket),)
    assert talk.state.stage is Stage.OPEN


def test_mention_is_a_candidate_until_a_yes_in_private() -> None:
    talk = Talk()
    assert keys(talk.say("东韩村路灯坏了", public=True)) == ["confirm_public"]
    (opened,) = drafts(talk.say("是"))
    assert opened.draft.place == DONGHAN.code


def test_mention_is_forgotten_by_a_no() -> None:
    talk = Talk()
    talk.say("东韩村路灯坏了", public=True)
    assert not drafts(talk.say("不用了"))
    assert talk.state.texts == ()


def test_silence_after_a_question_still_ends_in_a_ticket() -> None:
    talk = Talk()
    talk.say("路灯坏了")
    assert talk.state.due_at is not None
    later = talk.message("路灯坏了", received_at=talk.state.due_at)
    turn = conversation.expire(talk.state, sender=later, knowledge=KNOWLEDGE)
    (opened,) = drafts(turn)
    assert opened.draft.handover_reason == reasons.NO_ANSWER
    assert opened.draft.category == LAMP.code
    assert turn.conversation.due_at is None


def test_photo_without_words_asks_what_it_shows() -> None:
    photo = (Attachment(kind="image", reference="store:1"),)
    assert keys(Talk().say("", attachments=photo)) == ["media_kept"]


def test_photo_after_a_ticket_belongs_to_it() -> None:
    talk = Talk()
    talk.say("东韩村路灯坏了")
    photo = (Attachment(kind="image", reference="store:1"),)
    turn = talk.say("", after_s=600, attachments=photo)
    assert isinstance(turn.steps[0], Supplement)


def test_menu_and_following_are_answered() -> None:
    assert keys(Talk().say("", event="follow")) == ["welcome"]
    assert isinstance(Talk().say("", event="menu:progress").steps[0], TellProgress)
    assert drafts(Talk().say("", event="menu:person"))


def test_pin_is_kept_as_the_address() -> None:
    talk = Talk()
    talk.say("路灯坏了")
    point = Point(latitude=37.0, longitude=114.7, label="某某超市门口")
    (opened,) = drafts(talk.say("啊", point=point))
    assert opened.draft.address == "某某超市门口（北纬 37.00000，东经 114.70000）"


@given(st.lists(st.sampled_from(sorted(SAYINGS)), min_size=1, max_size=12), st.booleans())
@example(["着火了", "侯东那边路灯坏了", "20261120-0001没解决", "着火了"], False)
def test_nothing_told_is_ever_lost(sayings: list[str], slowly: bool) -> None:
    """Every matter told is in a draft, in a supplement, or still remembered; questions end."""
    talk = Talk()
    asked = most_asked = 0
    told = [s for s in sayings if understand(s).categories or understand(s).urgency == "danger"]
    for saying in sayings:
        turn = talk.say(saying, after_s=90 if slowly else 5)
        again = understand(saying).kind in (RequestKind.REPEAT, RequestKind.SLOWER)
        question = any(k.startswith("ask_") for k in keys(turn)) and not again
        asked = asked + 1 if question else 0
        most_asked = max(most_asked, asked)
    kept = [step.draft.text for step in talk.steps if isinstance(step, Open)]
    kept += [step.text for step in talk.steps if isinstance(step, Supplement | Move)]
    kept += list(talk.state.texts)
    for saying in told:
        pieces = understand(saying).demands if len(understand(saying).demands) > 1 else (saying,)
        assert all(any(piece in text for text in kept) for piece in pieces)
    assert most_asked <= questions.MOST_QUESTIONS
