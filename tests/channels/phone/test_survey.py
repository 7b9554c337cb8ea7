"""What we tell is told to its end, what we ask is kept apart; danger and machines are known."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest

from channels.message import Reply
from channels.phone import ear
from channels.phone.book import Judgement
from channels.phone.ear import Sound
from channels.phone.kinds import screening, survey
from channels.phone.kinds.pump import Pump
from channels.phone.kinds.survey import Around, Held, Survey
from tests.channels.phone.talking import FakeEar, FakeMouth, gone, said

RESULT = Reply(key="result", values={"number": "20261124-0001"})
OPENING = ["followup_greeting", "result"]
MACHINE = "您拨打的用户暂时无法接通请在滴声后留言"


class Patient:
    """An ear that gives its sounds one after the other, each after we have spoken."""

    now_ms = 0
    stirs = False

    def __init__(self, sounds: Sequence[Sound], mouth: FakeMouth) -> None:
        self._sounds = sounds
        self._mouth = mouth

    async def hear(self) -> AsyncIterator[Sound]:
        for number, sound in enumerate(self._sounds):
            while len(self._mouth.said) < number + 3:
                await asyncio.sleep(0)
            yield sound
        await asyncio.Event().wait()


class Asked(FakeEar):
    """An ear that gives one of its sounds after each question that was put to its end."""

    def __init__(self, script: Sequence[Sound], mouth: FakeMouth) -> None:
        super().__init__(script)
        self._mouth = mouth

    async def _play(self) -> None:
        questions = [key for _, key in survey.QUESTIONS]
        for number, sound in enumerate(self._script):
            while sum(key in questions for key in self._mouth.heard) <= number:
                await asyncio.sleep(0)
            self._sounds.put_nowait(sound)


@dataclass(kw_only=True)
class Room:
    """A survey with everything around it."""

    mouth: FakeMouth = field(default_factory=FakeMouth)
    asks: bool = True
    noted: list[str] = field(default_factory=list)
    kept: list[Judgement] = field(default_factory=list)
    pump: Pump | None = None

    async def hold(self, *sounds: Sound, listens: ear.Listens | None = None) -> Held:
        """The whole of it; fails where it does not end by itself."""
        self.pump = pump = Pump(listens or Patient(sounds, self.mouth))
        around = Around(
            sounds=pump,
            speaks=self.mouth,
            note=lambda utterance: self.noted.append(utterance.text),
            is_danger=self._is_danger,
            answered=self._answered,
        )
        running = asyncio.create_task(pump.run())
        try:
            async with asyncio.timeout(5):
                return await Survey(RESULT, asks=self.asks, around=around).hold()
        finally:
            running.cancel()

    async def breaking_in(self, key: str, *sounds: Sound, then: Sequence[Sound] = ()) -> Held:
        """These come while `key` is said, `then` each after one of our sentences."""
        self.mouth.into[key] = list(sounds)
        self.mouth.listens = listens = Asked(then, self.mouth)
        return await self.hold(listens=listens)

    async def _is_danger(self, text: str) -> bool:
        return "着火" in text

    async def _answered(self, judgement: Judgement) -> None:
        self.kept.append(judgement)


async def hold(*sounds: Sound, asks: bool = True) -> tuple[Held, list[str]]:
    room = Room(asks=asks)
    held = await room.hold(*sounds)
    return held, room.mouth.said


async def test_three_answers_are_kept_apart_and_each_at_once() -> None:
    room = Room()
    held = await room.hold(said("解决了"), said("不满意"), said("联系过"))
    assert held.judgement == Judgement(solved=True, satisfied=False, contacted=True)
    assert held.heard_out and held.why == ""
    assert room.kept == [
        Judgement(solved=True),
        Judgement(solved=True, satisfied=False),
        Judgement(solved=True, satisfied=False, contacted=True),
    ]
    assert room.mouth.said == [
        *OPENING,
        "followup_solved",
        "followup_satisfied",
        "followup_contacted",
        "followup_thanks",
    ]


async def test_keys_answer_as_well_as_words() -> None:
    keys = [ear.Pressed(digit=digit) for digit in ("1", "2", "1")]
    held, _ = await hold(*keys)
    assert held.judgement == Judgement(solved=True, satisfied=False, contacted=True)


async def test_keys_that_the_exchange_tells_of_answer_too() -> None:
    room = Room()

    async def press() -> None:
        for number, digit in enumerate("121"):
            while len(room.mouth.said) < number + 3:
                await asyncio.sleep(0)
            assert room.pump is not None
            room.pump.press(digit)

    pressing = asyncio.create_task(press())
    held = await room.hold()
    await pressing
    assert held.judgement == Judgement(solved=True, satisfied=False, contacted=True)


async def test_a_question_is_put_twice_and_then_left_open() -> None:
    held, keys = await hold(said("记不清了"), ear.Silent(), said("满意"), said("联系过"))
    assert held.judgement == Judgement(solved=None, satisfied=True, contacted=True)
    assert keys[2:5] == ["followup_solved", "followup_solved_again", "followup_satisfied"]
    assert "followup_satisfied_again" not in keys


async def test_a_hello_is_no_answer_and_the_question_is_put_as_it_was() -> None:
    held, keys = await hold(said("喂"), said("你好"), said("没解决"), gone())
    assert keys[2:5] == ["followup_solved"] * 3
    assert held.judgement == Judgement(solved=False)


async def test_hellos_have_an_end() -> None:
    hello = [said("喂")] * 20
    held, keys = await hold(*hello)
    assert held.judgement == Judgement() and held.heard_out
    assert keys.count("followup_solved") == 3 and keys.count("followup_solved_again") == 1


async def test_who_puts_down_has_judged_as_far_as_he_said() -> None:
    held, _ = await hold(said("没解决"), gone())
    assert (held.judgement, held.heard_out) == (Judgement(solved=False), True)


async def test_who_puts_down_before_he_has_answered_has_not_been_asked() -> None:
    held, _ = await hold(gone())
    assert (held.heard_out, held.why) == (False, survey.NOT_HEARD_OUT)


async def test_a_survey_to_which_nobody_speaks_is_none() -> None:
    held, keys = await hold(ear.Silent(), ear.Silent(), ear.Silent(), ear.Silent())
    assert (held.heard_out, held.why) == (False, screening.NOBODY_SPOKE)
    assert keys == [*OPENING, "followup_solved", "followup_solved_again"]


async def test_who_spoke_and_judged_nothing_was_asked() -> None:
    held, _ = await hold(*[said("记不清了"), said("不知道")] * 3)
    assert (held.heard_out, held.judgement) == (True, Judgement())


@pytest.mark.parametrize("asks", [True, False])
async def test_an_answering_machine_is_nobody(asks: bool) -> None:
    room = Room(asks=asks)
    held = await room.breaking_in("result", ear.Began(), said(MACHINE))
    assert (held.heard_out, held.why) == (False, screening.MACHINE)
    assert room.noted == [MACHINE]


@pytest.mark.parametrize("wish", [said("找个人工"), ear.Pressed(digit="0")])
async def test_a_person_is_had_here_too(wish: Sound) -> None:
    held, keys = await hold(wish)
    assert held.wants_person and held.heard_out
    assert keys[-1] == "transferring"


async def test_who_speaks_of_people_answers_and_wishes_for_none() -> None:
    held, _ = await hold(
        said("我找人修好了解决了"), said("满意"), said("联系过工作人员给我打过电话")
    )
    assert held.judgement == Judgement(solved=True, satisfied=True, contacted=True)
    assert not held.wants_person


@pytest.mark.parametrize(("words", "told"), [("着火了是吧在哪", 1), ("我这就找人去", 0)])
async def test_who_is_told_of_a_danger_and_speaks_of_it_reports_none(words: str, told: int) -> None:
    room = Room(asks=False)
    held = await room.breaking_in("result", ear.Began(), said(words))
    assert held.heard_out and not held.in_danger and not held.wants_person
    assert room.mouth.heard.count("result") == told


async def test_who_says_that_it_is_not_solved_hears_that_it_goes_on() -> None:
    _, keys = await hold(said("没解决"), said("不满意"), said("联系过"))
    assert keys[-1] == "followup_unsolved"


@pytest.mark.parametrize("hello", ["喂", "喂你好", "哪位", "", "嗯"])
@pytest.mark.parametrize("asks", [True, False])
async def test_a_hello_does_not_cut_off_what_we_tell(asks: bool, hello: str) -> None:
    room = Room(asks=asks)
    then = [said("解决了"), said("满意"), said("联系过")] if asks else []
    held = await room.breaking_in("result", ear.Began(), said(hello), then=then)
    assert held.heard_out
    assert room.mouth.heard.count("result") == 1
    assert room.mouth.said[:3] == [*OPENING, "result"]


async def test_what_is_broken_into_again_and_again_is_told_to_its_end_the_third_time() -> None:
    room = Room(asks=False)
    mouth = room.mouth
    original = mouth._comes

    def always(what: dict[str, list[Sound]], keys: list[str]) -> None:
        if what is mouth.into and "result" in keys:
            mouth.into["result"] = [ear.Began(), said("喂")]
        original(what, keys)

    mouth._comes = always  # type: ignore[method-assign]
    held = await room.breaking_in("result", ear.Began(), said("喂"))
    assert held.heard_out
    assert (mouth.said.count("result"), mouth.heard.count("result")) == (3, 1)


async def test_who_has_taken_in_a_notice_need_not_hear_it_again() -> None:
    room = Room(asks=False)
    held = await room.breaking_in("result", ear.Began(), said("知道了，我马上去"))
    assert held.heard_out
    assert room.mouth.said == [*OPENING, "goodbye"]


async def test_other_words_are_no_sign_that_an_alarm_was_taken_in() -> None:
    room = Room(asks=False)
    held = await room.breaking_in("result", ear.Began(), said("我在开车呢"))
    assert held.heard_out and room.mouth.heard.count("result") == 1


async def test_who_puts_down_while_he_is_told_has_not_heard_us_out() -> None:
    room = Room()
    room.mouth.broken.add("result")
    room.mouth.listens = listens = FakeEar([])
    listens.at_once([gone()])
    held = await room.hold(listens=listens)
    assert (held.heard_out, held.why) == (False, survey.NOT_HEARD_OUT)


async def test_what_was_said_before_the_question_is_no_answer() -> None:
    room = Room()
    held = await room.breaking_in("result", ear.Began(), said("没解决"), then=[gone()])
    assert held.judgement == Judgement()


async def test_an_ear_that_breaks_ends_the_call() -> None:
    class Broken(Patient):
        async def hear(self) -> AsyncIterator[Sound]:
            raise RuntimeError("no ear")
            yield gone()

    room = Room()
    held = await room.hold(listens=Broken([], room.mouth))
    assert held.judgement == Judgement()


async def test_a_notice_asks_nothing() -> None:
    held, keys = await hold(asks=False)
    assert held.heard_out
    assert keys == [*OPENING, "goodbye"]


@pytest.mark.parametrize("key", ["result", "followup_solved", "followup_thanks"])
async def test_danger_is_handed_on_with_his_words_whatever_we_are_saying(key: str) -> None:
    room = Room()
    then = [said("解决了"), said("满意"), said("联系过")]
    fire, more = said("着火了"), said("在东韩村")
    held = await room.breaking_in(key, ear.Began(), fire, more, then=then)
    assert held.in_danger and not held.wants_person
    assert room.pump is not None
    assert [await room.pump.next(), await room.pump.next()] == [fire, more]
    assert "着火了" not in room.noted  # whoever takes it writes it down


async def test_what_was_answered_before_the_danger_stays() -> None:
    held, _ = await hold(said("没解决"), said("哎呀着火了"))
    assert held.in_danger and held.judgement == Judgement(solved=False)


@pytest.mark.parametrize("key", ["followup_greeting", "followup_solved", "followup_thanks"])
@pytest.mark.parametrize("wish", [ear.Pressed(digit="0"), said("找个人工")])
async def test_a_wish_for_a_person_is_heard_whatever_we_are_saying(key: str, wish: Sound) -> None:
    room = Room()
    sounds = [ear.Began(), wish] if isinstance(wish, ear.Utterance) else [wish]
    then = [said("解决了"), said("满意"), said("联系过")]
    held = await room.breaking_in(key, *sounds, then=then if key == "followup_thanks" else ())
    assert held.wants_person
    assert key not in room.mouth.heard
    assert room.mouth.heard[-1] == "transferring"


@pytest.mark.parametrize("key", ["result", "goodbye"])
async def test_zero_means_a_person_while_a_notice_is_read_out(key: str) -> None:
    room = Room(asks=False)
    held = await room.breaking_in(key, ear.Pressed(digit="0"))
    assert held.wants_person
    assert key not in room.mouth.heard
    assert room.mouth.said[-1] == "transferring"
