"""What nobody understood while it was told becomes text afterwards, and is in the ticket of its call;
whatever dies, whatever fails, and never without end.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import soundfile
import soxr
import sqlalchemy as sa
import structlog

from channels.phone import ear, reasons
from channels.phone.book import Outcome, Purpose, Voice
from intake.counter import completing
from intake.phone import recordings, schema, transcribing, transcripts, unheard
from intake.phone.recordings import Kind, Recordings
from intake.phone.shelf import Shelf
from intake.phone.transcripts import State
from intake.phone.unserved import Amends
from intake.phone.vault import FolderVault, VaultFault
from intake.services import Services
from nlp.speech import trial as speech_trial
from nlp.speech.contract import SpeechFailed, Trouble
from nlp.speech.listening import VoskTranscriber
from routing.order import Order
from routing.ticket import Action, Status
from tests.channels.phone.talking import said
from tests.clock import Clock
from tests.intake.phone import recogniser
from tests.intake.phone.misheard import CALL, DEAF, Misheard
from tests.intake.phone.recogniser import Recogniser

SPOKEN = Path(__file__).parents[2] / "phone" / "calls"
LAMP = "东韩村村口的路灯坏了"
SLOW = SpeechFailed(Trouble.TOO_SLOW, "no text")


class Killed(BaseException):
    """Nothing of ours catches it."""


@pytest.fixture
def call(services: Services, record: Callable[..., Path], clock: Clock, tmp_path: Path) -> Misheard:
    """A call that will be recorded."""
    amends = Amends(
        area_code="0319",
        receive=services.desk.receive,
        database=services.database,
        dispatcher=services.dispatcher,
        runtime=services.runtime,
    )
    folder = tmp_path / "recordings"
    folder.mkdir()
    vault = FolderVault(tmp_path / "vault")
    database, runtime = services.database, services.runtime
    kept = Recordings(vault=vault, database=database, runtime=runtime, days=180)
    shelf = Shelf(folder=folder, amends=amends, recordings=kept, database=database, runtime=runtime)
    later = recogniser.transcribing(shelf)
    return Misheard(services=services, shelf=shelf, later=later, record=record, clock=clock)


async def test_a_recogniser_that_breaks_in_mid_call_is_made_good_after_it(call: Misheard) -> None:
    ended = await call.hold(DEAF)
    assert (ended.outcome, ended.reason) == (Outcome.PERSON, reasons.DEAF)
    before = await call.ticket()
    assert await call.recorded()
    assert list(call.shelf.folder.iterdir()) == []
    ears = Recogniser(LAMP)
    await call.heard(ears)
    ticket = await call.ticket()
    assert (ticket.number, ticket.text, ticket.status) == (before.number, LAMP, Status.DECIDING)
    assert ticket.place.startswith("130506100")
    assert ticket.handover_reason == completing.COMPLETED
    assert completing.TOLD + LAMP in await call.notes()
    job = await call.job()
    assert (job.state, job.text, job.from_ms) == (State.DONE, LAMP, 0)
    assert ears.seconds == [5.0]


async def test_what_the_real_engine_hears_in_the_recording_is_in_the_ticket(
    call: Misheard, tmp_path: Path
) -> None:
    await call.hold(DEAF)
    call.leave()
    (path,) = call.shelf.folder.glob("*-caller.wav")
    sound, rate_hz = soundfile.read(SPOKEN / "lamp-f.flac")
    soundfile.write(path, soxr.resample(sound, rate_hz, 8000), 8000, subtype="PCM_16")
    await call.shelf.step()
    engine = VoskTranscriber(speech_trial.unpack(tmp_path / "models"), threads=1)
    await engine.start()
    try:
        await call.heard(engine)
    finally:
        await engine.close()
    ticket = await call.ticket()
    assert "路灯" in ticket.text


async def test_only_what_came_after_the_last_words_understood_is_heard_again(
    call: Misheard,
) -> None:
    first = replace(said(LAMP), start_ms=1000, end_ms=2600)
    await call.taken_in(first, DEAF)
    ears = Recogniser("还有两天没水了")
    await call.heard(ears)
    ticket = await call.ticket()
    assert ticket.text == f"{LAMP}\n补充：还有两天没水了"
    job = await call.job()
    assert (job.from_ms, ears.seconds) == (3000, [2.0])


@pytest.mark.parametrize(
    ("outcome", "reason", "whole"),
    [
        (Outcome.SERVED, "", True),
        (Outcome.HUNG_UP, "", True),
        (Outcome.HUNG_UP, reasons.NEVER_HEARD, False),
        (Outcome.PERSON, reasons.NO_SOUND, False),
        (Outcome.PERSON, reasons.ASKED_BY_KEY, True),
        (Outcome.PERSON, "居民要求人工服务", True),
        (Outcome.PERSON, reasons.DEAF, False),
        (Outcome.PERSON, reasons.MARKED, True),
        (Outcome.PERSON, reasons.MARKED_UNHEARD, False),
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
    call: Misheard, purpose: Purpose, outcome: Outcome, reason: str, whole: bool
) -> None:
    await call.begin(purpose)
    await call.end(outcome, reason)

    async def missing() -> int | None:
        return await call.services.database.read(lambda c: unheard.missing_from_ms(c, CALL))

    never = whole or purpose is Purpose.FOLLOW_UP
    assert await missing() == (None if never else 0)
    await call.spoken(Voice.LINE, "您好", 0, 9000)
    await call.spoken(Voice.CALLER, "路灯", 9500, 10_000)
    whole_of_it = reason == reasons.MARKED_UNHEARD
    assert await missing() == (None if never else 0 if whole_of_it else 10_400)


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [(Outcome.HUNG_UP, reasons.NEVER_HEARD), (Outcome.LOST, reasons.TAKEN_AWAY)],
)
@pytest.mark.parametrize(
    ("greeting", "from_ms"), [("phone_straight", 0), ("phone_greeting", 10_400)]
)
async def test_whom_a_person_takes_at_once_is_heard_again_from_his_first_word(
    call: Misheard, outcome: Outcome, reason: str, greeting: str, from_ms: int
) -> None:
    await call.begin()
    await call.end(outcome, reason)
    await call.spoken(Voice.LINE, "您好", 0, 4000, key=greeting)
    await call.spoken(Voice.CALLER, "喂", 9500, 10_000)
    found = await call.services.database.read(lambda c: unheard.missing_from_ms(c, CALL))
    assert found == from_ms


async def test_a_call_that_was_understood_keeps_nothing_but_the_whole_of_it(call: Misheard) -> None:
    await call.taken_in(said(LAMP), ear.Pressed(digit="0"))
    kept = await call.services.database.read(lambda c: recordings.of_call(c, CALL))
    assert [each.kind for each in kept] == [Kind.CALL]
    assert await call.jobs() == [] and list(call.shelf.folder.iterdir()) == []


@pytest.mark.parametrize("operators", ["dispatch", "withdraw"])
@pytest.mark.parametrize("words", [LAMP, "楼道里的垃圾没人清理", "贾庄村有人家着火了"])
async def test_the_ticket_that_an_operator_has_settled_meanwhile_stays_the_only_one(
    call: Misheard, operators: str, words: str
) -> None:
    await call.hold(DEAF)
    ticket = await call.ticket()
    order = Order.on(ticket, by="operator:x", note="打错了")
    if operators == "dispatch":
        await call.services.database.write(
            lambda c: call.services.dispatcher.dispatch(c, order, unit="city-management")
        )
    else:
        await call.services.database.write(
            lambda c: call.services.dispatcher.act(c, Action.WITHDRAW, order)
        )
    await call.recorded()
    await call.heard(Recogniser(words))
    found = await call.tickets()
    danger, finished = "着火" in words, operators == "withdraw"
    assert len(found) == (2 if danger and finished else 1)
    assert any(words in each.text for each in found) or finished
    assert [each.text for each in await call.jobs()] == [words]
    if danger:
        asked = found[-1].urgency == "danger" or found[0].handover_reason == completing.DANGER
        assert asked


async def test_death_at_any_moment_loses_nothing_and_tells_nothing_twice(
    call: Misheard, monkeypatch: pytest.MonkeyPatch
) -> None:
    await call.taken_in()
    with pytest.raises(Killed):
        await call.later.step(Recogniser("", [Killed()]))
    call.clock.forward(minutes=2)
    told = Amends.heard_after

    async def dies(amends: Amends, *what: Any) -> None:
        await told(amends, *what)
        raise Killed

    for _ in range(2):  # his ticket knows it, and we don't know that it does
        with monkeypatch.context() as patched, pytest.raises(Killed):
            patched.setattr(Amends, "heard_after", dies)
            await call.later.step(Recogniser(LAMP))
        call.clock.forward(minutes=20)
    await call.heard(Recogniser("别的话"))
    ticket = await call.ticket()
    assert ticket.text == LAMP
    assert (await call.notes()).count(completing.TOLD + LAMP) == 1
    job = await call.job()
    assert job.state is State.DONE


async def test_a_recording_that_kills_the_program_is_not_tried_for_ever(call: Misheard) -> None:
    await call.taken_in()
    deaths = 0
    for _ in range(30):
        call.clock.forward(hours=13)
        try:
            if not await call.later.step(Recogniser("", [Killed()])):
                break
        except Killed:
            deaths += 1
    job = await call.job()
    assert (deaths, job.state) == (transcripts.MOST_ATTEMPTS, State.GIVEN_UP)


async def test_what_fails_is_tried_a_few_times_with_ever_longer_pauses(call: Misheard) -> None:
    await call.taken_in()
    tries = [SLOW] * transcripts.MOST_ATTEMPTS
    with structlog.testing.capture_logs() as logs:
        for pause in (*transcripts.AFTER, None):
            assert await call.later.step(Recogniser("", tries[:1]))
            assert not await call.later.step(Recogniser(LAMP))  # not yet
            job = await call.job()
            assert job.problem == transcribing.PROBLEMS[Trouble.TOO_SLOW]
            call.clock.at += pause or timedelta(days=1)
    assert job.state is State.GIVEN_UP
    assert not await call.later.step(Recogniser(LAMP))
    assert {each["event"] for each in logs} == {"phone.not_transcribed"}
    assert len(await call.tickets()) == 1


class Away(FolderVault):
    """A store that nobody reaches."""

    async def get(self, name: str) -> bytes:
        raise VaultFault("no answer")


async def test_a_store_that_is_away_costs_no_try(call: Misheard, tmp_path: Path) -> None:
    await call.taken_in()
    kept = replace(call.later.recordings, vault=Away(tmp_path))
    for _ in range(3 * transcripts.MOST_ATTEMPTS):
        assert await replace(call.later, recordings=kept).step(Recogniser(LAMP))
        call.clock.at += transcripts.LATER
    await call.heard(Recogniser(LAMP))
    job = await call.job()
    assert (job.state, job.text) == (State.DONE, LAMP)


async def test_what_is_on_no_disk_that_we_see_waits_and_what_was_purged_is_given_up_at_once(
    call: Misheard, tmp_path: Path
) -> None:
    await call.taken_in()
    (tmp_path / "vault").rename(tmp_path / "disk")
    assert await call.later.step(Recogniser(LAMP))
    job = await call.job()
    assert (job.state, job.attempts, job.problem) == (State.WAITING, 0, transcribing.AWAY)
    (tmp_path / "disk").rename(tmp_path / "vault")
    purged = sa.update(schema.recording).values(purged_at=call.clock.at)
    await call.services.database.write(lambda c: c.execute(purged) and None)
    call.clock.at += transcripts.LATER
    assert await call.later.step(Recogniser(LAMP))
    job = await call.job()
    assert (job.state, job.problem) == (State.GIVEN_UP, transcribing.GONE)


async def test_what_became_text_at_the_last_try_has_all_tries_to_be_told(
    call: Misheard, monkeypatch: pytest.MonkeyPatch
) -> None:
    await call.taken_in()
    for pause in transcripts.AFTER:
        await call.later.step(Recogniser("", [SLOW]))
        call.clock.at += pause

    async def fails(*_: object) -> None:
        raise RuntimeError("the database is locked")

    with monkeypatch.context() as patched:
        patched.setattr(Amends, "heard_after", fails)
        await call.later.step(Recogniser(LAMP))
    job = await call.job()
    assert (job.state, job.text) == (State.HEARD, LAMP)
    await call.heard(Recogniser("别的话"))
    ticket = await call.ticket()
    assert ticket.text == LAMP


async def test_without_a_recogniser_it_waits_for_one_but_not_for_ever(call: Misheard) -> None:
    await call.taken_in()
    assert not await call.later.step(None)
    job = await call.job()
    assert (job.state, job.attempts) == (State.WAITING, 0)
    call.clock.at += transcripts.LONGEST + timedelta(minutes=1)
    assert not await call.later.step(Recogniser(LAMP))
    job = await call.job()
    assert (job.state, job.problem) == (State.GIVEN_UP, transcripts.NOBODY)


async def test_what_he_alone_said_is_kept_no_longer_than_it_is_needed(call: Misheard) -> None:
    await call.taken_in()
    assert not await call.shelf.recordings.step()
    await call.heard(Recogniser(LAMP))
    assert await call.shelf.recordings.step()
    kept = await call.services.database.read(lambda c: recordings.of_call(c, CALL))
    assert [(each.kind, each.purged) for each in kept] == [
        (Kind.CALL, False),
        (Kind.CALLER, True),
    ]


@pytest.mark.parametrize(("words", "count"), [("喂你好", 0), (LAMP, 1)])
async def test_a_call_without_a_ticket_gets_one_where_there_is_a_matter_in_it(
    call: Misheard, words: str, count: int
) -> None:
    await call.begin()
    await call.end(Outcome.HUNG_UP, reasons.NEVER_HEARD)
    await call.recorded("incoming bye", "")
    await call.heard(Recogniser(words))
    assert len(await call.tickets()) == count


async def test_where_nothing_is_understood_the_ticket_stays_as_it_is(call: Misheard) -> None:
    await call.hold(DEAF)
    before = await call.tickets()
    await call.recorded()
    await call.heard(Recogniser(""))
    assert await call.tickets() == before
    job = await call.job()
    assert (job.state, job.text) == (State.DONE, "")


MACHINE = "您拨打的电话暂时无人接听，请稍后再拨"


@pytest.mark.parametrize("words", [MACHINE, f"{MACHINE}，{LAMP}"])
async def test_what_a_machine_says_that_answers_our_ringing_back_is_in_no_ticket(
    call: Misheard, words: str
) -> None:
    await call.begin(Purpose.CALL_BACK)
    await call.end(Outcome.LOST)
    await call.recorded("call-back bye", "")
    await call.heard(Recogniser(words))
    assert [each.text for each in await call.jobs()] == [words]
    assert await call.tickets() == []


async def test_who_complains_that_nobody_takes_his_call_is_no_machine(call: Misheard) -> None:
    await call.hold(DEAF)
    await call.recorded()
    words = f"{LAMP}，拨打的电话没人接"
    await call.heard(Recogniser(words))
    ticket = await call.ticket()
    assert ticket.text == words


@pytest.mark.parametrize("words", ["嗯", "喂你好"])
async def test_a_cough_changes_no_ticket(call: Misheard, words: str) -> None:
    await call.hold(DEAF)
    before, log = await call.tickets(), await call.notes()
    await call.recorded()
    await call.heard(Recogniser(words))
    assert (await call.tickets(), await call.notes()) == (before, log)
    assert [each.text for each in await call.jobs()] == [words]


async def test_what_a_person_has_put_right_no_machine_puts_wrong(call: Misheard) -> None:
    await call.hold(DEAF)
    ticket = await call.ticket()
    order = Order.on(ticket, by="operator:x", note="问过他")
    await call.services.database.write(
        lambda c: call.services.dispatcher.correct(c, order, category="010101", place="130506101")
    )
    corrected = await call.ticket()
    await call.recorded()
    await call.heard(Recogniser(LAMP))
    ticket = await call.ticket()
    assert (ticket.category, ticket.place) == (corrected.category, corrected.place)
    assert (await call.notes())[-2:] == [completing.TOLD + LAMP, completing.AFTER_YOU]
