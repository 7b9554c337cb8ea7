"""Our media servers with a real Asterisk: what is said arrives whole, and stops when told."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest

from channels.phone.exchange.exchange import Exchange
from config import runtime
from tests.phone import kit, program
from tests.phone.kit import CALLER, Telephone
from tests.phone.likeness import likeness
from tests.phone.line import Line
from tests.phone.program import Talk

BARGE_IN_S = 0.1
ON_THE_WAY_S = 0.12  # a telephone's own jitter buffer, and RTP's frames

Ring = tuple[Line, "asyncio.Queue[Talk]", Telephone]


@pytest.fixture(params=["audiosocket", "websocket"])
async def ring(
    request: pytest.FixtureRequest, line_by: Callable[[str], Line]
) -> AsyncIterator[Ring]:
    line = line_by(request.param)
    phone = line.instance.plan.phone
    exchange = Exchange(phone, runtime.system(), on_happening=lambda happening: None)
    running = asyncio.create_task(exchange.run())
    async with program.by_settings(phone) as talks, kit.telephone(user=CALLER) as caller:
        async with asyncio.timeout(10):
            while not exchange.up:
                await asyncio.sleep(0.02)
        yield line, talks, caller
        await caller.hang_up()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_both_hear_each_other_whole_and_keys_arrive(ring: Ring, tmp_path: Path) -> None:
    line, talks, caller = ring
    asks, answers = kit.noise(8, seed=11), kit.noise(4, seed=12)
    await caller.call(
        line.hotline, play=kit.save(tmp_path / "asks.wav", asks), record=tmp_path / "heard.wav"
    )
    async with asyncio.timeout(5):
        talk = await talks.get()
    assert await talk.media.play(kit.pcm(answers, talk.media.rate_hz))
    await caller.press("70")
    await asyncio.sleep(1.5)
    await caller.hang_up()
    async with asyncio.timeout(5):
        await talk.ended.wait()
    heard = kit.from_pcm(bytes(talk.heard), talk.media.rate_hz)
    assert likeness(asks[8000:32000], heard) > 0.95
    assert likeness(answers, kit.samples(tmp_path / "heard.wav")) > 0.95
    assert talk.digits == ["7", "0"]


async def test_barge_in_is_silent_within_a_tenth_of_a_second(ring: Ring, tmp_path: Path) -> None:
    line, talks, caller = ring
    await caller.call(line.hotline, record=tmp_path / "heard.wav")
    async with asyncio.timeout(5):
        talk = await talks.get()
    await asyncio.sleep(0.5)
    began_s = time.monotonic()
    saying = asyncio.create_task(_play(talk, kit.pcm(kit.noise(8, seed=13), talk.media.rate_hz)))
    await asyncio.sleep(2)
    talk.media.stop()
    said_s = time.monotonic() - began_s
    assert await saying is False
    await asyncio.sleep(0.7)
    await caller.hang_up()
    await caller.until("disconnected")
    heard = kit.samples(tmp_path / "heard.wav")
    loud = np.abs(heard[: len(heard) // 80 * 80].reshape(-1, 80)).max(axis=1) > 500
    assert loud.sum() / 100 < said_s + BARGE_IN_S + ON_THE_WAY_S
    assert not loud[-30:].any()


async def _play(talk: Talk, pcm: bytes) -> bool:
    return await talk.media.play(pcm)
