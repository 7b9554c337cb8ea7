"""Whoever was missed is rung back, and is not lost when the program dies in it."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.phone import console, kit
from tests.phone.clocked import Clocked
from tests.phone.hotline import Resident, spoken
from tests.phone.kit import Telephone
from tests.phone.likeness import likeness
from tests.phone.line import Line


@pytest.fixture
def resident(home: Telephone, clocked: Clocked) -> Resident:
    return Resident(telephone=home, hotline=clocked.hotline)


async def _leaves_a_message(home: Telephone, line: Line, message: Path) -> None:
    """Nobody is there, neither the program nor an operator."""
    await home.call(line.hotline)
    await home.until("confirmed")
    until = time.monotonic() + 20
    while not line.missed():
        assert time.monotonic() < until, "the recorder did not start"
        await asyncio.sleep(0.1)
    await home.play(message)
    await asyncio.sleep(5.5)
    await home.hang_up()
    await home.until("disconnected")


@pytest.mark.timeout(300)
async def test_who_was_missed_is_rung_back_and_his_matter_is_the_same_ticket(
    home: Telephone, resident: Resident, clocked: Clocked, clean_line: Line, tmp_path: Path
) -> None:
    hotline, note = clocked.hotline, kit.noise(5, seed=7)
    await _leaves_a_message(home, clean_line, kit.save(tmp_path / "note.wav", note))
    known = len(home.events)
    await home.answer(record=tmp_path / "heard.wav")
    await hotline.start()
    (missed,) = await hotline.settled()
    assert (missed["status"], missed["handover_reason"]) == ("deciding", "未接来电，请回电")
    await resident.is_rung(known)
    await hotline.said("call_again")
    await resident.talk([("lamp-f", "read_back"), ("yes-f", "receipt")])
    await home.until("disconnected", 30, after=known)
    (ticket,) = hotline.tickets()
    assert (ticket["number"], ticket["status"]) == (missed["number"], "dispatched")
    assert "路灯" in ticket["text"] and "录音" not in ticket["text"]
    (told,) = (text for _, text, key in hotline.spoken() if key == "receipt")
    assert ticket["number"] in told
    assert "没有取到" not in "".join(hotline.notes("supplement"))
    clocked.catch_up()
    kept = await hotline.kept(3)
    assert {(row["purpose"], row["kind"]) for row in kept} == {
        ("inbound", "call"), ("inbound", "missed"), ("call_back", "call"),
    }  # fmt: skip
    recording = {(row["purpose"], row["kind"]): row for row in kept}
    message, back = recording["inbound", "missed"], recording["call_back", "call"]
    for row in kept:
        assert (hotline.program.folder / "recordings" / row["reference"]).stat().st_size > 2000
    async with console.opened(hotline) as window:
        page = await window.page(f"/console/tickets/{ticket['number']}")
        assert all(f"/console/calls/{row['call']}" in page for row in kept)
        assert f'src="/console/recordings/{message["id"]}"' in page  # beside his words
        page = await window.page(f"/console/calls/{back['call']}")
        assert "路灯" in page and f"/console/recordings/{back['id']}" in page
        page = await window.page(f"/console/calls/{message['call']}")
        assert f"/console/recordings/{message['id']}" in page
        assert likeness(note, await window.sound(message["id"])) > 0.7
        both = await window.sound(back["id"])
    assert likeness(spoken("lamp-f"), both) > 0.7
    heard = kit.samples(tmp_path / "heard.wav")
    assert likeness(heard[kit.RATE_HZ : 6 * kit.RATE_HZ], both) > 0.7  # our own voice


@pytest.mark.timeout(300)
async def test_a_program_killed_while_he_tells_it_loses_neither_the_words_nor_the_ticket(
    home: Telephone, resident: Resident, clocked: Clocked, clean_line: Line, tmp_path: Path
) -> None:
    hotline, note = clocked.hotline, kit.save(tmp_path / "note.wav", kit.noise(5, seed=7))
    await _leaves_a_message(home, clean_line, note)
    known = len(home.events)
    await home.answer()
    await hotline.start()
    await resident.is_rung(known)
    await hotline.said("call_again")
    await resident.talk([("lamp-m", "read_back")])
    hotline.program.kill()
    await home.until("disconnected", 15, after=known)
    clocked.set(0, "10:30")
    await hotline.start()
    await hotline.until(lambda: "路灯" in hotline.tickets()[0]["text"], 30, "his words are lost")
    (ticket,) = hotline.tickets()
    assert (ticket["status"], ticket["handover_reason"]) == ("deciding", "居民没有确认就挂断")
