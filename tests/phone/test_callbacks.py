"""Calls that we make, to a real telephone: who was missed is rung back, a result is judged, and all
of it by day.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from intake.accounts import Role
from tests.phone import console, kit
from tests.phone.clocked import Clocked
from tests.phone.hotline import Hotline, Resident, spoken
from tests.phone.kit import CALLER, NotYet, Telephone
from tests.phone.line import Line

RUNG_WITHIN_S = 30.0  # what is owed is looked for every two seconds
QUIET_S = 7.0  # three times
KEPT_WITHIN_S = 100.0
ANSWER = "灯已经修好了"


@pytest.fixture
async def home(clean_line: Line) -> AsyncIterator[Telephone]:
    """The resident's telephone: he rings us with it, and it rings when we call him."""
    async with kit.telephone(user=CALLER, port=clean_line.instance.ports.trunk) as phone:
        yield phone


@pytest.fixture
async def clocked(clean_line: Line, tmp_path: Path) -> AsyncIterator[Clocked]:
    """The whole program, not started yet, at ten in the morning."""
    made = Clocked.of(clean_line, tmp_path / "program")
    yield made
    made.hotline.program.stop()


@pytest.fixture
def hotline(clocked: Clocked) -> Hotline:
    return clocked.hotline


@pytest.fixture
def resident(home: Telephone, hotline: Hotline) -> Resident:
    return Resident(telephone=home, hotline=hotline)


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


async def _rung(home: Telephone, after: int) -> None:
    await home.until("ringing", RUNG_WITHIN_S, after=after)
    await home.until("confirmed", after=after)


async def _kept(hotline: Hotline, count: int) -> list[Any]:
    until = time.monotonic() + KEPT_WITHIN_S
    while time.monotonic() < until:
        found = hotline.rows(
            "SELECT r.*, c.purpose FROM recording r JOIN call c ON c.id = r.call ORDER BY r.kept_at"
        )
        if len(found) >= count:
            return found
        await asyncio.sleep(0.2)
    raise NotYet(f"{count} recordings were not taken in: {hotline.program.log()[-2000:]}")


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
    await _rung(home, known)
    await hotline.said("call_again")
    await resident.talk([("lamp-f", "read_back"), ("yes-f", "receipt")])
    await home.until("disconnected", 30, after=known)
    (ticket,) = hotline.tickets()
    assert (ticket["number"], ticket["status"]) == (missed["number"], "dispatched")
    assert "路灯" in ticket["text"] and "录音" not in ticket["text"]
    (told,) = (text for _, text, key in hotline.spoken() if key == "receipt")
    assert ticket["number"] in told
    assert "没有取到" not in "".join(_notes(hotline, "supplement"))
    clocked.catch_up()
    kept = await _kept(hotline, 3)
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
        assert kit.likeness(note, await window.sound(message["id"])) > 0.7
        both = await window.sound(back["id"])
    assert kit.likeness(spoken("lamp-f"), both) > 0.7
    heard = kit.samples(tmp_path / "heard.wav")
    assert kit.likeness(heard[kit.RATE_HZ : 6 * kit.RATE_HZ], both) > 0.7  # our own voice


async def _told(resident: Resident) -> str:
    """A matter that he told us himself; its number."""
    await resident.hotline.start()
    await resident.ring()
    await resident.talk([("lamp-f", "read_back"), ("yes-f", "receipt")])
    await resident.telephone.hang_up()
    await resident.telephone.until("disconnected")
    (ticket,) = resident.hotline.tickets()
    number: str = ticket["number"]
    return number


async def _asked(resident: Resident, answers: Sequence[str], last: str) -> None:
    """He answers our telephone call and the three questions, by a sentence or by a key each."""
    home, hotline, known = resident.telephone, resident.hotline, len(resident.telephone.events)
    first = hotline.replies().count("followup_solved") + 1
    await _rung(home, known)
    await hotline.said("followup_solved", first)
    for answer, key in zip(
        answers, ("followup_satisfied", "followup_contacted", last), strict=True
    ):
        times = hotline.replies().count(key) + 1
        if answer.isdigit():
            await home.press(answer)
        else:
            await resident.say(answer)
        await hotline.said(key, times)
    await home.until("disconnected", 30, after=known)


async def _judged(hotline: Hotline, count: int) -> dict[str, Any]:
    """The ticket once he has been followed up so often, and what came of it is written."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        (ticket,) = hotline.tickets()
        if _notes(hotline, "follow_up").count("电话回访") == count and (
            ticket["status"] in ("closed", "dispatched")
        ):
            return ticket
        await asyncio.sleep(0.1)
    raise NotYet(f"not judged: {hotline.tickets()} {hotline.program.log()[-2000:]}")


def _notes(hotline: Hotline, action: str) -> list[str]:
    sql = "SELECT note FROM ticket_event WHERE action = ? ORDER BY sequence"
    return [row["note"] for row in hotline.rows(sql, action)]


@pytest.mark.timeout(300)
async def test_a_result_is_judged_by_voice_and_what_is_not_solved_is_taken_up_again(
    home: Telephone, resident: Resident, hotline: Hotline
) -> None:
    number = await _told(resident)
    async with console.opened(hotline, Role.OPERATOR) as window:
        await window.act(number, "answer", ANSWER)
        await home.answer()
        await _asked(resident, ("unsolved-m", "discontent-m", "contacted-m"), "followup_unsolved")
        ticket = await _judged(hotline, 1)
        assert (ticket["status"], ticket["reopened"], ticket["answer"]) == ("dispatched", 1, "")
        await window.act(number, "answer", ANSWER)
        await _asked(resident, ("solved-f", "content-f", "contacted-m"), "followup_thanks")
    ticket = await _judged(hotline, 2)
    assert (ticket["number"], ticket["status"]) == (number, "closed")
    assert [ticket[name] for name in ("solved", "satisfied", "contacted")] == [True, True, True]
    rows = hotline.rows("SELECT changes FROM ticket_event WHERE action = 'evaluate' ORDER BY at")
    assert '"solved":false' in rows[0]["changes"].replace(" ", "")
    assert '"satisfied":false' in rows[0]["changes"].replace(" ", "")
    await _both_are_heard(hotline, number)


async def _both_are_heard(hotline: Hotline, number: str) -> None:
    """Both follow-up calls lie beside the ticket, with what was said and what is to be heard."""
    kept = [row for row in await _kept(hotline, 3) if row["purpose"] == "follow_up"]
    async with console.opened(hotline, Role.LEADER, name="wang") as window:
        page = await window.page(f"/console/tickets/{number}")
        for row, said, words in zip(
            kept, ("unsolved-m", "solved-f"), ("没解决", "解决了"), strict=True
        ):
            assert f"/console/calls/{row['call']}" in page
            assert words in await window.words(f"/console/calls/{row['call']}")
            assert kit.likeness(spoken(said), await window.sound(row["id"])) > 0.7


@pytest.mark.timeout(300)
async def test_a_result_is_judged_by_keys(
    home: Telephone, resident: Resident, hotline: Hotline
) -> None:
    number = await _told(resident)
    async with console.opened(hotline, Role.OPERATOR) as window:
        await window.act(number, "answer", ANSWER)
    await home.answer()
    await _asked(resident, ("1", "1", "2"), "followup_thanks")
    ticket = await _judged(hotline, 1)
    assert ticket["status"] == "closed"
    assert [ticket[name] for name in ("solved", "satisfied", "contacted")] == [True, True, False]


async def _stays_quiet(home: Telephone, after: int) -> None:
    await asyncio.sleep(QUIET_S)
    assert "ringing" not in [each["event"] for each in home.events[after:]]


@pytest.mark.timeout(420)
async def test_nobody_is_rung_at_night_and_who_answers_neither_time_is_written_down(
    home: Telephone, resident: Resident, hotline: Hotline, clocked: Clocked
) -> None:
    number = await _told(resident)
    clocked.set(0, "20:59")
    await home.answer(180)  # it rings, and nobody takes it
    clocked.set(0, "21:00")
    known = len(home.events)
    async with console.opened(hotline, Role.OPERATOR) as window:
        await window.act(number, "answer", ANSWER)
    await _stays_quiet(home, known)
    clocked.set(1, "07:58")
    await _stays_quiet(home, known)
    clocked.set(1, "08:00")
    await home.until("ringing", RUNG_WITHIN_S, after=known)
    await home.until("disconnected", 60, after=known)
    assert hotline.tickets()[0]["status"] == "answered"
    known = len(home.events)
    await home.answer(480)
    await _stays_quiet(home, known)
    clocked.set(1, "10:05")
    await home.until("ringing", RUNG_WITHIN_S, after=known)
    until = time.monotonic() + 10
    while not _notes(hotline, "follow_up"):
        assert time.monotonic() < until, hotline.program.log()[-2000:]
        await asyncio.sleep(0.1)
    assert _notes(hotline, "follow_up") == ["电话回访两次未接通：无人接听"]
    (ticket,) = hotline.tickets()
    assert (ticket["status"], ticket["solved"]) == ("followed_up", None)


@pytest.mark.timeout(300)
async def test_a_program_killed_while_he_tells_it_loses_neither_the_words_nor_the_ticket(
    home: Telephone, resident: Resident, hotline: Hotline, clocked: Clocked, clean_line: Line,
    tmp_path: Path,
) -> None:  # fmt: skip
    note = kit.save(tmp_path / "note.wav", kit.noise(5, seed=7))
    await _leaves_a_message(home, clean_line, note)
    known = len(home.events)
    await home.answer()
    await hotline.start()
    await _rung(home, known)
    await hotline.said("call_again")
    await resident.talk([("lamp-m", "read_back")])
    hotline.program.kill()
    await home.until("disconnected", 15, after=known)
    clocked.set(0, "10:30")
    await hotline.start()
    until = time.monotonic() + 30
    while "路灯" not in hotline.tickets()[0]["text"]:
        assert time.monotonic() < until, hotline.program.log()[-2000:]
        await asyncio.sleep(0.2)
    (ticket,) = hotline.tickets()
    assert (ticket["status"], ticket["handover_reason"]) == ("deciding", "居民没有确认就挂断")
