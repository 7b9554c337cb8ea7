"""Figures of how soon calls are answered: each call counts once, and rows alone make them."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from channels.message import Contact
from channels.phone import reasons
from channels.phone.book import Began, Ended, Outcome, Purpose, SpokenLine, Voice
from intake.phone import answered, calls, line, schema
from intake.phone.answered import End, Figures, Rung
from intake.services import Services
from routing.database import Database
from tests.clock import MONDAY_MORNING, Clock

NOW = MONDAY_MORNING + timedelta(days=2)
ID = "0190a1b2-0000-7000-8000-{:012}"


def at(seconds: float) -> datetime:
    return MONDAY_MORNING + timedelta(seconds=seconds)


def rung(
    *,
    greeted: float | None = 1,
    queued: float | None = None,
    picked_up: float | None = None,
    outcome: Outcome | None = Outcome.SERVED,
    message: bool = False,
) -> Rung:
    moments = {
        name: None if seconds is None else at(seconds)
        for name, seconds in (
            ("greeted_at", greeted),
            ("queued_at", queued),
            ("picked_up_at", picked_up),
        )
    }
    return Rung(id="a", began_at=at(0), outcome=outcome, left_message=message, **moments)


PERSON, MISSED = Outcome.PERSON, Outcome.MISSED
ENDS = [
    (rung(), End.SERVED),
    (rung(outcome=Outcome.HUNG_UP), End.HUNG_UP),
    (rung(outcome=Outcome.HUNG_UP, greeted=None), End.UNANSWERED),
    (rung(outcome=Outcome.LOST), End.BROKEN),
    (rung(outcome=Outcome.LOST, greeted=None), End.UNANSWERED),
    (rung(outcome=None), End.BROKEN),
    (rung(outcome=PERSON, queued=60, picked_up=75), End.SOON),
    (rung(outcome=PERSON, queued=60, picked_up=75.001), End.LATE),
    (rung(outcome=MISSED, greeted=None, queued=0, picked_up=3), End.SOON),
    (rung(outcome=PERSON, queued=60), End.GIVEN_UP),
    (rung(outcome=PERSON), End.GIVEN_UP),
    (rung(outcome=MISSED, queued=60, message=True), End.MESSAGE),
    (rung(outcome=Outcome.FAILED, message=True), End.MESSAGE),
    (rung(outcome=Outcome.LOST, queued=60), End.GIVEN_UP),
]


@pytest.mark.parametrize(("call", "end"), ENDS)
def test_what_became_of_a_call(call: Rung, end: End) -> None:
    assert answered.end_of(call, NOW) is end


def test_call_that_is_on_the_line_or_not_written_down_yet_has_not_ended() -> None:
    waiting = rung(outcome=PERSON, queued=60)
    assert answered.end_of(waiting, at(70), frozenset("a")) is End.LIVING
    assert answered.end_of(rung(outcome=None), at(70)) is End.LIVING


def test_figures_of_a_morning() -> None:
    made = answered.figures((call for call, _ in ENDS), NOW)
    assert (made.calls, made.handed, made.picked_up, made.through) == (14, 8, 3, 5)
    assert made.ends[End.GIVEN_UP] == 3 and made.ends[End.MESSAGE] == 2
    assert made.answered_soon == 12
    assert made.waits_s == (3, 15, 15.001)
    assert (made.waited_s(0.5), made.waited_s(0.95)) == (15, 15.001)


def test_greeting_after_fifteen_seconds_is_late() -> None:
    late = answered.figures([rung(greeted=15.5)], NOW)
    assert (late.answered_soon, late.through) == (0, 1)
    assert answered.figures([rung(greeted=15)], NOW).answered_soon == 1


def test_no_calls_have_no_waiting_time() -> None:
    none = answered.figures([], NOW)
    assert (none.calls, none.through, none.waited_s(0.5)) == (0, 0, None)


seconds = st.none() | st.floats(min_value=0, max_value=86_000)
outcomes = st.none() | st.sampled_from(Outcome)


@st.composite
def many(draw: st.DrawFn) -> list[Rung]:
    found = []
    for number in range(draw(st.integers(0, 12))):
        began = draw(st.floats(0, 86_399))
        later = {
            name: None if after is None else at(began + after)
            for name in ("greeted_at", "queued_at", "picked_up_at")
            for after in [draw(seconds)]
        }
        found.append(
            Rung(
                id=str(number),
                began_at=at(began),
                outcome=draw(outcomes),
                left_message=draw(st.booleans()),
                **later,
            )
        )
    return found


@given(many(), st.frozensets(st.sampled_from("0123456789")), st.floats(0, 200_000))
def test_each_call_counts_exactly_once(
    found: list[Rung], living: frozenset[str], after: float
) -> None:
    now = at(after)
    whole = answered.figures(found, now, living)
    assert sum(whole.ends.values()) == len(found)
    others = [End.SERVED, End.HUNG_UP, End.BROKEN, End.UNANSWERED, End.LIVING]
    assert whole.handed + sum(whole.ends[each] for each in others) == len(found)
    hours = [answered.figures(each, now, living) for each in answered.by_hour(found, at(0))]
    for end in End:
        assert sum(each.ends[end] for each in hours) == whole.ends[end]
    assert answered.together(hours) == whole
    assert 0 <= whole.picked_up <= whole.handed <= whole.calls >= whole.through >= 0
    assert len(whole.waits_s) == whole.picked_up
    assert whole.answered_soon <= whole.calls


@given(many())
def test_same_rows_in_another_order_make_the_same_figures(found: list[Rung]) -> None:
    assert answered.figures(found, NOW) == answered.figures(reversed(found), NOW)


def test_worst_day_on_end_may_begin_at_any_hour() -> None:
    good, bad = rung(), rung(outcome=PERSON)

    def hour(*found: Rung) -> Figures:
        return answered.figures(found, NOW)

    hours = [hour(good) for _ in range(60)]
    hours[30], hours[50] = hour(bad, bad), hour(bad, bad)
    worst = answered.worst(hours, at(0))
    assert worst is not None
    assert worst.since == at(27 * 3600)  # the first that has both
    assert (worst.calls, worst.through) == (26, 22)
    assert answered.worst(hours[:23], at(0)) is None
    assert answered.worst([hour()] * 30, at(0)) is None


async def began(database: Database, number: int, purpose: Purpose = Purpose.INBOUND) -> str:
    contact = Contact(scheme="tel", path="+8613900000000")
    call = Began(call_id=ID.format(number), contact=contact, purpose=purpose, at=at(0))
    await database.write(lambda c: calls.began(c, call))
    return call.call_id


async def read(database: Database) -> list[Rung]:
    return await database.read(lambda c: answered.rows(c, at(0), at(60)))


def greeting(seconds: float, voice: Voice = Voice.LINE) -> SpokenLine:
    return SpokenLine(voice=voice, text="您好", start_ms=100, end_ms=100 + int(seconds * 1000))


async def test_book_keeps_when_he_first_heard_us_and_who_took_him_first(
    database: Database,
) -> None:
    call = await began(database, 1)
    await database.write(lambda c: calls.spoken(c, call, greeting(9, Voice.CALLER), at(9)))
    await database.write(lambda c: calls.spoken(c, call, greeting(4), at(14)))
    await database.write(lambda c: calls.spoken(c, call, greeting(2), at(30)))
    await database.write(lambda c: calls.queued(c, call, at(40)))
    await database.write(lambda c: calls.connected(c, call, "王芳", at(50)))
    await database.write(lambda c: calls.queued(c, call, at(300)))  # she sent him back
    await database.write(lambda c: calls.connected(c, call, "李强", at(400)))
    ended = Ended(call_id=call, at=at(40), outcome=Outcome.PERSON)
    await database.write(lambda c: calls.ended(c, ended))
    (row,) = await read(database)
    assert (row.greeted_at, row.queued_at, row.picked_up_at) == (at(10), at(40), at(50))
    assert answered.end_of(row, NOW) is End.SOON


async def test_line_that_is_told_when_it_has_been_said_began_as_much_earlier(
    services: Services, clock: Clock
) -> None:
    book, call = line.book(services), await began(services.database, 1)
    clock.forward(seconds=6)
    await book.spoken(call, greeting(4))
    (row,) = await read(services.database)
    assert row.greeted_at == at(2)


async def test_what_the_exchange_tells_afterwards_fills_in_what_is_missing(
    database: Database,
) -> None:
    call = await began(database, 1)
    told = calls.Told(
        ended_at=at(90),
        outcome=Outcome.PERSON,
        queued_at=at(2),
        connected_at=at(9),
        operator="王芳",
    )
    await database.write(lambda c: calls.settled(c, call, told))
    (row,) = await read(database)
    assert (row.queued_at, row.picked_up_at, row.greeted_at) == (at(2), at(9), None)
    assert answered.figures([row], NOW).answered_soon == 1


async def test_calls_of_blocked_numbers_and_of_wrong_codes_are_in_no_figure(
    database: Database,
) -> None:
    ends = (
        (Outcome.LIMITED, ""),
        (Outcome.HUNG_UP, reasons.WRONG_CODES),
        (Outcome.HUNG_UP, ""),
    )
    for number, (outcome, reason) in enumerate(ends, 1):
        call = await began(database, number)
        ended = Ended(call_id=call, at=at(40), outcome=outcome, reason=reason)
        await database.write(lambda c, ended=ended: calls.ended(c, ended))
    assert [each.id for each in await read(database)] == [ID.format(3)]


async def test_only_calls_of_residents_in_that_time_are_read_and_messages_are_known(
    database: Database,
) -> None:
    left = await began(database, 1)
    await began(database, 2, Purpose.FOLLOW_UP)
    other = await began(database, 3)
    for call in (left, other):
        told = calls.Told(ended_at=at(90), outcome=Outcome.MISSED, queued_at=at(2))
        await database.write(lambda c, call=call, told=told: calls.settled(c, call, told))
    for call, kind in ((left, "missed"), (left, "call"), (other, "call")):
        row = {
            "id": f"{call[-4:]}{kind}",
            "call": call,
            "kind": kind,
            "reference": "x",
            "media_type": "audio/ogg",
            "seconds": 5.0,
            "sha256": "0" * 64,
            "kept_at": at(100),
            "purge_at": at(200),
            "purged_at": at(300),  # that it is gone by now changes no figure
        }
        await database.write(lambda c, r=row: c.execute(sa.insert(schema.recording), r) and None)
    found = await read(database)
    assert [(row.id, answered.end_of(row, NOW)) for row in found] == [
        (left, End.MESSAGE),
        (other, End.GIVEN_UP),
    ]
    assert await database.read(lambda c: answered.rows(c, at(1), at(60))) == []
