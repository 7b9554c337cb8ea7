"""A message is received once and answered once: in time, or by the outbox, whatever fails."""

import asyncio
from collections.abc import Sequence

import pytest

from channels import passive
from channels.message import Contact, InboundMessage, Receipt, Reply
from channels.passive import Overloaded, PassiveReplies
from tests.channels.desk import START, FakeDesk, said

WAIT_S = 20.0


def message(number: int = 1) -> InboundMessage:
    sender = Contact(scheme="test", path="a")
    return InboundMessage(
        channel="test",
        external_id=str(number),
        sender=sender,
        thread=str(sender),
        text="路灯坏了",
        received_at=START,
    )


def replies_of(desk: FakeDesk, *, patience_s: float = WAIT_S, fits: int = 9) -> PassiveReplies:
    return PassiveReplies(
        receive=desk.receive,
        later=desk.post_later,
        fits=lambda replies: min(fits, len(replies)),
        patience_s=patience_s,
        pauses_s=(0.0, 0.0),
    )


async def posted(desk: FakeDesk) -> None:
    async with asyncio.timeout(WAIT_S):
        await desk.posted.wait()


async def test_what_is_there_in_time_is_the_answer() -> None:
    desk = FakeDesk()
    assert await replies_of(desk).answer(message()) == desk.replies
    assert desk.later == []


async def test_what_does_not_fit_goes_later_and_only_once() -> None:
    desk = FakeDesk()
    desk.replies = (said("一"), said("二"), said("三"))
    replies = replies_of(desk, fits=1)
    assert await replies.answer(message()) == (said("一"),)
    await posted(desk)
    assert await replies.answer(message()) == (said("一"),)
    await replies.drain()
    assert [told for _, told in desk.later] == [(said("二"), said("三"))]


async def test_receiving_goes_on_when_the_platform_hangs_up() -> None:
    desk = FakeDesk()
    desk.gate.clear()
    caller = asyncio.create_task(replies_of(desk).answer(message()))
    await desk.entered.wait()
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    desk.gate.set()
    assert await desk.receive(message()) == Receipt(
        replies=desk.replies, ticket="20261124-0001", duplicate=True
    )


async def test_a_desk_that_fails_after_success_was_said_is_asked_again() -> None:
    desk = FakeDesk()
    broken = asyncio.Event()

    async def receive(heard: InboundMessage) -> Receipt:
        if not broken.is_set():
            await broken.wait()
            raise RuntimeError("the database is away")
        return await desk.receive(heard)

    replies = PassiveReplies(
        receive=receive,
        later=desk.post_later,
        fits=len,
        patience_s=0.0,
        pauses_s=(0.0, 0.0),
    )
    assert await replies.answer(message()) == ()
    broken.set()
    await posted(desk)
    assert desk.told_later() == "收到了，单号 20261124-0001"


async def test_an_outbox_that_stays_away_is_given_up_in_the_end() -> None:
    desk = FakeDesk()
    desk.gate.clear()
    desk.later_failures = 2
    replies = replies_of(desk, patience_s=0.0)
    assert await replies.answer(message()) == ()
    desk.gate.set()
    await replies.drain()
    assert desk.later_failures == 0
    assert desk.later == []


async def test_a_reply_outlives_one_failure_of_the_outbox() -> None:
    desk = FakeDesk()
    desk.gate.clear()
    desk.later_failures = 1
    replies = replies_of(desk, patience_s=0.0)
    await replies.answer(message())
    desk.gate.set()
    await posted(desk)
    assert len(desk.later) == 1


async def test_who_finds_the_message_already_answered_elsewhere_posts_nothing() -> None:
    desk = FakeDesk()
    await desk.receive(message())
    entered = asyncio.Event()
    gate = asyncio.Event()

    async def slow(heard: InboundMessage) -> Receipt:
        entered.set()
        await gate.wait()
        return await desk.receive(heard)

    replies = PassiveReplies(receive=slow, later=desk.post_later, fits=len, patience_s=0.0)
    assert await replies.answer(message()) == ()
    gate.set()
    await replies.drain()
    assert desk.later == []


async def test_an_error_in_time_is_the_callers() -> None:
    desk = FakeDesk()
    desk.failures = 1
    replies = replies_of(desk)
    with pytest.raises(RuntimeError):
        await replies.answer(message())
    assert replies.waiting == 0
    assert await replies.answer(message()) == desk.replies


async def test_too_many_at_once_are_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passive, "MOST_AT_ONCE", 1)
    desk = FakeDesk()
    desk.gate.clear()
    replies = replies_of(desk, patience_s=0.0)
    assert await replies.answer(message(1)) == ()
    with pytest.raises(Overloaded):
        await replies.answer(message(2))
    assert await replies.answer(message(1)) == ()
    desk.gate.set()
    await replies.drain()
    assert replies.waiting == 0


async def test_only_so_many_late_messages_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passive, "MOST_REMEMBERED", 1)
    desk = FakeDesk()
    desk.gate.clear()
    replies = replies_of(desk, patience_s=0.0)
    for number in (1, 2):
        await replies.answer(message(number))
    desk.gate.set()
    await replies.drain()
    patient: Sequence[Reply] = await replies_of(desk).answer(message(1))
    assert patient == desk.replies
