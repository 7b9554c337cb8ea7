"""Calls beyond the bounds, on a real Asterisk: too many at once, and those that never end."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from channels.phone.exchange import recorded
from channels.phone.exchange.exchange import Exchange
from config import runtime
from intake.asterisk import files
from tests.phone import kit, program
from tests.phone.kit import CALLER, Telephone
from tests.phone.line import Line
from tests.phone.program import Talk

AT_ONCE_S = 4.0
CALL_S = 3
GRACE_S = 1
RECORDED_S = 5
EITHER_WAY = pytest.mark.parametrize("media", ["audiosocket", "websocket"])


@asynccontextmanager
async def _served(line: Line) -> AsyncIterator["asyncio.Queue[Talk]"]:
    """The line, with a program that takes as many calls as it may and ends none."""
    phone = line.instance.plan.phone
    exchange = Exchange(phone, runtime.system(), on_happening=lambda happening: None)
    async with program.by_settings(phone) as talks:
        beating = await program.beat_until_up(exchange)
        try:
            yield talks
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)


@asynccontextmanager
async def _operator(line: Line) -> AsyncIterator[Telephone]:
    """His telephone, which takes what comes."""
    password = line.password("8001")
    async with kit.telephone(user="8001", password=password, registrar=line.registrar) as phone:
        await phone.answer()
        yield phone


@EITHER_WAY
async def test_a_call_beyond_the_most_is_an_operators_at_once(
    make_line: Callable[..., Line], media: str
) -> None:
    line = make_line(media=media, most_calls=1)
    async with (
        _served(line) as talks,
        _operator(line) as operator,
        kit.telephone(user=CALLER) as first,
        kit.telephone(user="13800000000") as second,
    ):
        await first.call(line.hotline)
        async with asyncio.timeout(5):
            await talks.get()
        began = time.monotonic()
        await second.call(line.hotline)
        ringing = await operator.until("ringing", AT_ONCE_S)
        assert time.monotonic() - began < AT_ONCE_S
        assert "13800000000" in ringing["caller"]
        await operator.until("confirmed")
        assert talks.empty()
        assert "disconnected" not in [each["event"] for each in first.events]


@EITHER_WAY
async def test_a_call_that_nobody_ends_is_ended_by_the_exchange(
    make_line: Callable[..., Line], media: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First the program's part of it, which goes on to an operator, then his."""
    monkeypatch.setattr(files, "GRACE_S", GRACE_S)
    monkeypatch.setattr(files, "RECORDED_S", RECORDED_S)
    line = make_line(media=media, call_minutes=CALL_S / 60)
    async with (
        _served(line) as talks,
        _operator(line) as operator,
        kit.telephone(user=CALLER) as caller,
    ):
        await caller.call(line.hotline)
        async with asyncio.timeout(5):
            talk = await talks.get()
        begun = time.monotonic()
        await operator.until("confirmed", CALL_S + GRACE_S + AT_ONCE_S)
        put_through = time.monotonic()
        assert put_through - begun > CALL_S - 1  # the dialplan's clock began before ours
        assert talk.ended.is_set()
        await caller.until("disconnected", RECORDED_S + AT_ONCE_S)
        await operator.until("disconnected")
        assert time.monotonic() - put_through > RECORDED_S - AT_ONCE_S
    ended = await _finished(line)
    assert (ended.stage, ended.operator) == ("operators", "话务员8001")
    assert line.missed() == []


async def _finished(line: Line) -> recorded.RecordedCall:
    """The one call, once its hang-up has been dealt with."""
    async with asyncio.timeout(5):
        while not (found := recorded.finished(line.instance.plan.recordings, datetime.now(UTC))):
            await asyncio.sleep(0.05)
    (call,) = found
    return call
