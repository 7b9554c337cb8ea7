"""Whoever is marked goes to a person after the greeting, and is asked nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import AsyncMock, Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from channels.message import Contact, InboundMessage, Receipt
from channels.phone import asked, ear, reasons
from channels.phone.audio.media import Ended
from channels.phone.book import Began, Outcome, Purpose
from channels.phone.exchange.exchange import Next
from channels.phone.talk import straight, window
from channels.phone.talk.standing import Standing
from channels.phone.talk.turns import Turn, Turns
from tests.channels.phone import virtual
from tests.channels.phone.acting import HANGS, Act, Delays, Presses, Says, Story
from tests.channels.phone.talking import CALL_ID, CALLER, NOW, Stage, gone, reply, said
from tests.channels.phone.test_serving import Line, owed

NUMBER = "20261124-0001"
GREETING = straight.GREETING.key
BEGAN = Began(call_id=CALL_ID, contact=CALLER, purpose=Purpose.INBOUND, at=NOW)


def desk(message: InboundMessage) -> Receipt:
    if message.event:
        return reply("handed_over", ticket=NUMBER, person=True)
    return reply("read_back", asks=True)


def stage(**more: Any) -> Stage:
    return Stage(script=[], answers=desk, straight=True, **more)


async def test_who_is_marked_is_greeted_and_given_on_with_a_ticket() -> None:
    scene = stage()
    ended = await scene.run()
    assert scene.mouth.heard == [GREETING]
    assert (ended.outcome, ended.reason) == (Outcome.PERSON, reasons.MARKED)
    assert scene.left == [(Next.OPERATORS, NUMBER)]
    assert [each.event for each in scene.messages] == [f"handover:{reasons.MARKED}"]


async def test_what_he_says_into_the_greeting_goes_along_and_is_not_answered() -> None:
    scene = stage()
    scene.mouth.into[GREETING] = [ear.Began(), said("路灯坏了")]
    await scene.run()
    assert scene.spoken == ["路灯坏了"]
    assert [each.text for each in scene.messages] == ["路灯坏了", ""]
    assert scene.mouth.said == [GREETING]
    assert scene.left == [(Next.OPERATORS, NUMBER)]


GREETING_S, SETTLED_S = 4.0, 2.0  # the latter: his pause, the desk and the exchange
ENDLESS = Says(text="路灯坏了", length_s=600.0, after_s=1.0, waits=False)
SENTENCES = [Says(text=f"第{at}句", length_s=1.0, after_s=1.3, waits=False) for at in range(20)]
NEXT_S = 1.08  # after his words: they are an utterance, and he is not quiet yet
DANGER_LATE = [
    *(replace(each, after_s=NEXT_S, length_s=0.4) for each in SENTENCES[:2]),
    Says(text="着火了", length_s=0.4, after_s=NEXT_S, waits=False),
]


def told(*acts: Act, reason: str = reasons.MARKED, delays: Delays | None = None) -> Story:
    """The whole call of somebody marked, in audio time."""
    story = Story(
        acts=acts,
        seconds_of=lambda text: GREETING_S,
        speak=lambda reply: reply.key,
        answers=desk,
        delays=delays or Delays(),
        straight=True,
    )
    ended = virtual.run(story.run())
    assert (ended.outcome, ended.reason) == (Outcome.PERSON, reason)
    assert [line.key for line in story.lines] == [GREETING]
    return story


@pytest.mark.parametrize("after_s", [1.0, 3.9])
def test_half_a_sentence_that_he_begins_in_the_greeting_is_heard_to_its_end(after_s: float) -> None:
    story = told(Says(text="俺家的羊叫人牵走了", length_s=3.0, after_s=after_s, waits=False))
    assert story.noted == ["俺家的羊叫人牵走了"]
    assert [each.text for each in story.messages] == ["俺家的羊叫人牵走了", ""]
    assert story.left == [Next.OPERATORS]
    assert story.left_s < after_s + 3.0 + SETTLED_S


def test_who_speaks_without_end_has_his_person_all_the_same_and_is_heard_after_the_call() -> None:
    story = told(ENDLESS, reason=reasons.MARKED_UNHEARD)
    assert story.left == [Next.OPERATORS]
    assert story.left_s < 1.0 + straight.HEARD_OUT_S + SETTLED_S


@pytest.mark.parametrize("judge_s", [0.05, HANGS])
@pytest.mark.parametrize("desk_s", [(0.1,), (1.5,), (3.4,), (HANGS,), (HANGS, 0.1)])
@pytest.mark.parametrize("acts", [(), (ENDLESS,), SENTENCES, SENTENCES[:3], DANGER_LATE])
def test_desk_that_is_slow_puts_off_nobodys_person(
    acts: Sequence[Act], desk_s: Sequence[float], judge_s: float
) -> None:
    story = Story(
        acts=acts,
        seconds_of=lambda text: GREETING_S,
        speak=lambda reply: reply.key,
        answers=desk,
        delays=Delays(desk_s=desk_s, judge_s=(judge_s,)),
        straight=True,
    )
    with capture_logs():
        ended = virtual.run(story.run())
    assert (ended.outcome, story.left) == (Outcome.PERSON, [Next.OPERATORS])
    (greeting,) = story.lines
    given_on_s = story.left_s - greeting.end_ms / 1000
    assert given_on_s < straight.HEARD_OUT_S + straight.DESK_S + window.FAILED_WITHIN_S + 0.2
    assert len(story.messages) <= (3 if acts is DANGER_LATE else 2)
    words = "".join(each.text for each in story.messages)
    assert all(each in words for each in story.noted)
    assert ENDLESS not in acts or ended.reason == reasons.MARKED_UNHEARD


def test_what_was_not_understood_is_heard_after_the_call_and_a_cough_is_not() -> None:
    told(Says(text="", length_s=2.0, after_s=1.0, waits=False), reason=reasons.MARKED_UNHEARD)
    told(Says(text="", length_s=0.2, after_s=1.0, waits=False))


def test_who_says_nothing_waits_for_nothing() -> None:
    assert told().left_s < GREETING_S + 1.0


def test_zero_in_the_middle_of_his_sentence_is_waited_for_no_longer() -> None:
    acts = (
        Says(text="路灯坏了", length_s=0.5, after_s=1.0, waits=False),
        Presses(digit="0", after_s=0.1),
    )
    assert told(*acts, reason=reasons.MARKED_UNHEARD).left_s < 2.5


async def test_what_was_understood_before_the_recogniser_failed_goes_along() -> None:
    scene = stage()
    scene.mouth.into[GREETING] = [ear.Began(), ear.Deaf(problem="slow", text="路灯")]
    ended = await scene.run()
    assert [each.text for each in scene.messages] == ["路灯", ""]
    assert ended.reason == reasons.MARKED_UNHEARD


@pytest.mark.parametrize("text", ["", "路灯"])
async def test_whom_our_ear_fails_and_who_puts_down_is_rung_back(text: str) -> None:
    scene = stage()
    scene.mouth.into[GREETING] = [ear.Began(), ear.Deaf(problem="slow", text=text), gone()]
    ended = await scene.run()
    assert (ended.outcome, ended.reason) == (Outcome.HUNG_UP, reasons.NEVER_HEARD)
    assert scene.messages[-1].event == f"handover:{reasons.NEVER_HEARD}"


LONG_UNCLEAR = replace(said(""), end_ms=4000)
FAILS = ear.Deaf(problem="slow", text="我家着火")


@pytest.mark.parametrize("sounds", [[ear.Began(), FAILS], [ear.Began(), said("我家着火")]])
@pytest.mark.parametrize("words", ["路灯坏了", ""])
async def test_what_comes_while_the_desk_is_waited_for_is_heard_after_the_call(
    sounds: list[ear.Sound], words: str
) -> None:
    scene = stage()
    scene.mouth.into[GREETING] = [ear.Began(), said("路灯坏了")]
    scene.during[words] = sounds  # with his words, and with the word that he is given on
    ended = await scene.run()
    assert (ended.outcome, ended.reason) == (Outcome.PERSON, reasons.MARKED_UNHEARD)
    assert scene.spoken == ["路灯坏了"]


async def test_a_cough_and_zero_while_the_desk_is_waited_for_are_nothing_unheard() -> None:
    scene = stage()
    scene.mouth.into[GREETING] = [ear.Began(), said("路灯坏了")]
    cough = replace(said(""), end_ms=200)
    scene.during["路灯坏了"] = [ear.Began(), cough, ear.Pressed(digit="0")]
    ended = await scene.run()
    assert (ended.outcome, ended.reason) == (Outcome.PERSON, reasons.MARKED)


@pytest.mark.parametrize("sounds", [[ear.Began(), FAILS], [ear.Began(), said("我家着火")]])
async def test_who_speaks_on_and_puts_down_while_the_desk_is_waited_for_is_rung_back(
    sounds: list[ear.Sound],
) -> None:
    scene = stage()
    scene.mouth.into[GREETING] = [ear.Began(), said("路灯坏了")]
    scene.during["路灯坏了"] = [*sounds, gone()]
    ended = await scene.run()
    assert (ended.outcome, ended.reason) == (Outcome.HUNG_UP, reasons.NEVER_HEARD)
    assert scene.left == []


async def test_judging_that_fails_keeps_nothing_from_the_desk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fails(self: Stage, text: str) -> bool:
        raise RuntimeError("in the test")

    monkeypatch.setattr(Stage, "_alarms", fails)
    scene = stage()
    scene.mouth.into[GREETING] = [ear.Began(), said("找村委会"), ear.Began(), said("着火了")]
    ended = await scene.run()
    assert (ended.reason, scene.spoken) == (reasons.MARKED, ["找村委会", "着火了"])


async def test_what_was_not_understood_stays_so_though_he_says_more() -> None:
    scene = stage()
    scene.mouth.into[GREETING] = [ear.Began(), LONG_UNCLEAR, ear.Began(), said("喂")]
    assert (await scene.run()).reason == reasons.MARKED_UNHEARD
    scene = stage()
    scene.mouth.into[GREETING] = [ear.Began(), LONG_UNCLEAR, ear.Began(), said("喂"), gone()]
    assert (await scene.run()).reason == reasons.NEVER_HEARD


def test_danger_is_told_at_once_and_his_person_waits_no_longer() -> None:
    acts = (
        Says(text="找村委会", length_s=1.0, after_s=0.5, waits=False),
        Says(text="着火了", length_s=1.0, after_s=NEXT_S, waits=False),
        replace(ENDLESS, after_s=NEXT_S),
    )
    story = told(*acts, reason=reasons.MARKED_UNHEARD)
    assert [each.text for each in story.messages] == ["着火了", "找村委会", ""]
    assert story.noted == ["着火了", "找村委会"]
    assert story.left_s < 3.8 + SETTLED_S


async def test_danger_before_our_ear_failed_is_told_alone_too() -> None:
    scene = stage()
    scene.mouth.into[GREETING] = [ear.Began(), said("找村委会"), ear.Began(), FAILS]
    await scene.run()
    assert [each.text for each in scene.messages] == ["我家着火", "找村委会", ""]
    assert [each.confidence for each in scene.messages] == [0.0, 0.9, None]


class Unheard:
    """Turns of one who speaks on after the recogniser has failed."""

    hurries = quiet = overtaken = False

    def __init__(self) -> None:
        self._left: list[Turn] = [ear.Deaf(problem="slow", text="")]

    @property
    def come(self) -> bool:
        return bool(self._left)

    async def next(self) -> Turn:
        return self._left.pop()


def test_whom_nobody_can_hear_any_more_waits_for_nothing() -> None:
    async def given_on() -> float:
        clock = asyncio.get_running_loop().time
        begun_s, ending = clock(), AsyncMock()
        await straight.give_on(
            turns=cast(Turns, Unheard()),
            office=Mock(),
            window=AsyncMock(hurry=Mock()),
            ending=ending,
            standing=Standing(),
        )
        ending.handed_on.assert_awaited_once_with(reasons.MARKED_UNHEARD)
        return clock() - begun_s

    assert virtual.run(given_on()) < straight.LOOK_S


async def test_who_puts_down_in_the_greeting_rings_no_operator() -> None:
    scene = stage()
    scene.mouth.into[GREETING] = [gone()]
    ended = await scene.run()
    assert (ended.outcome, scene.left) == (Outcome.HUNG_UP, [])
    assert [each.event for each in scene.messages] == ["hangup"]


async def test_who_was_not_understood_and_puts_down_is_rung_back() -> None:
    scene = stage()
    unclear = replace(said(""), end_ms=2000)
    scene.mouth.into[GREETING] = [ear.Began(), unclear, gone()]
    ended = await scene.run()
    assert (ended.outcome, ended.reason) == (Outcome.HUNG_UP, reasons.NEVER_HEARD)
    assert [each.event for each in scene.messages] == [f"handover:{reasons.NEVER_HEARD}"]


async def test_whose_line_breaks_when_he_has_told_something_has_his_ticket() -> None:
    scene = stage()
    scene.mouth.into[GREETING] = [ear.Began(), said("路灯坏了"), gone(Ended.LOST)]
    ended = await scene.run()
    assert (ended.outcome, ended.reason) == (Outcome.LOST, reasons.TAKEN_AWAY)
    events = [each.event for each in scene.messages]
    assert events == ["", f"handover:{reasons.TAKEN_AWAY}"]


async def test_desk_that_fails_keeps_nobody_from_a_person() -> None:
    def broken(message: InboundMessage) -> Receipt:
        raise RuntimeError("in the test")

    scene = Stage(script=[], answers=broken, straight=True)
    ended = await scene.run()
    assert (ended.outcome, scene.left) == (Outcome.PERSON, [(Next.OPERATORS, "")])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                *(ear.Began(), ear.Silent(), said("着火了"), said(""), gone(), gone(Ended.LOST)),
                *(ear.Pressed(digit="0"), ear.Deaf(problem="slow", text="")),
            ]
        ),
        max_size=4,
    )
)
def test_whatever_he_does_in_it_he_is_an_operators_or_has_put_down(
    sounds: list[ear.Sound],
) -> None:
    scene = stage()
    scene.mouth.into[GREETING] = list(sounds)
    ended = virtual.run(scene.run())
    assert scene.mouth.said == [GREETING]
    over = any(isinstance(each, ear.Gone) for each in sounds)
    assert [where for where, _ in scene.left] == ([] if over else [Next.OPERATORS])
    assert (ended.outcome is Outcome.PERSON) == (not over)


async def test_marked_caller_on_the_line_goes_straight_and_others_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = Line()
    line.marked.add(CALLER)
    line.hears(monkeypatch)
    await line.take()
    assert (line.mouth.said, line.left) == ([GREETING], [Next.OPERATORS])
    assert line.ended[-1].reason == reasons.MARKED
    other = Line()
    other.hears(monkeypatch, gone())
    await other.take()
    assert (other.mouth.said, other.left) == (["phone_greeting"], [])


async def test_danger_on_the_line_goes_first_as_the_line_understands_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = Line()
    line.marked.add(CALLER)
    line.hears(monkeypatch)
    line.mouth.into[GREETING] = [ear.Began(), said("找村委会"), ear.Began(), said("着火了")]
    await line.take()
    assert [each.text for each in line.messages if each.text] == ["着火了", "找村委会"]


async def test_whom_we_ring_is_asked_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line()
    line.marked.add(CALLER)
    line.errands[CALL_ID] = owed(Purpose.CALL_BACK)
    line.hears(monkeypatch, gone())
    await line.take()
    assert GREETING not in line.mouth.said


async def test_without_a_recogniser_he_is_a_persons_as_everybody() -> None:
    line = Line()
    line.marked.add(CALLER)
    await line.take()
    assert line.left == [Next.OPERATORS]


async def test_book_that_does_not_say_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hangs(contact: Contact) -> bool:
        await asyncio.Event().wait()
        return True

    async def broken(contact: Contact) -> bool:
        raise RuntimeError("in the test")

    monkeypatch.setattr(asked, "LOOK_WITHIN_S", 0.02)
    for look in (hangs, broken):
        book: Any = SimpleNamespace(goes_straight=look)
        assert not await asked.goes_straight(book, BEGAN)


async def test_a_caller_without_a_number_is_looked_up_nowhere() -> None:
    looked: list[Contact] = []

    async def marked(contact: Contact) -> bool:
        looked.append(contact)
        return True

    book: Any = SimpleNamespace(goes_straight=marked)
    unknown = replace(BEGAN, contact=Contact(scheme="call", path=CALL_ID))
    assert not await asked.goes_straight(book, unknown)
    assert looked == []
