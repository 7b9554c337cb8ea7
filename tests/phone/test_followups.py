"""Results are told by telephone and judged, by voice or by keys, and nobody is rung at night."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from intake.accounts import Role
from tests.phone import console
from tests.phone.clocked import Clocked
from tests.phone.hotline import RUNG_WITHIN_S, Hotline, Resident, spoken
from tests.phone.kit import Telephone
from tests.phone.likeness import likeness

QUIET_S = 2.5  # five times that what is owed is looked for
ANSWER = "灯已经修好了"


@pytest.fixture
def hotline(clocked: Clocked) -> Hotline:
    return clocked.hotline


@pytest.fixture
def resident(home: Telephone, hotline: Hotline) -> Resident:
    return Resident(telephone=home, hotline=hotline)


async def _asked(resident: Resident, answers: Sequence[str], last: str) -> None:
    """He answers our telephone call and the three questions, by a sentence or by a key each."""
    home, hotline, known = resident.telephone, resident.hotline, len(resident.telephone.events)
    first = hotline.replies().count("followup_solved") + 1
    await resident.is_rung(known)
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

    def is_judged() -> bool:
        (ticket,) = hotline.tickets()
        often = hotline.notes("follow_up").count("电话回访") == count
        return often and ticket["status"] in ("closed", "dispatched")

    await hotline.until(is_judged, 10, "not judged")
    (ticket,) = hotline.tickets()
    return ticket


@pytest.mark.timeout(300)
async def test_a_result_is_judged_by_voice_and_what_is_not_solved_is_taken_up_again(
    home: Telephone, resident: Resident, hotline: Hotline
) -> None:
    number = await resident.tells()
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
    kept = [row for row in await hotline.kept(3) if row["purpose"] == "follow_up"]
    async with console.opened(hotline, Role.LEADER, name="wang") as window:
        page = await window.page(f"/console/tickets/{number}")
        for row, said, words in zip(
            kept, ("unsolved-m", "solved-f"), ("没解决", "解决了"), strict=True
        ):
            assert f"/console/calls/{row['call']}" in page
            assert words in await window.words(f"/console/calls/{row['call']}")
            assert likeness(spoken(said), await window.sound(row["id"])) > 0.7


@pytest.mark.timeout(300)
async def test_a_result_is_judged_by_keys(
    home: Telephone, resident: Resident, hotline: Hotline
) -> None:
    number = await resident.tells()
    async with console.opened(hotline, Role.OPERATOR) as window:
        await window.act(number, "answer", ANSWER)
    await home.answer()
    await _asked(resident, ("1", "1", "2"), "followup_thanks")
    ticket = await _judged(hotline, 1)
    assert ticket["status"] == "closed"
    assert [ticket[name] for name in ("solved", "satisfied", "contacted")] == [True, True, False]


@pytest.mark.timeout(300)
async def test_a_danger_told_in_a_follow_up_is_a_danger_and_the_answers_before_it_stay(
    home: Telephone, resident: Resident, hotline: Hotline
) -> None:
    number = await resident.tells()
    known = len(home.events)
    async with console.opened(hotline, Role.OPERATOR) as window:
        await window.act(number, "answer", ANSWER)
    await home.answer()
    await resident.is_rung(known)
    await hotline.said("followup_solved")
    await resident.say("unsolved-m")
    await hotline.said("followup_satisfied")
    await resident.say("danger-f")
    first, second = await hotline.settled(2)
    assert (first["number"], second["urgency"]) == (number, "danger")
    await hotline.until(lambda: hotline.tickets()[0]["reopened"] == 1, 10, "not taken up again")
    await hotline.until(
        lambda: any("danger" in key for key in hotline.replies()), 20, "no advice was given"
    )
    await home.hang_up()
    await home.until("disconnected", after=known)
    (row,) = hotline.rows("SELECT id FROM call WHERE purpose = 'follow_up'")
    linked = hotline.rows("SELECT ticket FROM call_ticket WHERE call = ?", row["id"])
    assert {each["ticket"] for each in linked} >= {number, second["number"]}


@pytest.mark.timeout(300)
async def test_who_picks_up_and_says_nothing_has_not_been_asked(
    home: Telephone, resident: Resident, hotline: Hotline, clocked: Clocked
) -> None:
    number = await resident.tells()
    known = len(home.events)
    async with console.opened(hotline, Role.OPERATOR) as window:
        await window.act(number, "answer", ANSWER)
    await home.answer()
    await resident.is_rung(known)
    await home.until("disconnected", 90, after=known)
    assert "followup_satisfied" not in hotline.replies()
    rows = hotline.rows("SELECT state, attempts, result FROM errand")
    assert [tuple(row) for row in rows] == [("waiting", 1, "接通后没有人说话")]
    assert hotline.tickets()[0]["status"] == "answered"


async def _stays_quiet(home: Telephone, after: int) -> None:
    await asyncio.sleep(QUIET_S)
    assert "ringing" not in [each["event"] for each in home.events[after:]]


@pytest.mark.timeout(420)
async def test_nobody_is_rung_at_night_and_who_answers_neither_time_is_written_down(
    home: Telephone, resident: Resident, hotline: Hotline, clocked: Clocked
) -> None:
    number = await resident.tells()
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
    unanswered = "电话回访两次未接通：无人接听"
    await hotline.until(lambda: unanswered in hotline.notes("supplement"), 10, "not written down")
    (ticket,) = hotline.tickets()
    assert (ticket["status"], ticket["solved"]) == ("answered", None)  # a person follows it up
    assert hotline.notes("follow_up") == []
