"""A call without a telephone: scripted ears, a mouth that remembers, a desk that answers by table."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from channels.message import Contact, InboundMessage, Receipt, Reply
from channels.phone import book, ear
from channels.phone.audio import media
from channels.phone.book import Ended
from channels.phone.call import Call, Office
from channels.phone.ear import Sound
from channels.phone.exchange.exchange import Next
from channels.phone.window import Caller

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
CALL_ID = "0190a1b2-0000-7000-8000-000000000001"
CALLER = Contact(scheme="tel", path="+8613900000000")


class FakeEar:
    """Gives the sounds of a script, each once the call waits for the caller."""

    def __init__(self, script: Sequence[Sound]) -> None:
        self._script = script
        self.now_ms = 0
        self.waiting: Callable[[], bool] = lambda: True

    async def hear(self) -> AsyncIterator[Sound]:
        for sound in self._script:
            while not self.waiting():
                await asyncio.sleep(0)
            self.now_ms += 1000
            yield sound
        await asyncio.Event().wait()


class FakeMouth:
    """Remembers the keys of what it was asked to say."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.broken: set[str] = set()  # keys of what the caller breaks into
        self.hushed = 0
        self.talking = False

    async def say(self, *replies: Reply) -> bool:
        self.said += [reply.key for reply in replies]
        await asyncio.sleep(0)
        return self.broken.isdisjoint(reply.key for reply in replies)

    async def again(self, *, slower: bool = False) -> bool:
        self.said.append("again slower" if slower else "again")
        return True

    def hush(self) -> None:
        self.hushed += 1


class FakeBook:
    """Keeps the transcript."""

    def __init__(self) -> None:
        self.lines: list[book.SpokenLine] = []

    async def spoken(self, call_id: str, line: book.SpokenLine) -> None:
        self.lines.append(line)


@dataclass(kw_only=True)
class Stage:
    """A call with everything around it."""

    script: Sequence[Sound]
    answers: Callable[[InboundMessage], Receipt]
    longest_ms: int = 600_000
    left: list[tuple[Next, str]] = field(default_factory=list)
    messages: list[InboundMessage] = field(default_factory=list)
    mouth: FakeMouth = field(default_factory=FakeMouth)
    notes: FakeBook = field(default_factory=FakeBook)

    async def run(self) -> Ended:
        """The whole call; fails where it does not end by itself."""
        listens = FakeEar(self.script)
        office = Office(
            receive=self._receive,
            book=self.notes,  # type: ignore[arg-type]
            leave=self._leave,
            now=lambda: NOW,
            longest_ms=self.longest_ms,
        )
        caller = Caller(call_id=CALL_ID, contact=CALLER)
        call = Call(caller=caller, listens=listens, speaks=self.mouth, office=office)
        listens.waiting = lambda: call.waiting
        async with asyncio.timeout(10):
            return await call.run()

    async def _receive(self, message: InboundMessage) -> Receipt:
        self.messages.append(message)
        return self.answers(message)

    async def _leave(self, call_id: str, where: Next, heard: str) -> None:
        self.left.append((where, heard))


def said(text: str) -> ear.Utterance:
    return ear.Utterance(text=text, confidence=0.9, start_ms=0, end_ms=900)


def gone(reason: media.Ended = media.Ended.HANGUP) -> ear.Gone:
    return ear.Gone(reason=reason)


def reply(*keys: str, ticket: str = "", person: bool = False) -> Receipt:
    return Receipt(replies=tuple(Reply(key=key) for key in keys), ticket=ticket, person=person)
