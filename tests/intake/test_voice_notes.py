"""Voice notes of the chat channels become text, which goes where the note went; whatever dies."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import sqlalchemy as sa

from channels.message import Attachment, InboundMessage, Receipt
from config.sections import Exchange, Phone
from config.settings import Settings
from config.speech import Speech
from intake import attachments, inbox
from intake.accounts import Role
from intake.counter import completing
from intake.notes import Notes
from intake.phone import housekeeping, line, lineless, transcribing, transcripts
from intake.phone import schema as phone_schema
from intake.phone.transcribing import Transcribing
from intake.phone.transcripts import State, Transcription
from intake.services import Services
from intake.talk import notes, reasons
from intake.web import attached, spoken
from nlp.speech.contract import SpeechFailed, Trouble
from routing import schema, store
from routing.ticket import Status, Ticket
from tests.intake.console import Desk, enter
from tests.intake.phone.recogniser import Recogniser
from tests.intake.resident import Resident, Village

LAMP = "东韩村村口的路灯坏了三天了"
DANGER = "danger_alone"  # this county's command desk is not to be reached
FIRE = "贾庄村有人家着火了"
CALLS = Path(__file__).parents[1] / "phone" / "calls"

Send = Callable[..., Awaitable[Receipt]]


def opus(seconds: float = 3.0, rate_hz: int = 48_000) -> bytes:
    """As a platform's own voice note: Opus in Ogg."""
    sound = io.BytesIO()
    tone = 0.2 * np.sin(np.arange(int(seconds * rate_hz)) * 0.05)
    soundfile.write(sound, tone, rate_hz, format="OGG", subtype="OPUS")
    return sound.getvalue()


@pytest.fixture
def later(services: Services) -> Transcribing:
    return housekeeping.transcribing(services, line.recordings(services, None), None)


@pytest.fixture
def resident(village: Village) -> Resident:
    return Resident(*village.parts)


@pytest.fixture
def send(services: Services, resident: Resident) -> Send:
    """He sends a voice note, that we keep."""

    async def sent(
        content: bytes = b"",
        kind: str = "audio/ogg",
        text: str = "",
        confidence: float | None = None,
    ) -> Receipt:
        reference = await services.media(content or opus(), kind)
        note = Attachment(kind="voice", reference=reference)
        return await resident.receipt(text, attachments=(note,), confidence=confidence)

    return sent


async def emptied(later: Transcribing, engine: Recogniser | None) -> None:
    while await later.step(engine):
        pass


async def in_line(services: Services) -> list[Transcription]:
    table = phone_schema.transcription
    query = sa.select(table.c.recording).order_by(table.c.created_at, table.c.recording)
    ids = await services.database.read(lambda c: c.execute(query).scalars().all())
    found = await services.database.read(lambda c: transcripts.of_notes(c, ids))
    return [found[each] for each in ids]


async def tickets(services: Services) -> list[Ticket]:
    query = sa.select(schema.ticket.c.number).order_by(schema.ticket.c.number)
    numbers = await services.database.read(lambda c: c.execute(query).scalars().all())
    return [await services.database.read(lambda c, n=n: store.load(c, n)) for n in numbers]


async def log(services: Services, number: str) -> list[str]:
    events = await services.database.read(lambda c: store.events(c, number))
    return [event.note for event in events]


async def posted(services: Services) -> list[str]:
    """What goes to the resident by the outbox."""
    table = schema.outbox
    query = sa.select(table.c.kind).where(table.c.destination == "web:a")
    return list(await services.database.read(lambda c: c.execute(query).scalars().all()))


async def test_while_its_matter_waits_the_words_are_part_of_it_and_nothing_is_said(
    services: Services, later: Transcribing, resident: Resident, send: Send
) -> None:
    assert [each.key for each in (await send()).replies] == ["media_kept"]
    ears = Recogniser(LAMP)
    await emptied(later, ears)
    assert ears.seconds == [3.0] and await posted(services) == [] and await tickets(services) == []
    await resident.is_silent(minutes=30)
    (ticket,) = await tickets(services)
    assert ticket.text == notes.STAND_IN + LAMP and ticket.status is Status.DECIDING
    assert ticket.place.startswith("130506100")
    (job,) = await in_line(services)
    assert (job.state, job.text, job.kind) == (State.DONE, LAMP, transcripts.NOTE)


async def test_his_next_words_complete_what_the_note_said(
    services: Services, later: Transcribing, resident: Resident, send: Send
) -> None:
    await send()
    await emptied(later, Recogniser("村口的路灯坏了三天了"))
    await resident.says("在东韩村")
    (ticket,) = await tickets(services)
    assert "路灯" in ticket.text and "东韩村" in ticket.text


async def test_a_ticket_that_has_the_note_gets_the_words_and_he_hears_nothing(
    services: Services, later: Transcribing, resident: Resident, send: Send
) -> None:
    await resident.says(LAMP)
    await send()
    (before,) = await tickets(services)
    said = await posted(services)
    await emptied(later, Recogniser("灯杆也歪了"))
    (ticket,) = await tickets(services)
    assert (ticket.number, ticket.status) == (before.number, before.status)
    assert completing.TOLD_IN_NOTE + "灯杆也歪了" in await log(services, ticket.number)
    assert await posted(services) == said


async def test_a_ticket_of_silence_that_came_before_the_words_is_completed(
    services: Services, later: Transcribing, resident: Resident, send: Send
) -> None:
    await send()
    await resident.is_silent(minutes=30)
    (before,) = await tickets(services)
    assert before.text == notes.STAND_IN
    await emptied(later, Recogniser(LAMP))
    (ticket,) = await tickets(services)
    assert LAMP in ticket.text and ticket.category and ticket.status is Status.DECIDING


async def test_a_danger_waits_for_no_more_words_and_is_one_ticket(
    services: Services, later: Transcribing, resident: Resident, send: Send
) -> None:
    await send()
    await emptied(later, Recogniser(FIRE))
    (ticket,) = await tickets(services)
    assert ticket.urgency == "danger" and FIRE in ticket.text
    assert ticket.handover_reason == reasons.NOTE_HEARD
    assert await posted(services) == [DANGER]
    found = await services.database.read(lambda c: attached.of_ticket(c, ticket.number))
    assert [each.heard.text for each in found if each.heard] == [FIRE]
    await resident.is_silent(minutes=30)
    assert len(await tickets(services)) == 1


@pytest.mark.parametrize("finished", [False, True])
async def test_a_danger_in_the_note_of_a_ticket_asks_for_a_person(
    services: Services, later: Transcribing, resident: Resident, send: Send, finished: bool
) -> None:
    await resident.says(LAMP)
    await send()
    (first,) = await tickets(services)
    if finished:
        await resident.finished(first.number, closed=False)
    await emptied(later, Recogniser(FIRE))
    found = await tickets(services)
    assert len(found) == (2 if finished else 1)
    if finished:
        assert found[-1].urgency == "danger"
    else:
        assert found[0].handover_reason == completing.DANGER_IN_NOTE


async def test_what_the_platform_has_understood_is_not_heard_again(
    services: Services, later: Transcribing, send: Send
) -> None:
    await send(text=LAMP, confidence=0.8)
    assert await in_line(services) == []


async def test_a_note_that_is_fetched_later_is_in_line_once_it_is_here(
    services: Services, resident: Resident, later: Transcribing
) -> None:
    note = Attachment(kind="voice", reference="wechat-media:1")
    await resident.receipt("", attachments=(note,))
    assert await in_line(services) == []
    kept = await services.media(opus(), "audio/ogg")
    table = inbox.schema.inbox
    key = await services.database.read(lambda c: c.execute(sa.select(table.c.id)).scalar_one())
    for _ in range(2):  # the errand's answer was lost, and it comes again
        await services.database.write(lambda c: inbox.attach(c, key, 0, kept))
    (job,) = await in_line(services)
    assert (job.state, job.message, job.attachment) == (State.WAITING, key, 0)


async def test_a_format_that_nobody_here_can_open_is_said_and_not_tried_again(
    services: Services, later: Transcribing, resident: Resident, send: Send
) -> None:
    await send(b"#!AMR\n" + bytes(400), "audio/amr")
    await emptied(later, Recogniser(LAMP))
    (job,) = await in_line(services)
    assert (job.state, job.attempts, job.text) == (State.GIVEN_UP, 1, "")
    assert spoken.note(job, hears=True, may_hear=True) == "这种语音格式不能自动转成文字，请点开听"


async def test_a_note_that_is_on_no_disk_that_we_see_waits_without_a_try(
    services: Services, later: Transcribing, resident: Resident, send: Send
) -> None:
    await send()
    reference = await services.database.read(
        lambda c: c.execute(sa.select(inbox.schema.media.c.id)).scalar_one()
    )
    found = await services.media.find(reference)
    assert found is not None
    found[0].unlink()
    assert await later.step(Recogniser(LAMP))
    (job,) = await in_line(services)
    assert (job.state, job.attempts, job.problem) == (State.WAITING, 0, transcribing.AWAY)


async def test_without_a_recogniser_the_note_waits_and_all_is_as_it_was(
    services: Services, later: Transcribing, resident: Resident, send: Send
) -> None:
    assert [each.key for each in (await send()).replies] == ["media_kept"]
    assert not await later.step(None)
    (job,) = await in_line(services)
    assert (job.state, job.attempts) == (State.WAITING, 0)
    assert spoken.note(job, hears=False, may_hear=True) == spoken.NOTE_STAYS + spoken.OPEN
    assert spoken.note(job, hears=False, may_hear=False) == spoken.NOTE_STAYS


async def test_tries_are_bounded_and_the_page_says_what_was_wrong(
    services: Services, later: Transcribing, resident: Resident, send: Send
) -> None:
    await send()
    slow = SpeechFailed(Trouble.TOO_SLOW, "no text")
    for _ in range(transcripts.MOST_ATTEMPTS):
        assert await later.step(Recogniser("", [slow]))
        resident.clock.forward(hours=13)
    assert not await later.step(Recogniser(LAMP))
    (job,) = await in_line(services)
    assert spoken.note(job, hears=True, may_hear=True).startswith(
        transcribing.PROBLEMS[Trouble.TOO_SLOW]
    )


async def test_death_at_any_moment_loses_nothing_and_tells_nothing_twice(
    services: Services,
    later: Transcribing,
    resident: Resident,
    send: Send,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Killed(BaseException):
        """Nothing of ours catches it."""

    await resident.says(LAMP)
    await send()
    with pytest.raises(Killed):
        await later.step(Recogniser("", [Killed()]))
    resident.clock.forward(minutes=2)
    tell = Notes.tell

    async def dies(notes: Notes, *told: Any) -> None:
        await tell(notes, *told)
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):  # the ticket has it already
        patched.setattr(Notes, "tell", dies)
        await later.step(Recogniser("灯杆也歪了"))
    resident.clock.forward(minutes=20)
    await emptied(later, Recogniser("别的话"))
    (ticket,) = await tickets(services)
    told = completing.TOLD_IN_NOTE + "灯杆也歪了"
    assert (await log(services, ticket.number)).count(told) == 1
    (job,) = await in_line(services)
    assert (job.state, job.text) == (State.DONE, "灯杆也歪了")


async def test_without_a_phone_line_the_real_engine_hears_a_note_of_opus(
    services: Services, resident: Resident, send: Send
) -> None:
    sound, rate_hz = soundfile.read(CALLS / "lamp-f.flac")
    note = io.BytesIO()
    soundfile.write(note, sound, rate_hz, format="OGG", subtype="OPUS")
    await send(note.getvalue())
    speech = Speech(trial_model=True)
    office = replace(services, settings=services.settings.model_copy(update={"speech": speech}))
    running = asyncio.create_task(lineless.run(office))
    async with asyncio.timeout(150):
        while (await in_line(services))[0].state is not State.DONE:
            await asyncio.sleep(0.1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await resident.is_silent(minutes=30)
    (ticket,) = await tickets(services)
    assert "路灯" in ticket.text


def test_notes_of_one_message_are_told_apart(say: Callable[..., InboundMessage]) -> None:
    both = (Attachment(kind="voice", reference="store:1"),) * 2
    message = replace(say(""), attachments=both)
    assert attachments.unheard(message) == [0, 1]
    assert attachments.note_id(message, 0) != attachments.note_id(message, 1)


def test_a_recogniser_is_set_in_one_place() -> None:
    assert not Settings().hears and Settings(speech=Speech(trial_model=True)).hears
    phone = Phone(exchange=Exchange(secret="x"))  # type: ignore[arg-type]
    assert Settings(phone=phone).hears
    with pytest.raises(ValueError, match=r"phone\.whisper"):
        Settings(phone=phone, speech=Speech())


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.INSPECTOR])
async def test_the_page_of_the_ticket_shows_the_words_beside_the_note(
    services: Services, later: Transcribing, resident: Resident, send: Send, role: Role
) -> None:
    desk = await Desk.opened(services)
    try:
        await enter(desk, services, role)
        await resident.says(LAMP)
        await send()
        await send(b"#!AMR\n" + bytes(400), "audio/amr")
        path = f"/console/tickets/{(await tickets(services))[0].number}"
        _, page = await desk.get(path)
        assert page.count(spoken.NOTE_STAYS) == 2
        await emptied(later, Recogniser("灯杆也歪了，我的电话13912345678"))
        _, page = await desk.get(path)
        beside = page.split("语音转成的文字", 1)[1].split("</div>", 1)[0]
        assert "灯杆也歪了" in beside and "机器听的，可能有错" in beside
        assert "13912345678" not in page
        listen = spoken.OPEN if role is Role.OPERATOR else ""
        assert f"这种语音格式不能自动转成文字{listen}。" in page
    finally:
        await desk.client.close()
