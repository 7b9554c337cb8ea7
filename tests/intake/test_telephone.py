"""A call: what is told is read back, put right, and then a ticket or a person; nothing is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.message import Attachment
from intake.talk import conversation, joining, questions, readback, reasons
from intake.talk.steps import (
    HandOver,
    Move,
    Open,
    ReadBack,
    Say,
    Supplement,
    TellProgress,
    Withdraw,
)
from intake.talk.turn import Stage, Turn
from nlp.understanding import Urgency
from tests.intake.talk import (
    COVER,
    DONGHAN,
    HOUDONG,
    JIASONG,
    KNOWLEDGE,
    LAMP,
    LATER_EAST,
    SAYINGS,
    WATER,
    XIHAN,
    Talk,
    drafts,
    kept,
    keys,
    read_back,
    understand,
)

LAMP_HERE = "东韩村路灯坏了"


def call(*sayings: str) -> Talk:
    """A caller who has said these."""
    talk = Talk(spoken=True)
    for saying in sayings:
        talk.say(saying)
    return talk


def test_ticket_is_read_back_before_it_is_opened() -> None:
    talk = call()
    turn = talk.say(LAMP_HERE)
    assert not drafts(turn)
    draft = read_back(turn).draft
    assert (draft.category, draft.place) == (LAMP.code, DONGHAN.code)
    assert talk.state.stage is Stage.CONFIRM


@pytest.mark.parametrize("yes", ["对", "是", "谢谢", "对，就在村口", "是东韩村", "没错就是那里"])
def test_yes_opens_what_was_read_back(yes: str) -> None:
    talk = call()
    read = read_back(talk.say(LAMP_HERE)).draft
    turn = talk.say(yes)
    (opened,) = drafts(turn)
    assert (opened.draft.category, opened.draft.place) == (read.category, read.place)
    assert opened.draft.handover_reason == turn.person == ""
    assert opened.draft.messages == ("m1", "m2")


def test_words_beside_the_yes_are_kept() -> None:
    (opened,) = drafts(call(LAMP_HERE).say("对，就在村口"))
    assert opened.draft.text == "东韩村路灯坏了\n对，就在村口"


@pytest.mark.parametrize(
    ("told", "answer", "category", "place"),
    [
        (LAMP_HERE, "不是，是西韩村", LAMP.code, XIHAN.code),
        (LAMP_HERE, "不是是西韩村", LAMP.code, XIHAN.code),
        (LAMP_HERE, "不是东韩村是西韩村", LAMP.code, XIHAN.code),
        (LAMP_HERE, "是西韩村", LAMP.code, XIHAN.code),
        (LAMP_HERE, "西韩村", LAMP.code, XIHAN.code),
        (LAMP_HERE, "不对，在贾宋镇", LAMP.code, JIASONG.code),
        (LAMP_HERE, "不是路灯，是井盖", COVER.code, DONGHAN.code),
        (LAMP_HERE, "是井盖", COVER.code, DONGHAN.code),
        (LAMP_HERE, "不对，是西韩村的井盖", COVER.code, XIHAN.code),
        (LAMP_HERE, "第三根杆子", LAMP.code, DONGHAN.code),
        (LAMP_HERE, "你好", LAMP.code, DONGHAN.code),
    ],
)
def test_only_the_part_spoken_of_changes(told: str, answer: str, category: str, place: str) -> None:
    talk = call(told)
    draft = read_back(talk.say(answer)).draft
    assert (draft.category, draft.place) == (category, place)
    (opened,) = drafts(talk.say("对"))
    assert (opened.draft.category, opened.draft.place) == (category, place)
    assert told in opened.draft.text


def test_township_alone_picks_the_namesake_that_lies_there() -> None:
    talk = call()
    assert read_back(talk.say("侯东路灯坏了")).draft.place == HOUDONG.code
    draft = read_back(talk.say("不对，在贾宋镇")).draft
    assert (draft.category, draft.place) == (LAMP.code, LATER_EAST.code)


def test_place_of_the_same_sound_in_the_township_named_is_the_one() -> None:
    talk = call("路灯坏了", "侯东")
    assert talk.state.options == (HOUDONG.code, LATER_EAST.code)
    draft = read_back(talk.say("贾宋镇的")).draft
    assert draft.place == LATER_EAST.code


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        ("第一个", HOUDONG.code),
        ("后面那个", LATER_EAST.code),
        ("郝桥的", HOUDONG.code),
        ("侯爷的侯", HOUDONG.code),
        ("后东村", LATER_EAST.code),
    ],
)
def test_which_of_two_is_answered_by_name_township_order_or_character(
    answer: str, place: str
) -> None:
    assert read_back(call("路灯坏了", "侯东").say(answer)).draft.place == place


def test_places_that_sound_alike_are_told_apart_by_their_townships() -> None:
    talk = call("路灯坏了")
    turn = talk.say("侯东")
    (said,) = [step for step in turn.steps if isinstance(step, Say)]
    assert said.reply.values["options"] == "郝桥镇的侯东村，还是贾宋镇的后东村"


def test_none_of_those_offered_is_asked_for_anew() -> None:
    turn = call("路灯坏了", "侯东").say("不对，是东韩村")
    assert read_back(turn).draft.place == DONGHAN.code
    assert keys(call("侯东那边路灯坏了").say("都不是")) == ["ask_place"]
    assert call("路灯坏了", "侯东").say("都不是").person == reasons.PLACE_UNKNOWN


def test_plain_no_is_asked_about_once_then_put_right() -> None:
    talk = call(LAMP_HERE)
    assert keys(talk.say("不对")) == ["ask_wrong"]
    assert read_back(talk.say("是西韩村")).draft.place == XIHAN.code
    assert drafts(talk.say("对"))


@pytest.mark.parametrize(
    ("no", "key"),
    [("地方不对", "ask_place"), ("事情不对", "ask_matter"), ("不是东韩村", "ask_place")],
)
def test_a_part_that_is_denied_is_asked_for(no: str, key: str) -> None:
    assert keys(call(LAMP_HERE).say(no)) == [key]


def test_part_asked_for_replaces_the_one_denied() -> None:
    talk = call(LAMP_HERE, "地方不对")
    draft = read_back(talk.say("西韩村")).draft
    assert (draft.category, draft.place) == (LAMP.code, XIHAN.code)
    talk = call(LAMP_HERE, "事情不对")
    draft = read_back(talk.say("井盖")).draft
    assert (draft.category, draft.place) == (COVER.code, DONGHAN.code)


def test_what_is_not_settled_goes_to_a_person_with_everything_heard() -> None:
    talk = call(LAMP_HERE, "不对", "嗯那个杆子")
    turn = talk.say("不是不是，是那边")
    (opened,) = drafts(turn)
    assert opened.transfer
    assert turn.person == opened.draft.handover_reason == reasons.NOT_AGREED
    for words in (LAMP_HERE, "嗯那个杆子", "不是不是，是那边"):
        assert words in opened.draft.text


def test_other_matter_on_top_gets_a_ticket_of_its_own_after_the_first() -> None:
    talk = call(LAMP_HERE)
    read_back(talk.say("还有井盖"))
    turn = talk.say("对")
    (first,) = drafts(turn)
    assert first.draft.category == LAMP.code
    second = read_back(turn).draft
    assert (second.category, second.place) == (COVER.code, DONGHAN.code)
    assert drafts(talk.say("对"))[0].draft.category == COVER.code


def test_two_matters_of_one_breath_are_read_back_one_after_the_other() -> None:
    talk = call()
    assert read_back(talk.say("路灯坏了还有东韩村停水")).draft.category == LAMP.code
    turn = talk.say("对")
    assert read_back(turn).draft.category == WATER.code
    talk.say("对")
    opened = [step.draft for step in talk.steps if isinstance(step, Open)]
    assert [draft.category for draft in opened] == [LAMP.code, WATER.code]
    assert {draft.place for draft in opened} == {DONGHAN.code}


def test_who_does_not_want_it_is_not_written_down() -> None:
    talk = call(LAMP_HERE)
    turn = talk.say("算了")
    assert keys(turn) == ["dropped"]
    assert talk.state.texts == ()
    assert not drafts(talk.happens("hangup"))


@pytest.mark.parametrize("stage", [(), ("路灯坏了",), ("路灯坏了", "侯东"), (LAMP_HERE,)])
@pytest.mark.parametrize(
    ("words", "key"), [("再说一遍", "repeat"), ("慢一点", "slower"), ("等一下", "wait")]
)
def test_saying_it_again_changes_nothing(stage: tuple[str, ...], words: str, key: str) -> None:
    talk = call(*stage)
    before = talk.state
    assert keys(talk.say(words)) == [key]
    assert talk.state == before


def test_in_writing_the_question_that_stands_is_put_again() -> None:
    talk = Talk()
    talk.say("路灯坏了")
    assert keys(talk.say("再说一遍")) == ["ask_place"]
    assert keys(Talk().say("再说一遍")) == ["repeat"]


def test_danger_is_opened_at_once_and_a_person_is_offered() -> None:
    talk = call()
    turn = talk.say("着火了")
    assert keys(turn) == ["danger_general", "danger_where"]
    (opened,) = drafts(turn)
    assert opened.draft.urgency is Urgency.DANGER
    assert opened.danger == "danger"
    assert turn.person == ""
    turn = talk.say("东韩村")
    assert [step.place for step in turn.steps if isinstance(step, Move)] == [DONGHAN.code]
    assert keys(turn) == ["danger_transfer"]


def test_yes_to_the_offer_hands_the_call_over_with_the_ticket_of_the_danger() -> None:
    talk = call("着火了", "东韩村")
    number = talk.state.ticket
    turn = talk.say("对")
    assert turn.steps == (HandOver(ticket=number, reason=reasons.DANGER_TRANSFER),)
    assert turn.person == reasons.DANGER_TRANSFER


def test_no_to_the_offer_tells_the_number() -> None:
    talk = call("着火了", "东韩村")
    turn = talk.say("不用了")
    assert turn.steps == (TellProgress(ticket=talk.state.ticket),)
    assert talk.state.stage is Stage.OPEN


def test_danger_in_the_middle_takes_along_what_was_told_before() -> None:
    talk = call("路灯坏了还有东韩村停水")
    (opened,) = drafts(talk.say("着火了"))
    for words in ("路灯坏了", "东韩村停水", "着火了"):
        assert words in opened.draft.text


@pytest.mark.parametrize("stage", [(), ("路灯坏了",), ("路灯坏了", "侯东"), (LAMP_HERE,), ("啊",)])
def test_person_is_given_at_any_moment_with_all_that_was_told(stage: tuple[str, ...]) -> None:
    talk = call(*stage)
    turn = talk.say("转人工")
    (opened,) = drafts(turn)
    assert opened.transfer
    assert turn.person == reasons.PERSON_ASKED
    assert all(words in opened.draft.text for words in stage)


def test_person_after_a_ticket_gets_that_ticket_and_no_empty_one() -> None:
    talk = call(LAMP_HERE, "对")
    number = talk.state.ticket
    turn = talk.say("转人工")
    assert turn.steps == (HandOver(ticket=number, reason=reasons.PERSON_ASKED),)
    assert turn.person == reasons.PERSON_ASKED


def test_progress_is_told_in_a_call_as_in_a_chat() -> None:
    assert call().say("查询").steps == (TellProgress(ticket=""),)


def test_more_words_after_the_ticket_join_it_and_are_answered() -> None:
    talk = call(LAMP_HERE, "对", "第三根杆子")
    turn = talk.say("晚上看不见路", after_s=120)
    (added,) = turn.steps
    assert isinstance(added, Supplement)
    assert not added.quiet


def test_same_matter_in_another_place_is_another_ticket() -> None:
    talk = call(LAMP_HERE, "对")
    assert read_back(talk.say("侯东路灯坏了")).draft.place == HOUDONG.code


@pytest.mark.parametrize("done", ["不用了", "谢谢", "再见", "对"])
def test_whoever_is_done_hears_goodbye(done: str) -> None:
    assert keys(call(LAMP_HERE, "对").say(done)) == ["goodbye"]


def test_misheard_beginning_is_asked_for_once_then_a_person() -> None:
    talk = call()
    assert keys(talk.say("听不明白的一长串话在这里")) == ["ask_again"]
    turn = talk.say("还是听不明白的一长串")
    assert turn.person == reasons.NOT_UNDERSTOOD
    assert drafts(turn)[0].transfer


def test_place_not_made_out_is_asked_for_twice_then_a_person() -> None:
    talk = call("路灯坏了")
    assert keys(talk.say("啊")) == ["ask_place"]
    assert talk.say("啊").person == reasons.PLACE_UNKNOWN


def test_hello_while_we_wait_for_the_place_makes_us_say_it_again() -> None:
    talk = call("路灯坏了")
    assert keys(talk.say("你好")) == ["repeat"]
    assert talk.state.stage is Stage.PLACE


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (("路灯坏了",), reasons.HUNG_UP),
        (("路灯坏了", "侯东"), reasons.HUNG_UP),
        ((LAMP_HERE,), reasons.UNCONFIRMED),
        ((LAMP_HERE, "不对"), reasons.UNCONFIRMED),
        (("路灯坏了还有东韩村停水",), reasons.UNCONFIRMED),
    ],
)
def test_hanging_up_leaves_a_ticket_of_what_was_told(told: tuple[str, ...], reason: str) -> None:
    talk = call(*told)
    turn = talk.happens("hangup")
    (opened,) = drafts(turn)
    assert opened.draft.handover_reason == reason
    assert opened.draft.category == LAMP.code
    assert turn.person == ""
    assert talk.state.texts == talk.state.pending == ()
    assert talk.state.due_at is None


def test_last_words_of_who_hangs_up_are_in_the_ticket() -> None:
    (opened,) = drafts(call("路灯坏了").happens("hangup", "在东韩村那"))
    assert opened.draft.text == "路灯坏了\n在东韩村那"


def test_yes_while_hanging_up_is_a_yes() -> None:
    talk = call("路灯坏了还有东韩村停水")
    first, second = drafts(talk.happens("hangup", "对"))
    assert first.draft.handover_reason == ""
    assert second.draft.handover_reason == reasons.HUNG_UP
    assert second.draft.category == WATER.code


@pytest.mark.parametrize("before", [(), ("你好",), (LAMP_HERE, "对"), ("查询",)])
def test_who_has_nothing_pending_leaves_nothing_by_hanging_up(before: tuple[str, ...]) -> None:
    assert call(*before).happens("hangup").steps == ()


def test_missed_call_is_a_ticket_at_once() -> None:
    voice = (Attachment(kind="voice", reference="store:1"),)
    (opened,) = drafts(call().happens("missed", attachments=voice))
    assert opened.draft.text == reasons.RECORDING
    assert opened.draft.handover_reason == reasons.MISSED
    assert opened.draft.reporter == "tel:+8613900000000"
    assert opened.draft.reporter_phone == "+8613900000000"


def test_call_that_has_its_ticket_and_is_missed_afterwards_has_no_second_one() -> None:
    talk = call(LAMP_HERE)
    talk.happens("handover:系统没有响应")
    number = talk.state.ticket
    assert talk.happens("missed").steps == (HandOver(ticket=number, reason=reasons.MISSED),)


def test_transcript_of_a_missed_call_is_understood() -> None:
    (opened,) = drafts(call().happens("missed", LAMP_HERE))
    assert opened.draft.text == LAMP_HERE
    assert (opened.draft.category, opened.draft.place) == (LAMP.code, DONGHAN.code)
    assert opened.draft.handover_reason == reasons.MISSED


def test_hand_over_by_the_telephone_keeps_what_was_heard() -> None:
    turn = call("路灯坏了").happens("handover:识别出错")
    (opened,) = drafts(turn)
    assert opened.draft.text == "路灯坏了"
    assert opened.draft.handover_reason == turn.person == "识别出错"


def test_hand_over_after_a_ticket_keeps_that_ticket() -> None:
    talk = call(LAMP_HERE, "对")
    number = talk.state.ticket
    assert talk.happens("handover:识别出错").steps == (HandOver(ticket=number, reason="识别出错"),)


def test_silent_caller_has_a_ticket_only_where_he_is_handed_over() -> None:
    assert call().happens("hangup").steps == ()
    (opened,) = drafts(call().happens("handover:居民没有说话"))
    assert opened.draft.text == reasons.NOTHING_HEARD
    (opened,) = drafts(call().happens("handover"))
    assert opened.draft.handover_reason == reasons.CALL_FAILED


def test_call_of_which_no_more_is_heard_is_settled_like_a_hang_up() -> None:
    talk = call(LAMP_HERE)
    assert talk.state.due_at is not None
    later = talk.message(LAMP_HERE, received_at=talk.state.due_at)
    (opened,) = drafts(conversation.expire(talk.state, sender=later, knowledge=KNOWLEDGE))
    assert opened.draft.handover_reason == reasons.UNCONFIRMED
    assert (opened.draft.category, opened.draft.place) == (LAMP.code, DONGHAN.code)


def test_who_keeps_denying_where_a_danger_is_is_offered_a_person() -> None:
    talk = call(LAMP_HERE, "着火了")
    assert keys(talk.say("地方不对")) == ["ask_place"]
    turn = talk.say("地方不对")
    assert keys(turn) == ["danger_transfer"]
    assert [s.look for s in turn.steps if isinstance(s, Supplement)] == [reasons.LATER_PLACE]


REPAIRS = ("不是，是西韩村", "不是路灯，是井盖", "地方不对", "都不是", "第三根杆子", "还有井盖")
WORDS = sorted({*SAYINGS, *REPAIRS})


def _asks(turn: Turn) -> bool:
    """Is a question put? The one that stands, said again behind a withdrawal, is none."""
    withdrawn = any(isinstance(step, (Withdraw, TellProgress)) for step in turn.steps)
    return not withdrawn and any(key.startswith("ask_") for key in keys(turn))


def _is_settled(turn: Turn) -> bool:
    """Has the matter gone to a ticket or a person, or did he drop it? What comes is another one."""
    gone = any(isinstance(step, (Open, HandOver)) for step in turn.steps)
    return gone or bool(turn.person) or "dropped" in keys(turn)


@given(st.lists(st.sampled_from((*WORDS, *["撤单"] * 9)), max_size=14))
def test_a_matter_has_two_questions_at_most_whatever_is_said_between(sayings: list[str]) -> None:
    """What is told and waits for its ticket is one; a ticket that we ask about further is another."""
    talk = Talk(spoken=True)
    asked, waits = 0, False
    for saying in sayings:
        turn = talk.say(saying)
        waited, waits = waits, bool(talk.state.texts)
        if _is_settled(turn) or waits != waited:
            asked = 0
        asked += _asks(turn)
        assert asked <= questions.MOST_QUESTIONS


def test_withdrawals_between_give_no_question_more() -> None:
    talk = call("路灯坏了", "撤单")
    assert keys(talk.say("不用了")) == ["ask_place"]  # it stands still
    assert keys(talk.say("啊")) == ["ask_place"]
    talk.say("撤单")
    assert keys(talk.say("对")) == ["ask_place"]
    assert talk.say("啊").person == reasons.PLACE_UNKNOWN


@given(st.lists(st.sampled_from(WORDS), max_size=14), st.sampled_from(["hangup", "handover:线路"]))
def test_every_call_ends_with_everything_in_a_ticket(sayings: list[str], end: str) -> None:
    """Whatever is said in whatever order: what was told is in a ticket when the call is over,
    unless he himself dropped it; questions and repairs end; a person's turn says why.
    """
    talk = Talk(spoken=True)
    told: list[str] = []
    asked = repaired = 0
    for saying in sayings:
        where_a_danger_is = joining.waits_for_place(talk.state)
        turn = talk.say(saying)
        if where_a_danger_is and talk.state.texts:
            asked = 0  # he tells something else now
        if "dropped" in keys(turn):
            told.clear()
        said = understand(saying)
        if said.categories and saying in SAYINGS:
            told += said.demands if len(said.demands) > 1 else (saying,)
        asked = asked + 1 if _asks(turn) else 0
        repaired = repaired + 1 if any(isinstance(s, ReadBack) for s in turn.steps) else 0
        assert asked <= questions.MOST_QUESTIONS
        assert talk.state.repairs <= readback.MOST_REPAIRS
        assert turn.steps
        handed = any(
            isinstance(s, HandOver) or (isinstance(s, Open) and s.transfer) for s in turn.steps
        )
        assert handed == bool(turn.person)
        assert all(
            step.draft.handover_reason == turn.person
            for step in turn.steps
            if isinstance(step, Open) and step.transfer
        )
    talk.happens(end)
    assert talk.state.texts == talk.state.pending == ()
    texts = kept(talk.steps, talk.state)
    dropped = "dropped" in [s.reply.key for s in talk.steps if isinstance(s, Say)]
    assert dropped or all(any(words in text for text in texts) for words in told)
    assert all(step.draft.text for step in talk.steps if isinstance(step, Open))
