"""A call ends in a ticket, an answer or with a person, whatever the caller does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.message import InboundMessage, Receipt
from channels.phone import ear
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
        "路灯坏了": reply("read_back"),
        "对": reply("receipt", ticket=NUMBER),
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
    assert [line.text for line in stage.notes.lines] == ["路灯坏了", "对"]


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


async def test_a_broken_line_is_told_apart_and_settled_too() -> None:
    stage = Stage(script=[said("路灯坏了"), gone(Ended.LOST)], answers=by_table)
    assert (await stage.run()).outcome is Outcome.LOST
    assert stage.messages[-1].event == "hangup"


async def test_again_and_slower() -> None:
    script = [said("路灯坏了"), said("再说一遍"), said("慢一点"), said("对"), ear.Silent()]
    stage = Stage(script=script, answers=by_table)
    await stage.run()
    assert stage.mouth.said[1:4] == ["read_back", "again", "again slower"]


async def test_who_breaks_into_our_goodbye_is_heard() -> None:
    script = [said("路灯坏了"), said("对"), ear.Silent(), said("路灯坏了"), gone()]
    stage = Stage(script=script, answers=by_table)
    stage.mouth.broken.add("goodbye")
    await stage.run()
    assert stage.mouth.said.count("read_back") == 2
    assert stage.left == []


async def test_a_murmur_into_our_words_is_no_answer() -> None:
    stage = Stage(script=[said("路灯坏了"), ear.Began(), said("嗯"), gone()], answers=by_table)
    stage.mouth.talking = True  # he begins while we still read back
    await stage.run()
    assert "嗯" not in [message.text for message in stage.messages]
    assert "again" in stage.mouth.said


async def test_a_murmur_in_his_own_turn_is_an_answer() -> None:
    stage = Stage(script=[said("路灯坏了"), ear.Began(), said("嗯"), gone()], answers=by_table)
    await stage.run()
    assert "嗯" in [message.text for message in stage.messages]


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


_SOUNDS = st.sampled_from(
    [
        *(said(text) for text in ("路灯坏了", "对", "转人工", "再说一遍", "啊", "")),
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
    settled = stage.messages[-1].event or stage.messages[-1].text == "转人工"
    assert settled
    if ended.outcome is Outcome.PERSON:
        assert stage.left[-1][0] is Next.OPERATORS
    if ended.outcome is Outcome.SERVED and stage.left:
        assert stage.left[-1][0] is Next.BYE
