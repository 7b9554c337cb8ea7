"""Calls that we owe are made one by one, and the book learns what came of each."""

import asyncio
from collections.abc import Sequence

import pytest

from channels.message import Contact, Reply
from channels.phone.book import Errand, Judgement, Purpose
from channels.phone.exchange.dialling import Outcome
from channels.phone.exchange.packets import AmiLost
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
        return self.owed.pop(0) if self.owed else None

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
    outgoing = Outgoing(exchange=exchange, book=book, new_call_id=lambda: "c1")  # type: ignore[arg-type]
    exchange.outgoing = outgoing
    return outgoing


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Outcome.BUSY, "占线"),
        (Outcome.NO_ANSWER, "无人接听"),
        (Outcome.REFUSED, "拒接"),
        (Outcome.FAILED, "呼叫失败"),
        (AmiLost("gone"), "呼叫失败"),
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
