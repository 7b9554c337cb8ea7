"""A recorded call on a real Asterisk: both voices are in it, and it is heard in the console."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from channels.phone.exchange import recorded
from tests.phone import console, kit
from tests.phone.hotline import Hotline, Resident, spoken
from tests.phone.kit import CALLER, NotYet, Samples, Telephone
from tests.phone.likeness import likeness
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
    assert likeness(answers, heard) > 0.9
    assert likeness(asks, heard) > 0.9
    assert clean_line.missed() == []
    logs = [path for path in (clean_line.instance.folder / "log").rglob("*") if path.is_file()]
    assert logs and not [path.name for path in logs if CALLER.encode() in path.read_bytes()]


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
    async with console.opened(hotline) as window:
        page = await window.page(f"/console/calls/{row['call']}")
        assert "路灯" in page and ticket["number"] in page
        assert "话务员8001" in page and CALLER not in page
        heard = await window.sound(row["id"])
    assert likeness(answers, heard) > 0.7
    assert likeness(asks, heard) > 0.7
    assert likeness(spoken("lamp-f"), heard) > 0.7
    assert list(no_recordings.iterdir()) == []
    assert len(hotline.rows("SELECT * FROM recording_listen")) == 1


async def test_what_a_broken_recogniser_did_not_hear_is_in_the_ticket_after_the_call(
    clean_line: Line,
    no_recordings: Path,
    operator: Telephone,
    caller: Telephone,
    tmp_path: Path,
) -> None:
    hotline = Hotline.of(clean_line, tmp_path / "program")
    hotline.program.module = "tests.phone.deaf_program"
    await hotline.start()
    try:
        resident = Resident(telephone=caller, hotline=hotline)
        await operator.answer()
        await resident.ring()
        await resident.say("water-f")
        await operator.until("confirmed", 20)
        (ticket,) = await hotline.settled()
        await operator.play(kit.save(tmp_path / "asks.wav", spoken("lamp-m")))  # nobody's words
        await asyncio.sleep(4)
        hotline.program.kill()
        await caller.hang_up()
        await caller.until("disconnected")
        await hotline.start()
        what = "the recording did not become text"
        await hotline.until(lambda: _texts(hotline) != [], 60, what)
        (text,) = _texts(hotline)
        (after,) = hotline.tickets()
        assert "水" in text and "灯" not in text
        assert after["number"] == ticket["number"] and text in after["text"]
        assert list(no_recordings.iterdir()) == []
        async with console.opened(hotline) as window:
            assert "水" in await window.page(f"/console/tickets/{after['number']}")
    finally:
        hotline.program.stop()


def _texts(hotline: Hotline) -> list[str]:
    rows = hotline.rows("SELECT text FROM transcription WHERE state = 'done'")
    return [row["text"] for row in rows]


async def _kept(hotline: Hotline, within_s: float = 40.0) -> list[Any]:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        found = hotline.rows("SELECT * FROM recording")
        if found:
            return found
        await asyncio.sleep(0.2)
    raise NotYet(f"no recording was taken in: {hotline.program.log()[-2000:]}")
