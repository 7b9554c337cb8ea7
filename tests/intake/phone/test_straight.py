"""Callers whom a person takes at once: marked, looked up by a hash, unmarked, forgotten."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from channels.message import Contact
from channels.phone import reasons as on_the_line
from channels.phone.book import Outcome, Purpose
from channels.phone.exchange.exchange import Next
from intake.phone import line, register, schema, straight
from intake.phone.register import Entry
from intake.phone.straight import Mark
from intake.services import Services
from intake.talk import reasons
from routing import store
from routing.database import Database
from routing.ticket import Status
from tests.channels.phone.talking import CALL_ID, CALLER, gone
from tests.channels.phone.test_serving import Line
from tests.clock import MONDAY_MORNING as NOW

HE, SHE = (Contact(scheme="tel", path=f"+861391234567{last}") for last in "89")


def wanted(number: int = 1, at: datetime = NOW, days: int = 730) -> Mark:
    return Mark(
        id=str(number),
        on="0190a1b2-0000-7000-8000-000000000001",
        reason="耳朵背",
        by="wang",
        at=at,
        until=straight.until(at, days),
    )


async def marked(database: Database, contact: Contact, now: datetime = NOW) -> bool:
    return await database.read(lambda c: straight.is_marked(c, contact, now))


async def test_mark_holds_for_his_number_alone_until_its_day(database: Database) -> None:
    assert not await marked(database, HE)
    assert await database.write(lambda c: straight.mark(c, HE, wanted()))
    assert await marked(database, HE) and not await marked(database, SHE)
    last = NOW + timedelta(days=730)
    assert await marked(database, HE, last - timedelta(seconds=1))
    assert not await marked(database, HE, last)


async def test_number_itself_is_not_kept(database: Database) -> None:
    await database.write(lambda c: straight.mark(c, HE, wanted()))
    query = sa.select(schema.straight_caller)
    (row,) = await database.read(lambda c: c.execute(query).all())
    assert "1391234" not in str(row) and "5678" not in str(row.caller[:8])


async def test_second_mark_changes_nothing_and_a_new_one_may_follow_the_end(
    database: Database,
) -> None:
    assert await database.write(lambda c: straight.mark(c, HE, wanted()))
    assert not await database.write(lambda c: straight.mark(c, HE, wanted(2)))
    later = NOW + timedelta(days=1)
    assert await database.write(lambda c: straight.unmark(c, HE, "li", later))
    assert not await database.write(lambda c: straight.unmark(c, HE, "li", later))
    assert not await marked(database, HE, later)
    assert await database.write(lambda c: straight.mark(c, HE, wanted(3, later)))
    found = await database.read(lambda c: straight.of_caller(c, HE))
    assert [(each.id, each.unmarked_by, each.unmarked_at) for each in found] == [
        ("3", "", None),
        ("1", "li", later),
    ]
    assert [each.stands(later) for each in found] == [True, False]
    assert await database.read(lambda c: straight.of_caller(c, SHE)) == []


async def test_marks_that_are_long_over_are_forgotten(database: Database) -> None:
    await database.write(lambda c: straight.mark(c, HE, wanted(1, days=10)))
    await database.write(lambda c: straight.mark(c, SHE, wanted(2)))
    for days, over in ((9, 0), (11, 1), (12, 0)):
        before = NOW + timedelta(days=days)
        count = await database.write(lambda c, b=before: straight.purge(c, before=b, limit=10))
        assert count == over
    assert await marked(database, SHE)


@pytest.mark.parametrize(
    ("reason", "purpose", "is_suggested"),
    [
        (on_the_line.NOT_HEARD, Purpose.INBOUND, True),
        (reasons.NOT_UNDERSTOOD, Purpose.INBOUND, True),
        (reasons.NOT_AGREED, Purpose.INBOUND, True),
        (reasons.NOT_AGREED, Purpose.CALL_BACK, False),
        (reasons.PERSON_ASKED, Purpose.INBOUND, False),
        (on_the_line.MARKED, Purpose.INBOUND, False),
        ("", Purpose.INBOUND, False),
    ],
)
def test_mark_is_suggested_for_who_was_not_understood_twice(
    reason: str, purpose: Purpose, is_suggested: bool
) -> None:
    call = Entry(
        id="a",
        contact=HE,
        purpose=purpose,
        began_at=NOW,
        ended_at=NOW,
        outcome=None,
        reason=reason,
        queued_at=None,
        operator="",
        connected_at=None,
    )
    assert straight.suggested(call) is is_suggested


@pytest.mark.parametrize("is_marked", [True, False])
async def test_call_on_a_played_line_with_the_programs_own_book_and_desk(
    services: Services, monkeypatch: pytest.MonkeyPatch, is_marked: bool
) -> None:
    database, rings = services.database, Line()
    rings.living = False  # who puts down is gone
    if is_marked:
        await database.write(lambda c: straight.mark(c, CALLER, wanted()))
    monkeypatch.setattr(rings.telephone, "book", line.book(services))
    monkeypatch.setattr(rings.desk, "receive", services.desk.receive)
    rings.hears(monkeypatch, *([] if is_marked else [gone()]))
    await rings.take()
    call = await database.read(lambda c: register.one(c, CALL_ID))
    assert call is not None
    if not is_marked:
        assert (rings.mouth.said, rings.left, call.tickets) == (["phone_greeting"], [], ())
        return
    assert (rings.mouth.heard, rings.left) == (["phone_straight"], [Next.OPERATORS])
    assert (call.outcome, call.reason) == (Outcome.PERSON, on_the_line.MARKED)
    ticket = await database.read(lambda c: store.load(c, call.tickets[0]))
    assert (ticket.status, ticket.handover_reason) == (Status.DECIDING, on_the_line.MARKED)
