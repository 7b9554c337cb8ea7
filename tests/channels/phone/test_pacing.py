"""What we say leaves by the clock: no drift, no burst, silent at once."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from channels.phone.audio.beat import PHASES, TICK_S, Beat
from channels.phone.audio.media import MOST_QUEUED_S
from channels.phone.audio.pacing import Player

WORD = b"\x07\x00" * 160  # 20 ms at 8 kHz
QUIET = bytes(320)


class Ear:
    """A player with a clock of ours; notes what left and when."""

    def __init__(self, *, lead_ms: int = 0, silence: bool = True) -> None:
        self.now_s = 50.0
        self.heard: list[tuple[float, bytes]] = []
        self.player = Player(
            rate_hz=8000,
            send=lambda frame: self.heard.append((self.now_s, frame)),
            elapsed=lambda: self.now_s,
            lead_ms=lead_ms,
            silence=silence,
        )
        self.player.align(self.now_s + 0.02)
        self._beats, self._began_s = 0, self.now_s

    def beat(self, count: int = 1, *, late_s: float = 0.0) -> None:
        for _ in range(count):
            self._beats += 1
            self.now_s = self._began_s + self._beats * 0.02 + late_s
            self.player.step()

    async def say(self, pcm: bytes) -> "asyncio.Task[bool]":
        saying = asyncio.create_task(_awaited(self.player.play(pcm)))
        await asyncio.sleep(0)
        return saying

    @property
    def words(self) -> int:
        return sum(1 for _, frame in self.heard if frame != QUIET)


async def _awaited(playing: Coroutine[Any, Any, bool]) -> bool:
    return await playing


async def test_one_frame_leaves_with_each_beat_of_an_hour() -> None:
    ear = Ear()
    ear.beat(180_000)
    assert len(ear.heard) == 180_000
    assert ear.player.late_frames == ear.player.moved == 0


async def test_uneven_beats_make_no_drift() -> None:
    ear = Ear()
    for n in range(18_000):
        ear.beat(late_s=(n * 7919 % 19) / 1000)
    assert len(ear.heard) == 18_000
    assert ear.player.late_frames == 0


async def test_play_is_over_when_it_was_heard() -> None:
    ear = Ear()
    said = await ear.say(WORD * 10)
    ear.beat(10)
    await asyncio.sleep(0)
    assert not said.done()  # the last frame has left and sounds for 20 ms
    ear.beat()
    await asyncio.sleep(0)
    assert said.done()
    assert await said
    assert ear.words == 10


async def test_what_is_said_later_follows_without_a_gap_or_a_half_frame() -> None:
    ear = Ear()
    said = [await ear.say(b"\x07\x00" * 200) for _ in range(4)]  # 25 ms each: five frames
    ear.beat(8)
    assert [frame for _, frame in ear.heard[:5]] == [WORD] * 5
    assert [frame for _, frame in ear.heard[5:]] == [QUIET] * 3
    assert await asyncio.gather(*said) == [True] * 4


async def test_last_piece_is_filled_up_with_silence() -> None:
    ear = Ear()
    said = await ear.say(b"\x07\x00" * 10)
    ear.beat(2)
    assert ear.heard[0][1] == b"\x07\x00" * 10 + bytes(300)
    assert await said


async def test_barge_in_is_silent_with_the_next_frame() -> None:
    ear = Ear()
    said = [await ear.say(WORD * 100) for _ in range(3)]
    ear.beat(20)
    ear.player.stop()
    ear.beat(20)
    assert ear.words == 20
    assert await asyncio.gather(*said) == [False] * 3
    again = await ear.say(WORD)
    ear.beat(2)
    assert await again


async def test_caller_who_gives_up_waiting_takes_his_words_along() -> None:
    ear = Ear()
    first, second = await ear.say(WORD * 50), await ear.say(WORD * 2)
    ear.beat(10)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    ear.beat(5)
    assert ear.words == 12
    assert await second


async def test_stall_sends_no_burst_and_moves_the_schedule_by_whole_frames() -> None:
    ear = Ear()
    said = await ear.say(WORD * 100)
    ear.beat(10)
    ear.beat(late_s=0.9)
    ear._began_s += 0.9
    ear.beat(20)
    assert len(ear.heard) == 31
    assert ear.player.moved == 1
    assert not said.done()
    said.cancel()


async def test_short_delay_is_made_up_for() -> None:
    ear = Ear()
    ear.beat(10)
    ear._beats += 3
    ear.beat()
    assert len(ear.heard) == 14
    assert ear.player.moved == 0
    assert ear.player.late_frames == 3


async def test_lead_is_sent_ahead_and_heard_is_told_in_time() -> None:
    ear = Ear(lead_ms=200, silence=False)
    ear.beat(50)
    assert ear.heard == []
    said = await ear.say(WORD * 30)
    ear.beat()
    assert 9 <= len(ear.heard) <= 11
    ear.beat(27)
    await asyncio.sleep(0)
    assert ear.words == 30
    assert not said.done()
    ear.beat(4)
    assert await said


async def test_barge_in_on_a_lead_lets_the_next_words_come_at_once() -> None:
    ear = Ear(lead_ms=200, silence=False)
    await ear.say(WORD * 30)
    ear.beat(5)
    ear.player.stop()
    said = await ear.say(WORD * 5)
    ear.beat(7)
    assert await said


async def test_held_speech_waits_and_goes_on_where_it_was() -> None:
    ear = Ear()
    said = await ear.say(WORD * 10)
    ear.beat(5)
    ear.player.held = True
    ear.beat(50)
    assert len(ear.heard) == 5
    ear.player.held = False
    ear.beat(10)
    assert ear.words == 10
    assert await said


async def test_too_much_to_say_is_refused() -> None:
    ear = Ear()
    longest = bytes(int(MOST_QUEUED_S * 16_000))
    said = await ear.say(longest)
    assert await ear.player.play(WORD) is False
    said.cancel()


@pytest.mark.parametrize("pcm", [b"", WORD])
async def test_closed_player_refuses(pcm: bytes) -> None:
    ear = Ear()
    ear.player.close()
    assert await ear.player.play(pcm) is False


async def test_nothing_to_say_is_heard_at_once() -> None:
    assert await Ear().player.play(b"")


class Bells:
    """A beat with a clock of ours."""

    def __init__(self) -> None:
        self.now_s = 9.0
        self.beat = Beat(elapsed=lambda: self.now_s)

    def run(self, ticks: int) -> None:
        for _ in range(ticks):
            self.now_s += self.beat.step() + 1e-4


async def test_calls_are_spread_over_the_frame() -> None:
    bells = Bells()
    rung: list[int] = []
    for n in range(2 * PHASES):
        bells.beat.join(lambda n=n: rung.append(n))  # type: ignore[misc]
    bells.run(PHASES)
    assert sorted(rung) == list(range(2 * PHASES))


async def test_each_call_is_beaten_when_it_was_told() -> None:
    bells = Bells()
    times: list[float] = []
    bells.run(3)
    first_s = bells.beat.join(lambda: times.append(bells.now_s))
    bells.run(100 * PHASES)
    assert [round(t - first_s - 0.02 * n, 3) for n, t in enumerate(times)] == [0.0] * len(times)
    assert len(times) == 100


async def test_one_call_that_fails_is_left_out_and_the_others_go_on() -> None:
    bells = Bells()
    rung: list[int] = []
    bells.beat.join(lambda: rung.append(1 // 0))
    bells.beat.join(lambda: rung.append(1))
    bells.run(3 * PHASES)
    assert len(rung) == 3


async def test_program_that_stood_still_skips_beats() -> None:
    bells = Bells()
    rung: list[float] = []
    bells.beat.join(lambda: rung.append(bells.now_s))
    bells.run(PHASES)
    bells.now_s += 2.0
    bells.run(PHASES)
    assert len(rung) <= 3
    assert bells.beat.skipped >= 2.0 / TICK_S - PHASES


async def test_beat_without_calls_sleeps() -> None:
    bells = Bells()
    running = asyncio.create_task(bells.beat.run())
    await asyncio.sleep(0.05)
    assert bells.beat.skipped == 0
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
