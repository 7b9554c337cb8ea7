"""A call holds a handful of things however long it is and whatever comes: nothing in it grows."""

import asyncio
from collections import deque
from statistics import median
from types import ModuleType
from typing import Any

from structlog.testing import capture_logs

from channels.message import InboundMessage, Receipt
from channels.phone import ear
from channels.phone.audio.media import Ended
from channels.phone.kinds.pump import MOST_WAITING, MOST_WISHES, Pump
from channels.phone.talk.turns import PERSON_KEY, Said, Turns
from nlp.speech.contract import Word
from tests.channels.phone import virtual
from tests.channels.phone.acting import Delays, Says, Story
from tests.channels.phone.talking import FakeEar, FakeMouth, reply

HOUR_S = 3600.0
EACH_S = 10.0  # it is looked at
TEN_MINUTES = 60  # looks
SLOW_S = 3.0  # a desk that answers each word, later than he says the next
SPARE = 300  # things: a sentence, half a second of somebody's voice
_HOLDS = (list, tuple, set, frozenset, deque)
_OURS = ("channels.", "nlp.", "asyncio.queues")


def _held(*roots: Any) -> int:
    """How many things hang on these, as far as they are a call's; bytes count each."""
    seen, waiting, count = set[int](), list(roots), 0
    while waiting:
        each = waiting.pop()
        if id(each) in seen or isinstance(each, type | ModuleType):
            continue
        seen.add(id(each))
        count += len(each) if isinstance(each, bytes | bytearray | str) else 1
        if isinstance(each, dict):
            waiting += [*each, *each.values()]
        elif isinstance(each, _HOLDS):
            waiting += each
        elif type(each).__module__.startswith(_OURS):
            slots = (name for kind in type(each).__mro__ for name in getattr(kind, "__slots__", ()))
            waiting += [getattr(each, name) for name in slots if hasattr(each, name)]
            waiting += getattr(each, "__dict__", {}).values()
    return count


def _asks_on(message: InboundMessage) -> Receipt:
    """Whatever he says is answered, at length."""
    return Receipt() if message.event == "hangup" else reply("read_back", asks=True)


def test_an_hour_of_somebody_who_never_stops_talking_nor_pressing_keys() -> None:
    held: list[int] = []

    def watch(story: Story) -> None:
        story.line.digit("5")
        story.call.press("5")
        if story.passed_s > EACH_S * len(held):
            held.append(_held(story.call, story.line, story.listens))

    story = Story(
        acts=[Says(text="路灯坏了", length_s=0.4, after_s=1.2, waits=False)] * int(HOUR_S / 1.6),
        seconds_of=lambda text: 4.0,
        speak=lambda said: said.key,
        answers=_asks_on,
        delays=Delays(desk_s=[SLOW_S]),
        longest_s=HOUR_S,
        frames=3,
        watch=watch,
    )
    with capture_logs():
        virtual.run(story.run())
    assert story.left_s >= HOUR_S
    assert len(story.messages) > HOUR_S / SLOW_S / 2
    early, late = median(held[1:TEN_MINUTES]), median(held[-TEN_MINUTES:])
    assert late <= early + SPARE, held


def _word(text: str, start_ms: int) -> ear.Utterance:
    word = Word(text=text, start_ms=20, end_ms=220, confidence=0.9)
    return ear.Utterance(
        text=text, confidence=0.9, start_ms=start_ms, end_ms=start_ms + 300, words=(word,)
    )


async def test_what_is_told_faster_than_it_is_taken_is_kept_in_order_as_one() -> None:
    heard = FakeEar([])
    heard.at_once([_word(text, 1000 * at) for at, text in enumerate("一二三四")])
    heard.at_once([ear.Pressed(digit=digit) for digit in f"55{PERSON_KEY}5{PERSON_KEY}"])
    turns = Turns(listens=heard, speaks=FakeMouth(), longest_ms=600_000)
    listening = asyncio.create_task(turns.listen())
    await asyncio.sleep(0.01)
    listening.cancel()
    first, second, key = [await turns.next() for _ in range(3)]
    assert isinstance(first, Said) and isinstance(second, Said)
    assert (first.utterance.text, second.utterance.text) == ("一", "二，三，四")
    assert (second.utterance.start_ms, second.utterance.end_ms) == (1000, 3300)
    assert [word.start_ms for word in second.utterance.words] == [20, 1020, 2020]
    assert key == ear.Pressed(digit=PERSON_KEY)
    assert turns.quiet and not turns.overtaken


async def test_keys_without_end_hide_neither_a_wish_nor_the_end_from_who_listens_later() -> None:
    keys = [ear.Pressed(digit=digit) for digit in "12" * MOST_WAITING + PERSON_KEY * MOST_WAITING]
    heard = FakeEar([])
    heard.at_once([*keys, ear.Deaf(problem="broken", text=""), ear.Gone(reason=Ended.HANGUP)])
    pump = Pump(heard)
    async with pump.listening():
        await asyncio.sleep(0.01)
    kept = [sound async for sound in pump.hear()]
    assert kept[:2] == keys[:2]
    assert len(kept) == MOST_WAITING + MOST_WISHES + 2
    assert ear.Pressed(digit=PERSON_KEY) in kept
    assert isinstance(kept[-2], ear.Deaf) and isinstance(kept[-1], ear.Gone)
