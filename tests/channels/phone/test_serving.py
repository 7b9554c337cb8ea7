"""Who is served, and that a program that cannot serve lets the exchange go on with the caller."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from channels.message import Contact, Reply
from channels.phone import serving
from channels.phone.audio.media import Closed, Ended
from channels.phone.book import Began, Errand, Purpose
from channels.phone.exchange.exchange import Next
from channels.phone.exchange.happenings import Caller
from channels.phone.outgoing import Talk
from channels.phone.serving import Serving
from config import runtime
from nlp.speech.contract import SpeechFailed, Trouble
from tests.channels.phone.talking import CALL_ID, CALLER

NUMBER = "13900000000"


class FakeMedia:
    call_id = CALL_ID
    rate_hz = 8000

    def __init__(self) -> None:
        self.closed = False

    async def events(self) -> Any:
        yield Closed(reason=Ended.HANGUP)

    async def play(self, pcm: bytes) -> bool:
        return True

    def stop(self) -> None: ...

    async def close(self) -> None:
        self.closed = True


class Line:
    """Everything around `Serving`, as small as it can be."""

    def __init__(self) -> None:
        self.announced = True
        self.locked = False
        self.living = True
        self.passed_on = False
        self.up = True
        self.errands: dict[str, Errand] = {}
        self.talks: list[Talk] = []
        self.began: list[Began] = []
        self.left: list[Next] = []
        self.media = FakeMedia()
        book = SimpleNamespace(began=self._began, ended=self._nothing, spoken=self._nothing)
        outgoing = SimpleNamespace(errand=self.errands.get, over=self._over)
        self.serving = Serving(
            desk=SimpleNamespace(runtime=runtime.system(), receive=None),  # type: ignore[arg-type]
            telephone=SimpleNamespace(book=book, understand=None),  # type: ignore[arg-type]
            exchange=self,  # type: ignore[arg-type]
            journal=SimpleNamespace(contact=lambda shown, call_id: CALLER),  # type: ignore[arg-type]
            outgoing=outgoing,  # type: ignore[arg-type]
            longest_ms=1000,
        )

    @property
    def calls(self) -> tuple[Caller, ...]:
        return (Caller(call_id=CALL_ID, number=NUMBER),) if self.living else ()

    async def wait_caller(self, call_id: str, timeout_s: float) -> Caller | None:
        return Caller(call_id=call_id, number=NUMBER) if self.announced else None

    def caller(self, call_id: str) -> Caller:
        return Caller(call_id=call_id, number=NUMBER, passed_on=self.passed_on)

    async def set_next(self, call_id: str, where: Next, heard: str = "") -> bool:
        self.left.append(where)
        return True

    async def take(self) -> None:
        async with asyncio.timeout(5):
            await self.serving.take(self.media)

    async def _began(self, began: Began) -> None:
        if self.locked:
            await asyncio.Event().wait()
        self.began.append(began)

    async def _nothing(self, *_: object) -> None: ...

    def _over(self, call_id: str, talk: Talk) -> None:
        self.talks.append(talk)


def owed(purpose: Purpose) -> Errand:
    to = Contact(scheme="tel", path="+8613900000000")
    return Errand(id="e", to=to, purpose=purpose, reply=Reply(key="x"), ticket="1", attempt=1)


async def test_call_that_nobody_has_announced_goes_nowhere() -> None:
    line = Line()
    line.announced = False
    await line.take()
    assert (line.began, line.left) == ([], [])


async def test_call_of_ours_is_known_before_the_exchange_says_so() -> None:
    line = Line()
    line.announced = False
    line.errands[CALL_ID] = owed(Purpose.CALL_BACK)
    await line.take()
    assert [each.purpose for each in line.began] == [Purpose.CALL_BACK]


async def test_without_a_recogniser_a_person_takes_the_call() -> None:
    line = Line()
    await line.take()
    assert (line.left, line.media.closed) == ([Next.OPERATORS], True)


async def test_recogniser_that_takes_no_more_gives_the_call_to_a_person() -> None:
    def full(rate_hz: int) -> None:
        raise SpeechFailed(Trouble.TOO_MANY, "in the test")

    line = Line()
    line.serving.transcriber = SimpleNamespace(listen=full)  # type: ignore[assignment]
    await line.take()
    assert line.left == [Next.OPERATORS]


async def test_locked_book_lets_the_exchange_go_on_and_the_next_errand_be_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serving, "BOOK_WITHIN_S", 0.02)
    line = Line()
    line.locked = True
    with pytest.raises(TimeoutError):
        await line.take()
    assert line.talks == [Talk(heard_out=False)]


async def test_hang_up_is_told_from_a_call_that_was_taken_from_us(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serving, "LIVES_WITHIN_S", 0.1)
    line = Line()
    lives = line.serving._lives
    assert await lives(CALL_ID)
    asyncio.get_running_loop().call_later(0.05, setattr, line, "living", False)
    assert not await lives(CALL_ID)  # the exchange tells a moment later
    line.passed_on = True
    assert await lives(CALL_ID)  # it is over by now, and was with a person after us
    line.passed_on, line.living, line.up = False, True, False
    assert not await lives(CALL_ID)  # what it knew last is no word of it
