"""A call ends in a ticket, an answer or with a person, whatever the caller does."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.message import InboundMessage, Receipt
from channels.phone import ear, reasons
from channels.phone.audio.media import Ended
from channels.phone.book import Outcome
from channels.phone.exchange.exchange import Next
from tests.channels.phone.talking import Stage, gone, reply, said

NUMBER = "20261124-0001"


def by_table(message: InboundMessage) -> Receipt:
    """A desk that reads back, opens on 对, and knows a few wishes."""
    if message.event == "hangup":
        return Receipt()
    if message.event:
        return reply("handed_over", ticket=NUMBER, person=True)
    answers = {
        "路灯坏了": reply("read_back", asks=True),
        "对": reply("receipt", ticket=NUMBER),
        "着火了": reply("danger_fire", "danger_where", ticket=NUMBER, asks=True, danger=True),
        "不用": reply("progress", danger=True),
        "再见": reply("goodbye"),
        "转人工": reply("handed_over", ticket=NUMBER, person=True),
        "再说一遍": reply("repeat"),
        "慢一点": reply("slower"),
        "我的事办咋样了": reply("progress"),
    }
    return answers.get(message.text, reply("ask_again"))


async def test_the_good_story() -> None:
    stage = Stage(script=[said("路灯坏了"), said("对"), ear.Silent()], answers=by_table)
    ended = await stage.run()
    assert stage.mouth.said == ["phone_greeting", "read_back", "receipt", "goodbye"]
    assert (ended.outcome, tuple(ended.tickets)) == (Outcome.SERVED, (NUMBER,))
    assert stage.left == [(Next.BYE, "")]
    assert stage.spoken == ["路灯坏了", "对"]


async def test_only_what_follows_a_question_is_an_answer() -> None:
    stage = Stage(script=[said("路灯坏了"), said("对"), said("再见"), gone()], answers=by_table)
    await stage.run()
    assert stage.asked[:3] == [False, True, False]


async def test_every_message_has_its_own_id_and_one_thread() -> None:
    stage = Stage(script=[said("路灯坏了"), said("对"), gone()], answers=by_table)
    await stage.run()
    assert len({m.external_id for m in stage.messages}) == len(stage.messages) == 3
    assert len({m.thread for m in stage.messages}) == 1
    assert all(m.spoken and m.channel == "phone" for m in stage.messages)


async def test_a_wish_for_a_person_is_obeyed_with_all_that_was_heard() -> None:
    stage = Stage(script=[said("转人工")], answers=by_table)
    ended = await stage.run()
    assert ended.outcome is Outcome.PERSON
    assert stage.left == [(Next.OPERATORS, NUMBER)]


async def test_zero_means_a_person_at_any_moment() -> None:
    stage = Stage(script=[said("路灯坏了"), ear.Pressed(digit="0")], answers=by_table)
    ended = await stage.run()
    assert ended.outcome is Outcome.PERSON
    assert stage.messages[-1].event.startswith("handover:")


async def test_other_keys_are_nothing() -> None:
    keys = [ear.Pressed(digit=each) for each in "123456789*#"]
    stage = Stage(script=[*keys, said("路灯坏了"), said("对"), gone()], answers=by_table)
    assert (await stage.run()).outcome is Outcome.SERVED


async def test_silence_is_asked_once_then_a_person_takes_the_call() -> None:
    stage = Stage(script=[ear.Silent(), ear.Silent()], answers=by_table)
    ended = await stage.run()
    assert stage.mouth.said[:2] == ["phone_greeting", "still_there"]
    assert ended.outcome is Outcome.PERSON


async def test_twice_not_heard_goes_to_a_person() -> None:
    stage = Stage(script=[said(""), said("")], answers=by_table)
    ended = await stage.run()
    assert stage.mouth.said[:2] == ["phone_greeting", "ask_again"]
    assert ended.outcome is Outcome.PERSON


async def test_once_not_heard_is_forgiven_when_the_next_is() -> None:
    script = [said(""), said("路灯坏了"), said(""), said("对"), ear.Silent()]
    assert (await Stage(script=script, answers=by_table).run()).outcome is Outcome.SERVED


async def test_a_deaf_recogniser_hands_over_what_it_had_heard() -> None:
    stage = Stage(script=[ear.Deaf(problem="too slow", text="路灯")], answers=by_table)
    ended = await stage.run()
    assert ended.outcome is Outcome.PERSON
    assert next(m.text or m.event for m in stage.messages) == "路灯"


async def test_putting_down_in_the_middle_settles_what_was_told() -> None:
    stage = Stage(script=[said("路灯坏了"), gone()], answers=by_table)
    ended = await stage.run()
    assert ended.outcome is Outcome.HUNG_UP
    assert stage.messages[-1].event == "hangup"


async def test_of_whom_we_lose_it_is_not_said_that_he_put_down() -> None:
    stage = Stage(script=[said("路灯坏了"), gone(Ended.LOST)], answers=by_table)
    assert (await stage.run()).outcome is Outcome.LOST
    assert stage.messages[-1].event == f"handover:{reasons.TAKEN_AWAY}"


async def test_whom_we_lose_before_he_has_told_anything_leaves_nothing() -> None:
    stage = Stage(script=[gone(Ended.LOST)], answers=by_table)
    assert (await stage.run()).outcome is Outcome.LOST
    assert stage.messages[-1].event == "hangup"


async def test_again_and_slower() -> None:
    script = [said("路灯坏了"), said("再说一遍"), said("慢一点"), said("对"), ear.Silent()]
    stage = Stage(script=script, answers=by_table)
    await stage.run()
    assert stage.mouth.said[1:4] == ["read_back", "again", "again slower"]


async def test_who_breaks_into_our_goodbye_is_heard() -> None:
    stage = Stage(script=[said("路灯坏了"), said("对"), ear.Silent(), gone()], answers=by_table)
    stage.mouth.into["goodbye"] = [ear.Began(), said("路灯坏了")]
    await stage.run()
    assert "goodbye" not in stage.mouth.heard
    assert stage.mouth.heard.count("read_back") == 2
    assert stage.left == []


async def test_a_murmur_into_our_words_is_no_answer() -> None:
    stage = Stage(script=[said("路灯坏了"), gone()], answers=by_table)
    stage.mouth.into["read_back"] = [ear.Began(), said("嗯")]
    await stage.run()
    assert "嗯" not in [message.text for message in stage.messages]
    assert stage.mouth.heard == ["phone_greeting", "again"]


async def test_a_murmur_in_his_own_turn_is_an_answer() -> None:
    stage = Stage(script=[said("路灯坏了"), ear.Began(), said("嗯"), gone()], answers=by_table)
    await stage.run()
    assert "嗯" in [message.text for message in stage.messages]


async def test_murmur_makes_nobody_understood() -> None:
    unclear = replace(said(""), end_ms=4000)
    stage = Stage(script=[unclear, gone()], answers=by_table)
    stage.mouth.into["ask_again"] = [ear.Began(), said("嗯")]
    ended = await stage.run()
    assert (ended.outcome, ended.reason) == (Outcome.HUNG_UP, reasons.NEVER_HEARD)


async def test_zero_silences_us_at_once() -> None:
    stage = Stage(script=[ear.Pressed(digit="0")], answers=by_table)
    await stage.run()
    assert stage.mouth.hushed == 1


async def test_silence_after_a_question_hears_the_question_again() -> None:
    stage = Stage(script=[said("路灯坏了"), ear.Silent(), ear.Silent()], answers=by_table)
    ended = await stage.run()
    assert stage.mouth.said[1:3] == ["read_back", "again"]
    assert (ended.outcome, ended.reason) == (Outcome.PERSON, "复述或追问后，居民没有回答")


async def test_progress_is_a_service_and_needs_no_ticket() -> None:
    stage = Stage(script=[said("我的事办咋样了"), ear.Silent()], answers=by_table)
    assert (await stage.run()).outcome is Outcome.SERVED


async def test_a_call_has_an_end() -> None:
    stage = Stage(script=[said("啊")] * 100, answers=by_table, longest_ms=5000)
    ended = await stage.run()
    assert ended.outcome is Outcome.PERSON
    assert "too_long_call" in stage.mouth.said


async def test_a_desk_that_fails_is_no_reason_to_lose_the_caller() -> None:
    def broken(message: InboundMessage) -> Receipt:
        raise RuntimeError("no database")

    stage = Stage(script=[said("路灯坏了")], answers=broken)
    ended = await stage.run()
    assert (ended.outcome, stage.left) == (Outcome.PERSON, [(Next.OPERATORS, "")])


@pytest.mark.parametrize(
    "script",
    [
        [said("着火了"), ear.Silent()],
        [said("着火了"), said("不用"), ear.Silent()],
        [said("着火了"), said("路灯坏了"), said("对"), ear.Silent()],
        [said("路灯坏了"), said("对"), said("着火了"), ear.Silent()],
    ],
)
async def test_who_falls_silent_in_a_danger_gets_a_person_and_no_goodbye(
    script: list[ear.Sound],
) -> None:
    stage = Stage(script=script, answers=by_table)
    ended = await stage.run()
    assert stage.mouth.said[-1] == "transferring"
    assert "goodbye" not in stage.mouth.said
    assert (ended.outcome, ended.reason) == (Outcome.PERSON, "有危险，居民没有再说话")
    assert stage.left == [(Next.OPERATORS, NUMBER)]


async def test_second_matter_that_is_read_back_is_asked_for_before_anybody_says_goodbye() -> None:
    script = [said("路灯坏了"), said("对"), said("路灯坏了"), ear.Silent(), ear.Silent()]
    stage = Stage(script=script, answers=by_table)
    ended = await stage.run()
    assert stage.mouth.said[3:5] == ["read_back", "again"]
    assert "goodbye" not in stage.mouth.said
    assert ended.outcome is Outcome.PERSON


async def test_who_hangs_up_on_a_second_matter_read_back_was_not_served() -> None:
    script = [said("路灯坏了"), said("对"), said("路灯坏了"), gone()]
    assert (await Stage(script=script, answers=by_table).run()).outcome is Outcome.HUNG_UP


@pytest.mark.parametrize("last", ["", "啊"])
async def test_who_was_not_understood_and_hangs_up_leaves_a_ticket_for_a_person(last: str) -> None:
    stage = Stage(script=[said(last), gone()], answers=by_table)
    ended = await stage.run()
    assert stage.messages[-1].event.startswith("handover:没有听清")
    assert (ended.outcome, tuple(ended.tickets)) == (Outcome.HUNG_UP, (NUMBER,))


async def test_who_was_not_understood_over_our_greeting_leaves_one_too() -> None:
    stage = Stage(script=[gone()], answers=by_table)
    stage.mouth.into["phone_greeting"] = [ear.Began(), said("")]
    await stage.run()
    assert stage.messages[-1].event.startswith("handover:没有听清")


async def test_a_cough_or_what_was_understood_later_is_nothing_to_ring_back_for() -> None:
    cough = replace(said(""), end_ms=500)
    for script in ([cough, gone()], [said(""), said("路灯坏了"), said("对"), gone()], [gone()]):
        stage = Stage(script=script, answers=by_table)
        await stage.run()
        assert stage.messages[-1].event == "hangup"


async def test_who_goes_on_while_the_desk_looks_is_not_talked_over() -> None:
    stage = Stage(
        script=[said("路灯坏了"), gone()],
        answers=by_table,
        during={"路灯坏了": [ear.Began(), said("对")]},
    )
    await stage.run()
    assert stage.mouth.said == ["phone_greeting", "receipt"]  # the read-back was overtaken


async def test_number_that_was_overtaken_is_told_once_he_has_finished() -> None:
    stage = Stage(script=[said("路灯坏了"), said("对"), gone()], answers=by_table)
    stage.during["对"] = [ear.Began(), said("我的事办咋样了")]
    await stage.run()
    assert stage.mouth.said == ["phone_greeting", "read_back", "receipt", "progress"]


async def test_advice_in_danger_that_was_overtaken_is_told_once_he_has_finished() -> None:
    stage = Stage(script=[said("着火了"), gone()], answers=by_table)
    stage.mouth.before["danger_fire"] = [ear.Began(), said("路灯坏了")]
    await stage.run()
    assert stage.mouth.said == ["phone_greeting", "danger_fire", "danger_where", "read_back"]


async def test_murmur_before_our_first_word_makes_us_say_it() -> None:
    stage = Stage(script=[said("路灯坏了"), gone()], answers=by_table)
    stage.mouth.before["read_back"] = [ear.Began(), said("嗯")]
    await stage.run()
    assert stage.mouth.heard == ["phone_greeting", "read_back"]


async def test_nobody_who_speaks_is_hung_up_on() -> None:
    bye = Stage(script=[said("再见"), gone()], answers=by_table)
    bye.during["再见"] = [ear.Began()]
    await bye.run()
    assert bye.left == []
    served = Stage(script=[said("路灯坏了"), said("对"), ear.Silent(), gone()], answers=by_table)
    served.mouth.before["goodbye"] = [ear.Began()]
    await served.run()
    assert served.left == []


async def test_zero_while_we_speak_or_prepare_to_is_obeyed_at_once() -> None:
    for when in ("into", "before"):
        stage = Stage(script=[said("着火了")], answers=by_table)
        getattr(stage.mouth, when)["danger_fire"] = [ear.Pressed(digit="0")]
        ended = await stage.run()
        assert "danger_fire" not in stage.mouth.heard
        assert (ended.outcome, ended.reason) == (Outcome.PERSON, "居民按 0 要求人工服务")


async def test_call_that_the_exchange_took_from_us_was_not_hung_up() -> None:
    stage = Stage(script=[said("路灯坏了"), gone()], answers=by_table, lives=True)
    ended = await stage.run()
    assert stage.messages[-1].event.startswith("handover:通话中系统没有响应")
    assert ended.outcome is Outcome.PERSON


async def test_goodbye_that_the_desk_cannot_settle_is_none_while_a_question_is_open() -> None:
    def broken_at_the_end(message: InboundMessage) -> Receipt:
        if message.event:
            raise RuntimeError("no database")
        return reply("goodbye", asks=True)

    stage = Stage(script=[said("再见")], answers=broken_at_the_end)
    assert (await stage.run()).outcome is Outcome.PERSON
    assert stage.left == [(Next.OPERATORS, "")]


_SOUNDS = st.sampled_from(
    [
        *(said(text) for text in ("路灯坏了", "对", "转人工", "再说一遍", "啊", "", "着火了")),
        ear.Silent(),
        ear.Began(),
        ear.Pressed(digit="0"),
        ear.Pressed(digit="5"),
        ear.Deaf(problem="broken", text="路"),
    ]
)


@given(st.lists(_SOUNDS, max_size=12), st.sampled_from([Ended.HANGUP, Ended.LOST]))
@settings(deadline=None)
@pytest.mark.timeout(120)
async def test_whatever_happens_a_call_ends_and_nothing_told_is_unsettled(
    sounds: list[ear.Sound], reason: Ended
) -> None:
    stage = Stage(script=[*sounds, gone(reason)], answers=by_table)
    ended = await stage.run()
    if "着火了" in [message.text for message in stage.messages]:
        assert Next.BYE not in [where for where, _ in stage.left]
    settled = stage.messages[-1].event or stage.messages[-1].text == "转人工"
    assert settled
    if ended.outcome is Outcome.PERSON:
        assert stage.left[-1][0] is Next.OPERATORS
    if ended.outcome is Outcome.SERVED and stage.left:
        assert stage.left[-1][0] is Next.BYE
