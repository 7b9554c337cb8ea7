"""A caller in audio time: what he says and presses goes through everything that serves a call, and
nothing of it waits for the real clock.

A sentence is audio whose samples are its number, so that the recogniser knows what it hears.
"""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any

from channels.message import Contact, InboundMessage, Receipt, Reply
from channels.phone import book
from channels.phone.audio.line import Line
from channels.phone.audio.media import FRAME_MS, Ended
from channels.phone.book import SpokenLine
from channels.phone.dictation import Dictation
from channels.phone.ear import Ear
from channels.phone.endpointing import Change, Endpointer
from channels.phone.exchange.exchange import Next
from channels.phone.leaving import Leaving
from channels.phone.mouth import Mouth
from channels.phone.talk import straight
from channels.phone.talk.call import GREETING, Call
from channels.phone.talk.office import Office
from channels.phone.talk.window import Caller
from nlp.speech.contract import SpeechFailed, Transcript, Trouble

CALL_ID = "0190a1b2-0000-7000-8000-000000000001"
NUMBER = "20261124-0001"
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
RATE_HZ = 1000  # enough for numbers
FRAME_S = FRAME_MS / 1000
HANGS = 1e9  # seconds
ANSWERED_S = 1.3  # after his words, the pause that ends them is over
BREAKS = "?"  # the recogniser does at this sentence
WISH = "转人工"
ANSWERS = frozenset({"对", "再说一遍", "慢一点", "再见", WISH})  # complete by themselves


@dataclass(frozen=True, slots=True, kw_only=True)
class Says:
    """A sentence; `waits`: until what he said is answered and it is his turn, and then so long."""

    text: str
    length_s: float = 1.5
    after_s: float = 0.0
    waits: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Presses:
    digit: str
    after_s: float = 0.0
    waits: bool = False


Act = Says | Presses


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """How long each answers, one call after the other, then again from the first."""

    desk_s: Sequence[float] = (0.1,)
    judge_s: Sequence[float] = (0.05,)
    voice_s: Sequence[float] = (0.05,)
    book_s: Sequence[float] = (0.01,)
    exchange_s: Sequence[float] = (0.01,)


@dataclass(kw_only=True)
class Story:
    """A call of a caller who does these things, and is silent then for ever."""

    acts: Sequence[Act]
    seconds_of: Callable[[str], float]  # that a text takes to be said
    speak: Callable[[Reply], str]
    answers: Callable[[InboundMessage], Receipt]
    delays: Delays = field(default_factory=Delays)
    longest_s: float = 1800.0
    straight: bool = False  # is a person to have him at once?
    wished_s: list[float] = field(default_factory=list)
    did_s: list[float] = field(default_factory=list)  # when he had finished, or was silent too long
    lines: list[SpokenLine] = field(default_factory=list)  # ours
    noted: list[str] = field(default_factory=list)  # his
    messages: list[InboundMessage] = field(default_factory=list)
    left: list[Next] = field(default_factory=list)
    left_s: float = 0.0  # when the dialplan went on
    watch: Callable[["Story"], None] = lambda story: None  # at each beat
    frames: int = 1  # that come at a beat
    passed_s: float = 0.0
    call: Call = field(init=False)
    line: Line = field(init=False)
    listens: Ear = field(init=False)
    _breath_s: float = 0.0  # when he had told a wish, if he has said nothing else since
    _value: int = 0  # of his samples now: the sentence's number
    _sentences: list[str] = field(default_factory=lambda: [""])

    async def run(self) -> book.Ended:
        """From its first sound to the end of our part."""
        loop = asyncio.get_running_loop()
        beat: Any = SimpleNamespace(join=lambda step: loop.time(), leave=lambda step: None)
        wire = _Wire(ended=lambda: self._over(beat))
        self.line = Line(call_id=CALL_ID, rate_hz=RATE_HZ, wire=wire, elapsed=loop.time)
        self.line.begin(beat)
        self._assemble(loop)
        ticking = asyncio.create_task(self._tick())
        acting = asyncio.create_task(self._act())
        try:
            return await self.call.run()
        finally:
            for task in (ticking, acting):
                task.cancel()
            await asyncio.gather(ticking, acting, return_exceptions=True)

    def _assemble(self, loop: asyncio.AbstractEventLoop) -> None:
        delays = {name: itertools.cycle(getattr(self.delays, name)) for name in Delays.__slots__}

        async def receive(message: InboundMessage, fits: Any = None) -> Receipt:
            self.messages.append(message)
            await asyncio.sleep(next(delays["desk_s"]))
            return self.answers(message)

        async def say(text: str, rate_hz: int, *, slow: bool = False) -> bytes:
            await asyncio.sleep(next(delays["voice_s"]))
            seconds = sum(map(self.seconds_of, text.split("\n"))) * (1.25 if slow else 1.0)
            return bytes(2 * int(seconds * rate_hz))

        async def opened(call_id: str, ticket: str) -> None:
            await asyncio.sleep(next(delays["book_s"]))

        async def set_next(call_id: str, where: Next, heard: str = "") -> bool:
            await asyncio.sleep(next(delays["exchange_s"]))
            self.left.append(where)
            return True

        async def alarms(text: str) -> bool:
            await asyncio.sleep(next(delays["judge_s"]))
            return "着火" in text

        async def lives(call_id: str) -> bool:
            return False

        async def complete(text: str) -> bool:
            return text in ANSWERS

        leaving = Leaving(
            exchange=SimpleNamespace(set_next=set_next),  # type: ignore[arg-type]
            book=SimpleNamespace(opened=opened),  # type: ignore[arg-type]
            elapsed=loop.time,
        )
        self.listens = Ear(
            media=self.line,
            dictation=Dictation(recognition=_Recognition(self), complete=complete),
            gate=SimpleNamespace(feed=any),  # type: ignore[arg-type]
            endpointer=_Endpointer(told=self.happened),
            waiting=lambda: self.call.waiting,
        )
        mouth = Mouth(
            media=self.line,
            voice=SimpleNamespace(say=say),  # type: ignore[arg-type]
            speak=self.speak,
            note=self.lines.append,
            now_ms=lambda: int(loop.time() * 1000),
        )
        office = Office(
            receive=receive,
            note=lambda said: self.noted.append(said.text),
            leave=partial(leaving.leave, self.line),
            alarms=alarms,
            lives=lives,
            now=lambda: NOW,
            longest_ms=int(self.longest_s * 1000),
        )
        caller = Caller(call_id=CALL_ID, contact=Contact(scheme="tel", path="+8613900000000"))
        self.call = Call(
            caller=caller,
            listens=self.listens,
            speaks=mouth,
            office=office,
            greeting=straight.GREETING if self.straight else GREETING,
            straight=self.straight,
        )

    async def _tick(self) -> None:
        """Asterisk's beat: a frame of his, and one of ours; a few at a time to save ours."""
        while True:
            await asyncio.sleep(FRAME_S * self.frames)
            samples = RATE_HZ * FRAME_MS // 1000 * self.frames
            self.line.audio(self._value.to_bytes(2, "little") * samples)
            self.line.beat()
            self.passed_s += FRAME_S * self.frames
            self.watch(self)

    async def _act(self) -> None:
        for act in self.acts:
            if act.waits:
                await self._turn()
            await asyncio.sleep(act.after_s)
            match act:
                case Says(text=text, length_s=length_s):
                    self._sentences.append(text)
                    self._value = len(self._sentences) - 1
                    await self._speak(length_s, wishes=WISH in text)
                case Presses(digit=digit):
                    self.call.press(digit)
                    self.happened(wishes=digit == "0")

    async def _speak(self, length_s: float, *, wishes: bool) -> None:
        """What he says in the same breath as a wish belongs to it."""
        loop = asyncio.get_running_loop()
        if self._breath_s and loop.time() - self._breath_s < ANSWERED_S:
            self.wished_s.remove(self._breath_s)
            wishes = True
        await asyncio.sleep(length_s)
        self._value = 0
        self.happened(wishes=wishes)
        self._breath_s = loop.time() if wishes else 0.0
        await asyncio.sleep(FRAME_S)

    async def _turn(self) -> None:
        await asyncio.sleep(ANSWERED_S)
        while not self.call.waiting:
            await asyncio.sleep(FRAME_S)

    def happened(self, *, wishes: bool = False) -> None:
        """He has done something now, been silent too long, or our recogniser has broken."""
        now_s = asyncio.get_running_loop().time()
        self.did_s.append(now_s)
        if wishes:
            self.wished_s.append(now_s)

    def heard(self, value: int) -> str:
        """The sentence of this number."""
        return self._sentences[value]

    def _over(self, beat: Any) -> None:
        loop = asyncio.get_running_loop()
        self.left_s = loop.time()
        loop.call_soon(self.line.gone, Ended.HANGUP, beat)


class _Wire:
    """A connection that takes everything."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self.end = self.cut = ended

    def send(self, frame: bytes) -> None:
        """Nobody listens."""

    def take_back(self) -> None:
        """Nothing waits."""

    def beat(self) -> str:
        return ""


class _Endpointer(Endpointer):
    """Tells when he has been silent too long."""

    def __init__(self, told: Callable[[], None]) -> None:
        super().__init__()
        self._told = told

    def feed(self, **frame: Any) -> Change:
        change = super().feed(**frame)
        if change is Change.SILENT:
            self._told()
        return change


class _Recognition:
    """Hears the sentences by their numbers."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._heard: dict[int, None] = {}

    async def feed(self, pcm: bytes) -> str:
        for at in range(0, len(pcm), 2 * RATE_HZ * FRAME_MS // 1000):
            if value := int.from_bytes(pcm[at : at + 2], "little"):
                self._heard[value] = None
        if BREAKS in self._text():
            self._story.happened()
            raise SpeechFailed(Trouble.BROKEN, "as the story wants it")
        return self._text()

    async def settle(self) -> str:
        return self._text()

    async def finish(self) -> Transcript:
        text = self._text()
        self._heard.clear()
        return Transcript(text=text, confidence=0.9)

    def close(self) -> None:
        """Nothing to free."""

    def _text(self) -> str:
        return "，".join(filter(None, map(self._story.heard, self._heard)))
