"""Calls that we owe are made one by one, and the book learns what came of each."""

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest

from channels.message import Contact, Reply
from channels.phone import outgoing as outgoing_module
from channels.phone.book import Errand, Judgement, Purpose
from channels.phone.exchange.dialling import Outcome
from channels.phone.exchange.packets import AmiLost, AmiRefused
from channels.phone.outgoing import NO_NUMBER, Outgoing, Talk

SATISFIED = Judgement(solved=True, satisfied=True, contacted=True)


def errand(path: str = "+8613900000000", scheme: str = "tel") -> Errand:
    return Errand(
        id="e1",
        to=Contact(scheme=scheme, path=path),
        purpose=Purpose.FOLLOW_UP,
        reply=Reply(key="result"),
        ticket="20261124-0001",
        attempt=1,
    )


class Book:
    def __init__(self, owed: Sequence[Errand]) -> None:
        self.owed = list(owed)
        self.told: list[tuple[str, object]] = []

    async def next_errand(self, *, alarms_only: bool = False) -> Errand | None:
        found = (each for each in self.owed if not alarms_only or each.purpose is Purpose.ALARM)
        errand = next(found, None)
        if errand is not None:
            self.owed.remove(errand)
        return errand

    async def reached(self, done: Errand, judgement: Judgement) -> None:
        self.told.append(("reached", judgement))

    async def not_reached(self, done: Errand, reason: str) -> None:
        self.told.append(("not reached", reason))


class Exchange:
    """Answers as told; an answered call is held by `talk`."""

    up = True

    def __init__(self, outcome: Outcome | Exception, talk: Talk | None = None) -> None:
        self.outcome = outcome
        self.talk = talk
        self.outgoing: Outgoing | None = None
        self.dialled: list[tuple[str, str]] = []

    async def originate(
        self, number: str, call_id: str, kind: str, timeout_s: float = 45.0
    ) -> Outcome:
        self.dialled.append((number, kind))
        if isinstance(self.outcome, Exception):
            raise self.outcome
        if self.outgoing is not None and self.talk is not None:
            assert self.outgoing.errand(call_id) is not None
            self.outgoing.over(call_id, self.talk)
        await asyncio.sleep(0)
        return self.outcome


def made(book: Book, exchange: Exchange) -> Outgoing:
    ids = itertools.count(1)
    outgoing = Outgoing(exchange=exchange, book=book, new_call_id=lambda: f"c{next(ids)}")  # type: ignore[arg-type]
    exchange.outgoing = outgoing
    return outgoing


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Outcome.BUSY, "占线"),
        (Outcome.NO_ANSWER, "无人接听"),
        (Outcome.REFUSED, "拒接"),
        (Outcome.FAILED, "线路或号码不通"),
        (AmiRefused("no such line"), "呼叫失败"),
    ],
)
async def test_a_call_that_was_not_answered_is_told_with_its_reason(
    outcome: Outcome | Exception, reason: str
) -> None:
    book = Book([errand()])
    assert await made(book, Exchange(outcome)).step()
    assert book.told == [("not reached", reason)]


async def test_a_call_that_was_heard_out_brings_its_judgement() -> None:
    book = Book([errand()])
    exchange = Exchange(Outcome.ANSWERED, Talk(heard_out=True, judgement=SATISFIED))
    assert await made(book, exchange).step()
    assert exchange.dialled == [("13900000000", "follow-up")]
    assert book.told == [("reached", SATISFIED)]


async def test_who_puts_down_at_once_was_not_reached() -> None:
    book = Book([errand()])
    await made(book, Exchange(Outcome.ANSWERED, Talk(heard_out=False))).step()
    assert book.told == [("not reached", "接通后没有听完")]


async def test_why_he_has_not_heard_us_out_is_told() -> None:
    book = Book([errand()])
    talk = Talk(heard_out=False, why="接通后没有人说话")
    await made(book, Exchange(Outcome.ANSWERED, talk)).step()
    assert book.told == [("not reached", "接通后没有人说话")]


async def test_a_blink_of_the_exchange_does_not_ring_him_twice() -> None:
    """The connection is lost while it rings; he answers all the same, and his audio comes to us."""
    book = Book([errand()])
    exchange = Exchange(AmiLost("blink"))
    outgoing = made(book, exchange)

    async def answers() -> None:
        while not exchange.dialled:
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        assert outgoing.errand("c1") is not None
        outgoing.over("c1", Talk(heard_out=True, judgement=SATISFIED))

    answering = asyncio.create_task(answers())
    await outgoing.step()
    await answering
    assert book.told == [("reached", SATISFIED)]


async def test_who_does_not_answer_after_a_blink_is_tried_again_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outgoing_module, "RING_S", 0.01)
    monkeypatch.setattr(outgoing_module, "MEDIA_WITHIN_S", 0.01)
    book = Book([errand()])
    await made(book, Exchange(AmiLost("blink"))).step()
    assert book.told == [("not reached", "呼叫失败")]


async def test_an_alarm_waits_for_no_other_call() -> None:
    alarm = replace(errand(), id="e2", purpose=Purpose.ALARM)
    book = Book([errand(), alarm])

    class Busy(Exchange):
        async def originate(
            self, number: str, call_id: str, kind: str, timeout_s: float = 45.0
        ) -> Outcome:
            answered = await super().originate(number, call_id, kind, timeout_s)
            return Outcome.BUSY if kind == "alarm" else answered

    exchange = Busy(Outcome.ANSWERED)  # the first one is on the line for a long time
    outgoing = made(book, exchange)
    first = asyncio.create_task(outgoing.step())
    while not exchange.dialled:
        await asyncio.sleep(0)
    assert await outgoing.step(alarms_only=True)
    assert book.told == [("not reached", "占线")]
    assert exchange.dialled == [("13900000000", "follow-up"), ("13900000000", "alarm")]
    first.cancel()


async def test_who_has_no_number_is_not_rung() -> None:
    book = Book([errand("0190a1b2", scheme="call")])
    exchange = Exchange(Outcome.ANSWERED)
    assert await made(book, exchange).step()
    assert (exchange.dialled, book.told) == ([], [("not reached", NO_NUMBER)])


async def test_nothing_is_claimed_while_the_exchange_is_away() -> None:
    book, exchange = Book([errand()]), Exchange(Outcome.ANSWERED)
    exchange.up = False
    assert not await made(book, exchange).step()
    assert book.owed


async def test_a_call_that_is_not_ours_has_no_errand() -> None:
    assert made(Book([]), Exchange(Outcome.ANSWERED)).errand("other") is None
