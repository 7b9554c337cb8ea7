"""Calls that we owe: by day, once each, tried twice, never owed twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from channels.message import Contact, Reply
from channels.phone.book import Errand, Purpose
from config.runtime import LOCAL_ZONE
from intake.phone import errands, hours, schema
from intake.phone.errands import Plan
from routing.database import Database

MORNING = datetime(2026, 11, 24, 9, 0, tzinfo=LOCAL_ZONE).astimezone(UTC)
TO = Contact(scheme="tel", path="+8613900000000")
RESULT = Reply(key="result", values={"number": "20261124-0001"})


def owe(connection: Connection, number: str = "20261124-0001", at: datetime = MORNING) -> str:
    new_id = f"{number}-{at.timestamp():.0f}"[:32]
    wanted = Plan(id=new_id, to=TO, purpose=Purpose.FOLLOW_UP, ticket=number, reply=RESULT)
    return errands.plan(connection, wanted, at)


def state(connection: Connection, errand_id: str) -> str:
    table = schema.errand
    return connection.execute(sa.select(table.c.state).where(table.c.id == errand_id)).scalar_one()


@pytest.mark.parametrize(
    ("hour", "minute", "expected"),
    [
        (7, 59, (24, 8)),
        (8, 0, None),
        (20, 59, None),
        (21, 0, (25, 8)),
        (23, 30, (25, 8)),
        (0, 10, (24, 8)),
    ],
)
def test_nobody_is_rung_between_nine_in_the_evening_and_eight(
    hour: int, minute: int, expected: tuple[int, int] | None
) -> None:
    at = datetime(2026, 11, 24, hour, minute, tzinfo=LOCAL_ZONE)
    moved = hours.by_day(at)
    if expected is None:
        assert moved == at
    else:
        day, hour_then = expected
        assert moved == datetime(2026, 11, day, hour_then, tzinfo=LOCAL_ZONE)


async def test_an_errand_is_claimed_once(database: Database) -> None:
    await database.write(owe)
    first = await database.write(lambda c: errands.claim(c, MORNING))
    assert first is not None and (first.attempt, first.reply.key) == (1, "result")
    assert await database.write(lambda c: errands.claim(c, MORNING)) is None


async def test_a_claim_of_a_program_that_died_ends_by_itself(database: Database) -> None:
    await database.write(owe)
    await database.write(lambda c: errands.claim(c, MORNING))
    later = MORNING + errands.CLAIM + timedelta(seconds=1)
    again = await database.write(lambda c: errands.claim(c, later))
    assert again is not None and again.attempt == 2


async def test_the_same_call_is_not_owed_twice_while_it_waits(database: Database) -> None:
    first = await database.write(owe)
    assert await database.write(lambda c: owe(c, at=MORNING + timedelta(minutes=1))) == first
    claimed = await database.write(lambda c: errands.claim(c, MORNING))
    assert claimed is not None
    await database.write(lambda c: errands.done(c, claimed, MORNING, "接通"))
    assert await database.write(lambda c: owe(c, at=MORNING + timedelta(hours=1))) != first


async def test_a_result_that_is_newer_than_the_call_that_waits_is_the_one_that_is_told(
    database: Database,
) -> None:
    first = await database.write(owe)
    newer = Reply(key="result", values={"number": "20261124-0001", "answer": "又修了一次"})
    wanted = Plan(id="newer", to=TO, purpose=Purpose.FOLLOW_UP, ticket="20261124-0001", reply=newer)
    assert await database.write(lambda c: errands.plan(c, wanted, MORNING)) == first
    found = await database.write(lambda c: errands.claim(c, MORNING))
    assert found is not None and (found.id, found.reply) == (first, newer)


async def test_two_tries_and_no_more(database: Database) -> None:
    owed = await database.write(owe)

    async def miss(at: datetime) -> tuple[Errand, bool]:
        errand = await database.write(lambda c: errands.claim(c, at))
        assert errand is not None
        return errand, await database.write(lambda c: errands.missed(c, errand, at, "无人接听"))

    _, given_up = await miss(MORNING)
    assert not given_up
    assert await database.write(lambda c: errands.claim(c, MORNING)) is None
    _, given_up = await miss(MORNING + hours.AGAIN_AFTER)
    assert given_up
    assert await database.read(lambda c: state(c, owed)) == "given_up"


async def test_at_night_nothing_is_claimed(database: Database) -> None:
    await database.write(owe)
    night = datetime(2026, 11, 24, 22, 0, tzinfo=LOCAL_ZONE)
    assert await database.write(lambda c: errands.claim(c, night)) is None


def alarm(number: str = "20261124-0009") -> Plan:
    reply = Reply(key="command_danger", values={"number": number})
    return Plan(id=f"alarm-{number}"[:32], to=TO, purpose=Purpose.ALARM, ticket=number, reply=reply)


async def test_whoever_is_told_of_a_danger_is_rung_before_all_others(database: Database) -> None:
    for number in range(3):
        await database.write(lambda c, n=number: owe(c, f"2026112{n}-0001"))
    later = MORNING + timedelta(minutes=5)
    await database.write(lambda c: errands.plan(c, alarm(), later))
    first = await database.write(lambda c: errands.claim(c, later))
    assert first is not None and first.purpose is Purpose.ALARM
    assert await database.write(lambda c: errands.claim(c, later, alarms_only=True)) is None
    second = await database.write(lambda c: errands.claim(c, later))
    assert second is not None and second.purpose is Purpose.FOLLOW_UP


async def test_an_alarm_of_the_last_minute_before_the_night_does_not_wait_for_the_morning(
    database: Database,
) -> None:
    evening = datetime(2026, 11, 24, 20, 59, 50, tzinfo=LOCAL_ZONE)
    await database.write(lambda c: errands.plan(c, alarm(), evening))
    found = await database.write(lambda c: errands.claim(c, evening + timedelta(seconds=20)))
    assert found is not None and found.purpose is Purpose.ALARM


async def test_an_alarm_with_which_a_program_died_rings_again_within_minutes(
    database: Database,
) -> None:
    await database.write(lambda c: errands.plan(c, alarm(), MORNING))
    await database.write(lambda c: errands.claim(c, MORNING))
    later = MORNING + errands.ALARM_CLAIM + timedelta(seconds=1)
    again = await database.write(lambda c: errands.claim(c, later))
    assert again is not None and again.attempt == 2


async def test_what_was_answered_before_the_program_died_twice_is_told(database: Database) -> None:
    await database.write(owe)
    at = MORNING
    for _ in range(2):
        errand = await database.write(lambda c, at=at: errands.claim(c, at))
        assert errand is not None
        at += errands.CLAIM + timedelta(seconds=1)
    await database.write(lambda c: errands.answered(c, errand, "没有解决"))
    (lost,) = await database.write(lambda c: errands.give_up(c, at))
    assert (lost.id, lost.attempt) == (errand.id, 2)
    assert await database.read(lambda c: state(c, lost.id)) == "given_up"
    result = await database.read(lambda c: errands.result_of(c, lost.id))
    assert result == f"{errands.BROKEN_OFF}；{errands.ANSWERED}没有解决"
    assert await database.write(lambda c: errands.give_up(c, at)) == []


async def test_who_is_told_of_a_danger_is_rung_at_night_and_again_within_minutes(
    database: Database,
) -> None:
    night = datetime(2026, 11, 24, 2, 0, tzinfo=LOCAL_ZONE)
    evening = night - timedelta(hours=6)
    await database.write(lambda c: owe(c, at=evening))  # not rung any more that day
    await database.write(lambda c: errands.plan(c, alarm(), night))
    first = await database.write(lambda c: errands.claim(c, night))
    assert first is not None and first.purpose is Purpose.ALARM
    assert await database.write(lambda c: errands.claim(c, night)) is None
    assert not await database.write(lambda c: errands.missed(c, first, night, "无人接听"))
    again = await database.write(lambda c: errands.claim(c, night + hours.ALARM_AGAIN_AFTER))
    assert again is not None and (again.id, again.attempt) == (first.id, 2)


@pytest.mark.parametrize("answers", [True, False])
async def test_what_becomes_known_of_a_danger_while_it_is_told_is_told_too(
    database: Database, answers: bool
) -> None:
    await database.write(lambda c: errands.plan(c, alarm(), MORNING))
    missed = await database.write(lambda c: errands.claim(c, MORNING))
    assert missed is not None
    await database.write(lambda c: errands.missed(c, missed, MORNING, "无人接听"))
    at = MORNING + hours.ALARM_AGAIN_AFTER
    rung = await database.write(lambda c: errands.claim(c, at))
    assert rung is not None and rung.attempt == errands.MOST_ATTEMPTS
    more = Reply(key="command_danger", values={"number": "20261124-0009", "said": "还有人在里面"})
    await database.write(lambda c: errands.plan(c, replace(alarm(), id="m", reply=more), at))
    if answers:
        await database.write(lambda c: errands.done(c, rung, at, "接通"))
    else:
        assert not await database.write(lambda c: errands.missed(c, rung, at, "无人接听"))
    later = at + hours.ALARM_AGAIN_AFTER
    again = await database.write(lambda c: errands.claim(c, later))
    assert again is not None and (again.reply, again.attempt) == (more, 1)
    await database.write(lambda c: errands.done(c, again, later, "接通"))
    assert await database.read(lambda c: state(c, rung.id)) == "done"
