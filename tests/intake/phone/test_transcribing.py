"""What nobody understood while it was told becomes text afterwards, and is in the ticket of its call;
whatever dies, whatever fails, and never without end.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import soundfile
import soxr
import sqlalchemy as sa
import structlog

from channels.message import Contact
from channels.phone import ear, reasons
from channels.phone.book import Began, Ended, Outcome, Purpose, SpokenLine, Voice
from channels.phone.call import Call, Office
from channels.phone.exchange.exchange import Next
from channels.phone.window import Caller
from intake.counter import completing
from intake.phone import calls, recordings, transcribing, transcripts
from intake.phone.hearing import Hearing
from intake.phone.recordings import Kind, Recordings
from intake.phone.shelf import Shelf
from intake.phone.transcribing import Transcribing
from intake.phone.transcripts import State, Transcription
from intake.phone.unserved import Amends
from intake.phone.vault import FolderVault, VaultFault
from intake.services import Services
from nlp.speech import trial as speech_trial
from nlp.speech.contract import SpeechFailed, Trouble
from nlp.speech.listening import VoskTranscriber
from routing import schema as routing_schema
from routing import store
from routing.order import Order
from routing.ticket import Action, Status, Ticket
from tests.channels.phone.talking import FakeEar, FakeMouth, said
from tests.clock import Clock
from tests.intake.phone.recogniser import Recogniser

CALL = "0190a1b2-0000-7000-8000-000000000001"
CALLER = Contact(scheme="tel", path="+8613900000000")
SPOKEN = Path(__file__).parents[2] / "phone" / "calls"
LAMP = "东韩村村口的路灯坏了"
SLOW = SpeechFailed(Trouble.TOO_SLOW, "no text")
DEAF = ear.Deaf(problem="too slow", text="")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "recordings"
    made.mkdir()
    return made


@pytest.fixture
def amends(services: Services) -> Amends:
    return Amends(
        area_code="0319",
        receive=services.desk.receive,
        database=services.database,
        dispatcher=services.dispatcher,
        runtime=services.runtime,
    )


@pytest.fixture
def shelf(folder: Path, tmp_path: Path, services: Services, amends: Amends) -> Shelf:
    vault = FolderVault(tmp_path / "vault")
    database, runtime = services.database, services.runtime
    kept = Recordings(vault=vault, database=database, runtime=runtime, days=180)
    return Shelf(folder=folder, amends=amends, recordings=kept, database=database, runtime=runtime)


@pytest.fixture
def later(shelf: Shelf) -> Transcribing:
    return Transcribing(
        recordings=shelf.recordings,
        hearing=Hearing(None),
        amends=shelf.amends,
        database=shelf.database,
        runtime=shelf.runtime,
    )


@pytest.fixture
def leave(folder: Path, record: Callable[..., Path], clock: Clock) -> Callable[..., None]:
    """As the dialplan leaves a call: the whole of it, and what the caller said to us."""

    def left(note: str = "incoming operators", operator: str = "7 话务员8001") -> None:
        began = int(clock.at.timestamp()) - 60
        stem = f"{CALL}_13900000000_{began}"
        record(f"{stem}.wav", 9.0, folder)
        record(f"{stem}-caller.wav", 5.0, folder)
        words = f"{note} {began + 50} 0{began + 20} 0{operator}\n"
        (folder / f"{stem}.done").write_text(words, encoding="utf-8")

    return left


@pytest.fixture
def hold(services: Services, clock: Clock) -> Callable[..., Awaitable[Ended]]:
    """A call with the real desk behind it; a script in place of its ear."""

    async def held(*script: object) -> Ended:
        began = Began(call_id=CALL, contact=CALLER, purpose=Purpose.INBOUND, at=clock.at)
        await services.database.write(lambda c: calls.began(c, began))
        lines: list[ear.Utterance] = []
        mouth = FakeMouth()
        listens = mouth.listens = FakeEar(script)  # type: ignore[arg-type]

        async def leave(call_id: str, where: Next, heard: str) -> None:
            assert where is Next.OPERATORS

        async def lives(call_id: str) -> bool:
            return False

        office = Office(
            receive=services.desk.receive,
            note=lines.append,
            leave=leave,
            lives=lives,
            now=lambda: clock.at,
            longest_ms=600_000,
        )
        caller = Caller(call_id=CALL, contact=CALLER)
        call = Call(caller=caller, listens=listens, speaks=mouth, office=office)
        listens.waiting = lambda: call.waiting
        async with asyncio.timeout(30):
            ended = await call.run()
        for each in lines:
            line = SpokenLine(
                voice=Voice.CALLER, text=each.text, start_ms=each.start_ms, end_ms=each.end_ms
            )
            await services.database.write(lambda c, line=line: calls.spoken(c, CALL, line))
        await services.database.write(lambda c: calls.ended(c, ended))
        return ended

    return held


async def tickets(services: Services) -> list[Ticket]:
    numbers = await services.database.read(
        lambda c: c.execute(sa.select(routing_schema.ticket.c.number)).scalars().all()
    )
    return [await services.database.read(lambda c, n=n: store.load(c, n)) for n in numbers]


async def notes(services: Services) -> list[str]:
    (ticket,) = await tickets(services)
    events = await services.database.read(lambda c: store.events(c, ticket.number))
    return [event.note for event in events]


async def line(services: Services) -> list[Transcription]:
    return await services.database.read(lambda c: transcripts.of_calls(c, [CALL]))


async def emptied(later: Transcribing, engine: Recogniser | VoskTranscriber | None) -> None:
    while await later.step(engine):
        pass


async def test_a_recogniser_that_breaks_in_mid_call_is_made_good_after_it(
    services: Services,
    shelf: Shelf,
    later: Transcribing,
    hold: Callable[..., Awaitable[Ended]],
    leave: Callable[..., None],
    folder: Path,
    clock: Clock,
) -> None:
    ended = await hold(DEAF)
    assert (ended.outcome, ended.reason) == (Outcome.PERSON, reasons.DEAF)
    (before,) = await tickets(services)
    leave()
    assert await shelf.step()
    assert list(folder.iterdir()) == []
    ears = Recogniser(LAMP)
    await emptied(later, ears)
    (ticket,) = await tickets(services)
    assert (ticket.number, ticket.text, ticket.status) == (before.number, LAMP, Status.DECIDING)
    assert ticket.place.startswith("130506100")
    assert ticket.handover_reason == completing.COMPLETED
    assert completing.TOLD + LAMP in await notes(services)
    (job,) = await line(services)
    assert (job.state, job.text, job.from_ms) == (State.DONE, LAMP, 0)
    assert ears.seconds == [5.0]


async def test_what_the_real_engine_hears_in_the_recording_is_in_the_ticket(
    services: Services,
    shelf: Shelf,
    later: Transcribing,
    hold: Callable[..., Awaitable[Ended]],
    leave: Callable[..., None],
    folder: Path,
    tmp_path: Path,
) -> None:
    await hold(DEAF)
    leave()
    (path,) = folder.glob("*-caller.wav")
    sound, rate_hz = soundfile.read(SPOKEN / "lamp-f.flac")
    soundfile.write(path, soxr.resample(sound, rate_hz, 8000), 8000, subtype="PCM_16")
    await shelf.step()
    engine = VoskTranscriber(speech_trial.unpack(tmp_path / "models"), threads=1)
    await engine.start()
    try:
        await emptied(later, engine)
    finally:
        await engine.close()
    (ticket,) = await tickets(services)
    assert "路灯" in ticket.text


async def test_only_what_came_after_the_last_words_understood_is_heard_again(
    services: Services,
    shelf: Shelf,
    later: Transcribing,
    hold: Callable[..., Awaitable[Ended]],
    leave: Callable[..., None],
) -> None:
    first = replace(said(LAMP), start_ms=1000, end_ms=2600)
    await hold(first, DEAF)
    leave()
    await shelf.step()
    ears = Recogniser("还有两天没水了")
    await emptied(later, ears)
    (ticket,) = await tickets(services)
    assert ticket.text == f"{LAMP}\n补充：还有两天没水了"
    (job,) = await line(services)
    assert (job.from_ms, ears.seconds) == (3000, [2.0])


@pytest.mark.parametrize(
    ("outcome", "reason", "whole"),
    [
        (Outcome.SERVED, "", True),
        (Outcome.HUNG_UP, "", True),
        (Outcome.PERSON, reasons.ASKED_BY_KEY, True),
        (Outcome.PERSON, "居民要求人工服务", True),
        (Outcome.PERSON, reasons.DEAF, False),
        (Outcome.PERSON, reasons.NOT_HEARD, False),
        (Outcome.PERSON, reasons.TAKEN_AWAY, False),
        (Outcome.PERSON, "", False),  # as the exchange tells of a program that died in it
        (Outcome.MISSED, "", False),
        (Outcome.LOST, "", False),
        (Outcome.FAILED, reasons.PROGRAM_FAILED, False),
    ],
)
@pytest.mark.parametrize("purpose", [Purpose.INBOUND, Purpose.CALL_BACK, Purpose.FOLLOW_UP])
async def test_which_calls_are_heard_again(
    services: Services,
    clock: Clock,
    purpose: Purpose,
    outcome: Outcome,
    reason: str,
    whole: bool,
) -> None:
    began = Began(call_id=CALL, contact=CALLER, purpose=purpose, at=clock.at)
    ended = Ended(call_id=CALL, at=clock.at, outcome=outcome, reason=reason)
    await services.database.write(lambda c: calls.began(c, began))
    await services.database.write(lambda c: calls.ended(c, ended))

    async def missing() -> int | None:
        return await services.database.read(lambda c: transcripts.missing_from_ms(c, CALL))

    never = purpose is Purpose.FOLLOW_UP
    assert await missing() == (None if never else 0)
    ours = SpokenLine(voice=Voice.LINE, text="您好", start_ms=0, end_ms=9000)
    his = SpokenLine(voice=Voice.CALLER, text="路灯", start_ms=9500, end_ms=10_000)
    for each in (ours, his):
        await services.database.write(lambda c, each=each: calls.spoken(c, CALL, each))
    assert await missing() == (None if whole or never else 10_400)


async def test_a_call_that_was_understood_keeps_nothing_but_the_whole_of_it(
    services: Services,
    shelf: Shelf,
    hold: Callable[..., Awaitable[Ended]],
    leave: Callable[..., None],
    folder: Path,
) -> None:
    await hold(said(LAMP), ear.Pressed(digit="0"))
    leave()
    await shelf.step()
    kept = await services.database.read(lambda c: recordings.of_call(c, CALL))
    assert [each.kind for each in kept] == [Kind.CALL]
    assert await line(services) == [] and list(folder.iterdir()) == []


@pytest.mark.parametrize("operators", ["dispatch", "withdraw"])
@pytest.mark.parametrize("words", [LAMP, "楼道里的垃圾没人清理", "贾庄村有人家着火了"])
async def test_the_ticket_that_an_operator_has_settled_meanwhile_stays_the_only_one(
    services: Services,
    shelf: Shelf,
    later: Transcribing,
    hold: Callable[..., Awaitable[Ended]],
    leave: Callable[..., None],
    operators: str,
    words: str,
) -> None:
    await hold(DEAF)
    (ticket,) = await tickets(services)
    order = Order.on(ticket, by="operator:x", note="打错了")
    if operators == "dispatch":
        await services.database.write(
            lambda c: services.dispatcher.dispatch(c, order, unit="city-management")
        )
    else:
        await services.database.write(lambda c: services.dispatcher.act(c, Action.WITHDRAW, order))
    leave()
    await shelf.step()
    await emptied(later, Recogniser(words))
    found = await tickets(services)
    danger, finished = "着火" in words, operators == "withdraw"
    assert len(found) == (2 if danger and finished else 1)
    assert any(words in each.text for each in found) or finished
    assert [each.text for each in await line(services)] == [words]
    if danger:
        asked = found[-1].urgency == "danger" or found[0].handover_reason == completing.DANGER
        assert asked


async def test_death_at_any_moment_loses_nothing_and_tells_nothing_twice(
    services: Services,
    shelf: Shelf,
    later: Transcribing,
    hold: Callable[..., Awaitable[Ended]],
    leave: Callable[..., None],
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await hold(DEAF)
    leave()
    await shelf.step()

    class Killed(BaseException):
        """Nothing of ours catches it."""

    with pytest.raises(Killed):
        await later.step(Recogniser("", [Killed()]))
    clock.forward(minutes=2)
    told = Amends.heard_after

    async def dies(amends: Amends, *call: Any) -> None:
        await told(amends, *call)
        raise Killed

    for _ in range(2):  # his ticket knows it, and we don't know that it does
        with monkeypatch.context() as patched, pytest.raises(Killed):
            patched.setattr(Amends, "heard_after", dies)
            await later.step(Recogniser(LAMP))
        clock.forward(minutes=20)
    await emptied(later, Recogniser("别的话"))
    (ticket,) = await tickets(services)
    assert ticket.text == LAMP
    assert (await notes(services)).count(completing.TOLD + LAMP) == 1
    (job,) = await line(services)
    assert job.state is State.DONE


async def test_a_recording_that_kills_the_program_is_not_tried_for_ever(
    services: Services,
    shelf: Shelf,
    later: Transcribing,
    hold: Callable[..., Awaitable[Ended]],
    leave: Callable[..., None],
    clock: Clock,
) -> None:
    class Killed(BaseException):
        pass

    await hold(DEAF)
    leave()
    await shelf.step()
    deaths = 0
    for _ in range(30):
        clock.forward(hours=13)
        try:
            if not await later.step(Recogniser("", [Killed()])):
                break
        except Killed:
            deaths += 1
    (job,) = await line(services)
    assert (deaths, job.state) == (transcripts.MOST_ATTEMPTS, State.GIVEN_UP)


async def test_what_fails_is_tried_a_few_times_with_ever_longer_pauses(
    services: Services,
    shelf: Shelf,
    later: Transcribing,
    hold: Callable[..., Awaitable[Ended]],
    leave: Callable[..., None],
    clock: Clock,
) -> None:
    await hold(DEAF)
    leave()
    await shelf.step()
    tries = [SLOW] * transcripts.MOST_ATTEMPTS
    with structlog.testing.capture_logs() as logs:
        for pause in (*transcripts.AFTER, None):
            assert await later.step(Recogniser("", tries[:1]))
            assert not await later.step(Recogniser(LAMP))  # not yet
            (job,) = await line(services)
            assert job.problem == transcribing.PROBLEMS[Trouble.TOO_SLOW]
            clock.at += pause or timedelta(days=1)
    assert job.state is State.GIVEN_UP
    assert not await later.step(Recogniser(LAMP))
    assert {each["event"] for each in logs} == {"phone.not_transcribed"}
    assert len(await tickets(services)) == 1


class Away(FolderVault):
    """A store that nobody reaches."""

    async def get(self, name: str) -> bytes:
        raise VaultFault("no answer")


async def test_a_store_that_is_away_costs_no_try(
    services: Services,
    shelf: Shelf,
    later: Transcribing,
    hold: Callable[..., Awaitable[Ended]],
    leave: Callable[..., None],
    clock: Clock,
    tmp_path: Path,
) -> None:
    await hold(DEAF)
    leave()
    await shelf.step()
    kept = replace(later.recordings, vault=Away(tmp_path))
    for _ in range(3 * transcripts.MOST_ATTEMPTS):
        assert await replace(later, recordings=kept).step(Recogniser(LAMP))
        clock.at += transcripts.LATER
    await emptied(later, Recogniser(LAMP))
    (job,) = await line(services)
    assert (job.state, job.text) == (State.DONE, LAMP)


async def test_without_a_recogniser_it_waits_for_one_but_not_for_ever(
    services: Services,
    shelf: Shelf,
    later: Transcribing,
    hold: Callable[..., Awaitable[Ended]],
    leave: Callable[..., None],
    clock: Clock,
) -> None:
    await hold(DEAF)
    leave()
    await shelf.step()
    assert not await later.step(None)
    (job,) = await line(services)
    assert (job.state, job.attempts) == (State.WAITING, 0)
    clock.at += transcripts.LONGEST + timedelta(minutes=1)
    assert not await later.step(Recogniser(LAMP))
    (job,) = await line(services)
    assert (job.state, job.problem) == (State.GIVEN_UP, transcripts.NOBODY)


async def test_what_he_alone_said_is_kept_no_longer_than_it_is_needed(
    services: Services,
    shelf: Shelf,
    later: Transcribing,
    hold: Callable[..., Awaitable[Ended]],
    leave: Callable[..., None],
) -> None:
    await hold(DEAF)
    leave()
    await shelf.step()
    assert not await shelf.recordings.step()
    await emptied(later, Recogniser(LAMP))
    assert await shelf.recordings.step()
    kept = await services.database.read(lambda c: recordings.of_call(c, CALL))
    assert [(each.kind, each.purged) for each in kept] == [
        (Kind.CALL, False),
        (Kind.CALLER, True),
    ]


@pytest.mark.parametrize(("words", "count"), [("喂你好", 0), (LAMP, 1)])
async def test_a_call_without_a_ticket_gets_one_where_there_is_a_matter_in_it(
    services: Services,
    shelf: Shelf,
    later: Transcribing,
    leave: Callable[..., None],
    clock: Clock,
    words: str,
    count: int,
) -> None:
    began = Began(call_id=CALL, contact=CALLER, purpose=Purpose.INBOUND, at=clock.at)
    ended = Ended(call_id=CALL, at=clock.at, outcome=Outcome.HUNG_UP)
    await services.database.write(lambda c: calls.began(c, began))
    await services.database.write(lambda c: calls.ended(c, ended))
    leave("incoming bye", "")
    await shelf.step()
    await emptied(later, Recogniser(words))
    assert len(await tickets(services)) == count


async def test_where_nothing_is_understood_the_ticket_stays_as_it_is(
    services: Services,
    shelf: Shelf,
    later: Transcribing,
    hold: Callable[..., Awaitable[Ended]],
    leave: Callable[..., None],
) -> None:
    await hold(DEAF)
    before = await tickets(services)
    leave()
    await shelf.step()
    await emptied(later, Recogniser(""))
    assert await tickets(services) == before
    (job,) = await line(services)
    assert (job.state, job.text) == (State.DONE, "")
