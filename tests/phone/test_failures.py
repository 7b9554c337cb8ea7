"""Whatever dies while somebody is on the line: no call is without a ticket or a person."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.phone import kit
from tests.phone.hotline import Hotline, Resident, sound_file
from tests.phone.kit import CALLER, Telephone
from tests.phone.line import Line

SERVED_S = 5.0
MANY = 20


async def _told(hotline: Hotline, caller: Telephone) -> None:
    """A resident who has told his matter and hears it read back."""
    resident = Resident(telephone=caller, hotline=hotline)
    await resident.ring()
    await resident.talk([("lamp-f", "read_back")])


async def test_a_program_killed_in_mid_call_leaves_the_caller_to_an_operator(
    hotline: Hotline, caller: Telephone, operator: Telephone
) -> None:
    await operator.answer()
    await _told(hotline, caller)
    killed = time.monotonic()
    hotline.program.kill()
    await operator.until("confirmed", SERVED_S + 1)
    assert time.monotonic() - killed <= SERVED_S
    await caller.hang_up()
    await caller.until("disconnected")
    await hotline.start()
    # What he had told is not lost, though the operator's call needed no ticket of its own.
    heard = hotline.rows("SELECT body FROM inbox WHERE channel = 'phone'")
    assert any("路灯" in row["body"] for row in heard)


async def test_killed_with_no_operator_there_his_words_become_a_ticket_after_the_restart(
    hotline: Hotline, caller: Telephone
) -> None:
    await _told(hotline, caller)
    hotline.program.kill()
    await asyncio.sleep(6)
    await caller.hang_up()
    await caller.until("disconnected")
    await asyncio.sleep(1)
    await hotline.start()
    (ticket,) = await hotline.settled()
    assert "路灯" in ticket["text"]
    assert ticket["handover_reason"] == "未接来电，请回电"
    assert hotline.line.missed() == []


async def test_a_hung_program_is_left_within_five_seconds(
    hotline: Hotline, caller: Telephone, operator: Telephone
) -> None:
    await operator.answer()
    await _told(hotline, caller)
    assert hotline.program.child is not None
    stopped = time.monotonic()
    os.kill(hotline.program.child.pid, signal.SIGSTOP)
    try:
        await operator.until("confirmed", SERVED_S + 1)
        assert time.monotonic() - stopped <= SERVED_S
    finally:
        os.kill(hotline.program.child.pid, signal.SIGCONT)
    await caller.hang_up()


async def test_a_program_that_starts_late_finds_who_rang_before(
    clean_line: Line, caller: Telephone, tmp_path: Path
) -> None:
    await caller.call(clean_line.hotline, play=sound_file("lamp-f", tmp_path))
    await caller.until("confirmed")
    await asyncio.sleep(8)
    await caller.hang_up()
    await caller.until("disconnected")
    hotline = Hotline.of(clean_line, tmp_path / "late")
    await hotline.start()
    try:
        (ticket,) = await hotline.settled()
        assert ticket["handover_reason"] == "未接来电，请回电"
        assert ticket["reporter_phone"] == "+86" + CALLER
    finally:
        hotline.program.stop()


async def test_asterisk_killed_and_started_again_is_served_again(
    make_line: Callable[..., Line], tmp_path: Path
) -> None:
    line = make_line()
    hotline = Hotline.of(line, tmp_path / "program")
    await hotline.start()
    try:
        async with kit.telephone(user=CALLER) as caller:
            await _told(hotline, caller)
            line.running.process.kill()
            line.running.process.wait()
            (ticket,) = await hotline.settled()
            assert "路灯" in ticket["text"]
        again = line.instance.start()
        try:
            await hotline.up()
            async with kit.telephone(user=CALLER) as caller:
                await caller.call(line.hotline)
                await caller.until("confirmed")
                await hotline.said("phone_greeting", 2)
                await caller.hang_up()
        finally:
            again.stop()
    finally:
        hotline.program.stop()


@pytest.mark.timeout(240)
async def test_twenty_calls_at_once_are_all_accounted_for(clean_line: Line, tmp_path: Path) -> None:
    hotline = Hotline.of(clean_line, tmp_path / "program", HOTLINE_PHONE__MOST_CALLS="24")
    await hotline.start()
    try:
        async with AsyncExitStack() as stack:
            phones = [
                await stack.enter_async_context(kit.telephone(user=f"139000000{number:02}"))
                for number in range(MANY)
            ]
            lamp = sound_file("lamp-m", tmp_path)
            for phone in phones:
                await phone.call(clean_line.hotline, play=lamp)
            for phone in phones:
                await phone.until("confirmed", 20)
            await asyncio.sleep(30)
            for phone in phones:
                await phone.hang_up()
            for phone in phones:
                await phone.until("disconnected", 20)
        await _accounted(hotline)
    finally:
        hotline.program.stop()


async def _accounted(hotline: Hotline) -> None:
    """Each call has a ticket, waited for an operator, or is at least recorded."""
    until = time.monotonic() + 90
    lost: set[str] = set()
    while time.monotonic() < until:
        ours = "SELECT id FROM call WHERE contact LIKE 'tel:+86139000000%'"
        calls = {row["id"] for row in hotline.rows(ours)}
        told = {
            row["thread"].removeprefix("call:")
            for row in hotline.rows("SELECT thread FROM inbox WHERE ticket IS NOT NULL")
        }
        queued = {row["id"] for row in hotline.rows("SELECT id FROM call WHERE queued_at > 0")}
        kept = {row["call"] for row in hotline.rows("SELECT call FROM recording")}
        lost = calls - told - queued - kept
        if len(calls) == MANY and not lost and hotline.line.missed() == []:
            assert len(told) > MANY / 2, hotline.spoken()
            return
        await asyncio.sleep(0.5)
    raise kit.NotYet(f"calls of whom nothing is left: {lost}; {hotline.line.missed()}")
