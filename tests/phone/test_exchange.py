"""The exchange on a real Asterisk: calls that we make, what is found again, audio by WebSocket."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from channels.phone.exchange import recorded
from channels.phone.exchange.dialling import Outcome
from channels.phone.exchange.exchange import Exchange, Next
from channels.phone.exchange.happenings import Ended, Happening, OperatorState
from channels.phone.exchange.packets import AmiFailed
from config import runtime
from tests.phone import kit, program
from tests.phone.kit import Telephone
from tests.phone.likeness import likeness
from tests.phone.line import Line

RESIDENT = "13800001111"


@pytest.fixture
async def resident(clean_line: Line) -> AsyncIterator[Telephone]:
    """The telephone that rings when we call anybody."""
    async with kit.telephone(user=RESIDENT, port=clean_line.instance.ports.trunk) as phone:
        yield phone


def test_our_files_load_without_a_warning(make_line: Callable[..., Line]) -> None:
    line = make_line()
    assert line.running.warnings() == []
    for context in ("hotline", "hotline-talk", "hotline-operators", "hotline-callback"):
        assert "1 context" in line.instance.ask(f"dialplan show {context}")
    assert line.instance.ask("core show channels").startswith("Channel")
    listening = line.instance.ask("manager show settings")
    assert f"127.0.0.1:{line.instance.ports.manager}" in listening


async def test_call_back_comes_to_the_program_and_ends_with_its_goodbye(
    clean_line: Line, exchange: Exchange, resident: Telephone
) -> None:
    call_id = str(uuid.uuid4())
    async with program.audiosocket(clean_line.instance.plan.phone.media_port) as talks:
        assert await exchange.originate(RESIDENT, call_id, "call-back", 10) is Outcome.ANSWERED
        async with asyncio.timeout(5):
            talk = await talks.get()
        assert talk.media.call_id == call_id
        who = await exchange.wait_caller(call_id, 2)
        assert who is not None
        assert (who.kind, who.number) == ("call-back", RESIDENT)
        rung = await resident.until("ringing")
        assert clean_line.instance.plan.phone.number in rung["caller"]
        await exchange.set_next(call_id, Next.BYE)
        talk.leave.set()
        await resident.until("disconnected")
    assert clean_line.missed() == []
    assert await _stage(clean_line) == recorded.BYE


async def test_call_back_without_a_program_ends_and_rings_no_operator(
    clean_line: Line, exchange: Exchange, resident: Telephone
) -> None:
    call_id = str(uuid.uuid4())
    assert await exchange.originate(RESIDENT, call_id, "call-back", 10) is Outcome.ANSWERED
    await resident.until("disconnected", 5)
    assert clean_line.missed() == []
    assert await _stage(clean_line) == "callback"  # nobody has said goodbye to him


async def _stage(line: Line) -> str:
    """Where the only call has ended, as its note tells."""
    async with asyncio.timeout(3):
        while not (
            found := recorded.finished(line.instance.plan.recordings, runtime.system().now())
        ):
            await asyncio.sleep(0.05)
    (call,) = found
    return call.stage


@pytest.mark.parametrize(
    ("first", "code", "outcome"),
    [
        (0, 486, Outcome.BUSY),
        (180, 603, Outcome.REFUSED),
        (183, 403, Outcome.REFUSED),
        (180, 408, Outcome.NO_ANSWER),
        (0, 480, Outcome.NO_ANSWER),
        (0, 403, Outcome.FAILED),
        (0, 404, Outcome.FAILED),
        (0, 408, Outcome.FAILED),
        (0, 180, Outcome.NO_ANSWER),
    ],
)
async def test_call_that_is_not_answered_says_why(
    exchange: Exchange, resident: Telephone, first: int, code: int, outcome: Outcome
) -> None:
    """Only who was rung has refused it, or let it ring; before that it is the line's."""
    await resident.answer(code, first=first)
    assert await exchange.originate(RESIDENT, str(uuid.uuid4()), "call-back", 3) is outcome


async def test_number_that_would_be_more_than_a_number_is_never_dialled(
    exchange: Exchange,
) -> None:
    for number in ("", "1", "138&PJSIP/8001", "110\r\nAction: Logoff", "${SHELL(id)}", "1" * 30):
        with pytest.raises(ValueError, match="digits"):
            await exchange.originate(number, str(uuid.uuid4()), "call-back", 3)


async def test_calls_begun_while_we_were_away_are_found_again(
    clean_line: Line, exchange: Exchange, happened: list[Happening]
) -> None:
    phone = clean_line.instance.plan.phone
    async with (
        program.audiosocket(phone.media_port) as talks,
        kit.telephone(user=RESIDENT) as caller,
    ):
        await caller.call(clean_line.hotline)
        async with asyncio.timeout(5):
            talk = await talks.get()
        later: list[Happening] = []
        other = Exchange(phone, runtime.system(), on_happening=later.append)
        task = await program.beat_until_up(other)
        who = other.caller(talk.media.call_id)
        assert who == await exchange.wait_caller(talk.media.call_id, 2)
        await caller.hang_up()
        async with asyncio.timeout(5):
            while not any(isinstance(each, Ended) for each in later):
                await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_operators_telephone_rings_before_it_talks_and_a_second_caller_waits(
    clean_line: Line, exchange: Exchange, operator: Telephone, caller: Telephone
) -> None:
    async def until(state: OperatorState) -> None:
        async with asyncio.timeout(10):
            while state not in {each.state for each in exchange.operators}:
                await asyncio.sleep(0.02)

    await until(OperatorState.READY)
    await operator.answer(after_s=2)
    await caller.call(clean_line.hotline)  # there is no program, so he comes to the operators
    await operator.until("ringing")
    await until(OperatorState.RINGING)
    await operator.until("confirmed")
    await until(OperatorState.TALKING)
    async with kit.telephone(user=RESIDENT) as second:
        known = len(operator.events)
        await second.call(clean_line.hotline)
        await second.until("confirmed")
        await asyncio.sleep(3)
        assert not any(each["event"] == "ringing" for each in operator.events[known:])
        await second.hang_up()


async def test_asterisk_that_is_restarted_is_found_again(make_line: Callable[..., Line]) -> None:
    line = make_line()
    exchange = Exchange(line.instance.plan.phone, runtime.system())
    task = await program.beat_until_up(exchange)
    async with asyncio.timeout(5):
        while [each.state for each in exchange.operators] != [OperatorState.AWAY] * 2:
            await asyncio.sleep(0.02)
    line.running.process.kill()
    line.running.process.wait()
    async with asyncio.timeout(5):
        while exchange.up:
            await asyncio.sleep(0.02)
    with pytest.raises(AmiFailed):
        await exchange.originate(RESIDENT, str(uuid.uuid4()), "call-back", 3)
    again = await asyncio.to_thread(line.instance.start)
    try:
        async with asyncio.timeout(10):
            while not exchange.up:
                await asyncio.sleep(0.02)
        await asyncio.sleep(1.2)
        assert "HOTLINE_BEAT=1" in line.instance.ask("dialplan show globals")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert "HOTLINE_BEAT=0" in line.instance.ask("dialplan show globals")
    finally:
        again.stop()


async def test_wrong_password_is_said_and_tried_slowly(clean_line: Line) -> None:
    phone = clean_line.instance.plan.phone
    wrong = phone.exchange.model_copy(update={"secret": type(phone.exchange.secret)("wrong")})
    exchange = Exchange(phone.model_copy(update={"exchange": wrong}), runtime.system())
    assert not await exchange.step()
    assert not exchange.up
    assert exchange.operators == ()


async def test_audio_by_websocket_is_heard_both_ways_and_hands_over(
    make_line: Callable[..., Line], tmp_path: Path
) -> None:
    line = make_line(media="websocket")
    assert line.running.warnings() == []
    phone = line.instance.plan.phone
    exchange = Exchange(phone, runtime.system())
    task = await program.beat_until_up(exchange)
    said = kit.save(tmp_path / "said.wav", kit.noise(6, seed=5))
    answer = kit.noise(3, seed=6)
    operator = kit.telephone(user="8001", password=line.password("8001"), registrar=line.registrar)
    async with (
        program.by_settings(phone) as talks,
        operator as there,
        kit.telephone(user=RESIDENT) as caller,
    ):
        await caller.call(line.hotline, play=said, record=tmp_path / "heard.wav")
        async with asyncio.timeout(5):
            talk = await talks.get()
        assert talk.media.rate_hz == 16000
        assert await exchange.wait_caller(talk.media.call_id, 2)
        assert await talk.media.play(kit.pcm(answer, 16000))
        await exchange.set_next(talk.media.call_id, Next.OPERATORS, "路灯")
        talk.leave.set()
        await there.until("confirmed")
        await caller.hang_up()
        await caller.until("disconnected")
    heard = kit.from_pcm(bytes(talk.heard), 16000)
    assert likeness(kit.samples(said)[8000:24000], heard) > 0.8
    assert likeness(answer, kit.samples(tmp_path / "heard.wav")) > 0.8
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_hung_websocket_gives_its_caller_to_the_operators(
    make_line: Callable[..., Line],
) -> None:
    """Nobody answers the handshake."""
    line = make_line(media="websocket")
    exchange = Exchange(line.instance.plan.phone, runtime.system())
    task = await program.beat_until_up(exchange)

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    operator = kit.telephone(user="8001", password=line.password("8001"), registrar=line.registrar)
    async with (
        program.serving(mute, line.instance.plan.phone.media_port),
        operator as there,
        kit.telephone(user=RESIDENT) as caller,
    ):
        await caller.call(line.hotline)
        await there.until("ringing", 5)
        await caller.hang_up()
        async with asyncio.timeout(5):
            while not any(path.suffix == ".done" for path in line.missed()):
                await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
