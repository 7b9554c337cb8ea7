"""The real Vosk engine in our threads: as many calls at once hear what each hears alone."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from nlp.speech import model_store
from nlp.speech.contract import Transcript
from nlp.speech.listening import VoskTranscriber
from nlp.speech.vosk_engine import Engine
from tests.nlp import tiny_model
from tests.nlp.test_voice import noise, pcm, voice

CALLS = 12
CHUNK = 1600  # 100 ms


@pytest_asyncio.fixture(params=[1, 4])
async def transcriber(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[VoskTranscriber]:
    made = VoskTranscriber(tiny_model.build(tmp_path / "tiny"), threads=request.param)
    await made.start()
    yield made
    await made.close()


def spoken(number: int) -> bytes:
    """Something different for each call."""
    return pcm(voice(1.2 + 0.1 * number, 800 + 300 * number) + noise(1.2 + 0.1 * number, 40))


async def call(transcriber: VoskTranscriber, audio: bytes, times: int = 2) -> list[Transcript]:
    recognition = transcriber.listen(8000)
    said = []
    for _ in range(times):
        for at in range(0, len(audio), CHUNK):
            await recognition.feed(audio[at : at + CHUNK])
            while recognition.behind_ms > 2000:  # callers don't speak faster than it can hear
                await asyncio.sleep(0.005)
        said.append(await recognition.finish())
    recognition.close()
    return said


async def test_calls_at_once_hear_what_each_hears_alone(transcriber: VoskTranscriber) -> None:
    audio = [spoken(number) for number in range(CALLS)]
    alone = [await call(transcriber, each) for each in audio]
    together = await asyncio.gather(*(call(transcriber, each) for each in audio))
    assert together == alone
    assert len({one[0].text for one in alone}) > CALLS // 2  # and they are not all the same


async def test_words_are_those_of_the_model_within_the_utterance(
    transcriber: VoskTranscriber,
) -> None:
    audio = spoken(3)
    for said in await call(transcriber, audio):
        assert said.text == "".join(word.text for word in said.words) != ""
        assert {word.text for word in said.words} <= set(tiny_model.WORDS)
        assert 0 < said.confidence <= 1
        starts = [word.start_ms for word in said.words]
        assert starts == sorted(starts)
        assert starts[0] >= 0 and said.words[-1].end_ms <= len(audio) // 16 + 100


async def test_words_asked_for_in_a_pause_are_those_of_the_end(
    transcriber: VoskTranscriber,
) -> None:
    recognition = transcriber.listen(8000)
    await recognition.feed(spoken(3))
    settled = await recognition.settle()
    assert settled != ""
    assert await recognition.feed(b"") == settled
    said = await recognition.finish()
    assert (said.text, "".join(word.text for word in said.words)) == (settled, settled)
    recognition.close()


async def test_an_utterance_goes_on_after_its_words_were_asked_for(
    transcriber: VoskTranscriber,
) -> None:
    recognition = transcriber.listen(8000)
    await recognition.feed(spoken(3))
    settled = await recognition.settle()
    await recognition.feed(spoken(5))
    said = await recognition.finish()
    assert said.text.startswith(settled) and len(said.text) > len(settled)
    starts = [word.start_ms for word in said.words]
    assert starts == sorted(starts)
    recognition.close()


async def test_a_recording_leaves_silence_out_and_keeps_the_time(
    transcriber: VoskTranscriber,
) -> None:
    silence = np.zeros(8000 * 3)
    first, second = voice(1.5, 2000), voice(1.5, 2500)
    audio = np.concatenate([silence, first, silence, second, silence])
    said = await transcriber.transcribe(pcm(audio + noise(len(audio) / 8000, 4)), 8000)
    starts = [word.start_ms for word in said.words]
    assert said.text.count("，") == 1
    assert 2600 <= starts[0] <= 3400
    assert not [at for at in starts if 5000 <= at <= 7100]
    assert max(starts) < 9500


async def test_a_model_for_16_khz_alone_hears_a_call_of_8_khz(tmp_path: Path) -> None:
    folder = tiny_model.build(tmp_path / "tiny", rate_hz=16000, upsample=False)
    assert not model_store.inspect(folder).upsamples
    transcriber = VoskTranscriber(folder)
    await transcriber.start()
    (said,) = await call(transcriber, spoken(1), times=1)
    assert said.text
    await transcriber.close()


async def test_a_long_silence_in_a_call_is_not_decoded(
    transcriber: VoskTranscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[int] = []
    whole = Engine._decode

    def counted(engine: Engine, audio: bytes) -> None:
        decoded.append(len(audio))
        whole(engine, audio)

    monkeypatch.setattr(Engine, "_decode", counted)
    audio = np.concatenate([voice(1, 2000), np.zeros(8000 * 8), voice(1, 2000)])
    (said,) = await call(transcriber, pcm(audio), times=1)
    assert sum(decoded) / 16000 < 3
    assert said.words[-1].start_ms > 8800  # and the time goes on


@pytest.mark.parametrize("part", ["am/final.mdl", "graph/HCLG.fst"])
async def test_a_model_cut_short_is_refused_and_not_a_crash(tmp_path: Path, part: str) -> None:
    folder = tiny_model.build(tmp_path / "tiny")
    whole = (folder / part).read_bytes()
    (folder / part).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(model_store.ModelMissing, match="载入失败"):
        await VoskTranscriber(folder).start()
