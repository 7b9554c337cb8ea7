"""A call without a telephone: scripted ears, a mouth that remembers, a desk that answers by table."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from channels.message import Contact, InboundMessage, Receipt, Reply
from channels.phone import ear
from channels.phone.audio import media
from channels.phone.book import Ended
from channels.phone.ear import Sound
from channels.phone.exchange.exchange import Next
from channels.phone.talk import straight
from channels.phone.talk.call import GREETING, Call
from channels.phone.talk.office import Codes, Office
from channels.phone.talk.window import Caller

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
CALL_ID = "0190a1b2-0000-7000-8000-000000000001"
CALLER = Contact(scheme="tel", path="+8613900000000")


class FakeEar:
    """Gives the sounds of a script, each once the call waits for the caller."""

    def __init__(self, script: Sequence[Sound]) -> None:
        self._script = script
        self._sounds: asyncio.Queue[Sound] = asyncio.Queue()
        self.now_ms = 0
        self.stirs = False
        self.waiting: Callable[[], bool] = lambda: True

    async def hear(self) -> AsyncIterator[Sound]:
        playing = asyncio.create_task(self._play())
        try:
            while True:
                self.now_ms += 1000
                yield await self._sounds.get()
        finally:
            playing.cancel()

    def at_once(self, sounds: Sequence[Sound]) -> None:
        """These come now, whosever turn it is."""
        for sound in sounds:
            self._sounds.put_nowait(sound)

    async def _play(self) -> None:
        for sound in self._script:
            while not (self.waiting() and self._sounds.empty()):
                await asyncio.sleep(0)
            self._sounds.put_nowait(sound)
            await _pass(4)


class FakeMouth:
    """Remembers the keys of what it has begun to say; a word takes time, and can be hushed."""

    def __init__(self) -> None:
        self.said: list[str] = []  # begun
        self.heard: list[str] = []  # to their end
        self.broken: set[str] = set()  # keys of what the caller breaks into, wherever he is
        self.hushed = 0
        self.talking = False
        self.spoke = False
        self.into: dict[str, list[Sound]] = {}  # by key: what comes while it is said
        self.before: dict[str, list[Sound]] = {}  # by key: what comes while it is prepared
        self.listens: FakeEar | None = None
        self._stopped = False

    async def say(self, *replies: Reply) -> bool:
        return await self._utter([reply.key for reply in replies])

    async def again(self, *, slower: bool = False) -> bool:
        return await self._utter(["again slower" if slower else "again"])

    def hush(self) -> None:
        self.hushed += 1
        self._stopped = True

    async def _utter(self, keys: list[str]) -> bool:
        self._stopped = self.spoke = False
        self._comes(self.before, keys)
        await _pass(10)
        if self._stopped:
            return False
        self.said += keys
        self.talking = self.spoke = True
        self._comes(self.into, keys)
        await _pass(10)
        self._stopped = self._stopped or not self.broken.isdisjoint(keys)
        self.talking = False
        if not self._stopped:
            self.heard += keys
        return not self._stopped

    def _comes(self, what: dict[str, list[Sound]], keys: list[str]) -> None:
        for key in keys:
            if self.listens is not None:
                self.listens.at_once(what.pop(key, []))


async def _pass(rounds: int) -> None:
    """Let everything else have its turn so often."""
    for _ in range(rounds):
        await asyncio.sleep(0)


@dataclass(kw_only=True)
class Stage:
    """A call with everything around it."""

    script: Sequence[Sound]
    answers: Callable[[InboundMessage], Receipt]
    longest_ms: int = 600_000
    left: list[tuple[Next, str]] = field(default_factory=list)
    messages: list[InboundMessage] = field(default_factory=list)
    mouth: FakeMouth = field(default_factory=FakeMouth)
    spoken: list[str] = field(default_factory=list)  # the caller's part of the transcript
    asked: list[bool] = field(default_factory=list)  # before each message: was it an answer?
    lives: bool = False  # does the exchange go on with the call after its audio?
    straight: bool = False  # is a person to have him at once?
    codes: Codes | None = None  # contact codes that count
    during: dict[str, list[Sound]] = field(default_factory=dict)  # while the desk has these words
    _call: Call = field(init=False)

    async def run(self) -> Ended:
        """The whole call; fails where it does not end by itself."""
        listens = self.mouth.listens = FakeEar(self.script)
        office = Office(
            receive=self._receive,
            note=lambda utterance: self.spoken.append(utterance.text),
            leave=self._leave,
            alarms=self._alarms,
            lives=self._lives,
            now=lambda: NOW,
            longest_ms=self.longest_ms,
            codes=self.codes,
        )
        caller = Caller(call_id=CALL_ID, contact=CALLER)
        greeting = straight.GREETING if self.straight else GREETING
        self._call = Call(
            caller=caller,
            listens=listens,
            speaks=self.mouth,
            office=office,
            greeting=greeting,
            straight=self.straight,
        )
        listens.waiting = lambda: self._call.waiting
        async with asyncio.timeout(10):
            return await self._call.run()

    async def _receive(self, message: InboundMessage) -> Receipt:
        self.messages.append(message)
        self.asked.append(self._call.asks)
        assert self.mouth.listens is not None
        self.mouth.listens.at_once(self.during.pop(message.text, []))
        await _pass(10)
        return self.answers(message)

    async def _alarms(self, text: str) -> bool:
        return "着火" in text

    async def _lives(self, call_id: str) -> bool:
        return self.lives

    async def _leave(self, where: Next, heard: str) -> None:
        self.left.append((where, heard))


def said(text: str) -> ear.Utterance:
    return ear.Utterance(text=text, confidence=0.9, start_ms=0, end_ms=900)


def gone(reason: media.Ended = media.Ended.HANGUP) -> ear.Gone:
    return ear.Gone(reason=reason)


def reply(*keys: str, ticket: str = "", **more: bool) -> Receipt:
    """A receipt of the desk's; `more`: person, asks, danger."""
    return Receipt(replies=tuple(Reply(key=key) for key in keys), ticket=ticket, **more)
