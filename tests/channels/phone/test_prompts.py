"""The line's voice: recordings first, espeak-ng for the rest; measured by its samples."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from channels.phone.voice import clips, levels, phrases, phrasing, prompts, synthesis
from channels.phone.voice.cache import Cache
from channels.phone.voice.prompts import Voice, VoiceFailed
from channels.phone.voice.synthesis import Synthesis, SynthesisFailed
from config import load
from tests.channels.phone import sounds

GREETING = "phone_greeting"
MOST_GREETING_S = 6.0
SLOWER = {"您好": 2, "请讲": 2, "东韩村": 3}


@asynccontextmanager
async def speaking(
    *folders: Path, cache: Path | None = None, synthesis: Synthesis | None = None
) -> AsyncIterator[Voice]:
    voice = Voice(folders=folders, cache=Cache(cache), synthesis=synthesis)
    await voice.start()
    try:
        yield voice
    finally:
        await voice.close()


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """Three phrases, at different pitches and loudness, with long silence around them."""
    texts = {
        text: sounds.voice(count, 24_000, pitch_hz=120 + 60 * n, loud=0.02 * 4**n, edge_ms=400)
        for n, (text, count) in enumerate(SLOWER.items())
    }
    return sounds.folder(tmp_path / "own", texts)


@pytest.mark.parametrize("rate_hz", prompts.RATES_HZ)
async def test_recordings_follow_one_another_whole_at_one_loudness_without_clicks(
    recorded: Path, rate_hz: int
) -> None:
    async with speaking(recorded) as voice:
        said = levels.sound(await voice.say("您好，东韩村请讲。", rate_hz))
        single = {text: levels.sound(await voice.say(text, rate_hz)) for text in SLOWER}
    shelf = clips.shelf([recorded])
    edge = -phrasing.JOIN_MS // 2 * rate_hz // 1000
    at = 0
    for text, cut_before, cut_after, pause_ms in (
        ("您好", 0, 0, phrasing.PAUSES_MS["，"]),
        ("东韩村", 0, edge, 0),
        ("请讲", edge, 0, 0),
    ):
        whole = single[text]
        kept = whole[cut_before : len(whole) - cut_after]
        heard = said[at : at + len(kept)]
        assert np.corrcoef(heard, kept)[0, 1] > 0.999
        original = levels.resampled(*clips.decoded(shelf[text]), rate_hz)
        assert _likeness(original, heard) > 0.95
        assert levels.loudness_db(heard, rate_hz) == pytest.approx(levels.LOUDNESS_DB, abs=1.5)
        at += len(kept) + rate_hz * pause_ms // 1000
    assert abs(at - len(said)) <= 2
    inside = max(np.abs(np.diff(each)).max() for each in single.values())
    assert np.abs(np.diff(said)).max() <= inside + 1e-4
    assert max(levels.silence_ms(said, rate_hz)) <= 150


def _likeness(original: levels.Sound, heard: levels.Sound) -> float:
    """Best correlation over all shifts, whatever the loudness."""
    against = np.correlate(original, heard, "valid")
    energy = np.convolve(original**2, np.ones(len(heard)), "valid")
    return float((against / np.sqrt(energy * (heard**2).sum() + 1e-9)).max())


async def test_slow_is_a_quarter_longer(recorded: Path) -> None:
    async with speaking(recorded) as voice:
        said = await voice.say("您好，东韩村。", 8000)
        slow = await voice.say("您好，东韩村。", 8000, slow=True)
    assert len(slow) / len(said) == pytest.approx(1.25, abs=0.03)


async def test_countys_own_recording_wins_over_the_one_that_comes_along(
    tmp_path: Path, recorded: Path
) -> None:
    given = sounds.folder(
        tmp_path / "given", {"您好": sounds.voice(9, 24_000), "再见": sounds.voice(2, 24_000)}
    )
    async with speaking(recorded, given) as voice:
        assert len(await voice.say("您好", 8000)) < len(levels.pcm(sounds.voice(4, 8000)))
        assert await voice.say("再见", 8000)


async def test_voice_cannot_say_what_nobody_recorded_without_synthesis(recorded: Path) -> None:
    async with speaking(recorded) as voice:
        with pytest.raises(VoiceFailed):
            await voice.say("路灯坏了", 8000)


async def test_line_without_any_voice_says_what_to_install(tmp_path: Path) -> None:
    dumb = Voice(
        folders=(tmp_path,), cache=Cache(None), synthesis=Synthesis(("nothing-of-that-name",))
    )
    with pytest.raises(VoiceFailed, match="espeak-ng"):
        await dumb.start()


async def test_damaged_recording_is_said_by_the_synthesis(recorded: Path) -> None:
    (recorded / "0.wav").write_bytes(b"not a sound")
    async with speaking(recorded, synthesis=Synthesis()) as voice:
        assert len(await voice.say("您好", 8000)) > 2000


async def test_unreadable_list_leaves_the_synthesis(tmp_path: Path) -> None:
    (tmp_path / clips.LIST).write_bytes("您好\t0.wav\n".encode("gbk"))
    async with speaking(tmp_path, synthesis=Synthesis()) as voice:
        assert await voice.say("您好", 8000)


async def test_nothing_to_say_is_silence_and_odd_rates_are_refused(recorded: Path) -> None:
    async with speaking(recorded) as voice:
        assert await voice.say("", 8000) == b""
        with pytest.raises(ValueError, match="11025"):
            await voice.say("您好", 11025)


async def test_very_long_text_is_cut_to_what_may_be_queued(recorded: Path) -> None:
    async with speaking(recorded) as voice:
        said = await voice.say("东韩村" * 600, 8000)
    assert len(said) == prompts.MOST_SECONDS * 16_000


async def test_recordings_are_filed_and_synthesised_words_are_not(
    recorded: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    async with speaking(recorded, cache=kept, synthesis=Synthesis()) as voice:
        first = await voice.say("您好，我家的路灯坏了", 8000)
    assert len(list(kept.iterdir())) == 1
    async with speaking(recorded, cache=kept, synthesis=Synthesis()) as voice:
        assert len(await voice.say("您好，我家的路灯坏了", 8000)) == len(first)


async def test_new_recording_is_heard_although_the_old_one_is_filed(
    recorded: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    async with speaking(recorded, cache=kept) as voice:
        old = await voice.say("您好", 8000)
    sounds.folder(recorded, {"您好": sounds.voice(6, 24_000)})
    async with speaking(recorded, cache=kept) as voice:
        assert len(await voice.say("您好", 8000)) > 2 * len(old)


@pytest.mark.parametrize("rate_hz", prompts.RATES_HZ)
async def test_synthesised_words_are_fit_to_be_joined(rate_hz: int) -> None:
    async with speaking(synthesis=Synthesis()) as voice:
        said = levels.sound(await voice.say("路灯坏了三天了，没有人来修。", rate_hz))
        slow = await voice.say("路灯坏了三天了，没有人来修。", rate_hz, slow=True)
    assert 1.5 < len(said) / rate_hz < 5
    assert len(slow) / 2 / len(said) == pytest.approx(1.25, abs=0.15)
    assert levels.loudness_db(said, rate_hz) == pytest.approx(levels.LOUDNESS_DB, abs=1)
    assert max(levels.silence_ms(said, rate_hz)) <= 150


@pytest.mark.parametrize("with_recordings", [True, False], ids=["as committed", "espeak-ng alone"])
async def test_greeting_is_said_in_less_than_six_seconds(with_recordings: bool) -> None:
    county = load.load_county(Path("config/nanhe"))
    greeting = phrases.spoken_template(county.replies, GREETING)
    folders = (clips.COMMITTED,) if with_recordings else ()
    async with speaking(*folders, synthesis=Synthesis()) as voice:
        said = await voice.say(greeting, 8000)
    assert 2.0 < len(said) / 16_000 < MOST_GREETING_S


async def test_many_calls_speak_at_the_same_time() -> None:
    async with speaking(synthesis=Synthesis()) as voice:
        said = await asyncio.gather(*(voice.say(f"这是第{n}件事", 8000) for n in range(30)))
    assert all(len(each) > 8000 for each in said)
    assert len(set(said)) == 30


async def test_engine_that_died_is_replaced() -> None:
    engine = Synthesis()
    await engine.start()
    assert engine._engine is not None
    engine._engine._process.kill()
    await engine._engine._process.wait()
    sound, rate_hz = await engine.say("您好")
    await engine.close()
    assert len(sound) > rate_hz / 4


async def test_engine_that_hangs_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthesis, "ANSWER_S", 0.2)
    hung = "import sys,time; sys.stdout.buffer.write(bytes([0,0,0,4,0,0,31,64])); sys.stdout.flush(); time.sleep(60)"
    engine = Synthesis((sys.executable, "-c", hung))
    with pytest.raises(SynthesisFailed):
        await engine.say("您好")
    await engine.close()


async def test_cancelled_request_does_not_answer_the_next_one() -> None:
    engine = Synthesis()
    await engine.start()
    asking = asyncio.create_task(engine.say("路灯坏了" * 60))
    await asyncio.sleep(0.02)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    sound, rate_hz = await engine.say("您好")
    await engine.close()
    assert len(sound) < 2 * rate_hz


async def test_too_many_who_wait_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthesis, "MOST_WAITING", 2)
    engine = Synthesis()
    said = await asyncio.gather(*(engine.say("您好") for _ in range(5)), return_exceptions=True)
    await engine.close()
    assert sum(isinstance(each, SynthesisFailed) for each in said) == 3


def test_cache_in_memory_forgets_the_oldest() -> None:
    cache = Cache(None, memory_bytes=100)
    for n in range(5):
        cache.hold(str(n), bytes(40))
        cache.held("0")
    assert cache.held_bytes <= 100
    assert cache.held("4") is not None
    assert cache.held("1") is None


def test_cache_on_disk_is_bounded_and_survives_damage(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "kept", disk_bytes=1000)
    for n in range(20):
        cache.file(str(n), bytes(200))
    assert sum(each.stat().st_size for each in (tmp_path / "kept").iterdir()) <= 1000
    assert cache.filed("19") == bytes(200)
    for each in (tmp_path / "kept").iterdir():
        each.write_bytes(b"odd")
    assert cache.filed("19") is None
    (tmp_path / "file").write_text("")
    Cache(tmp_path / "file" / "kept").file("a", bytes(2))  # no folder can be made there
