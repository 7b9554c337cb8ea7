"""Our dialplan on a real Asterisk, rung by a real telephone: whatever fails, nobody is lost."""

import asyncio
import json
import os
import signal
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from channels.phone.exchange import missed
from channels.phone.exchange.exchange import Exchange, Next
from channels.phone.exchange.happenings import (
    Abandoned,
    Connected,
    Ended,
    Happening,
    Missed,
    Pressed,
    Queued,
)
from intake.asterisk import own
from tests.phone import kit, program
from tests.phone.kit import CALLER, Telephone
from tests.phone.likeness import likeness
from tests.phone.line import Line
from tests.phone.program import Serve, Talk

SERVED_S = 5.0  # the longest that a caller may wait for the fallback


@pytest.fixture
async def talks(clean_line: Line) -> AsyncIterator["asyncio.Queue[Talk]"]:
    async with program.audiosocket(clean_line.instance.plan.phone.media_port) as queue:
        yield queue


async def _talk(talks: "asyncio.Queue[Talk]", timeout_s: float = 5.0) -> Talk:
    async with asyncio.timeout(timeout_s):
        return await talks.get()


async def _until(happened: list[Happening], kind: type, *, count: int = 1) -> Happening:
    try:
        async with asyncio.timeout(5.0):
            while True:
                found = [each for each in happened if isinstance(each, kind)]
                if len(found) >= count:
                    return found[count - 1]
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise kit.NotYet(f"no {kind.__name__}, only {happened}") from None


async def _note(line: Line, timeout_s: float = 5.0) -> missed.MissedCall:
    folder = line.instance.plan.missed
    async with asyncio.timeout(timeout_s):
        while not (found := missed.finished(folder, datetime.now(UTC))):
            await asyncio.sleep(0.05)
    return found[0]


def _written(note: Path) -> str:
    return note.read_text(encoding="utf-8")


async def test_without_a_program_caller_and_operator_hear_each_other(
    clean_line: Line, operator: Telephone, caller: Telephone, tmp_path: Path
) -> None:
    asks = kit.save(tmp_path / "asks.wav", kit.noise(8, seed=1))
    answers = kit.save(tmp_path / "answers.wav", kit.noise(8, seed=2))
    await operator.answer(play=answers, record=tmp_path / "operator.wav")
    began = time.monotonic()
    await caller.call(clean_line.hotline, play=asks, record=tmp_path / "caller.wav")
    await operator.until("ringing", SERVED_S)
    assert time.monotonic() - began < SERVED_S
    await operator.until("media")
    audio = _bound(clean_line)
    assert audio  # the audio of both
    assert set(audio) == {"127.0.0.1"}
    await asyncio.sleep(5)
    await caller.hang_up()
    await operator.until("disconnected")
    heard_by_operator = kit.samples(tmp_path / "operator.wav")
    heard_by_caller = kit.samples(tmp_path / "caller.wav")
    assert likeness(kit.samples(asks)[16000:40000], heard_by_operator) > 0.9
    assert likeness(kit.samples(answers)[:32000], heard_by_caller) > 0.9
    assert clean_line.missed() == []


def _bound(line: Line) -> list[str]:
    """The addresses at which Asterisk takes audio."""
    first = line.instance.ports.rtp
    sockets = psutil.Process(line.running.process.pid).net_connections(kind="udp")
    return [each.laddr.ip for each in sockets if first <= each.laddr.port < first + own.RTP_PORTS]


async def test_without_anybody_the_message_is_kept_though_the_caller_hangs_up(
    clean_line: Line, caller: Telephone, tmp_path: Path
) -> None:
    message = kit.save(tmp_path / "message.wav", kit.noise(8, seed=3))
    promise = kit.samples(clean_line.instance.folder / "sounds" / "leave-message.wav")
    await caller.call(clean_line.hotline, play=message, record=tmp_path / "heard.wav")
    await caller.until("media")
    await asyncio.sleep(5)
    await caller.hang_up()
    note = await _note(clean_line)
    assert (note.number, note.stage) == (CALLER, "missed")
    assert abs(note.at.timestamp() - time.time()) < 20
    assert note.recording is not None
    assert likeness(kit.samples(message)[16000:32000], kit.samples(note.recording)) > 0.9
    assert likeness(promise, kit.samples(tmp_path / "heard.wav")) > 0.9
    for path in clean_line.missed():
        assert path.stat().st_mode & 0o077 == 0
    missed.forget(note)
    assert clean_line.missed() == []


async def test_caller_who_gives_up_in_the_queue_leaves_a_note(
    clean_line: Line,
    exchange: Exchange,
    happened: list[Happening],
    operator: Telephone,
    caller: Telephone,
) -> None:
    await operator.answer(180)
    await caller.call(clean_line.hotline)
    await operator.until("ringing")
    await _until(happened, Queued)
    assert [each.position for each in exchange.waiting] == [1]
    await caller.hang_up()
    note = await _note(clean_line)
    assert (note.stage, note.recording) == ("operators", None)
    for kind in (Queued, Abandoned, Missed, Ended):
        await _until(happened, kind)
    assert exchange.waiting == ()
    assert exchange.calls == ()


async def test_operator_who_never_answers_is_followed_by_the_recorder(
    clean_line: Line, operator: Telephone, caller: Telephone
) -> None:
    await operator.answer(180)
    await caller.call(clean_line.hotline)
    await operator.until("ringing")
    await asyncio.sleep(clean_line.instance.plan.phone.queue_s + 3)
    await caller.hang_up()
    note = await _note(clean_line)
    assert note.stage == "missed"
    assert note.recording is not None


async def test_program_that_takes_no_connection_is_passed_over_at_once(
    clean_line: Line, exchange: Exchange, operator: Telephone, caller: Telephone
) -> None:
    began = time.monotonic()
    await caller.call(clean_line.hotline)
    await operator.until("ringing", SERVED_S)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("serve", [program.closes, program.resets, program.raves])
async def test_program_that_breaks_off_gives_its_caller_to_the_operators(
    clean_line: Line,
    exchange: Exchange,
    operator: Telephone,
    caller: Telephone,
    serve: Serve,
) -> None:
    async with program.serving(serve, clean_line.instance.plan.phone.media_port):
        began = time.monotonic()
        await caller.call(clean_line.hotline)
        await operator.until("ringing", SERVED_S)
        assert time.monotonic() - began < 2
        await operator.until("confirmed")


@pytest.mark.parametrize("how", [signal.SIGSTOP, signal.SIGKILL])
async def test_program_that_hangs_or_dies_in_a_call_gives_it_to_the_operators(
    clean_line: Line, operator: Telephone, caller: Telephone, how: signal.Signals
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.phone.program_process",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(_as_json(clean_line))
        async with asyncio.timeout(20):
            assert await process.stdout.readline() == b"ready\n"
            await caller.call(clean_line.hotline)
            assert (await process.stdout.readline()).startswith(b"call ")
        # Longer than the heartbeat may be old: the call stays while the program lives.
        await asyncio.sleep(4.5)
        assert [each["event"] for each in operator.events] == ["ready", "registered"]
        began = time.monotonic()
        os.kill(process.pid, how)
        await operator.until("ringing", SERVED_S)
        assert time.monotonic() - began < SERVED_S
        await operator.until("confirmed")
        await asyncio.sleep(4)  # and there it stays: nothing watches it any more
        assert "disconnected" not in [each["event"] for each in operator.events]
    finally:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        await process.wait()


def _as_json(line: Line) -> bytes:
    phone = line.instance.plan.phone
    exchange = {
        "port": phone.exchange.port,
        "secret": phone.exchange.secret.get_secret_value(),
    }
    return json.dumps({"exchange": exchange, "media_port": phone.media_port}).encode() + b"\n"


async def test_after_a_goodbye_the_caller_is_hung_up_and_nothing_is_noted(
    clean_line: Line,
    exchange: Exchange,
    happened: list[Happening],
    caller: Telephone,
    talks: "asyncio.Queue[Talk]",
) -> None:
    await caller.call(clean_line.hotline)
    talk = await _talk(talks)
    who = await exchange.wait_caller(talk.media.call_id, 2)
    assert who is not None
    assert (who.number, who.kind) == (CALLER, "incoming")
    assert await exchange.set_next(talk.media.call_id, Next.BYE)
    talk.leave.set()
    await caller.until("disconnected")
    ended = await _until(happened, Ended)
    assert ended == Ended(call_id=talk.media.call_id, cause=16)
    assert clean_line.missed() == []
    assert exchange.caller(talk.media.call_id) == who


async def test_operator_sees_what_was_heard_before_he_answers(
    clean_line: Line,
    exchange: Exchange,
    happened: list[Happening],
    operator: Telephone,
    caller: Telephone,
    talks: "asyncio.Queue[Talk]",
) -> None:
    await caller.call(clean_line.hotline)
    talk = await _talk(talks)
    heard = '东韩村,路灯坏了|${SHELL(id)}"),Hangup()\r\nVariable: X=1'
    assert await exchange.set_next(talk.media.call_id, Next.OPERATORS, heard)
    talk.leave.set()
    ringing = await operator.until("ringing")
    assert "东韩村,路灯坏了" in ringing["caller"]
    assert CALLER in ringing["caller"]
    connected = await _until(happened, Connected)
    assert connected == Connected(
        call_id=talk.media.call_id, operator="话务员8001", waited_s=connected.waited_s
    )


async def test_key_zero_comes_to_the_program_once(
    clean_line: Line,
    exchange: Exchange,
    happened: list[Happening],
    caller: Telephone,
    talks: "asyncio.Queue[Talk]",
) -> None:
    """With the audio, or by the manager interface where AudioSocket is too old to tell it."""
    await caller.call(clean_line.hotline)
    talk = await _talk(talks)
    await caller.until("media")
    await asyncio.sleep(0.5)
    await caller.press("0")

    def keys() -> list[str]:
        told = (each.digit for each in happened if isinstance(each, Pressed))
        return [*talk.digits, *told]

    async with asyncio.timeout(5):
        while not keys():
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.5)
    assert keys() == ["0"]


@pytest.mark.parametrize("back", ["hotline-operators", "hotline"])
async def test_caller_whom_an_operator_sends_back_is_nobodys_until_the_next_one_answers(
    clean_line: Line,
    exchange: Exchange,
    happened: list[Happening],
    operator: Telephone,
    caller: Telephone,
    back: str,
) -> None:
    """By a transfer to the queue, or to the hotline's own number."""
    await caller.call(clean_line.hotline)
    await operator.until("confirmed", SERVED_S)
    (call,) = exchange.calls
    await operator.answer(180)
    to = {"Context": back, "Exten": "s", "Priority": "1"}
    await clean_line.manage("Redirect", Channel=call.channel, **to)
    await _until(happened, Queued, count=2)
    await caller.hang_up()
    note = await _note(clean_line)
    assert (note.stage, note.number) == ("operators", CALLER)
    kept = [_written(path) for path in clean_line.instance.plan.recordings.glob("*.done")]
    assert all("话务员" not in words for words in kept), kept
    if back == "hotline-operators":  # the note says when he was first in the queue, and first taken
        (words,) = kept
        queued, waited = words.split()[3:5]
        _, first, taken = waited.split("/")
        assert int(first) <= int(taken) <= int(queued)


async def test_third_visit_to_the_queue_counts_from_the_first_and_is_nobodys_until_he_is_taken(
    clean_line: Line,
    exchange: Exchange,
    happened: list[Happening],
    operator: Telephone,
    caller: Telephone,
) -> None:
    """He waits, is sent to the queue anew, is taken there, is sent back, and rings off in vain."""
    await operator.answer(180)
    await caller.call(clean_line.hotline)
    await operator.until("ringing", SERVED_S)
    (call,) = exchange.calls
    back = {"Context": "hotline-operators", "Exten": "s", "Priority": "1"}
    await operator.answer()
    await asyncio.sleep(1.1)  # the note tells seconds
    await clean_line.manage("Redirect", Channel=call.channel, **back)
    await operator.until("confirmed", SERVED_S)
    await operator.answer(180)
    await asyncio.sleep(1.1)
    await clean_line.manage("Redirect", Channel=call.channel, **back)
    await _until(happened, Queued, count=3)
    await asyncio.sleep(1.1)
    await caller.hang_up()
    note = await _note(clean_line)
    assert (note.stage, note.number) == ("operators", CALLER)
    (words,) = [_written(path) for path in clean_line.instance.plan.recordings.glob("*.done")]
    assert "话务员" not in words
    ended, queued, waited = words.split()[2:5]
    _, first, taken = waited.split("/")
    assert int(first) < int(taken) < int(queued) < int(ended)


async def test_caller_hears_whether_his_message_was_recorded_and_is_noted_in_any_case(
    make_line: Callable[..., Line], tmp_path: Path
) -> None:
    line = make_line()
    sounds = line.instance.folder / "sounds"
    said = {"leave-message": 30, "not-recorded": 31, "goodbye": 32}
    for name, seed in said.items():  # raw samples: without the module there are no WAV files
        (sounds / f"{name}.wav").unlink()
        (sounds / f"{name}.sln").write_bytes(kit.pcm(kit.noise(3, seed=seed), kit.RATE_HZ))
    for ending, other in (("goodbye", "not-recorded"), ("not-recorded", "goodbye")):
        async with kit.telephone(user=CALLER) as caller:
            await caller.call(line.hotline, record=tmp_path / f"{ending}.wav")
            await caller.until("disconnected", 40)
        heard = kit.samples(tmp_path / f"{ending}.wav")
        assert likeness(kit.noise(3, seed=said[ending]), heard) > 0.8
        assert likeness(kit.noise(3, seed=said[other]), heard) < 0.5
        note = await _note(line)
        assert (note.number, note.stage) == (CALLER, "missed")
        assert (note.recording is not None) == (ending == "goodbye")
        missed.forget(note)
        line.instance.ask("module unload format_wav.so")  # as a full disk: no file is made


async def test_every_call_has_an_id_of_its_own(
    clean_line: Line, exchange: Exchange, caller: Telephone, talks: "asyncio.Queue[Talk]"
) -> None:
    ids = []
    for _ in range(3):
        await caller.call(clean_line.hotline)
        talk = await _talk(talks)
        ids.append(talk.media.call_id)
        assert await exchange.wait_caller(ids[-1], 2)
        talk.leave.set()
    assert len({*ids}) == 3
    assert {uuid.UUID(each).variant for each in ids} == {uuid.RFC_4122}
    assert {uuid.UUID(each).version for each in ids} == {8}


async def test_caller_who_hangs_up_on_the_program_leaves_a_note_for_it(
    clean_line: Line, exchange: Exchange, caller: Telephone, talks: "asyncio.Queue[Talk]"
) -> None:
    await caller.call(clean_line.hotline)
    talk = await _talk(talks)
    await caller.hang_up()
    async with asyncio.timeout(5):
        await talk.ended.wait()
    note = await _note(clean_line)
    assert (note.call_id, note.stage, note.recording) == (talk.media.call_id, "talk", None)


async def test_transferred_caller_finds_the_recorder_where_nobody_is(
    clean_line: Line, exchange: Exchange, caller: Telephone, talks: "asyncio.Queue[Talk]"
) -> None:
    await caller.call(clean_line.hotline)
    talk = await _talk(talks)
    assert await exchange.set_next(talk.media.call_id, Next.OPERATORS)
    talk.leave.set()
    await asyncio.sleep(2.5)
    await caller.hang_up()
    note = await _note(clean_line)
    assert note.stage == "missed"
    assert note.recording is not None


async def test_twenty_callers_at_once_are_each_recorded_and_leave_no_channel_behind(
    clean_line: Line, exchange: Exchange, talks: "asyncio.Queue[Talk]"
) -> None:
    async with AsyncExitStack() as stack:
        phones = [
            await stack.enter_async_context(kit.telephone(user=f"1391234567{number}"))
            for number in range(5)
        ]
        for phone in phones * 4:
            await phone.call(clean_line.hotline)
        begun = [await _talk(talks, 10) for _ in range(20)]
        for talk in begun:
            assert await exchange.wait_caller(talk.media.call_id, 2)
            talk.leave.set()
        await asyncio.sleep(3)
    folder = clean_line.instance.plan.missed
    async with asyncio.timeout(5):
        while len(found := missed.finished(folder, datetime.now(UTC))) < 20:
            await asyncio.sleep(0.1)
    assert {each.call_id for each in found} == {talk.media.call_id for talk in begun}
    assert all(each.recording for each in found)
    async with asyncio.timeout(5):
        while "0 active channels" not in clean_line.instance.ask("core show channels count"):
            await asyncio.sleep(0.2)
