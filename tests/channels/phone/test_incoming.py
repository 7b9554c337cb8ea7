"""What came from the caller: in order, without holes in its time, bounded, no digit lost."""

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.phone.audio import incoming
from channels.phone.audio.incoming import Incoming
from channels.phone.audio.media import Closed, Digit, Ended, Event, Pcm

FRAME = b"\x01\x02" * 160  # 20 ms at 8 kHz


@dataclass(slots=True)
class Clock:
    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Caller:
    """A queue, its clock, and the beat that goes on while time passes."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.incoming = Incoming(rate_hz=8000, elapsed=self.clock)
        self.alive = True

    def wait(self, ms: int, *, beat_ms: int = 20) -> None:
        end_s = self.clock.now_s + ms / 1000
        while self.clock.now_s < end_s - 1e-9:
            self.clock.now_s = min(end_s, self.clock.now_s + beat_ms / 1000)
            self.alive = self.incoming.beat()

    def speak(self, frames: int) -> None:
        for _ in range(frames):
            self.wait(20)
            self.incoming.audio(FRAME)

    async def heard(self) -> list[Event]:
        self.incoming.end(Ended.HANGUP)
        return [event async for event in self.incoming.events()]


def pcm(events: list[Event]) -> list[Pcm]:
    return [event for event in events if isinstance(event, Pcm)]


def gapless(events: list[Event]) -> bool:
    at_ms, ends = 0.0, []
    for each in pcm(events):
        ends.append(abs(each.at_ms - at_ms) < 1)
        at_ms += len(each.samples) / 16
    return all(ends)


async def test_frames_come_as_they_came() -> None:
    caller = Caller()
    caller.speak(3)
    events = await caller.heard()
    assert [e.at_ms for e in pcm(events)] == [0, 20, 40]
    assert events[-1] == Closed(reason=Ended.HANGUP)
    assert not any(e.filled for e in pcm(events))


async def test_unevenness_of_the_network_is_no_gap() -> None:
    caller = Caller()
    caller.speak(10)
    caller.wait(90)
    for _ in range(5):
        caller.incoming.audio(FRAME)
    assert not any(e.filled for e in pcm(await caller.heard()))


@pytest.mark.parametrize("gap_ms", [200, 1000, 5000])
async def test_gap_is_filled_with_silence_while_it_lasts(gap_ms: int) -> None:
    caller = Caller()
    caller.speak(10)
    caller.wait(gap_ms)
    caller.incoming.digit("1")
    caller.speak(10)
    events = await caller.heard()
    filled_ms = sum(e.length_ms for e in pcm(events) if e.filled)
    assert gap_ms - 120 <= filled_ms <= gap_ms + 20
    assert gapless(events)
    assert {e.samples.strip(b"\0") for e in pcm(events) if e.filled} == {b""}


async def test_stall_of_ours_is_made_up_a_second_at_a_beat() -> None:
    caller = Caller()
    caller.speak(1)
    caller.wait(5000, beat_ms=5000)
    assert sum(e.length_ms for e in pcm(await caller.heard())) == 20 + 1000
    assert incoming.MOST_WAITING_S > 1


async def test_recording_keeps_its_length_over_an_hour_of_short_gaps() -> None:
    caller = Caller()
    reader = asyncio.create_task(_length_ms(caller.incoming))
    for _ in range(3600):
        caller.speak(30)
        caller.wait(400)
        await asyncio.sleep(0)
    caller.incoming.end(Ended.HANGUP)
    assert abs(await reader - 3_600_000) <= 200


async def _length_ms(queue: Incoming) -> float:
    return sum([e.length_ms async for e in queue.events() if isinstance(e, Pcm)])


async def test_slow_reader_loses_the_oldest_audio_and_its_time_passes() -> None:
    caller = Caller()
    caller.speak(incoming.MOST_WAITING_S * 50 + 100)
    assert caller.incoming.lost_bytes == 100 * len(FRAME)
    events = await caller.heard()
    assert sum(e.length_ms for e in pcm(events)) == (incoming.MOST_WAITING_S * 50 + 100) * 20
    assert [e.filled for e in pcm(events)].count(True) == 2  # two seconds, a second each
    assert pcm(events)[-1].samples == FRAME
    assert gapless(events)


async def test_slow_reader_loses_no_digit_and_not_the_end() -> None:
    caller = Caller()
    for digit in "4569899":
        caller.incoming.digit(digit)
        caller.speak(400)
    events = await caller.heard()
    assert "".join(e.digit for e in events if isinstance(e, Digit)) == "4569899"
    assert isinstance(events[-1], Closed)


async def test_digits_without_end_are_bounded() -> None:
    caller = Caller()
    for _ in range(1000):
        caller.incoming.digit("1")
    assert len(await caller.heard()) == incoming.MOST_DIGITS + 1


async def test_after_the_end_nothing_comes() -> None:
    caller = Caller()
    caller.incoming.end(Ended.LOST)
    caller.incoming.audio(FRAME)
    caller.incoming.digit("1")
    assert await caller.heard() == [Closed(reason=Ended.LOST)]


def test_line_without_a_frame_for_a_minute_is_dead() -> None:
    caller = Caller()
    caller.speak(5)
    caller.wait(incoming.SILENT_LINE_S * 1000 - 100)
    assert caller.alive
    caller.wait(200)
    assert not caller.alive


steps = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(1, 3000)),
        st.tuples(st.just("audio"), st.integers(1, 800)),
    ),
    max_size=60,
)


@settings(deadline=None)
@given(steps)
def test_whatever_comes_time_is_monotone_and_without_holes(done: list[tuple[str, int]]) -> None:
    async def play() -> list[Event]:
        caller = Caller()
        for what, size in done:
            if what == "wait":
                caller.wait(size)
            else:
                caller.incoming.audio(b"\x05\x00" * size)
        return await caller.heard()

    events = asyncio.run(play())
    assert gapless(events)
