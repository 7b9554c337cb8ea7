"""Recorded calls: each is kept once, linked to its call and its ticket, whatever dies."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog

from channels.message import Contact
from channels.phone.book import Began, Ended, Outcome, Purpose
from channels.phone.exchange import recorded
from intake.phone import answered, calls, recordings, register, schema
from intake.phone.recordings import Kept, Kind, Recordings
from intake.phone.register import Entry, Sort
from intake.phone.shelf import Shelf
from intake.phone.unserved import Amends
from intake.phone.vault import FolderVault, VaultFault
from intake.services import Services
from intake.talk import reasons
from routing import store
from routing.database import Database
from routing.ticket import Status
from tests.clock import Clock

CALL = "0190a1b2-0000-7000-8000-000000000001"
CALLER = Contact(scheme="tel", path="+8613900000000")
TICKET = "20261123-0001"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "recordings"
    made.mkdir()
    return made


@pytest.fixture
def database(services: Services) -> Database:
    return services.database


@pytest.fixture
def shelf(folder: Path, tmp_path: Path, services: Services) -> Shelf:
    database, runtime = services.database, services.runtime
    vault = FolderVault(tmp_path / "vault")
    amends = Amends(
        area_code="0319",
        receive=services.desk.receive,
        database=database,
        dispatcher=services.dispatcher,
        runtime=runtime,
    )
    return Shelf(
        folder=folder,
        amends=amends,
        recordings=Recordings(vault=vault, database=database, runtime=runtime, days=180),
        database=database,
        runtime=runtime,
    )


@pytest.fixture
def leave(folder: Path, record: Callable[..., Path], clock: Clock) -> Callable[..., Path]:
    """As the dialplan leaves a call: `leave("incoming bye 90")`, where 90 is its length."""

    def left(note: str, *, sound: bool = True, queued: int = 0, rest: str = "") -> Path:
        began = int(clock.at.timestamp()) - 600
        kind, stage, lasted = note.split()
        stem = f"{CALL}_13900000000_{began}"
        if sound:
            record(f"{stem}.wav", 3.0, folder)
        entered = f"0{began + queued}" if queued else "0"
        words = f"{kind} {stage} {began + int(lasted)} {entered} 0{rest}\n"
        path = folder / f"{stem}.done"
        path.write_text(words, encoding="utf-8")
        return path

    return left


async def call(database: Database) -> Entry:
    found = await database.read(lambda c: register.one(c, CALL))
    assert found is not None
    return found


async def kept(database: Database) -> list[Kept]:
    return await database.read(lambda c: recordings.of_call(c, CALL))


async def test_recorded_call_is_kept_and_the_original_is_gone(
    shelf: Shelf, folder: Path, leave: Callable[..., Path], database: Database
) -> None:
    leave("incoming bye 90")
    assert await shelf.step()
    (one,) = await kept(database)
    assert (one.kind, one.media_type) == (Kind.CALL, "audio/ogg")
    assert list(folder.iterdir()) == []
    assert not await shelf.step()


ENDS = (
    ("incoming bye 90", 0, "", Purpose.INBOUND, Sort.SERVED),
    ("incoming operators 90", 10, "7 话务员8001", Purpose.INBOUND, Sort.TAKEN),
    ("incoming operators 90", 10, "", Purpose.INBOUND, Sort.MISSED),
    ("incoming missed 90", 10, "", Purpose.INBOUND, Sort.MISSED),
    ("incoming talk 90", 0, "", Purpose.INBOUND, Sort.BROKEN),
    ("follow-up bye 90", 0, "", Purpose.FOLLOW_UP, Sort.SERVED),
    ("call-back callback 90", 0, "", Purpose.CALL_BACK, Sort.BROKEN),
)


@pytest.mark.parametrize(("note", "queued", "rest", "purpose", "sort"), ENDS)
async def test_call_that_the_program_never_saw_has_its_row(
    shelf: Shelf,
    leave: Callable[..., Path],
    database: Database,
    note: str,
    queued: int,
    rest: str,
    purpose: Purpose,
    sort: Sort,
) -> None:
    leave(note, queued=queued, rest=rest)
    await shelf.step()
    found = await call(database)
    assert (found.contact, found.purpose, register.sort_of(found)) == (CALLER, purpose, sort)
    assert (found.lasted_s, found.recorded) == (90, True)
    assert found.operator == rest.partition(" ")[2]
    assert found.waited_s == (None if not queued else 7 if rest else 80)


@pytest.mark.parametrize(
    ("note", "queued", "rest", "has_ticket"),
    [
        ("incoming operators 90", 10, "", True),
        ("incoming missed 90", 10, "", True),
        ("incoming talk 90", 0, "", True),  # the program died, and Asterisk could not tell of it
        ("incoming operators 90", 10, "7 话务员8001", False),
        ("incoming bye 90", 0, "", False),
        ("follow-up callback 90", 0, "", False),
    ],
)
async def test_nobody_is_booked_as_missed_without_a_ticket(
    shelf: Shelf,
    leave: Callable[..., Path],
    services: Services,
    note: str,
    queued: int,
    rest: str,
    has_ticket: bool,
) -> None:
    for _ in range(2):  # the program died before it could forget
        leave(note, queued=queued, rest=rest)
        await shelf.step()
    found = (await call(services.database)).tickets
    assert len(found) == has_ticket
    owed = await services.database.read(
        lambda c: c.execute(sa.select(schema.errand.c.ticket)).all()
    )
    assert [row.ticket for row in owed] == list(found)
    for number in found:
        ticket = await services.database.read(lambda c, n=number: store.load(c, n))
        assert (ticket.status, ticket.handover_reason) == (Status.DECIDING, reasons.MISSED)


async def test_whom_the_program_served_is_not_missed_when_asterisk_dies(
    shelf: Shelf, leave: Callable[..., Path], services: Services, clock: Clock
) -> None:
    at = clock.at - timedelta(seconds=600)
    began = Began(call_id=CALL, contact=CALLER, purpose=Purpose.INBOUND, at=at)
    await services.database.write(lambda c: calls.began(c, began))
    ended = Ended(call_id=CALL, at=at + timedelta(seconds=20), outcome=Outcome.SERVED)
    await services.database.write(lambda c: calls.ended(c, ended))
    leave("incoming talk 90").write_text("")
    assert await shelf.step()
    assert (await call(services.database)).tickets == ()


async def test_a_recording_that_cannot_be_kept_yet_keeps_nobody_from_his_ticket(
    shelf: Shelf, leave: Callable[..., Path], tmp_path: Path, services: Services
) -> None:
    leave("incoming operators 90", queued=10)
    full = replace(shelf.recordings, vault=FullVault(tmp_path / "full"))
    assert not await replace(shelf, recordings=full).step()
    assert len((await call(services.database)).tickets) == 1


async def test_a_recording_that_cannot_be_opened_is_kept_as_it_is(
    shelf: Shelf, leave: Callable[..., Path], folder: Path, database: Database
) -> None:
    leave("incoming bye 90")
    (wav,) = folder.glob("*.wav")
    wav.write_bytes(b"not a sound at all" * 1000)
    assert await shelf.step()
    (one,) = await kept(database)
    assert (one.readable, list(folder.iterdir())) == (False, [])
    assert await shelf.recordings.sound(one.id) == (
        b"not a sound at all" * 1000,
        "application/octet-stream",
    )


async def test_calls_that_always_fail_never_keep_the_others_waiting(
    shelf: Shelf, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded, "MOST_AT_ONCE", 2)
    stems = [f"{CALL[:-1]}{number}_unknown_{1700000000 + number}" for number in range(5)]
    for number, stem in enumerate(stems):
        (folder / f"{stem}.done").write_text("incoming bye 1700000100 0 0")
        if number < 3:
            (folder / f"{stem}.wav").mkdir()  # whatever is wrong with it, it stays so
    for _ in range(3):
        await shelf.step()
    assert {path.stem for path in folder.glob("*.done")} == set(stems[:3])


async def test_what_the_program_said_itself_stands(
    shelf: Shelf, leave: Callable[..., Path], database: Database, clock: Clock
) -> None:
    at = clock.at - timedelta(seconds=600)
    began = Began(call_id=CALL, contact=CALLER, purpose=Purpose.INBOUND, at=at, ticket=TICKET)
    ended = Ended(
        call_id=CALL, at=at + timedelta(seconds=20), outcome=Outcome.PERSON, reason="居民要求"
    )
    await database.write(lambda c: calls.began(c, began))
    await database.write(lambda c: calls.ended(c, ended))
    leave("incoming operators 90", queued=20, rest="5 话务员8002")
    await shelf.step()
    found = await call(database)
    assert (found.outcome, found.reason, found.tickets) == (Outcome.PERSON, "居民要求", (TICKET,))
    assert (found.operator, found.waited_s, found.lasted_s) == ("话务员8002", 5, 90)


@pytest.mark.parametrize("comes_back", [False, True])
async def test_call_that_is_queued_twice_while_we_are_away_counts_from_the_first(
    shelf: Shelf,
    leave: Callable[..., Path],
    database: Database,
    clock: Clock,
    comes_back: bool,
) -> None:
    began = datetime.fromtimestamp(int(clock.at.timestamp()) - 600, UTC)
    first, taken, second = (began + timedelta(seconds=after) for after in (10, 22, 300))
    if comes_back:  # when he is with the first operator
        his = Began(call_id=CALL, contact=CALLER, purpose=Purpose.INBOUND, at=began)
        await database.write(lambda c: calls.began(c, his))
        await database.write(lambda c: calls.queued(c, CALL, second))
        later = second + timedelta(seconds=100)
        await database.write(lambda c: calls.connected(c, CALL, "话务员8002", later))
    firsts = "/".join(str(int(at.timestamp())) for at in (first, taken))
    leave("incoming operators 500", queued=300, rest=f"100/{firsts} 话务员8002")
    await shelf.step()
    (rung,) = await database.read(lambda c: answered.rows(c, began, clock.at))
    assert (rung.queued_at, rung.picked_up_at) == (first, taken)
    assert answered.end_of(rung, clock.at) is answered.End.SOON
    assert (await call(database)).operator == "话务员8002"


async def test_call_that_is_queued_again_before_anybody_took_it_waits_from_the_first(
    shelf: Shelf, leave: Callable[..., Path], database: Database, clock: Clock
) -> None:
    began = int(clock.at.timestamp()) - 600
    leave("incoming operators 500", queued=300, rest=f"5/{began + 10}/ 话务员8002")
    await shelf.step()
    since = datetime.fromtimestamp(began, UTC)
    (rung,) = await database.read(lambda c: answered.rows(c, since, clock.at))
    assert rung.waited == timedelta(seconds=295)


@pytest.mark.parametrize("behind_s", [0.7, 10.0])
async def test_moment_that_we_heard_of_ourselves_stays_as_we_heard_it(
    shelf: Shelf, leave: Callable[..., Path], database: Database, clock: Clock, behind_s: float
) -> None:
    """Also where the exchange is another machine, whose clock is slow."""
    began = datetime.fromtimestamp(int(clock.at.timestamp()) - 600, UTC)
    his = Began(call_id=CALL, contact=CALLER, purpose=Purpose.INBOUND, at=began)
    heard = began + timedelta(seconds=10 + behind_s)
    await database.write(lambda c: calls.began(c, his))
    await database.write(lambda c: calls.queued(c, CALL, heard))
    leave("incoming operators 500", queued=10)
    await shelf.step()
    (rung,) = await database.read(lambda c: answered.rows(c, began, clock.at))
    assert rung.queued_at == heard


async def test_program_that_is_still_settling_a_call_is_not_forestalled(
    shelf: Shelf, leave: Callable[..., Path], database: Database, clock: Clock, folder: Path
) -> None:
    began = Began(call_id=CALL, contact=CALLER, purpose=Purpose.INBOUND, at=clock.at)
    await database.write(lambda c: calls.began(c, began))
    leave("incoming talk 595")
    assert not await shelf.step()
    ended = Ended(call_id=CALL, at=clock.at, outcome=Outcome.HUNG_UP)
    await database.write(lambda c: calls.ended(c, ended))
    assert await shelf.step()
    assert (await call(database)).outcome is Outcome.HUNG_UP
    assert list(folder.iterdir()) == []


async def test_program_that_died_in_a_call_is_not_waited_for(
    shelf: Shelf, leave: Callable[..., Path], database: Database, clock: Clock
) -> None:
    began = Began(call_id=CALL, contact=CALLER, purpose=Purpose.INBOUND, at=clock.at)
    await database.write(lambda c: calls.began(c, began))
    leave("incoming talk 500")
    assert await shelf.step()
    assert (await call(database)).outcome is Outcome.LOST


async def test_taken_again_after_a_death_it_is_one(
    shelf: Shelf, leave: Callable[..., Path], database: Database
) -> None:
    for _ in range(2):  # the program died before it could forget
        leave("incoming bye 90")
        await shelf.step()
    assert len(await kept(database)) == 1


class FullVault(FolderVault):
    async def put(self, name: str, content: bytes) -> None:
        raise VaultFault("no space left")


async def test_what_cannot_be_kept_stays_where_it_is(
    shelf: Shelf, leave: Callable[..., Path], folder: Path, tmp_path: Path, database: Database
) -> None:
    leave("incoming bye 90")
    full = replace(shelf.recordings, vault=FullVault(tmp_path / "full"))
    with structlog.testing.capture_logs() as logs:
        assert not await replace(shelf, recordings=full).step()
    (told,) = logs
    assert (told["event"], told["reason"]) == ("phone.recording_not_taken", "no space left")
    assert "exc_info" not in told
    assert len(list(folder.iterdir())) == 2
    assert await shelf.step()
    assert len(await kept(database)) == 1


async def test_call_without_a_sound_has_its_row_all_the_same(
    shelf: Shelf, leave: Callable[..., Path], database: Database, folder: Path
) -> None:
    leave("incoming operators 90", sound=False, rest="3 话务员8001")
    assert await shelf.step()
    assert not (await call(database)).recorded
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "words", ["", "incoming", "x y z", "\x00\xff" * 400, "incoming bye 9" * 90]
)
async def test_note_that_makes_no_sense_loses_no_recording(
    shelf: Shelf, leave: Callable[..., Path], database: Database, words: str
) -> None:
    leave("incoming bye 90").write_text(words, encoding="utf-8")
    assert await shelf.step()
    assert (await call(database)).recorded


async def test_recording_that_is_still_written_is_left_alone(
    shelf: Shelf, leave: Callable[..., Path], folder: Path, clock: Clock
) -> None:
    leave("incoming bye 90").unlink()
    (wav,) = folder.iterdir()
    now = wav.stat().st_mtime
    clock.at = clock.at.fromtimestamp(now + 5, clock.at.tzinfo)
    assert not await shelf.step()
    clock.at = clock.at.fromtimestamp(now + 700, clock.at.tzinfo)
    assert await shelf.step()  # Asterisk died: nobody writes on it any more


async def test_long_outage_is_taken_in_piece_by_piece(folder: Path, clock: Clock) -> None:
    for number in range(recorded.MOST_AT_ONCE + 5):
        (folder / f"{CALL[:-3]}{number:03x}_unknown_{1700000000 + number}.done").write_text("")
    found = recorded.finished(folder, clock.at)
    assert len(found) == recorded.MOST_AT_ONCE
    assert found[0].at < found[-1].at and found[0].number == ""


async def test_a_folder_that_is_not_there_is_no_error(shelf: Shelf, folder: Path) -> None:
    folder.rmdir()
    assert not await shelf.step()


async def test_words_of_a_line_are_kept_with_their_times(database: Database) -> None:
    from channels.phone.book import SpokenLine, SpokenWord, Voice

    words = tuple(SpokenWord(text=w, start_ms=i, confidence=0.5) for i, w in enumerate("路灯"))
    line = SpokenLine(voice=Voice.CALLER, text="路灯", start_ms=0, end_ms=9, words=words)
    await database.write(lambda c: calls.spoken(c, CALL, line))
    (found,) = await database.read(lambda c: register.lines(c, CALL))
    assert found.words == words


async def test_no_recording_row_is_lost_when_it_is_purged(
    shelf: Shelf, leave: Callable[..., Path], database: Database, clock: Clock
) -> None:
    leave("incoming bye 90")
    await shelf.step()
    clock.forward(days=200)
    assert await shelf.recordings.step()
    query = sa.select(schema.recording.c.sha256, schema.recording.c.purged_at)
    (row,) = await database.read(lambda c: c.execute(query).all())
    assert len(row.sha256) == 64 and row.purged_at is not None
