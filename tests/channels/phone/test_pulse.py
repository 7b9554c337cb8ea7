"""While the book takes nothing the heartbeat stops, so that callers go to people."""

import asyncio

import pytest

from channels.phone import pulse
from channels.phone.pulse import Pulse


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "ANSWER_S", 0.02)
    monkeypatch.setattr(pulse, "EACH_S", 0.01)


async def test_pulse_stops_while_the_book_is_locked_and_comes_back_with_it() -> None:
    free = asyncio.Event()
    made = Pulse(free.wait)  # type: ignore[arg-type]
    running = asyncio.create_task(made.run())
    assert made.beats
    async with asyncio.timeout(5):
        while made.beats:
            await asyncio.sleep(0.01)
        free.set()
        while not made.beats:
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_book_that_fails_is_no_pulse_and_is_asked_again() -> None:
    answers = iter([RuntimeError("disk full"), None])

    async def ask() -> None:
        answer = next(answers)
        if answer is not None:
            raise answer

    made = Pulse(ask)
    await made.step()
    assert not made.beats
    await made.step()
    assert made.beats


async def test_no_question_is_left_behind_when_the_line_ends() -> None:
    ended = asyncio.Event()

    async def ask() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    running = asyncio.create_task(Pulse(ask).run())
    await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    async with asyncio.timeout(1):
        await ended.wait()
