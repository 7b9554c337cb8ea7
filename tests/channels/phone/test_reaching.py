"""Whoever asks for a person, or is given up on, has one or the recorder within 45 seconds."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from channels.message import InboundMessage, Receipt, Reply
from channels.phone.exchange.exchange import Next
from channels.phone.voice import clips, prompts
from channels.phone.voice.cache import Cache
from channels.phone.voice.synthesis import Synthesis
from config import load
from config.county import County
from config.sections import Phone
from config.settings import PACKAGED_COUNTY
from intake.asterisk import sounds
from intake.replies import Replies
from tests.channels.phone import virtual
from tests.channels.phone.acting import (
    BREAKS,
    HANGS,
    NUMBER,
    WISH,
    Act,
    Delays,
    Presses,
    Says,
    Story,
)
from tests.channels.phone.talking import reply

PROMISED_S = 45.0
TONE_S = 0.5
QUEUE_S: int = Phone.model_fields["queue_s"].default
VALUES = {"number": NUMBER, "place": "东韩村"}
CHARACTER_S = 0.2  # of what no recording is made of for this test
LAST_WORDS = frozenset({"handed_over", "transferring", "danger_person", "too_long_call"})
SPOKEN = (
    *("phone_greeting", "still_there", "transferring", "handed_over", "too_long_call"),
    *("danger_fire", "danger_alone", "danger_person", "danger_where", "ask_again", "goodbye"),
    *("danger_suicide", "danger", "danger_again", "danger_at"),
)


class Desk:
    """Answers as the county's does: what is not understood twice is a person's. `noted`: what it
    says of a danger beside the advice.
    """

    def __init__(self, noted: Sequence[str] = ("danger_alone",)) -> None:
        self.unclear = 0
        self._noted = noted

    def __call__(self, message: InboundMessage) -> Receipt:
        if message.event == "hangup":
            return Receipt()
        text = message.text
        if message.event or (WISH in text and "着火了" not in text and "不想活了" not in text):
            return reply("handed_over", ticket=NUMBER, person=True)
        if "不想活了" in text:
            keys = ("danger_suicide", *self._noted, "danger_person")
            return reply(*keys, ticket=NUMBER, person=True, danger=True)
        if WISH in text:
            keys = ("danger_fire", *self._noted, "danger_person")
            return reply(*keys, ticket=NUMBER, person=True, danger=True)
        if "着火了" in text:
            keys = ("danger_fire", *self._noted, "danger_where")
            return reply(*keys, ticket=NUMBER, asks=True, danger=True)
        if "路灯坏了" in text:
            return reply("read_back", asks=True)
        known = {"对": "receipt", "再说一遍": "repeat", "慢一点": "slower", "再见": "goodbye"}
        if text in known:
            return reply(known[text], ticket=NUMBER if text == "对" else "")
        self.unclear += 1
        if self.unclear < 2:
            return reply("ask_again", asks=True)
        return reply("handed_over", ticket=NUMBER, person=True)


Seconds = Mapping[str, float]
Tell = Callable[..., Story]


@pytest.fixture(scope="module")
def county() -> County:
    return load.load_county(PACKAGED_COUNTY)


@pytest.fixture(scope="module")
def seconds(county: County, tmp_path_factory: pytest.TempPathFactory) -> Seconds:
    """How long our own voice takes for what is said."""
    return asyncio.run(_spoken(county, tmp_path_factory.mktemp("voice")))


async def _spoken(county: County, folder: Path) -> Seconds:
    replies = Replies(county)
    texts = {replies.speak(Reply(key=key, values=VALUES)) for key in SPOKEN}
    texts.add(sounds.words(county.replies)["leave-message"])
    voice = prompts.Voice(folders=[clips.COMMITTED], cache=Cache(folder), synthesis=Synthesis())
    await voice.start()
    try:
        return {text: len(await voice.say(text, 8000)) / 2 / 8000 for text in texts}
    finally:
        await voice.close()


@pytest.fixture(scope="module")
def tell(county: County, seconds: Seconds) -> Tell:
    """A call's story, told to its end."""

    replies = Replies(county)

    def told(
        *acts: Act,
        delays: Delays | None = None,
        longest_s: float = 1800.0,
        desk: Desk | None = None,
    ) -> Story:
        story = Story(
            acts=acts,
            seconds_of=lambda text: seconds.get(text, CHARACTER_S * len(text)),
            speak=lambda each: replies.speak(replace(each, values=VALUES)),
            answers=desk or Desk(),
            delays=delays or Delays(),
            longest_s=longest_s,
        )
        with capture_logs():
            virtual.run(story.run())
        return story

    return told


@pytest.fixture(scope="module")
def recorder_s(county: County, seconds: Seconds) -> float:
    """From the queue to the recorder where operators are there and nobody picks up."""
    return QUEUE_S + seconds[sounds.words(county.replies)["leave-message"]] + TONE_S


def given_up_s(story: Story) -> float:
    """When he first wished for a person; else the last that he did, or heard, before our last words."""
    if story.wished_s:
        return story.wished_s[0]
    heard = [
        line.end_ms / 1000 for line in story.lines if LAST_WORDS.isdisjoint(line.key.split(","))
    ]
    return max((0.0, *story.did_s, *heard))


def _advised_s(story: Story) -> float:
    """How long he was told at the end what to do in a danger: that comes first, however slow we are."""
    last = story.lines[-1:]
    danger = any("danger_fire" in line.key and "danger_person" in line.key for line in last)
    return sum(line.end_ms - line.start_ms for line in last) / 1000 if danger else 0.0


AFTER_S = st.sampled_from([0.0, 0.3, 1.0, 3.0, 7.0])
ACTS = st.one_of(
    st.builds(
        Says,
        text=st.sampled_from(
            [
                "",
                "啊",
                "嗯",
                "路灯坏了",
                "对",
                "再说一遍",
                "慢一点",
                "着火了",
                "着火了，转人工",
                WISH,
                BREAKS,
            ]
        ),
        length_s=st.sampled_from([0.2, 0.6, 1.5, 5.0]),
        after_s=AFTER_S,
        waits=st.booleans(),
    ),
    st.builds(Presses, digit=st.sampled_from(["0", "5"]), after_s=AFTER_S, waits=st.booleans()),
)
DELAYS = st.builds(
    Delays,
    desk_s=st.lists(st.sampled_from([0.1, 0.1, 1.0, 1.5, HANGS]), min_size=1, max_size=4),
    voice_s=st.lists(st.sampled_from([0.05, 0.05, 1.0, HANGS]), min_size=1, max_size=3),
    book_s=st.lists(st.sampled_from([0.01, HANGS]), min_size=1, max_size=1),
    exchange_s=st.lists(st.sampled_from([0.01, 1.0]), min_size=1, max_size=1),
)


@given(acts=st.lists(ACTS, max_size=8), delays=DELAYS, longest_s=st.sampled_from([20.0, 1800.0]))
@settings(deadline=None)
def test_whatever_he_does_and_whatever_of_ours_is_slow_or_fails(
    tell: Tell, recorder_s: float, acts: list[Act], delays: Delays, longest_s: float
) -> None:
    story = tell(*acts, delays=delays, longest_s=longest_s)
    if story.left == [Next.BYE]:
        assert not story.wished_s
        return
    assert story.left == [Next.OPERATORS]
    reached_s = story.left_s + recorder_s - _advised_s(story)
    assert reached_s - given_up_s(story) <= PROMISED_S


@pytest.mark.parametrize(
    "acts",
    [
        [],
        [Says(text=""), Says(text="")],
        [Says(text="啊"), Says(text="啊")],
        [Says(text=BREAKS)],
        [Says(text="慢一点"), Says(text="路灯坏了"), Says(text=WISH)],
        [Says(text="路灯坏了"), Presses(digit="0", after_s=3.0)],
        [Says(text="着火了，转人工")],
        [Says(text="着火了")],
    ],
)
def test_who_is_given_to_a_person_is(tell: Tell, recorder_s: float, acts: list[Act]) -> None:
    story = tell(*acts)
    assert story.left == [Next.OPERATORS]
    assert story.left_s + recorder_s - given_up_s(story) <= PROMISED_S


def test_who_never_says_a_word_is_with_the_operators_within_half_a_minute(
    tell: Tell, recorder_s: float
) -> None:
    story = tell()
    assert 20.0 < story.left_s <= 30.0
    assert story.left_s + recorder_s <= 60.0


@pytest.mark.parametrize(
    "noted", [("danger_alone",), ("danger",), ("danger_again",), ("danger", "danger_at")]
)
def test_who_is_tired_of_life_and_wants_a_person_waits_for_little_more_than_the_advice(
    tell: Tell, seconds: Seconds, county: County, recorder_s: float, noted: Sequence[str]
) -> None:
    story = tell(Says(text=f"我不想活了，{WISH}"), desk=Desk(noted))
    advice_s = seconds[Replies(county).speak(Reply(key="danger_suicide"))]
    assert story.lines[-1].key == "danger_suicide,danger_person"
    reached_s = story.left_s + recorder_s - given_up_s(story)
    assert reached_s <= PROMISED_S and reached_s - advice_s <= 33.0
    assert story.left == [Next.OPERATORS]
    hurries = tell(Says(text=f"我不想活了，{WISH}"), Presses(digit="0", after_s=3.0))
    assert hurries.left_s + recorder_s - given_up_s(hurries) <= PROMISED_S
