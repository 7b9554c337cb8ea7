"""Who handles a ticket keys in its code: its resident's telephone rings, and neither sees a number."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from channels.phone.exchange.exchange import Exchange, Next
from tests.phone import kit, program
from tests.phone.hotline import Hotline, Resident
from tests.phone.kit import CALLER, Telephone
from tests.phone.likeness import likeness
from tests.phone.line import Line

HANDLER = "13700000000"
SETTLED_WITHIN_S = 100.0


@pytest.fixture
async def handler(clean_line: Line) -> AsyncIterator[Telephone]:
    """A grid worker's telephone, not registered anywhere."""
    async with kit.telephone(user=HANDLER) as phone:
        yield phone


@pytest.fixture
def announcement(clean_line: Line) -> kit.Samples:
    """What a resident hears first, as a sound that is like no other."""
    path = clean_line.instance.folder / "sounds" / "relay-announce.wav"
    path.unlink()
    kit.save(path, kit.noise(2, seed=3))
    return kit.noise(2, seed=3)


async def _key_in(handler: Telephone, line: Line, keys: str, record: Path | None = None) -> None:
    """Ring the hotline and press into its greeting."""
    known = len(handler.events)
    await handler.call(line.hotline, record=record)
    await handler.until("media", after=known)
    await asyncio.sleep(1.0)
    await handler.press(keys)


async def _told(hotline: Hotline, count: int) -> list[str]:
    """What the ticket's log says of the calls, once it says so of so many."""
    what = f"not {count} calls in the log"
    await hotline.until(lambda: len(hotline.notes("contact")) == count, SETTLED_WITHIN_S, what)
    return hotline.notes("contact")


async def test_handler_and_resident_talk_and_the_ticket_tells_of_it(
    hotline: Hotline,
    home: Telephone,
    handler: Telephone,
    announcement: kit.Samples,
    tmp_path: Path,
) -> None:
    line = hotline.line
    resident = Resident(telephone=home, hotline=hotline)
    await resident.ring()
    await resident.talk([("lamp-f", "read_back"), ("yes-f", "receipt")])
    await home.hang_up()
    await home.until("disconnected")
    ((code,),) = hotline.rows("SELECT code FROM contact_code")
    hotline.write("UPDATE ticket SET urgency = 'danger'")  # whose resident is rung at any hour

    await home.answer(486)
    known = len(home.events)
    await _key_in(handler, line, f"*{code}")
    await home.until("ringing", 20, after=known)
    await handler.until("disconnected", 20)
    (busy,) = await _told(hotline, 1)
    assert busy.endswith("，占线")

    says, answers = kit.noise(4, seed=1), kit.noise(4, seed=2)
    kit.save(tmp_path / "says.wav", says)
    kit.save(tmp_path / "answers.wav", answers)
    await home.answer(record=tmp_path / "home.wav")
    known, known_handler = len(home.events), len(handler.events)
    wrong = "1" * 6 if code != "1" * 6 else "2" * 6
    await _key_in(handler, line, f"*{wrong}", tmp_path / "handler.wav")
    await hotline.said("contact_wrong")
    await handler.press(f"*{code}")
    ringing = await home.until("ringing", 20, after=known)
    assert "4569899" in ringing["caller"] and HANDLER not in ringing["caller"]
    await home.until("confirmed", after=known)
    await asyncio.sleep(3)  # he hears who it is
    await handler.play(tmp_path / "says.wav")
    await asyncio.sleep(5)
    await home.play(tmp_path / "answers.wav")
    await asyncio.sleep(5)
    await home.hang_up()
    await handler.until("disconnected", after=known_handler)
    heard_by_resident = kit.samples(tmp_path / "home.wav")
    assert likeness(announcement, heard_by_resident) > 0.8
    assert likeness(says, heard_by_resident) > 0.8
    assert likeness(answers, kit.samples(tmp_path / "handler.wav")) > 0.8
    assert CALLER not in str(handler.events)

    _, talked = await _told(hotline, 2)
    found = re.search(r"联系过居民：.*接通，说了 (\d+) 秒", talked)
    assert found, talked
    sql = "SELECT began_at, ended_at FROM call ORDER BY began_at"
    began, ended = map(datetime.fromisoformat, hotline.rows(sql)[2])
    assert 9 < int(found[1]) < (ended - began).total_seconds() - 4  # without his time with us
    sql = "SELECT purpose, outcome, contact FROM call ORDER BY began_at"
    rows = [tuple(row) for row in hotline.rows(sql)]
    assert [purpose for purpose, *_ in rows] == ["inbound", "contact", "contact"]
    assert rows[2] == ("contact", "relayed", f"tel:+86{HANDLER}")
    (ticket,) = hotline.tickets()
    linked = hotline.rows("SELECT call FROM call_ticket WHERE ticket = ?", ticket["number"])
    assert len(linked) == 3
    assert len(await hotline.kept(3)) == 3
    assert hotline.rows("SELECT * FROM errand") == [] and line.missed() == []


async def test_dialplan_is_read_without_a_warning(clean_line: Line) -> None:
    shown = clean_line.instance.ask("dialplan show hotline-relay")
    assert "${HOTLINE_RELAY}@hotline-trunk" in shown and "@RELAY" not in shown
    warnings = clean_line.running.warnings()
    hung_up = ("_audiosocket", "format_wav")  # in a talk, at the recorder: of tests before this one
    assert [each for each in warnings if not any(part in each for part in hung_up)] == []


async def test_who_is_to_be_put_through_to_nobody_is_an_operators(
    clean_line: Line, exchange: Exchange, operator: Telephone, handler: Telephone
) -> None:
    port = clean_line.instance.plan.phone.media_port
    async with program.audiosocket(port) as talks, asyncio.timeout(30):
        await handler.call(clean_line.hotline)
        talk = await talks.get()
        assert await exchange.set_next(talk.media.call_id, Next.RELAY)  # and the number is lost
        talk.leave.set()
        ringing = await operator.until("ringing")
        assert HANDLER in ringing["caller"]


async def test_program_that_dies_when_it_has_said_whom_to_ring_does_not_hinder_it(
    clean_line: Line, exchange: Exchange, home: Telephone, handler: Telephone
) -> None:
    port = clean_line.instance.plan.phone.media_port
    known = len(home.events)
    async with asyncio.timeout(30):
        async with program.audiosocket(port) as talks:
            await handler.call(clean_line.hotline)
            talk = await talks.get()
            assert await exchange.relay(talk.media.call_id, CALLER)
        ringing = await home.until("ringing", 20, after=known)
    assert "4569899" in ringing["caller"]
    with pytest.raises(ValueError, match="digits"):
        await exchange.relay(talk.media.call_id, "1&PJSIP/2")


@pytest.mark.parametrize(
    ("first", "answer", "status", "said"),
    [
        (0, 503, "CONGESTION", "relay-no-line"),
        (0, 404, "CHANUNAVAIL", "relay-no-line"),
        (0, 403, "CHANUNAVAIL", "relay-no-line"),
        (0, 408, "CHANUNAVAIL", "relay-no-line"),
        (180, 603, "REFUSED", "relay-unanswered"),
        (183, 403, "REFUSED", "relay-unanswered"),
        (180, 408, "NOANSWER", "relay-unanswered"),
    ],
)
async def test_handler_hears_whether_a_line_took_the_call(
    clean_line: Line,
    exchange: Exchange,
    home: Telephone,
    handler: Telephone,
    tmp_path: Path,
    first: int,
    answer: int,
    status: str,
    said: str,
) -> None:
    noises = {"relay-no-line": kit.noise(2, seed=4), "relay-unanswered": kit.noise(2, seed=5)}
    for name, noise in noises.items():
        path = clean_line.instance.folder / "sounds" / f"{name}.wav"
        path.unlink()
        kit.save(path, noise)
    await home.answer(answer, first=first)
    port = clean_line.instance.plan.phone.media_port
    async with program.audiosocket(port) as talks, asyncio.timeout(30):
        await handler.call(clean_line.hotline, record=tmp_path / "handler.wav")
        talk = await talks.get()
        assert await exchange.relay(talk.media.call_id, CALLER)
        talk.leave.set()
        await handler.until("disconnected")
        while not (notes := list(clean_line.instance.plan.recordings.glob("*.done"))):
            await asyncio.sleep(0.1)
    (note,) = notes
    assert note.read_text().split()[-2:] == [status, "0"]
    heard = kit.samples(tmp_path / "handler.wav")
    for name, noise in noises.items():
        assert (likeness(noise, heard) > 0.8) is (name == said)
