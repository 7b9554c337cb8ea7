"""After closing we ask three questions; what is answered is kept apart, what is not stays open."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from channels.message import Reply
from channels.phone import ear, survey
from channels.phone.book import Judgement
from channels.phone.ear import Sound
from channels.phone.survey import Survey
from tests.channels.phone.talking import FakeEar, FakeMouth, gone, said

RESULT = Reply(key="result", values={"number": "20261124-0001"})


class Patient:
    """An ear that gives its sounds one after the other, each after we have spoken."""

    def __init__(self, sounds: Sequence[Sound], mouth: FakeMouth) -> None:
        self._sounds = sounds
        self._mouth = mouth

    async def hear(self) -> AsyncIterator[Sound]:
        for number, sound in enumerate(self._sounds):
            while len(self._mouth.said) < number + 3:
                await asyncio.sleep(0)
            yield sound
        await asyncio.Event().wait()


async def hold(*sounds: Sound, asks: bool = True) -> tuple[Survey, list[str]]:
    mouth = FakeMouth()
    async with asyncio.timeout(5):
        held = await survey.hold(
            RESULT, asks=asks, listens=Patient(sounds, mouth), speaks=mouth, turns=asyncio.Queue()
        )
    return held, mouth.said


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("解决了", True),
        ("修好了谢谢", True),
        ("没问题", True),
        ("不错", True),
        ("满意", True),
        ("还中", True),
        ("有", True),
        ("联系了", True),
        ("解决了不过有点慢", True),
        ("没少来", True),
        ("没解决", False),
        ("没有", False),
        ("不满意", False),
        ("没人来过", False),
        ("哪有人来", False),
        ("糊弄人", False),
        ("你是哪里", None),
        ("我不知道", None),
        ("没听清", None),
        ("你说什么我听不见", None),
        ("不好意思你说啥", None),
        ("等着解决呢", None),
        ("谁来过啊", None),
        ("差不多", None),
        ("不用了", None),
        ("有点慢", None),
        ("不记得了", None),
        ("喂", None),
        ("", None),
    ],
)
def test_answers_as_people_give_them(words: str, expected: bool | None) -> None:
    assert survey.judged(words) is expected


async def test_three_answers_are_kept_apart() -> None:
    held, keys = await hold(said("解决了"), said("不满意"), said("联系过"))
    assert held.judgement == Judgement(solved=True, satisfied=False, contacted=True)
    assert held.heard_out
    assert keys == [
        "followup_greeting",
        "result",
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
    mouth, turns = FakeMouth(), asyncio.Queue[Sound]()

    async def press() -> None:
        for number, digit in enumerate("121"):
            while len(mouth.said) < number + 3:
                await asyncio.sleep(0)
            turns.put_nowait(ear.Pressed(digit=digit))

    pressing = asyncio.create_task(press())
    async with asyncio.timeout(5):
        silent = Patient([], mouth)
        held = await survey.hold(RESULT, asks=True, listens=silent, speaks=mouth, turns=turns)
    await pressing
    assert held.judgement == Judgement(solved=True, satisfied=False, contacted=True)


async def test_a_question_is_put_twice_and_then_left_open() -> None:
    held, keys = await hold(said("喂"), ear.Silent(), said("满意"), said("联系过"))
    assert held.judgement == Judgement(solved=None, satisfied=True, contacted=True)
    assert keys[2:5] == ["followup_solved", "followup_solved_again", "followup_satisfied"]
    assert "followup_satisfied_again" not in keys


async def test_who_puts_down_has_judged_as_far_as_he_said() -> None:
    held, _ = await hold(said("没解决"), gone())
    assert held.judgement == Judgement(solved=False)


@pytest.mark.parametrize("wish", [said("找个人工"), ear.Pressed(digit="0")])
async def test_a_person_is_had_here_too(wish: Sound) -> None:
    held, keys = await hold(wish)
    assert held.wants_person
    assert keys[-1] == "transferring"


async def test_who_says_that_it_is_not_solved_hears_that_it_goes_on() -> None:
    _, keys = await hold(said("没解决"), said("不满意"), said("联系过"))
    assert keys[-1] == "followup_unsolved"


async def test_who_puts_down_at_once_has_not_heard_us_out() -> None:
    mouth = FakeMouth()
    mouth.broken.add("result")

    class AtOnce(Patient):
        async def hear(self) -> AsyncIterator[Sound]:
            yield gone()

    held = await survey.hold(
        RESULT, asks=True, listens=AtOnce([], mouth), speaks=mouth, turns=asyncio.Queue()
    )
    assert not held.heard_out


async def test_what_was_said_before_the_question_is_no_answer() -> None:
    mouth = FakeMouth()

    class Early(Patient):
        async def hear(self) -> AsyncIterator[Sound]:
            yield said("嗯你说")
            while "followup_solved" not in self._mouth.said:
                await asyncio.sleep(0)
            yield said("没解决")
            yield gone()

    held = await survey.hold(
        RESULT, asks=True, listens=Early([], mouth), speaks=mouth, turns=asyncio.Queue()
    )
    assert held.judgement == Judgement(solved=False)


async def test_an_ear_that_breaks_ends_the_call() -> None:
    mouth = FakeMouth()

    class Broken(Patient):
        async def hear(self) -> AsyncIterator[Sound]:
            raise RuntimeError("no ear")
            yield gone()

    async with asyncio.timeout(5):
        held = await survey.hold(
            RESULT, asks=True, listens=Broken([], mouth), speaks=mouth, turns=asyncio.Queue()
        )
    assert held.judgement == Judgement()


async def test_a_notice_asks_nothing() -> None:
    held, keys = await hold(asks=False)
    assert held.heard_out
    assert keys == ["followup_greeting", "result", "goodbye"]


@pytest.mark.parametrize("key", ["followup_greeting", "followup_solved", "followup_thanks"])
@pytest.mark.parametrize("wish", [ear.Pressed(digit="0"), said("找个人工")])
async def test_a_wish_for_a_person_is_heard_whatever_we_are_saying(key: str, wish: Sound) -> None:
    mouth, turns = FakeMouth(), asyncio.Queue[Sound]()
    mouth.listens = listens = FakeEar([])
    mouth.into[key] = [ear.Began(), wish] if isinstance(wish, ear.Utterance) else [wish]

    async def answer() -> None:
        for number in range(3):
            while len(mouth.said) < number + 3:
                await asyncio.sleep(0)
            turns.put_nowait(said("满意"))

    answering = asyncio.create_task(answer())
    async with asyncio.timeout(5):
        held = await survey.hold(RESULT, asks=True, listens=listens, speaks=mouth, turns=turns)
    answering.cancel()
    assert held.wants_person
    assert key not in mouth.heard
    assert mouth.heard[-1] == "transferring"
    assert mouth.said[mouth.said.index(key) :] in (
        [key, "transferring"],
        [key, "result", "transferring"],
    )


@pytest.mark.parametrize("key", ["result", "goodbye"])
async def test_zero_means_a_person_while_a_notice_is_read_out(key: str) -> None:
    mouth = FakeMouth()
    mouth.listens = listens = FakeEar([])
    mouth.into[key] = [ear.Pressed(digit="0")]
    async with asyncio.timeout(5):
        held = await survey.hold(
            RESULT, asks=False, listens=listens, speaks=mouth, turns=asyncio.Queue()
        )
    assert held.wants_person
    assert key not in mouth.heard
    assert mouth.said[-1] == "transferring"
