"""Whose calls are limited is heard once: no danger is lost, and every such call ends."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.message import Contact, Reply
from channels.phone import asked, ear, reasons
from channels.phone.audio.media import Ended
from channels.phone.book import Began, Outcome, Purpose
from channels.phone.ear import Sound
from channels.phone.exchange.exchange import Next
from channels.phone.kinds import limited
from channels.phone.kinds import pump as pumps
from channels.phone.kinds.limited import Course, Held, Limited
from channels.phone.kinds.pump import Pump
from nlp.understanding import RequestKind, Understanding, Urgency
from tests.channels.phone.talking import CALL_ID, CALLER, NOW, FakeEar, FakeMouth, gone, said
from tests.channels.phone.test_serving import Line, owed

OPENING = Reply(key="phone_limited", values={"until": "明天上午十点前"})
FIRE, LAMP, PERSON = said("着火了"), said("路灯坏了"), said("转人工")
HELLO, MURMUR = said("喂"), said("嗯")
COUGH = ear.Utterance(text="", confidence=0.0, start_ms=0, end_ms=300)
UNCLEAR = ear.Utterance(text="", confidence=0.0, start_ms=0, end_ms=4000)
KINDS = {"转人工": RequestKind.PERSON, "再说一遍": RequestKind.REPEAT}
SOUNDS = st.sampled_from(
    [
        *(FIRE, LAMP, PERSON, HELLO, MURMUR, COUGH, UNCLEAR, said("再说一遍")),
        *(ear.Began(), ear.Silent(), ear.Pressed(digit="0"), ear.Pressed(digit="5")),
        *(ear.Deaf(problem="slow", text="着"), gone(), gone(Ended.LOST)),
    ]
)


def understand(text: str) -> Understanding:
    urgency = Urgency.DANGER if "着火" in text else Urgency.NORMAL
    return Understanding(text=text, kind=KINDS.get(text, RequestKind.HELP), urgency=urgency)


class Prompt:
    """An ear that gives all its sounds at once, whoever speaks."""

    now_ms = 0
    stirs = False

    def __init__(self, sounds: Sequence[Sound]) -> None:
        self._sounds = sounds

    async def hear(self) -> AsyncIterator[Sound]:
        for sound in self._sounds:
            yield sound
        await asyncio.Event().wait()


class Counted(Pump):
    """One that knows what was taken from it."""

    def __init__(self, listens: ear.Listens) -> None:
        super().__init__(listens)
        self.taken: list[Sound] = []

    async def next(self) -> Sound:
        sound = await super().next()
        self.taken.append(sound)
        return sound


class Room:
    """A limited call with everything around it."""

    def __init__(self, listens: ear.Listens | None = None) -> None:
        self.mouth = FakeMouth()
        self.noted: list[str] = []
        self.pump = Counted(listens or Prompt(()))

    async def hold(self, *script: Sound) -> Held:
        """The whole of it; each sound comes when it is his turn."""
        listens = self.mouth.listens = FakeEar(script)
        listens.waiting = lambda: bool(self.mouth.said) and not self.mouth.talking
        self.pump = Counted(listens)
        return await self.held()

    async def held(self) -> Held:
        async def said(text: str) -> Understanding:
            return understand(text)

        once = Limited(
            opening=OPENING,
            sounds=self.pump,
            speaks=self.mouth,
            note=lambda utterance: self.noted.append(utterance.text),
            understand=said,
        )
        async with self.pump.listening(), asyncio.timeout(5):
            return await once.hold()


@pytest.mark.parametrize(
    "before",
    [
        [ear.Pressed(digit="5")] * 6,
        [sound for number in range(6) for sound in (ear.Began(), said(f"你们听着{number}"))],
    ],
)
async def test_a_danger_behind_much_else_is_heard_while_we_take_our_leave(
    before: list[Sound],
) -> None:
    room = Room()
    room.mouth.into["limited_kept"] = [*before, ear.Began(), FIRE]
    assert (await room.hold(said("你们都是骗子"))).ordinary


@pytest.mark.parametrize(
    ("sound", "course"),
    [
        (FIRE, Course.ORDINARY),
        (LAMP, Course.KEPT),
        (PERSON, Course.KEPT),
        (HELLO, Course.ON),
        (MURMUR, Course.ON),
        (said("再说一遍"), Course.ON),
        (ear.Pressed(digit="0"), Course.KEPT),
        (ear.Pressed(digit="5"), Course.ON),
        (ear.Silent(), Course.ON),
        (ear.Deaf(problem="slow", text=""), Course.ORDINARY),
        (gone(Ended.LOST), Course.ORDINARY),
        (gone(), Course.GONE),
    ],
)
def test_danger_and_our_deafness_make_it_anybodys_call(sound: Sound, course: Course) -> None:
    words = understand(sound.text) if isinstance(sound, ear.Utterance) else None
    assert limited.judge(sound, words) is course


@given(st.sampled_from(list(RequestKind)), st.text("喂嗯你好转人工，x", max_size=30))
@settings(deadline=None)
def test_no_wish_hides_a_danger(kind: RequestKind, text: str) -> None:
    words = Understanding(text=text, kind=kind, urgency=Urgency.DANGER)
    assert limited.judge(said(text), words) is Course.ORDINARY


async def test_what_he_says_is_kept_and_he_is_told_so() -> None:
    room = Room()
    assert await room.hold(LAMP) == Held(ordinary=False)
    assert room.mouth.heard == ["phone_limited", "limited_kept"]
    assert room.noted == ["路灯坏了"]


@pytest.mark.parametrize("wish", [PERSON, ear.Pressed(digit="0")])
async def test_wish_for_a_person_rings_no_operator(wish: Sound) -> None:
    room = Room()
    assert await room.hold(wish) == Held(ordinary=False)
    spoke = isinstance(wish, ear.Utterance)
    assert room.mouth.heard[-1] == ("limited_kept" if spoke else "limited_silent")


@pytest.mark.parametrize("first", [HELLO, MURMUR, COUGH, ear.Silent(), ear.Pressed(digit="1")])
async def test_who_says_nothing_is_asked_once(first: Sound) -> None:
    room = Room()
    assert (await room.hold(first, FIRE)).ordinary
    assert room.mouth.heard == ["phone_limited", "still_there"]
    silent = Room()
    assert await silent.hold(first, ear.Silent()) == Held(ordinary=False)
    assert len(silent.mouth.heard) == 3


async def test_what_nobody_understood_is_heard_again_afterwards() -> None:
    room = Room()
    assert await room.hold(UNCLEAR, UNCLEAR) == Held(ordinary=False, reason=reasons.LIMITED_UNHEARD)
    assert room.mouth.heard == ["phone_limited", "ask_again", "limited_kept"]
    assert await Room().hold(UNCLEAR, LAMP) == Held(ordinary=False)


async def test_danger_is_the_next_that_the_ordinary_course_hears() -> None:
    room = Room()
    assert await room.hold(FIRE) == Held(ordinary=True)
    assert await room.pump.next() == FIRE
    assert room.noted == []  # it is written down by whoever has the call now


async def test_danger_into_our_first_word_or_our_leave_is_heard() -> None:
    for key in ("phone_limited", "limited_kept"):
        room = Room()
        room.mouth.into[key] = [ear.Began(), FIRE]
        assert (await room.hold(LAMP)).ordinary, key
        assert key not in room.mouth.heard


async def test_who_speaks_on_is_told_once_more_and_to_its_end() -> None:
    room = Room()
    room.mouth.into["limited_kept"] = [ear.Began(), said("在东韩村")]
    assert await room.hold(LAMP) == Held(ordinary=False)
    assert room.mouth.said == ["phone_limited", "limited_kept", "limited_kept"]
    assert room.mouth.heard[-1] == "limited_kept"
    assert room.noted == ["路灯坏了", "在东韩村"]


async def test_keys_without_end_hide_no_danger() -> None:
    pump = Pump(Prompt([*[ear.Pressed(digit="1")] * (2 * pumps.MOST_WAITING), FIRE]))
    async with pump.listening():
        await asyncio.sleep(0.01)
    sounds = [await pump.next() for _ in range(pumps.MOST_WAITING + 1)]
    assert sounds[-1] == FIRE and pump.empty


async def test_danger_into_our_last_word_is_heard() -> None:
    room = Room()
    say = room.mouth.say

    async def breaks_in(*replies: Reply) -> bool:
        last = room.mouth.said.count("limited_kept")
        room.mouth.into["limited_kept"] = [ear.Began(), FIRE if last else LAMP]
        return await say(*replies)

    room.mouth.say = breaks_in  # type: ignore[method-assign]
    assert (await room.hold(LAMP)).ordinary
    assert room.mouth.heard[-1] == "limited_kept"


@pytest.mark.parametrize("broken", ["voice", "understanding"])
async def test_broken_program_serves_him_as_anybody(
    monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    async def fails(*_: object) -> Any:
        raise TimeoutError

    def understands_nothing(text: str) -> Understanding:
        raise ValueError("in the test")

    room = Room()
    if broken == "voice":
        monkeypatch.setattr(room.mouth, "say", fails)
    else:
        monkeypatch.setitem(globals(), "understand", understands_nothing)
    assert await room.hold(FIRE) == Held(ordinary=True, greeted=False)


async def test_a_call_in_which_nothing_comes_is_anybodys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limited, "LONGEST_S", 0.05)
    assert await Room().held() == Held(ordinary=True, greeted=False)


@given(st.lists(SOUNDS, max_size=12))
@settings(deadline=None)
async def test_whatever_he_does_no_danger_is_lost_and_the_call_ends(sounds: list[Sound]) -> None:
    script = [*sounds, *[ear.Silent()] * 3]
    for one_by_one in (True, False):
        room = Room(Prompt(script))
        held = await (room.hold(*script) if one_by_one else room.held())
        assert len(room.mouth.said) <= 4
        taken = room.pump.taken
        if held.ordinary:
            decided = taken[-1]
            assert decided in (FIRE, gone(Ended.LOST)) or isinstance(decided, ear.Deaf)
            assert await room.pump.next() == decided
        else:
            assert FIRE not in taken
        assert "着火了" not in room.noted


async def limits(contact: Contact) -> Reply:
    return OPENING


async def take(monkeypatch: pytest.MonkeyPatch, *script: Sound, look: Any = limits) -> Line:
    line = Line()
    line.book.limited = look  # type: ignore[method-assign]
    line.hears(monkeypatch, *script)
    await line.take()
    return line


async def test_limited_caller_is_kept_in_the_book_and_reaches_neither_desk_nor_operator(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = await take(monkeypatch, LAMP)
    assert line.mouth.said == ["phone_limited", "limited_kept"]
    assert (line.messages, line.left, line.media.closed) == ([], [Next.BYE], True)
    assert line.ended[-1].outcome is Outcome.LIMITED
    assert line.serving.now == frozenset()


async def test_limited_caller_in_danger_has_what_anybody_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = await take(monkeypatch, FIRE, said("对"))
    assert [each.text for each in line.messages if each.text] == ["着火了", "对"]
    assert line.mouth.said == ["phone_limited", "danger_general", "danger_where", "handed_over"]
    assert (line.left, line.ended[-1].tickets) == ([Next.OPERATORS], ("9",))


@pytest.mark.parametrize("living", [False, True])
async def test_who_puts_down_is_told_from_whom_the_exchange_took_away(
    monkeypatch: pytest.MonkeyPatch, living: bool
) -> None:
    line = Line()
    line.living = line.passed_on = living
    line.book.limited = limits  # type: ignore[method-assign]
    line.hears(monkeypatch)
    line.mouth.into["phone_limited"] = [gone()]
    await line.take()
    ended = (Outcome.PERSON, reasons.TAKEN_AWAY) if living else (Outcome.LIMITED, "")
    assert (line.ended[-1].outcome, line.ended[-1].reason) == ended
    assert line.left == []  # his line is no longer ours to end


async def test_deaf_recogniser_takes_a_limited_caller_to_a_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = await take(monkeypatch, ear.Deaf(problem="slow", text="着"))
    assert (line.left, line.ended[-1].reason) == ([Next.OPERATORS], reasons.DEAF)


async def test_key_that_the_exchange_tells_of_ends_a_limited_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = Line()
    line.book.limited = limits  # type: ignore[method-assign]
    line.hears(monkeypatch)
    taking = asyncio.create_task(line.take())
    while not line.mouth.heard:
        await asyncio.sleep(0)
    line.serving.press(CALL_ID, "0")
    await taking
    assert (line.mouth.heard[-1], line.left) == ("limited_silent", [Next.BYE])


@pytest.mark.parametrize("fault", ["broken", "silent"])
async def test_book_that_knows_no_limits_serves_everybody(
    monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    async def look(contact: Contact) -> Reply:
        if fault == "broken":
            raise OSError("in the test")
        await asyncio.Event().wait()
        return OPENING

    monkeypatch.setattr(asked, "LOOK_WITHIN_S", 0.02)
    line = await take(monkeypatch, LAMP, gone(), look=look)
    assert line.mouth.said[0] == "phone_greeting"
    assert next(each.text for each in line.messages) == "路灯坏了"


async def test_without_a_recogniser_a_limited_caller_is_a_persons() -> None:
    line = Line()
    line.book.limited = limits  # type: ignore[method-assign]
    await line.take()
    assert line.left == [Next.OPERATORS]


async def test_whom_we_ring_is_never_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line()
    line.book.limited = limits  # type: ignore[method-assign]
    line.errands[CALL_ID] = owed(Purpose.CALL_BACK)
    line.hears(monkeypatch, gone())
    await line.take()
    assert line.mouth.said[0] == "x"


async def test_caller_without_a_number_is_not_looked_up() -> None:
    book = SimpleNamespace(limited=limits)
    hidden = Began(
        call_id=CALL_ID,
        contact=Contact(scheme="call", path=CALL_ID),
        purpose=Purpose.INBOUND,
        at=NOW,
    )
    assert await asked.limits(book, hidden) is None  # type: ignore[arg-type]
    shown = Began(call_id=CALL_ID, contact=CALLER, purpose=Purpose.INBOUND, at=NOW)
    assert await asked.limits(book, shown) == OPENING  # type: ignore[arg-type]
