"""A recorded call on a real Asterisk: both voices are in it, and it is heard in the console."""

import asyncio
import io
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import soundfile
import soxr
import sqlalchemy as sa

from channels.phone.exchange import recorded
from intake import accounts
from intake.accounts import Role
from tests.intake.console import COOKIE, hashed
from tests.phone import kit
from tests.phone.hotline import CALLS, Hotline, Resident
from tests.phone.kit import CALLER, NotYet, Samples, Telephone
from tests.phone.line import Line


@pytest.fixture
def no_recordings(clean_line: Line) -> Path:
    folder = clean_line.instance.plan.recordings
    for path in folder.iterdir():
        path.unlink()
    return folder


async def _speak_in_turn(
    caller: Telephone, operator: Telephone, folder: Path
) -> tuple[Samples, Samples]:
    """The operator first, then the caller, so that neither covers the other."""
    first, second = kit.noise(4, seed=2), kit.noise(4, seed=1)
    kit.save(folder / "asks.wav", second)
    await operator.until("confirmed", 20)
    await operator.play(kit.save(folder / "answers.wav", first))
    await asyncio.sleep(5)
    await caller.play(folder / "asks.wav")
    await asyncio.sleep(5)
    await caller.hang_up()
    await caller.until("disconnected")
    return first, second


async def test_without_a_program_the_whole_call_is_recorded_and_says_how_it_ended(
    clean_line: Line, no_recordings: Path, operator: Telephone, caller: Telephone, tmp_path: Path
) -> None:
    await operator.answer()
    await caller.call(clean_line.hotline)
    answers, asks = await _speak_in_turn(caller, operator, tmp_path)
    (call,) = await _finished(no_recordings)
    assert (call.number, call.kind, call.stage) == (CALLER, "incoming", "operators")
    assert call.operator == "话务员8001"
    assert call.ended_at is not None and call.queued_at is not None
    assert 9 < (call.ended_at - call.at).total_seconds() < 40
    assert call.recording is not None and call.recording.stat().st_mode & 0o077 == 0
    heard = kit.samples(call.recording)
    assert kit.likeness(answers, heard) > 0.9
    assert kit.likeness(asks, heard) > 0.9
    assert clean_line.missed() == []


async def _finished(folder: Path) -> list[recorded.RecordedCall]:
    async with asyncio.timeout(10):
        while not (found := recorded.finished(folder, datetime.now(UTC))):
            await asyncio.sleep(0.05)
    return found


async def test_call_is_read_and_heard_in_the_console(
    hotline: Hotline,
    no_recordings: Path,
    operator: Telephone,
    caller: Telephone,
    tmp_path: Path,
) -> None:
    resident = Resident(telephone=caller, hotline=hotline)
    await operator.answer()
    await resident.ring()
    await resident.talk([("lamp-f", "read_back"), ("person-f", "handed_over")])
    answers, asks = await _speak_in_turn(caller, operator, tmp_path)
    (row,) = await _kept(hotline)
    (ticket,) = hotline.tickets()
    async with _console(hotline) as console:
        page = await _get(console, f"/console/calls/{row['call']}")
        assert "路灯" in page.decode() and ticket["number"] in page.decode()
        assert "话务员8001" in page.decode() and CALLER not in page.decode()
        sound = await _get(console, f"/console/recordings/{row['id']}")
    samples, rate_hz = soundfile.read(io.BytesIO(sound))
    heard = soxr.resample(samples * 32768, rate_hz, kit.RATE_HZ)
    assert kit.likeness(answers, heard) > 0.7
    assert kit.likeness(asks, heard) > 0.7
    told, rate_hz = soundfile.read(CALLS / "lamp-f.wav")
    told = soxr.resample(told * 32768, rate_hz, kit.RATE_HZ)
    assert kit.likeness(told, heard) > 0.7
    assert list(no_recordings.iterdir()) == []
    assert len(hotline.rows("SELECT * FROM recording_listen")) == 1


async def _kept(hotline: Hotline, within_s: float = 40.0) -> list[Any]:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        found = hotline.rows("SELECT * FROM recording")
        if found:
            return found
        await asyncio.sleep(0.2)
    raise NotYet(f"no recording was taken in: {hotline.program.log()[-2000:]}")


def _console(hotline: Hotline) -> aiohttp.ClientSession:
    """Somebody who is logged in."""
    engine, now = sa.create_engine(hotline.program.database), datetime.now(UTC)
    with engine.begin() as connection:
        accounts.add(connection, name="li", display_name="li", role=Role.LEADER, now=now)
        accounts.change(connection, "li", hashed())
        token = accounts.begin(connection, "li", now, 1)
    engine.dispose()
    return aiohttp.ClientSession(hotline.program.url, cookies={COOKIE: token})


async def _get(console: aiohttp.ClientSession, path: str) -> bytes:
    async with console.get(path) as answer:
        assert answer.status == 200, path
        return await answer.read()
