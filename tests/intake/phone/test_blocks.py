"""A block ends by the clock, is found by the number, and stays in the list until it is forgotten."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from channels.message import Contact
from channels.phone import reasons
from channels.phone.book import Began, Ended, Outcome, Purpose, SpokenLine, Voice
from intake.phone import blocks, calls, register, schema, silent
from intake.phone.blocks import Block, BlockRefused, Wanted
from routing.database import Database

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
HIS = Contact(scheme="tel", path="+8613900000000")
ANOTHERS = Contact(scheme="tel", path="+8613911111111")


def began(connection: Connection, call: str, *, at: datetime = NOW, who: Contact = HIS) -> None:
    calls.began(connection, Began(call_id=call, contact=who, purpose=Purpose.INBOUND, at=at))


def wanted(call: str = "first", *, block: str = "b", **given: str) -> Wanted:
    chosen = {"reason": "malice", "words": "", "hours": "2"} | given
    return Wanted(id=block, call_id=call, by="li", most_hours=168, **chosen)


@pytest.fixture
async def blocked(database: Database) -> Block:
    await database.write(lambda c: began(c, "first"))
    return await database.write(lambda c: blocks.block(c, wanted(words="说脏话"), NOW))


async def stands(database: Database, at: datetime, who: Contact = HIS) -> bool:
    return await database.read(lambda c: blocks.standing(c, who, at)) is not None


async def test_block_ends_by_itself_and_is_anybodys_but_his(
    database: Database, blocked: Block
) -> None:
    ends = NOW + timedelta(hours=2)
    assert (blocked.until, blocked.by, blocked.words) == (ends, "li", "说脏话")
    assert await stands(database, ends - timedelta(seconds=1))
    assert not await stands(database, ends)
    assert not await stands(database, NOW, ANOTHERS)


async def test_number_itself_is_kept_with_the_call_alone(
    database: Database, blocked: Block
) -> None:
    row = await database.read(lambda c: c.execute(sa.select(schema.caller_block)).one())
    assert not any(HIS.path.removeprefix("+86") in str(value) for value in row)
    assert blocked.contact == HIS


async def test_unblocking_ends_all_of_the_number(database: Database, blocked: Block) -> None:
    soon = NOW + timedelta(minutes=5)
    again = {  # two operators at once
        "id": "c",
        "caller": HIS.hashed,
        "call": "first",
        "reason": "silent",
        "words": "",
        "blocked_by": "wang",
        "blocked_at": NOW,
        "until": NOW + timedelta(days=7),
    }
    await database.write(lambda c: c.execute(sa.insert(schema.caller_block), again) and None)
    ended = await database.write(lambda c: blocks.unblock(c, "b", "zhao", soon))
    assert ended is not None and not await stands(database, soon)
    assert await database.write(lambda c: blocks.unblock(c, "b", "zhao", soon)) is None
    assert await database.write(lambda c: blocks.unblock(c, "nothing", "zhao", soon)) is None
    found = await database.read(lambda c: blocks.listing(c, soon, limit=9))
    assert {(each.ended_by, each.ended_at) for each in found} == {("zhao", soon)}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"reason": "nonsense"}, blocks.NO_REASON),
        ({"reason": "other"}, blocks.NO_WORDS),
        ({"hours": ""}, blocks.NO_SPAN),
        ({"hours": "9999"}, blocks.NO_SPAN),
        ({"call": "hidden"}, blocks.NO_NUMBER),
        ({"call": "never was"}, blocks.NO_NUMBER),
    ],
)
async def test_what_is_missing_is_said(
    database: Database, given: dict[str, str], problem: str
) -> None:
    hidden = Contact(scheme="call", path="hidden")
    await database.write(lambda c: began(c, "first"))
    await database.write(lambda c: began(c, "hidden", who=hidden))
    with pytest.raises(BlockRefused, match=problem):
        await database.write(lambda c: blocks.block(c, wanted(**given), NOW))
    assert await database.read(lambda c: blocks.listing(c, NOW, limit=9)) == []


async def test_number_is_blocked_once_at_a_time(database: Database, blocked: Block) -> None:
    with pytest.raises(BlockRefused, match=blocks.THERE_ALREADY):
        await database.write(lambda c: blocks.block(c, wanted(block="c"), NOW))
    later = blocked.until
    await database.write(lambda c: blocks.block(c, wanted(block="c", hours="168"), later))
    assert await stands(database, later + timedelta(days=6))


def test_nothing_longer_than_the_installation_allows_is_offered() -> None:
    assert list(blocks.spans(168)) == [2, 24, 168]
    assert list(blocks.spans(24)) == [2, 24]
    assert list(blocks.spans(2)) == [2]


async def test_those_that_stand_are_first_with_the_calls_that_came_in_it(
    database: Database,
) -> None:
    for number, who in (("old", HIS), ("new", ANOTHERS)):
        await database.write(lambda c, n=number, w=who: began(c, n, who=w))
    await database.write(lambda c: blocks.block(c, wanted("new", block="n", hours="168"), NOW))
    later = NOW + timedelta(hours=1)
    await database.write(lambda c: blocks.block(c, wanted("old", block="o"), later))
    for minute, call in ((1, "z"), (2, "y"), (300, "after")):
        at = later + timedelta(minutes=minute)
        await database.write(lambda c, at=at, call=call: began(c, call, at=at))
    found = await database.read(lambda c: blocks.listing(c, NOW + timedelta(hours=9), limit=9))
    assert [(each.id, each.calls, each.last_call) for each in found] == [
        ("n", 0, ""),
        ("o", 2, "y"),
    ]
    assert await database.read(lambda c: blocks.listing(c, NOW, limit=9, offset=2)) == []


async def test_past_blocks_are_forgotten_and_others_are_not(
    database: Database, blocked: Block
) -> None:
    over = blocked.until

    async def purged(before: datetime) -> int:
        return await database.write(lambda c: blocks.purge(c, before=before, limit=9))

    assert await purged(over) == 0
    assert await purged(over + timedelta(seconds=1)) == 1
    assert await database.read(lambda c: blocks.listing(c, over, limit=9)) == []


@given(
    st.integers(0, 40 * 24 * 60 * 60),
    st.integers(1, 7 * 24 * 60),
)
@settings(deadline=None)
def test_he_is_never_told_a_time_that_is_too_early(second: int, minutes: int) -> None:
    now = NOW + timedelta(seconds=second)
    until = now + timedelta(minutes=minutes)
    said = blocks.opening(until, now).values["until"]
    whole = until.replace(minute=0, second=0, microsecond=0)
    half = next(
        at for at in (whole, whole + blocks.HALF_HOUR, whole + 2 * blocks.HALF_HOUR) if at >= until
    )
    assert said == blocks.opening(half, now).values["until"]
    assert said.endswith("前")


async def hint(database: Database, call: str) -> int:
    def read(connection: Connection) -> int:
        entry = register.one(connection, call)
        assert entry is not None
        return silent.calls(connection, entry)

    return await database.read(read)


async def rang(
    database: Database,
    call: str,
    minute: int,
    *,
    words: str = "",
    outcome: Outcome = Outcome.PERSON,
    reason: str = reasons.NO_SOUND,
    greeted: bool = True,
    operator: str = "",
) -> None:
    at = NOW + timedelta(minutes=minute)

    def write(connection: Connection) -> None:
        began(connection, call, at=at)
        for voice, text in ((Voice.LINE, "您好" * greeted), (Voice.CALLER, words)):
            if text:
                line = SpokenLine(voice=voice, text=text, start_ms=0, end_ms=900)
                calls.spoken(connection, call, line)
        calls.ended(connection, Ended(call_id=call, at=at, outcome=outcome, reason=reason))
        if operator:
            calls.connected(connection, call, operator, at)

    await database.write(write)


async def test_third_silent_call_in_an_hour_is_a_hint(database: Database) -> None:
    await rang(database, "a", 0)
    await rang(database, "b", 20, outcome=Outcome.HUNG_UP, reason="")
    assert await hint(database, "b") == 0
    await rang(database, "c", 59, operator="话务员8001")
    assert await hint(database, "c") == 3
    await rang(database, "d", 125)
    assert await hint(database, "d") == 0


@pytest.mark.parametrize(
    "third",
    [
        {"words": "路灯坏了", "reason": reasons.NO_ANSWER},
        {"reason": reasons.ASKED_BY_KEY},
        {"reason": reasons.DEAF},
        {"reason": "", "outcome": Outcome.MISSED, "greeted": False},
        {"reason": "", "outcome": Outcome.HUNG_UP, "operator": "话务员8001"},
        {"reason": "", "outcome": Outcome.LOST},
    ],
)
async def test_who_spoke_or_could_not_be_heard_was_not_silent(
    database: Database, third: dict[str, object]
) -> None:
    await rang(database, "a", 0)
    await rang(database, "b", 20)
    await rang(database, "c", 40, **third)  # type: ignore[arg-type]
    assert await hint(database, "c") == 0
