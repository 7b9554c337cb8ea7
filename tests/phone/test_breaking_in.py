"""A caller who speaks while we do, on a real Asterisk: we fall silent, and hear him whole."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from channels.phone.ear import LEAD_MS
from config.settings import PACKAGED_COUNTY
from tests.phone import kit
from tests.phone.hotline import Hotline, Resident, in_our_voice
from tests.phone.kit import Samples, Telephone
from tests.phone.line import Line

SILENT_WITHIN_MS = 100
ON_THE_WAY_MS = 120  # a telephone's own jitter buffer, and RTP's frames
BUSY_MS = 300  # where the machine has more to do than our beat; we would speak on for 2 s
LOUD = 500.0
PIECE_MS = 10


@pytest.fixture
async def hotline(clean_line: Line, tmp_path: Path) -> AsyncIterator[Hotline]:
    """The whole program, with the county's own greeting: the tests' short one is over too soon."""
    folder = tmp_path / "program"
    made = Hotline.of(clean_line, folder, HOTLINE_COUNTY=str(PACKAGED_COUNTY))
    await made.start()
    yield made
    made.program.stop()


@pytest.mark.parametrize("media", ["audiosocket", "websocket"])
async def test_who_speaks_into_the_greeting_silences_us_at_once_and_is_heard_whole(
    hotline: Hotline, caller: Telephone, tmp_path: Path
) -> None:
    resident = Resident(telephone=caller, hotline=hotline)
    await caller.call(hotline.line.hotline, record=tmp_path / "heard.wav")
    await caller.until("media")
    await asyncio.sleep(1.5)
    await resident.say("lamp-f")
    await hotline.until(lambda: "caller" in _voices(hotline), 20, "he was not heard")
    await caller.hang_up()
    await caller.until("disconnected")
    greeting, his, *_ = hotline.rows("SELECT * FROM call_line ORDER BY call, sequence")
    assert (greeting["voice"], greeting["key"]) == ("line", "phone_greeting")
    assert his["text"].startswith("东韩村") and his["text"].endswith("没人修")
    certain_ms = his["start_ms"] + LEAD_MS - greeting["start_ms"]  # since we had begun
    said_ms = greeting["end_ms"] - greeting["start_ms"]
    assert said_ms <= certain_ms + SILENT_WITHIN_MS + BUSY_MS
    first_ms, last_ms = _voiced(await in_our_voice(greeting["text"], tmp_path))
    began_ms, ended_ms = _voiced(kit.samples(tmp_path / "heard.wav"))
    most_ms = certain_ms + SILENT_WITHIN_MS + ON_THE_WAY_MS + BUSY_MS
    assert first_ms + ended_ms - began_ms <= most_ms
    assert most_ms < last_ms  # else he would have come too late to break in


def _voices(hotline: Hotline) -> list[str]:
    return [voice for voice, _, _ in hotline.spoken()]


def _voiced(sound: Samples) -> tuple[int, int]:
    """From when to when somebody speaks, in milliseconds."""
    size = PIECE_MS * kit.RATE_HZ // 1000
    pieces = np.abs(sound[: len(sound) // size * size].reshape(-1, size)).max(axis=1)
    (loud,) = np.nonzero(pieces > LOUD)
    return int(loud[0]) * PIECE_MS, (int(loud[-1]) + 1) * PIECE_MS
