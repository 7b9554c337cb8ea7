"""Whatever dies while somebody is on the line: no call is without a ticket or a person."""

import asyncio
import os
import signal
import sqlite3
import time
import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack, closing
from pathlib import Path

import pytest

from channels.phone import reasons
from tests.channels.phone.peer import Peer
from tests.phone import kit
from tests.phone.hotline import Hotline, Resident, sound_file, spoken
from tests.phone.kit import CALLER, Telephone
from tests.phone.line import Line

SERVED_S = 5.0
MANY = 20
EITHER_WAY = pytest.mark.parametrize("media", ["audiosocket", "websocket"])


async def _told(hotline: Hotline, caller: Telephone) -> None:
    """A resident who has told his matter and hears it read back."""
    resident = Resident(telephone=caller, hotline=hotline)
    await resident.ring()
    await resident.talk([("lamp-f", "read_back")])


@EITHER_WAY
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
    await hotline.until(lambda: hotline.line.missed() == [], 10, "what is settled still lies there")


@EITHER_WAY
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
    (ticket,) = await hotline.settled()  # he has not hung up: it was we who were away
    assert "路灯" in ticket["text"]
    assert ticket["handover_reason"] == reasons.TAKEN_AWAY
    await hotline.until(
        lambda: [row["outcome"] for row in hotline.rows("SELECT outcome FROM call")] == ["person"],
        5,
        "the call is not with a person",
    )
    await caller.hang_up()


async def test_who_was_taken_from_a_hung_program_and_then_missed_has_not_hung_up_on_it(
    hotline: Hotline, caller: Telephone
) -> None:
    await _told(hotline, caller)
    assert hotline.program.child is not None
    os.kill(hotline.program.child.pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(7)
        await caller.hang_up()
        await caller.until("disconnected")
    finally:
        os.kill(hotline.program.child.pid, signal.SIGCONT)
    (ticket,) = await hotline.settled()
    assert "路灯" in ticket["text"]
    assert ticket["handover_reason"] in (reasons.TAKEN_AWAY, "未接来电，请回电")
    await hotline.until(lambda: hotline.line.missed() == [], 30, "the missed call still lies there")


async def test_a_locked_database_gives_callers_to_an_operator_within_five_seconds(
    hotline: Hotline, caller: Telephone, operator: Telephone
) -> None:
    await operator.answer()
    await _told(hotline, caller)
    said = spoken("yes-f")
    with closing(sqlite3.connect(hotline.program.folder / "hotline.db", timeout=10)) as holding:
        holding.isolation_level = None
        holding.execute("BEGIN IMMEDIATE")
        await Resident(telephone=caller, hotline=hotline).say("yes-f")
        began = time.monotonic()
        await operator.until("confirmed", SERVED_S + len(said) / kit.RATE_HZ + 1)
        assert time.monotonic() - began <= SERVED_S + len(said) / kit.RATE_HZ
        await caller.hang_up()
        await operator.until("disconnected")
        await asyncio.sleep(3)
        async with kit.telephone(user="13800000000") as another:  # the heartbeat has stopped too
            known = len(operator.events)
            began = time.monotonic()
            await another.call(hotline.line.hotline)
            await operator.until("confirmed", SERVED_S, after=known)
            assert time.monotonic() - began < 1.5
            await another.hang_up()
            await operator.until("disconnected", after=known)
        holding.execute("ROLLBACK")
    async with kit.telephone(user="13800000000") as another:
        await asyncio.sleep(5)
        await another.call(hotline.line.hotline)
        await hotline.said("phone_greeting", 2)
        await another.hang_up()


async def test_who_connects_to_the_audio_without_a_call_of_the_exchange_is_not_served(
    hotline: Hotline,
) -> None:
    port = hotline.line.instance.plan.phone.media_port
    peer = await Peer.connect(port, str(uuid.uuid4()))
    assert await peer.ended(8)
    assert hotline.rows("SELECT id FROM call") == []


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
    """All have told of a lamp, so each call has led to a ticket of its caller's that tells of it or
    that a person has to ring him back for, and is recorded; nothing waits any more.
    """

    def lost() -> set[str]:
        calls = {
            row["id"]
            for row in hotline.rows(
                "SELECT call.id FROM call JOIN call_ticket link ON link.call = call.id"
                " JOIN ticket ON ticket.number = link.ticket AND ticket.reporter = call.contact"
                " JOIN recording kept ON kept.call = call.id AND kept.kind = 'call'"
            )
        }
        ours = "SELECT id FROM call WHERE contact LIKE 'tel:+86139000000%'"
        return {row["id"] for row in hotline.rows(ours)} - calls

    def settled() -> bool:
        count = len(hotline.rows("SELECT id FROM call"))
        return count == MANY and not lost() and hotline.line.missed() == []

    await hotline.until(settled, 90, "calls of whom nothing is left")
    callers = {ticket["reporter"] for ticket in hotline.tickets()}
    assert len(callers) == MANY
    told = [ticket for ticket in hotline.tickets() if "路灯" in ticket["text"]]
    assert len(told) > MANY / 2, hotline.spoken()
