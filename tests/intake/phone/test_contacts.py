"""Calls of who handles a ticket to its resident: codes keyed in, and what the log says of the call."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from channels.message import Contact, InboundMessage
from channels.phone import ear
from channels.phone.book import Began, Outcome, Purpose, Through
from channels.phone.exchange.recorded import Dialled
from channels.phone.talk.keys import START
from config.county import County, Worker
from config.sections import Exchange, Phone
from config.settings import Settings
from intake.accounts import Role
from intake.asterisk import files, sounds
from intake.phone import answered, calls, contacts, line, register, schema
from intake.phone.recordings import Recordings
from intake.phone.shelf import Shelf
from intake.phone.unserved import Amends
from intake.phone.vault import FolderVault
from intake.services import Services
from intake.web import sessions
from nlp.understanding import Urgency
from routing import codes, store
from routing import schema as tables
from routing.order import BY_SYSTEM, Order
from routing.ticket import Action, Ticket, TicketEvent
from tests.channels.phone.talking import CALL_ID, CALLER
from tests.channels.phone.test_serving import Line
from tests.clock import Clock
from tests.intake.console import Desk, enter

RESIDENT = Contact(scheme="tel", path="+8613912345678")
TO = "13912345678"
WORKER = CALLER  # who rings in these tests
WRONG = "111111"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    phone = Phone(exchange=Exchange(secret="x"))  # type: ignore[arg-type]
    return settings.model_copy(update={"phone": phone})


@pytest.fixture
async def ticket(services: Services, clock: Clock) -> Ticket:
    """Of somebody who has rung."""
    message = InboundMessage(
        channel="phone",
        external_id="0190a1b2-0000-7000-8000-000000000009:1",
        sender=RESIDENT,
        thread="call:0190a1b2-0000-7000-8000-000000000009",
        text="东韩村村口的路灯坏了三天了没人修",
        received_at=clock.at,
        event="handover:",
        spoken=True,
    )
    number = (await services.desk.receive(message)).ticket
    return await services.database.read(lambda c: store.load(c, number))


@pytest.fixture
async def code(services: Services, ticket: Ticket) -> str:
    found = await services.database.read(lambda c: codes.code_of(c, ticket.number))
    assert found
    return found


@pytest.fixture
def shelf(services: Services, tmp_path: Path) -> Shelf:
    database, runtime = services.database, services.runtime
    (tmp_path / "recordings").mkdir()
    return Shelf(
        folder=tmp_path / "recordings",
        amends=Amends(
            area_code="0319",
            receive=services.desk.receive,
            database=database,
            dispatcher=services.dispatcher,
            runtime=runtime,
        ),
        recordings=Recordings(
            vault=FolderVault(tmp_path / "vault"), database=database, runtime=runtime, days=180
        ),
        database=database,
        runtime=runtime,
    )


async def key_in(services: Services, code: str, caller: Contact = WORKER) -> Through:
    return await line.book(services).contact(CALL_ID, caller, code)


async def log(services: Services, ticket: Ticket) -> list[TicketEvent]:
    events = await services.database.read(lambda c: store.events(c, ticket.number))
    return [each for each in events if each.action is Action.CONTACT]


async def count(services: Services, table: sa.Table) -> int:
    query = sa.select(sa.func.count()).select_from(table)
    return await services.database.read(lambda c: c.execute(query).scalar_one())


def leave(shelf: Shelf, at: datetime, words: str, record: Callable[..., Path]) -> None:
    """As the dialplan leaves a call that was put through."""
    began = int(at.timestamp()) - 90
    stem = f"{CALL_ID}_{WORKER.path.removeprefix('+86')}_{began}"
    record(f"{stem}.wav", 3.0, shelf.folder)
    record(f"{stem}-caller.wav", 3.0, shelf.folder)
    (shelf.folder / f"{stem}.done").write_text(f"contact relay {began + 90} 0 0 {words}\n")


async def test_code_leads_to_the_resident_and_a_wrong_one_to_nobody(
    services: Services, ticket: Ticket, code: str
) -> None:
    assert await key_in(services, code) == Through(ticket=ticket.number, to=TO)
    assert await key_in(services, WRONG) == Through()
    rows = await services.database.read(lambda c: c.execute(sa.select(schema.contact_try)).all())
    assert sorted(row.ticket for row in rows) == ["", ticket.number]
    assert not any(WORKER.path in str(row) or TO in str(row) for row in rows)


async def test_own_number_told_in_a_chat_is_rung_too(services: Services, ticket: Ticket) -> None:
    left = replace(ticket, reporter="web:a", reporter_phone="+8613800000001")
    assert codes.has_number(left) and not codes.has_number(replace(left, reporter_phone=""))


async def test_code_of_a_ticket_that_has_become_confidential_leads_to_nobody(
    services: Services, ticket: Ticket, code: str
) -> None:
    order = Order.on(ticket, by=BY_SYSTEM)
    made = services.dispatcher
    await services.database.write(lambda c: made.correct(c, order, confidential=True))
    assert await key_in(services, code) == Through()


async def test_six_wrong_codes_an_hour_are_all_that_a_number_has(
    services: Services, clock: Clock, code: str
) -> None:
    for _ in range(contacts.MOST_WRONG):
        assert await key_in(services, WRONG) == Through()
    assert await key_in(services, code) == Through(refused=True)
    assert (await key_in(services, code, RESIDENT)).to == TO  # another number
    clock.forward(seconds=contacts.HOUR.total_seconds())
    assert (await key_in(services, code)).to == TO


async def test_who_shows_no_number_shares_his_tries_with_all_such(
    services: Services, code: str
) -> None:
    hidden = [Contact(scheme="call", path=str(each)) for each in range(contacts.MOST_WRONG + 1)]
    for each in hidden[:-1]:
        await key_in(services, WRONG, each)
    assert (await key_in(services, code, hidden[-1])).refused


async def test_sixty_wrong_codes_an_hour_are_all_that_there_are(
    services: Services, code: str
) -> None:
    for each in range(contacts.MOST_WRONG_OF_ALL):
        await key_in(services, WRONG, Contact(scheme="tel", path=f"+861370000{each:04}"))
    assert (await key_in(services, code)).refused


async def test_nobody_is_rung_at_night_but_for_a_danger(
    services: Services, ticket: Ticket, code: str, clock: Clock
) -> None:
    clock.at = clock.at.replace(hour=19)  # three in the morning
    assert await key_in(services, code) == Through(closed=True)
    order = Order.on(ticket, by=BY_SYSTEM)
    made = services.dispatcher
    await services.database.write(lambda c: made.correct(c, order, urgency=Urgency.DANGER))
    assert (await key_in(services, code)).to == TO


def test_guessing_is_as_hopeless_as_the_text_says() -> None:
    each = len(codes.DIGITS) ** codes.LENGTH
    assert each == 531_441
    assert round(each / 500) == 1_063
    assert 7 < each / 500 / contacts.MOST_WRONG / 24 < 8
    assert 17 < each / 500 / contacts.MOST_WRONG_OF_ALL < 18


async def test_call_that_was_put_through_is_contact_evidence_and_nothing_else(
    services: Services,
    clock: Clock,
    shelf: Shelf,
    ticket: Ticket,
    code: str,
    record: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rings, database = Line(), services.database
    monkeypatch.setattr(rings.telephone, "book", line.book(services))
    monkeypatch.setattr(rings.desk, "receive", services.desk.receive)
    rings.hears(monkeypatch, *(ear.Pressed(digit=each) for each in START + code))
    await rings.take()
    assert rings.relayed == [TO] and rings.left == []
    clock.forward(seconds=300)
    leave(shelf, clock.at, "ANSWER 075", record)
    before = await count(services, tables.ticket)
    assert await shelf.step() and not await shelf.step()
    call = await database.read(lambda c: register.one(c, CALL_ID))
    assert call is not None and call.recorded
    assert (call.purpose, call.outcome) == (Purpose.CONTACT, Outcome.RELAYED)
    assert call.tickets == (ticket.number,)
    (event,) = await log(services, ticket)
    assert event.by == "system" and "接通，说了 1 分 15 秒" in event.note
    assert await count(services, tables.ticket) == before
    assert await count(services, schema.errand) == 0
    assert await count(services, schema.transcription) == 0
    since, until = clock.at - timedelta(days=2), clock.at + timedelta(days=2)
    assert await database.read(lambda c: answered.rows(c, since, until)) == []


async def test_program_that_dies_when_it_has_put_through_leaves_the_same_behind(
    services: Services,
    clock: Clock,
    shelf: Shelf,
    ticket: Ticket,
    code: str,
    record: Callable[..., Path],
) -> None:
    database = services.database
    began = Began(call_id=CALL_ID, contact=WORKER, purpose=Purpose.INBOUND, at=clock.at)
    await database.write(lambda c: calls.began(c, began))
    await key_in(services, code)
    clock.forward(seconds=300)
    leave(shelf, clock.at, "BUSY 0", record)
    assert not await shelf.step()  # the program might still say itself how it ended
    clock.forward(seconds=61)
    assert await shelf.step()
    call = await database.read(lambda c: register.one(c, CALL_ID))
    assert call is not None
    assert (call.purpose, call.outcome) == (Purpose.CONTACT, Outcome.RELAYED)
    assert call.tickets == (ticket.number,)
    (event,) = await log(services, ticket)
    assert event.note.endswith("，占线")


async def test_call_is_settled_once_and_a_wrong_code_never(
    services: Services, ticket: Ticket, code: str
) -> None:
    made, dialled = services.dispatcher, Dialled(status="NOANSWER", talked_s=0)
    await key_in(services, WRONG)
    for _ in range(2):
        await services.database.write(lambda c: contacts.settle(c, made, CALL_ID, dialled))
    assert await log(services, ticket) == []
    await key_in(services, code)
    for _ in range(2):
        await services.database.write(lambda c: contacts.settle(c, made, CALL_ID, dialled))
    (event,) = await log(services, ticket)
    assert event.note.startswith(contacts.STRANGER) and event.note.endswith("，没人接")


@pytest.mark.parametrize(
    ("status", "talked_s", "said"),
    [
        ("ANSWER", 5, "打电话联系过居民：11月24日 10:05 接通，说了 5 秒"),
        ("ANSWER", 605, "打电话联系过居民：11月24日 10:05 接通，说了 10 分 05 秒"),
        ("ANSWER", 0, "打电话联系居民：11月24日 10:05 有人接了，没有记下说了话"),
        ("NOANSWER", 0, "打电话联系居民：11月24日 10:05，没人接"),
        ("CANCEL", 0, "打电话联系居民：11月24日 10:05，没等接通就挂了"),
        ("REFUSED", 0, "打电话联系居民：11月24日 10:05，拒接"),
        ("CONGESTION", 0, "打电话联系居民：11月24日 10:05，电话没有打通，线路或号码不通"),
        ("CHANUNAVAIL", 0, "打电话联系居民：11月24日 10:05，电话没有打通，线路或号码不通"),
        ("", 0, "打电话联系居民：11月24日 10:05，没有接通"),
    ],
)
def test_log_says_what_came_of_it(county: County, status: str, talked_s: int, said: str) -> None:
    at = datetime.fromisoformat("2026-11-24T02:05:30+00:00")
    assert (
        contacts.words(county, "", at, Dialled(status=status, talked_s=talked_s))
        == contacts.STRANGER + said
    )


def test_exchange_has_words_for_each_way_in_which_a_call_is_not_put_through() -> None:
    dialplan = (files.TEMPLATES / "hotline_extensions.conf").read_text(encoding="utf-8")
    named = set(re.findall(r"relay-[a-z-]+", dialplan))
    assert named == {name for name in sounds.WORDS if name.startswith("relay-")}
    assert len({sounds.WORDS[name] for name in named}) == len(named)


def test_handler_is_named_by_his_telephone_first_of_who_has_the_ticket(
    services: Services, ticket: Ticket
) -> None:
    county = services.county
    first, second = sorted(code for code, unit in county.units.items() if unit.kind == "grid")[:2]
    workers = {
        code: (Worker(unit=code, name="王某", contact=str(WORKER)),) for code in (first, second)
    }
    known = replace(county, workers={**county.workers, **workers})

    def unit(of: Ticket, caller: Contact = WORKER) -> str:
        return contacts.worker_of(known, of, caller, "0319")

    assert unit(replace(ticket, unit=second, assisting=())) == second
    assert unit(replace(ticket, unit="x", assisting=(first, second))) == first
    assert unit(ticket, RESIDENT) == ""
    assert unit(ticket, Contact(scheme="call", path="a")) == ""


def test_office_is_known_by_its_telephone(services: Services, ticket: Ticket) -> None:
    county = services.county
    office = replace(county.units[ticket.unit], phone="4561234")
    known = replace(county, units={**county.units, ticket.unit: office})
    caller = Contact(scheme="tel", path="+863194561234")
    assert contacts.worker_of(known, ticket, caller, "0319") == ticket.unit


async def test_codes_that_were_keyed_in_are_forgotten(
    services: Services, clock: Clock, code: str
) -> None:
    await key_in(services, code)
    for ahead, gone in ((0, 0), (1, 1)):
        before = clock.at + timedelta(seconds=ahead)
        count = await services.database.write(
            lambda c, b=before: contacts.purge(c, before=b, limit=9)
        )
        assert count == gone


@pytest.mark.parametrize("role", list(Role))
async def test_code_stands_on_the_ticket_for_those_who_handle_it(
    services: Services, ticket: Ticket, code: str, role: Role
) -> None:
    desk = await Desk.opened(services)
    try:
        await enter(desk, services, role)
        status, page = await desk.get(f"/console/tickets/{ticket.number}")
    finally:
        await desk.client.close()
    shown = f'再按 <b class="number">{code}</b>' in page
    assert (status, shown) == (200, role in sessions.MAY_WRITE)
