"""A message is acknowledged once it is on disk, and answered once: in time, or by the outbox."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web

from channels import answering
from channels.answering import Answering
from channels.http import Forged, Malformed
from channels.message import Contact, InboundMessage, Reply
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


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


def made(desk: FakeDesk, http: ClientSession, *, patience_s: float = WAIT_S) -> Answering:
    return Answering(channel="test", desk=desk.desk(http), longest=5, patience_s=patience_s)


async def test_what_is_there_in_time_is_the_answer(http: ClientSession) -> None:
    desk = FakeDesk()
    desk.replies = (said("一"),)
    assert await made(desk, http).answer(message()) == desk.replies
    assert desk.later == []


async def test_what_does_not_fit_goes_later_and_only_once(http: ClientSession) -> None:
    desk = FakeDesk()
    desk.replies = (said("一"), said("二"), said("三三"))
    for _ in range(2):
        assert await made(desk, http).answer(message()) == desk.replies[:2]
    assert [told for _, told in desk.later] == [(said("三三"),)]


async def test_a_text_of_many_pieces_and_replies_keep_their_size(http: ClientSession) -> None:
    answers = made(FakeDesk(), http)
    assert answers.pieces(said("一二三四五六七")) == ["一二三四五", "六七"]
    assert answers.said([said("一"), said("二\x00")]) == "一\n\n二"


async def test_receiving_goes_on_when_the_platform_hangs_up(http: ClientSession) -> None:
    desk = FakeDesk()
    desk.gate.clear()
    caller = asyncio.create_task(made(desk, http).answer(message()))
    await desk.entered.wait()
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    desk.gate.set()
    assert (await desk.receive(message())).duplicate


async def test_an_error_in_time_makes_the_platform_call_again(http: ClientSession) -> None:
    desk = FakeDesk()
    desk.failures = 1
    answers = made(desk, http)
    with pytest.raises(web.HTTPInternalServerError):
        await answers.answer(message())
    assert answers.waiting == 0
    assert await answers.answer(message()) == desk.replies[:0]
    assert desk.told_later() == "收到了，单号 20261124-0001"  # too long for an answer of five


async def test_a_desk_that_hangs_before_it_writes_is_not_answered_for(
    http: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "LEAVES_WITHIN_S", 0.05)
    desk = FakeDesk()
    desk.disk.clear()
    answers = made(desk, http, patience_s=0.05)
    with pytest.raises(web.HTTPServiceUnavailable):
        await answers.answer(message())
    desk.disk.set()
    await answers.drain()
    assert desk.later == [(message().sender, desk.replies)]  # too long for an answer of five


async def test_a_database_that_hangs_is_waited_for_with_a_bound(
    http: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "LEAVES_WITHIN_S", 0.05)
    desk = FakeDesk()
    desk.gate.clear()

    async def hanging(left: InboundMessage) -> bool:
        await asyncio.Event().wait()
        return True

    monkeypatch.setattr(desk, "leave", hanging)
    answers = made(desk, http, patience_s=0.05)
    with pytest.raises(web.HTTPServiceUnavailable):
        await answers.answer(message())
    desk.gate.set()
    await answers.drain()


async def test_too_many_at_once_are_turned_away(
    http: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "MOST_AT_ONCE", 1)
    desk = FakeDesk()
    desk.gate.clear()
    answers = made(desk, http, patience_s=0.05)
    assert await answers.answer(message(1)) == ()
    with pytest.raises(web.HTTPServiceUnavailable):
        await answers.answer(message(2))
    desk.gate.set()
    await answers.drain()
    assert answers.waiting == 0


@pytest.mark.parametrize(
    ("error", "status", "name"), [(Forged("a"), 403, "forged"), (Malformed("a"), 400, "malformed")]
)
async def test_what_is_refused_is_counted(
    http: ClientSession, error: Exception, status: int, name: str
) -> None:
    answers = made(FakeDesk(), http)
    with pytest.raises(web.HTTPClientError) as refused, answers.checked():
        raise error
    assert refused.value.status == status
    assert answers.counts[name] == 1


def test_the_choices_offered_last_count() -> None:
    asked = Reply(key="result", choices=("解决了", "没解决"))
    assert answering.choices([asked, said("单号 1")]) == ("解决了", "没解决")
    assert answering.choices([said("单号 1")]) == ()
