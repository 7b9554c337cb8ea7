"""Missed calls: each is a ticket, or a word in the ticket that is there, once, whatever dies."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from channels.message import Contact, InboundMessage, Receipt
from channels.phone.book import Began, Ended, Errand, Judgement, Outcome, Purpose
from channels.phone.exchange import missed
from intake.phone import calls, line, recordings, register
from intake.phone import schema as tables
from intake.phone.book import DatabaseBook
from intake.phone.recordings import Recordings
from intake.phone.register import Wanted
from intake.phone.spool import Spool
from intake.phone.unserved import (
    NOT_ANSWERED,
    NOTE_LEFT,
    UNREADABLE,
    WORDS_WITHIN,
    Amends,
    Unserved,
)
from intake.phone.vault import FolderVault, VaultFault
from intake.services import Services
from intake.web import attached
from nlp.speech.contract import Transcript
from routing import schema, store
from routing.order import Order
from routing.ticket import Action, Status, Ticket
from tests.clock import Clock
from tests.intake.phone.recogniser import Recogniser, transcribing

CALL = "0190a1b2-0000-7000-8000-000000000001"
CALLER = Contact(scheme="tel", path="+8613900000000")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "missed"
    made.mkdir()
    return made


@pytest.fixture
def spool(services: Services, folder: Path, tmp_path: Path) -> Spool:
    kept = Recordings(
        vault=FolderVault(tmp_path / "vault"),
        database=services.database,
        runtime=services.runtime,
        days=180,
    )
    amends = Amends(
        area_code="0319",
        receive=services.desk.receive,
        database=services.database,
        dispatcher=services.dispatcher,
        runtime=services.runtime,
    )
    return Spool(
        folder=folder,
        amends=amends,
        recordings=kept,
        database=services.database,
        runtime=services.runtime,
    )


@pytest.fixture
def leave(folder: Path, record: Callable[..., Path], clock: Clock) -> Callable[..., None]:
    """As the dialplan leaves a missed call."""

    def left(
        stage: str, *, note: bool = False, number: str = "13900000000", call: str = CALL
    ) -> None:
        stem = f"{call}_{number}_{int(clock.at.timestamp())}"
        if note:
            record(f"{stem}.wav", 3.0, folder)
        (folder / f"{stem}.done").write_text(stage)

    return left


async def go(spool: Spool, said: str = "") -> bool:
    """As the line does it: tickets first, then what was left, then what was `said` on it."""
    await spool.book()
    taken = await spool.step()
    while said and await transcribing(spool).step(Recogniser(said)):
        pass
    return taken


async def tickets(services: Services) -> list[Ticket]:
    numbers = await services.database.read(
        lambda c: c.execute(sa.select(schema.ticket.c.number)).scalars().all()
    )
    return [await services.database.read(lambda c, n=n: store.load(c, n)) for n in numbers]


async def test_who_left_a_note_gets_a_ticket_with_a_deadline(
    services: Services, spool: Spool, folder: Path, leave: Callable[..., None]
) -> None:
    leave("missed", note=True)
    assert await go(spool)
    (ticket,) = await tickets(services)
    assert (ticket.status, ticket.handover_reason) == (Status.DECIDING, "未接来电，请回电")
    assert ticket.reporter_phone == str(CALLER.path)
    assert ticket.due_at > ticket.opened_at
    assert list(folder.iterdir()) == []


async def test_his_message_lies_beside_his_ticket_and_nothing_is_fetched_for_it(
    services: Services, spool: Spool, leave: Callable[..., None]
) -> None:
    leave("missed", note=True)
    await go(spool)
    (ticket,) = await tickets(services)
    wanted = Wanted(ticket=ticket.number)
    (call,) = await services.database.read(lambda c: register.listing(c, wanted, limit=9))
    assert (call.id, call.recorded) == (CALL, True)
    posted = await services.database.read(lambda c: c.execute(sa.select(schema.outbox)).all())
    assert [row.destination for row in posted] == []


async def test_who_hung_up_in_the_queue_gets_one_too(
    services: Services, spool: Spool, leave: Callable[..., None]
) -> None:
    leave("operators")
    await go(spool)
    assert len(await tickets(services)) == 1


async def test_taken_twice_it_is_one_ticket(
    services: Services, spool: Spool, leave: Callable[..., None]
) -> None:
    for _ in range(2):  # the program died before it could forget
        leave("missed", note=True)
        await go(spool)
    assert len(await tickets(services)) == 1


async def test_whom_an_operator_sent_back_to_the_queue_is_missed_though_he_was_answered_once(
    services: Services, spool: Spool, leave: Callable[..., None], clock: Clock
) -> None:
    began = Began(call_id=CALL, contact=CALLER, purpose=Purpose.INBOUND, at=clock.at)
    await services.database.write(lambda c: calls.began(c, began))
    await services.database.write(lambda c: calls.queued(c, CALL, clock.at))
    await services.database.write(lambda c: calls.connected(c, CALL, "话务员8001", clock.at))
    await services.database.write(lambda c: calls.queued(c, CALL, clock.at))
    leave("operators")
    assert await go(spool)
    assert len(await tickets(services)) == 1


async def test_whom_the_program_served_is_not_missed(
    services: Services, spool: Spool, leave: Callable[..., None], clock: Clock
) -> None:
    began = Began(call_id=CALL, contact=CALLER, purpose=Purpose.INBOUND, at=clock.at)
    ended = Ended(call_id=CALL, at=clock.at, outcome=Outcome.HUNG_UP)
    await services.database.write(lambda c: calls.began(c, began))
    await services.database.write(lambda c: calls.ended(c, ended))
    leave("talk")
    assert await go(spool)
    assert await tickets(services) == []


async def test_whom_we_left_to_the_queue_was_not_served(
    services: Services, spool: Spool, leave: Callable[..., None], clock: Clock
) -> None:
    began = Began(call_id=CALL, contact=CALLER, purpose=Purpose.INBOUND, at=clock.at)
    ended = Ended(call_id=CALL, at=clock.at, outcome=Outcome.HUNG_UP)  # as it seemed to us
    await services.database.write(lambda c: calls.began(c, began))
    await services.database.write(lambda c: calls.ended(c, ended))
    leave("operators")
    assert await go(spool)
    assert len(await tickets(services)) == 1


async def test_the_exchanges_word_that_it_is_over_does_not_make_a_served_call_missed(
    services: Services, clock: Clock
) -> None:
    began = Began(call_id=CALL, contact=CALLER, purpose=Purpose.INBOUND, at=clock.at)
    ended = Ended(call_id=CALL, at=clock.at, outcome=Outcome.SERVED)
    await services.database.write(lambda c: calls.began(c, began))
    await services.database.write(lambda c: calls.hung_up(c, CALL, clock.at))
    await services.database.write(lambda c: calls.ended(c, ended))
    known = await services.database.write(lambda c: calls.find(c, CALL))
    assert known.served and not known.answered


def _said(text: str, key: str, at: object) -> InboundMessage:
    return InboundMessage(
        channel="phone",
        external_id=f"{CALL}:{key}",
        sender=CALLER,
        thread=f"call:{CALL}",
        text=text,
        received_at=at,  # type: ignore[arg-type]
        spoken=True,
    )


async def test_a_program_that_died_in_the_middle_loses_nothing_that_was_told(
    services: Services, spool: Spool, leave: Callable[..., None], clock: Clock
) -> None:
    await services.desk.receive(_said("东韩村村口的路灯坏了", "1", clock.at))
    assert await tickets(services) == []
    leave("talk")
    await go(spool)
    (ticket,) = await tickets(services)
    assert "路灯坏了" in ticket.text


async def test_a_ticket_that_is_there_learns_that_nobody_answered(
    services: Services, spool: Spool, leave: Callable[..., None], clock: Clock
) -> None:
    await services.desk.receive(_said("东韩村村口的路灯坏了", "1", clock.at))
    receipt: Receipt = await services.desk.receive(_said("转人工", "2", clock.at))
    assert receipt.ticket
    for _ in range(2):
        leave("operators")
        await go(spool)
    (ticket,) = await tickets(services)
    events = await services.database.read(lambda c: store.events(c, ticket.number))
    assert [event.note for event in events].count(NOT_ANSWERED) == 1


@pytest.mark.parametrize("first", [recordings.Left.NOTHING, recordings.Left.SOUND])
async def test_the_folder_of_recordings_and_that_of_messages_say_it_once_between_them(
    services: Services, spool: Spool, clock: Clock, first: recordings.Left
) -> None:
    await services.desk.receive(_said("转人工", "1", clock.at))
    made = Unserved(call_id=CALL, contact=CALLER, at=clock.at, stage="missed", left=first)
    rest = [recordings.Left.SOUND, recordings.Left.NOTHING]
    for left in (first, *rest):
        await spool.amends.make(replace(made, left=left))
    said = "，".join(await notes(services))
    assert (said.count(NOT_ANSWERED), said.count(NOTE_LEFT)) == (1, 1)


async def test_what_fails_stays_for_the_next_time(
    services: Services, spool: Spool, folder: Path, leave: Callable[..., None]
) -> None:
    async def broken(message: InboundMessage) -> Receipt:
        raise RuntimeError("no database")

    leave("missed", note=True)
    assert not await go(replace(spool, amends=replace(spool.amends, receive=broken)))
    assert len(list(folder.iterdir())) == 2
    assert await go(spool)


async def test_a_folder_that_is_not_there_is_no_error(spool: Spool, folder: Path) -> None:
    folder.rmdir()
    assert not await go(spool)


async def errands(services: Services) -> list[tuple[str, str, str]]:
    columns = tables.errand.c
    query = sa.select(columns.purpose, columns.ticket, columns.state)
    return [tuple(row) for row in await services.database.read(lambda c: c.execute(query).all())]


async def test_who_left_no_words_is_rung_back_once(
    services: Services, spool: Spool, leave: Callable[..., None]
) -> None:
    for _ in range(2):  # the program died before it could forget
        leave("missed", note=True)
        await go(spool)
    (ticket,) = await tickets(services)
    assert await errands(services) == [("call_back", ticket.number, "waiting")]


async def test_death_between_the_ticket_and_the_call_back_loses_none_of_them(
    services: Services, spool: Spool, leave: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise RuntimeError("killed")

    leave("missed")
    with monkeypatch.context() as patched:
        patched.setattr(Amends, "_owe", dies)
        assert not await go(spool)
    assert len(await tickets(services)) == 1 and await errands(services) == []
    await go(spool)
    assert len(await tickets(services)) == 1 and len(await errands(services)) == 1


LAMP = "东韩村村口的路灯坏了"


async def test_what_he_left_joins_his_ticket_and_nobody_rings_him_to_ask_for_it(
    services: Services, spool: Spool, leave: Callable[..., None], clock: Clock
) -> None:
    leave("missed", note=True)
    await go(spool, LAMP)
    (ticket,) = await tickets(services)
    assert (ticket.text, ticket.handover_reason) == (LAMP, "未接来电，请回电")
    assert ticket.place.startswith("130506100") and ticket.status is Status.DECIDING
    assert f"留言里居民说：{LAMP}" in await notes(services)
    clock.at += WORDS_WITHIN
    assert await _book(services).next_errand() is None
    ((_, _, state),) = await errands(services)
    assert state == "done"


async def test_danger_left_on_the_recorder_is_a_danger(
    services: Services, spool: Spool, leave: Callable[..., None]
) -> None:
    leave("missed", note=True)
    await go(spool, "贾庄村有人家着火了")
    (ticket,) = await tickets(services)
    assert (ticket.urgency, "着火" in ticket.text) == ("danger", True)


async def test_words_that_come_after_the_ticket_was_taken_in_hand_are_in_a_ticket_too(
    services: Services, spool: Spool, leave: Callable[..., None]
) -> None:
    leave("missed", note=True)
    full = replace(spool, recordings=replace(spool.recordings, vault=Away()))
    assert not await go(full)
    (ticket,) = await tickets(services)
    order = Order.on(ticket, by="operator:x", note="打错了")
    await services.database.write(lambda c: services.dispatcher.act(c, Action.WITHDRAW, order))
    await go(spool, LAMP)
    texts = [each.text for each in await tickets(services)]
    assert any(LAMP in text for text in texts)


@pytest.mark.parametrize(
    ("told", "left", "text", "urgency"),
    [
        ((), LAMP, f"转人工\n补充：{LAMP}", "normal"),
        ((), "贾庄村有人家着火了", "转人工\n补充：贾庄村有人家着火了", "danger"),
        ((LAMP,), "快点给我回电话", f"{LAMP}\n转人工\n补充：快点给我回电话", "normal"),
        ((LAMP,), "贾庄村有人家着火了", "", "danger"),
    ],
)
async def test_who_asked_for_a_person_and_left_a_message_is_heard_too(
    services: Services,
    spool: Spool,
    leave: Callable[..., None],
    clock: Clock,
    told: tuple[str, ...],
    left: str,
    text: str,
    urgency: str,
) -> None:
    for number, said in enumerate((*told, "转人工")):
        await services.desk.receive(_said(said, str(number), clock.at))
    (before,) = await tickets(services)
    leave("missed", note=True)
    for _ in range(2):
        await go(spool, left)
    found = await tickets(services)
    assert urgency in {each.urgency for each in found}
    assert any(left in each.text for each in found)
    if text:
        (ticket,) = found
        assert (ticket.text, ticket.status) == (text, Status.DECIDING)
        assert ticket.category == before.category or not told
        assert ticket.place == before.place or not told


class Away(FolderVault):
    """A store that nobody reaches."""

    def __init__(self) -> None:
        super().__init__(Path("/nowhere"))

    async def put(self, name: str, content: bytes) -> None:
        raise VaultFault("no answer")


async def test_ticket_and_call_back_wait_for_no_store_and_the_message_joins_them_later(
    services: Services, spool: Spool, folder: Path, leave: Callable[..., None]
) -> None:
    leave("missed", note=True)
    away = replace(spool, recordings=replace(spool.recordings, vault=Away()))
    for _ in range(2):
        assert not await go(away)
    (ticket,) = await tickets(services)
    assert await errands(services) == [("call_back", ticket.number, "waiting")]
    assert len(await notes(services)) == 1 and len(list(folder.iterdir())) == 2
    assert await go(spool)
    (call,) = await services.database.read(
        lambda c: register.listing(c, Wanted(ticket=ticket.number), limit=9)
    )
    assert call.recorded and list(folder.iterdir()) == []
    shown = await services.database.read(lambda c: attached.of_ticket(c, ticket.number))
    kept = await services.database.read(lambda c: recordings.of_call(c, CALL))
    assert [each.address for each in shown] == [f"/console/recordings/{kept[0].id}"]


async def test_nobodys_ticket_waits_until_anothers_message_is_understood(
    services: Services, spool: Spool, leave: Callable[..., None]
) -> None:
    seen: list[int] = []

    class Slow(Recogniser):
        async def transcribe(self, pcm: bytes, rate_hz: int) -> Transcript:
            seen.append(len(await tickets(services)))
            return await super().transcribe(pcm, rate_hz)

    leave("missed", note=True)
    leave("missed", note=True, call=CALL[:-1] + "2", number="13900000002")
    await go(spool)
    while await transcribing(spool).step(Slow("")):
        pass
    assert seen == [2, 2]


async def test_who_was_missed_while_a_store_hangs_has_his_ticket_at_once(
    services: Services, spool: Spool, leave: Callable[..., None]
) -> None:
    class Hangs(Away):
        async def put(self, name: str, content: bytes) -> None:
            await asyncio.Event().wait()

    hung = replace(spool, recordings=replace(spool.recordings, vault=Hangs()))
    leave("missed", note=True)
    await hung.book()
    taking_in = asyncio.create_task(hung.step())
    await asyncio.sleep(0.05)
    leave("missed", note=True, call=CALL[:-1] + "2", number="13900000002")
    assert await hung.book()
    assert len(await tickets(services)) == 2 and not taking_in.done()
    assert not await hung.book()  # nothing is done twice
    taking_in.cancel()


async def test_what_is_taken_in_while_it_is_looked_at_leaves_no_word(
    services: Services, spool: Spool, folder: Path, leave: Callable[..., None]
) -> None:
    leave("missed", note=True)
    (found,) = missed.finished(folder, services.runtime.now())
    await go(spool)
    before = await notes(services)
    assert not await spool._book(found)
    assert await notes(services) == before


async def test_a_message_that_cannot_be_opened_is_told_in_his_ticket_and_kept(
    services: Services, spool: Spool, folder: Path, leave: Callable[..., None]
) -> None:
    leave("missed", note=True)
    (wav,) = folder.glob("*.wav")
    wav.write_bytes(b"no sound at all" * 1000)
    assert await go(spool)
    assert (await notes(services))[-1] == UNREADABLE
    (kept,) = await services.database.read(lambda c: recordings.of_call(c, CALL))
    assert not kept.readable
    assert len(await errands(services)) == 1


async def test_a_ticket_somebody_has_in_hand_is_not_told_once_more_that_it_was_missed(
    services: Services, spool: Spool, leave: Callable[..., None]
) -> None:
    leave("missed", note=True)
    await go(replace(spool, recordings=replace(spool.recordings, vault=Away())))
    (ticket,) = await tickets(services)
    order = Order.on(ticket, by="operator:x")
    await services.database.write(
        lambda c: services.dispatcher.dispatch(c, order, unit="city-management")
    )
    before = await notes(services)
    await go(spool)
    assert await notes(services) == before


async def test_who_shows_no_number_cannot_be_rung_back(
    services: Services, spool: Spool, leave: Callable[..., None]
) -> None:
    leave("missed", number="unknown")
    await go(spool)
    assert len(await tickets(services)) == 1 and await errands(services) == []


def _book(services: Services) -> DatabaseBook:
    return line.book(services)


async def _rung(services: Services, spool: Spool, leave: Callable[..., None]) -> Errand:
    leave("missed")
    await go(spool)
    errand = await _book(services).next_errand()
    assert errand is not None and errand.reply.key == "call_again"
    return errand


async def notes(services: Services) -> list[str]:
    (ticket,) = await tickets(services)
    events = await services.database.read(lambda c: store.events(c, ticket.number))
    return [event.note for event in events]


async def test_who_is_not_reached_twice_is_told_of_in_the_ticket(
    services: Services, spool: Spool, leave: Callable[..., None], clock: Clock
) -> None:
    errand = await _rung(services, spool, leave)
    await _book(services).not_reached(errand, "无人接听")
    assert await _book(services).next_errand() is None
    clock.forward(hours=2, minutes=1)
    again = await _book(services).next_errand()
    assert again is not None and again.attempt == 2
    await _book(services).not_reached(again, "无人接听")
    assert (await notes(services))[-1] == "回拨两次未接通：无人接听"
    clock.forward(days=1)
    assert await _book(services).next_errand() is None


async def test_who_is_reached_is_told_of_in_the_ticket(
    services: Services, spool: Spool, leave: Callable[..., None]
) -> None:
    errand = await _rung(services, spool, leave)
    await _book(services).reached(errand, Judgement())
    assert (await notes(services))[-1].startswith("已回拨，接通了")


async def test_nobody_is_rung_whom_an_operator_has_seen_to(
    services: Services, spool: Spool, leave: Callable[..., None]
) -> None:
    leave("missed")
    await go(spool)
    (ticket,) = await tickets(services)
    await services.database.write(
        lambda c: services.dispatcher.act(
            c, Action.WITHDRAW, Order.on(ticket, by="operator:x", note="打错了")
        )
    )
    assert await _book(services).next_errand() is None
    ((_, _, state),) = await errands(services)
    assert state == "done"


async def test_nobody_is_rung_at_night(
    services: Services, spool: Spool, leave: Callable[..., None], clock: Clock
) -> None:
    clock.forward(hours=13)  # ten in the evening
    leave("missed")
    await go(spool)
    assert await _book(services).next_errand() is None
    clock.forward(hours=10)
    assert await _book(services).next_errand() is not None


async def test_what_was_said_last_is_settled_before_a_call_counts_as_missed(
    services: Services, spool: Spool, folder: Path, leave: Callable[..., None], clock: Clock
) -> None:
    began = Began(call_id=CALL, contact=CALLER, purpose=Purpose.INBOUND, at=clock.at)
    await services.database.write(lambda c: calls.began(c, began))
    leave("talk")
    (note,) = folder.iterdir()
    os.utime(note, (clock.at.timestamp(), clock.at.timestamp()))
    assert not await go(spool)
    ended = Ended(call_id=CALL, at=clock.at, outcome=Outcome.HUNG_UP)
    await services.database.write(lambda c: calls.ended(c, ended))
    assert await go(spool)
    assert await tickets(services) == []


async def test_program_that_died_in_mid_call_is_not_waited_for_long(
    services: Services, spool: Spool, folder: Path, leave: Callable[..., None], clock: Clock
) -> None:
    began = Began(call_id=CALL, contact=CALLER, purpose=Purpose.INBOUND, at=clock.at)
    await services.database.write(lambda c: calls.began(c, began))
    leave("talk")
    (note,) = folder.iterdir()
    os.utime(note, (clock.at.timestamp(), clock.at.timestamp()))
    clock.forward(minutes=2)
    assert await go(spool)
    assert len(await tickets(services)) == 1
