"""Calls share one model: each gets its own words, in time, or is told that it can't be served."""

import asyncio
import time
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from nlp.speech import contract, listening
from nlp.speech.contract import Recognition, SpeechFailed, Transcriber, Trouble
from nlp.speech.listening import VoskRecognition, VoskTranscriber
from nlp.speech.model_store import ModelMissing
from nlp.speech.vosk_engine import Engine
from tests.nlp.recognisers import Everything, Vosk, fake_vosk, model_folder, say

__all__ = ["fake_vosk"]  # a fixture


@pytest_asyncio.fixture
async def transcriber(fake_vosk: Vosk, tmp_path: Path) -> AsyncIterator[VoskTranscriber]:
    made = VoskTranscriber(model_folder(tmp_path / "cn"), threads=2, most_calls=40)
    await made.start()
    yield made
    fake_vosk.go.set()
    await made.close()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.002)


async def understood(call: VoskRecognition) -> str:
    """What is understood once nothing waits any more."""
    await until(lambda: not call.behind_ms and not call._scheduled)
    return await call.feed(b"")


async def trouble(failing: Awaitable[object]) -> Trouble:
    with pytest.raises(SpeechFailed) as failure:
        await failing
    return failure.value.trouble


async def test_words_come_with_their_times_and_confidence(transcriber: VoskTranscriber) -> None:
    call = transcriber.listen(8000)
    await call.feed(say("一二 三"))
    said = await call.finish()
    assert said.text == "一二三"
    assert [(w.text, w.start_ms, w.end_ms) for w in said.words] == [
        ("一", 0, 100),
        ("二", 100, 200),
        ("三", 300, 400),
    ]
    assert said.confidence == pytest.approx(0.833)


async def test_the_next_utterance_has_times_of_its_own(transcriber: VoskTranscriber) -> None:
    call = transcriber.listen(8000)
    await call.feed(say("一 二三"))
    await call.finish()
    await call.feed(say(" 四"))
    said = await call.finish()
    assert (said.text, said.words[0].start_ms) == ("四", 100)


async def test_text_grows_while_the_caller_speaks_and_is_empty_after_the_end(
    transcriber: VoskTranscriber,
) -> None:
    call = transcriber.listen(8000)
    await call.feed(say("一二"))
    assert await understood(call) == "一二"
    await call.feed(say("三"))
    assert await understood(call) == "一二三"
    await call.finish()
    assert await understood(call) == ""


async def test_a_pause_in_which_the_engine_ends_loses_nothing(transcriber: VoskTranscriber) -> None:
    call = transcriber.listen(8000)
    await call.feed(say("一二" + " " * 8 + "三"))
    assert await understood(call) == "一二三"
    assert (await call.finish()).text == "一二三"


async def test_nothing_said_is_an_empty_text(transcriber: VoskTranscriber) -> None:
    call = transcriber.listen(8000)
    said = await call.finish()
    assert (said.text, said.confidence, said.words) == ("", 0.0, ())


async def test_audio_that_waits_too_long_ends_the_call(
    transcriber: VoskTranscriber, fake_vosk: Vosk
) -> None:
    fake_vosk.go.clear()
    call = transcriber.listen(8000)
    for _ in range(5):
        await call.feed(say("一" * 10))
    assert await trouble(call.feed(say("一" * 10))) is Trouble.TOO_SLOW
    assert await trouble(call.feed(b"")) is Trouble.TOO_SLOW
    assert await trouble(call.finish()) is Trouble.TOO_SLOW
    assert call.behind_ms == 0  # its memory is free


async def test_feeding_never_waits_for_the_engine(
    transcriber: VoskTranscriber, fake_vosk: Vosk
) -> None:
    fake_vosk.go.clear()
    call = transcriber.listen(8000)
    begun = time.monotonic()
    for _ in range(20):
        assert await call.feed(say("一")) == ""
    assert time.monotonic() - begun < 1


async def test_an_end_that_does_not_come_is_too_slow(
    transcriber: VoskTranscriber, fake_vosk: Vosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "ANSWER_WITHIN_S", 0.05)
    fake_vosk.go.clear()
    call = transcriber.listen(8000)
    await call.feed(say("一"))
    assert await trouble(call.finish()) is Trouble.TOO_SLOW


async def test_a_fault_of_the_engine_is_told_to_the_call_that_has_it_only(
    transcriber: VoskTranscriber, fake_vosk: Vosk
) -> None:
    call, other = transcriber.listen(8000), transcriber.listen(8000)
    await other.feed(say("二"))
    await understood(other)
    fake_vosk.raises = Exception("Failed to process waveform")
    await call.feed(say("一"))
    assert await trouble(call.finish()) is Trouble.BROKEN
    with pytest.raises(SpeechFailed, match="Failed to process waveform"):
        await call.feed(say("一"))
    fake_vosk.raises = None
    assert (await other.finish()).text == "二"


async def test_closing_tells_who_waits_and_frees_the_recogniser(
    transcriber: VoskTranscriber, fake_vosk: Vosk
) -> None:
    call = transcriber.listen(8000)
    await call.feed(say("一"))
    await understood(call)
    recogniser = weakref.ref(fake_vosk.made.pop())
    fake_vosk.go.clear()
    await call.feed(say("二"))
    waiting = asyncio.create_task(call.finish())
    await asyncio.sleep(0.01)
    call.close()
    call.close()
    assert await trouble(waiting) is Trouble.BROKEN
    assert transcriber.calls == 0
    fake_vosk.go.set()
    await until(lambda: recogniser() is None)


async def test_many_calls_at_once_each_get_their_own_words(transcriber: VoskTranscriber) -> None:
    texts = [chr(0x4E00 + 10 * n) * 3 + "一二三四五"[n % 5] * 4 for n in range(40)]

    async def one(text: str) -> str:
        call = transcriber.listen(8000)
        for character in text:
            await call.feed(say(character))
            await asyncio.sleep(0)
        said = await call.finish()
        call.close()
        return said.text

    assert await asyncio.gather(*(one(text) for text in texts)) == texts


async def test_a_call_far_behind_does_not_hold_up_another(fake_vosk: Vosk, tmp_path: Path) -> None:
    transcriber = VoskTranscriber(model_folder(tmp_path / "cn"), threads=1)
    await transcriber.start()
    fake_vosk.go.clear()
    behind, prompt = transcriber.listen(8000), transcriber.listen(8000)
    await behind.feed(say("一" * 40))
    await prompt.feed(say("二"))
    fake_vosk.go.set()
    await asyncio.gather(behind.finish(), prompt.finish())
    first = next(n for n, (who, _) in enumerate(fake_vosk.order) if who == 1)
    assert first <= 2  # pieces of the other were decoded before
    await transcriber.close()


async def test_calls_come_before_recordings(fake_vosk: Vosk, tmp_path: Path) -> None:
    transcriber = VoskTranscriber(model_folder(tmp_path / "cn"), threads=1)
    await transcriber.start()
    fake_vosk.go.clear()
    call = transcriber.listen(8000)
    await call.feed(say("一"))
    recording = asyncio.create_task(transcriber.transcribe(say("二" * 50), 8000))
    await asyncio.sleep(0.01)
    await call.feed(say("一" * 30))
    fake_vosk.go.set()
    await asyncio.gather(call.finish(), recording)
    served = [who for who, _ in fake_vosk.order]
    assert served == sorted(served)
    assert set(served) == {0, 1}
    await transcriber.close()


async def test_more_calls_than_allowed_are_refused(transcriber: VoskTranscriber) -> None:
    for _ in range(40):
        transcriber.listen(8000)
    with pytest.raises(SpeechFailed) as failure:
        transcriber.listen(8000)
    assert failure.value.trouble is Trouble.TOO_MANY


async def test_threads_that_hang_in_the_engine_are_noticed_by_the_next_call(
    transcriber: VoskTranscriber, fake_vosk: Vosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "STUCK_AFTER_S", 0.05)
    fake_vosk.go.clear()
    for _ in range(2):
        await transcriber.listen(8000).feed(say("一"))
    await asyncio.sleep(0.1)
    with pytest.raises(SpeechFailed, match="hang"):
        transcriber.listen(8000)
    fake_vosk.go.set()
    await until(lambda: transcriber._workers.stuck_s == 0)
    transcriber.listen(8000)


async def test_ending_the_program_ends_calls_and_recordings(
    transcriber: VoskTranscriber, fake_vosk: Vosk
) -> None:
    fake_vosk.go.clear()
    call = transcriber.listen(8000)
    await call.feed(say("一"))
    ending = asyncio.create_task(call.finish())
    recording = asyncio.create_task(transcriber.transcribe(say("一"), 8000))
    await asyncio.sleep(0.01)
    closing = asyncio.create_task(transcriber.close())
    assert await trouble(ending) is Trouble.BROKEN
    assert await trouble(recording) is Trouble.BROKEN
    fake_vosk.go.set()
    await closing


@pytest.mark.parametrize(
    ("hints", "grammar"),
    [
        ((), ""),
        (("对", "不对"), '["对", "不 对", "[unk]"]'),
        (("贾宋镇", "和阳"), '["贾 宋镇", "[unk]"]'),  # 和 is not in the vocabulary
        (("和阳",), ""),  # nothing is left: everything is recognised
    ],
)
async def test_hints_are_put_in_words_that_the_model_has(
    fake_vosk: Vosk, tmp_path: Path, hints: tuple[str, ...], grammar: str
) -> None:
    fake_vosk.words = frozenset({"对", "不", "贾", "宋镇", "宋", "镇", "阳"})
    transcriber = VoskTranscriber(model_folder(tmp_path / "cn", dynamic=True))
    await transcriber.start()
    await transcriber.listen(8000, hints).finish()
    assert fake_vosk.made[0].grammar == grammar
    await transcriber.close()


async def test_a_model_with_a_fixed_graph_ignores_hints(
    transcriber: VoskTranscriber, fake_vosk: Vosk
) -> None:
    fake_vosk.words = frozenset({"对"})
    await transcriber.listen(8000, ("对",)).finish()
    assert fake_vosk.made[0].grammar == ""


@pytest.mark.parametrize(
    ("features", "rate_hz", "given_hz"),
    [
        ("--sample-frequency=16000\n--allow-upsample=true\n", 8000, 8000),
        ("--sample-frequency=16000\n", 8000, 16000),
        ("--num-ceps=40\n", 8000, 16000),  # 16 kHz where nothing is said
        ("--sample-frequency=16000\n", 16000, 16000),
        ("--sample-frequency=8000\n--allow-downsample=true\n", 16000, 16000),
        ("--sample-frequency=8000.0\n", 16000, 8000),
    ],
)
async def test_audio_comes_to_the_model_at_a_rate_that_it_takes(
    fake_vosk: Vosk, tmp_path: Path, features: str, rate_hz: int, given_hz: int
) -> None:
    transcriber = VoskTranscriber(model_folder(tmp_path / "cn", features=features))
    await transcriber.start()
    call = transcriber.listen(rate_hz)
    for _ in range(10):
        await call.feed(say("一", rate_hz))
    await call.finish()
    (made,) = fake_vosk.made
    assert made.rate_hz == given_hz
    assert made.came_bytes == pytest.approx(2 * given_hz, rel=0.01)  # a second
    await transcriber.close()


async def test_an_impossible_rate_is_refused(transcriber: VoskTranscriber) -> None:
    with pytest.raises(ValueError, match="not 44100"):
        transcriber.listen(44100)


async def test_a_recording_has_commas_for_pauses_and_times_of_its_own(
    transcriber: VoskTranscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Everything, "left_out_ms", lambda self, at_ms: 1000 * (at_ms // 300))
    said = await transcriber.transcribe(say("一二三四五"), 8000)
    assert said.text == "一二三，四五"
    assert [(word.start_ms, word.end_ms) for word in said.words[2:4]] == [(200, 300), (1300, 1400)]


async def test_a_recording_that_takes_too_long_is_given_up(
    transcriber: VoskTranscriber, fake_vosk: Vosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "RECORDING_WITHIN_S", -0.3)
    fake_vosk.go.clear()
    await transcriber.listen(8000).feed(say("一"))
    await transcriber.listen(8000).feed(say("一"))
    assert await trouble(transcriber.transcribe(say("一"), 8000)) is Trouble.TOO_SLOW


async def test_of_an_endless_recording_the_beginning_is_taken(
    transcriber: VoskTranscriber, fake_vosk: Vosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contract, "LONGEST_RECORDING_S", 1)
    taken: list[int] = []
    monkeypatch.setattr(Engine, "accept", lambda self, pcm: taken.append(len(pcm)))
    await transcriber.transcribe(bytes(16000 * 30), 8000)
    assert sum(taken) == 16000


async def test_without_a_model_it_says_what_to_do(tmp_path: Path) -> None:
    transcriber = VoskTranscriber(tmp_path / "cn")
    with pytest.raises(RuntimeError, match="start"):
        transcriber.listen(8000)
    with pytest.raises(ModelMissing, match="hotline model get cn"):
        await transcriber.start()


async def test_a_model_that_vosk_cannot_read_says_what_to_do(tmp_path: Path) -> None:
    transcriber = VoskTranscriber(model_folder(tmp_path / "cn"))  # the real engine reads it
    with pytest.raises(ModelMissing, match=r"载入失败.*hotline model get cn"):
        await transcriber.start()


def test_the_engine_keeps_the_protocols(transcriber: VoskTranscriber) -> None:
    def engine(it: Transcriber) -> Recognition:
        return it.listen(8000)

    engine(transcriber).close()
    assert transcriber.name == "vosk cn"
    assert transcriber.facts.rate_hz == 16000
