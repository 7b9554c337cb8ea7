"""Our part of the second engine, with a stand-in for its package: what is asked, what comes of it."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nlp.speech import whisper
from nlp.speech.contract import SpeechFailed, Trouble
from nlp.speech.model_store import ModelMissing
from nlp.speech.whisper import WhisperTranscriber
from tests.nlp.test_voice import noise, pcm, voice


class FakeWhisper:
    """What `faster_whisper.WhisperModel` does, as far as we use it."""

    asked: list[tuple[int, dict[str, Any]]]
    nice: int  # of the thread that asked last
    raises: Exception | None

    def __init__(self, folder: str, **options: Any) -> None:
        if FakeWhisper.raises is not None:
            raise FakeWhisper.raises
        assert options["local_files_only"]

    def transcribe(self, samples: Any, **options: Any) -> tuple[Iterator[Any], None]:
        assert samples.dtype == np.float32
        assert abs(samples).max(initial=0) <= 1
        FakeWhisper.asked.append((len(samples), options))
        FakeWhisper.nice = os.getpriority(os.PRIO_PROCESS, 0)
        seconds = len(samples) / 16000
        found = [
            SimpleNamespace(text=" 路灯坏了。", start=0.0, end=seconds / 2, avg_logprob=-0.1),
            SimpleNamespace(text=" ", start=seconds / 2, end=seconds, avg_logprob=-9.0),
        ]
        return iter(found), None


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package = ModuleType("faster_whisper")
    package.WhisperModel = FakeWhisper  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "faster_whisper", package)
    FakeWhisper.asked, FakeWhisper.raises = [], None
    for name in whisper.FILES:
        (tmp_path / name).write_bytes(b"weights")
    return tmp_path


async def test_a_recording_becomes_phrases_with_their_times(folder: Path) -> None:
    engine = WhisperTranscriber(folder)
    await engine.start()
    said = await engine.transcribe(pcm(voice(40, 2000)), 8000)  # 40 s: two windows
    assert said.text == "路灯坏了，路灯坏了"
    assert [(word.start_ms, word.end_ms) for word in said.words] == [(0, 15000), (30000, 35000)]
    assert said.confidence == pytest.approx(0.905)
    assert engine.name == f"whisper {folder.name}"
    await engine.close()


async def test_calls_come_first(folder: Path) -> None:
    engine, ours = WhisperTranscriber(folder), os.getpriority(os.PRIO_PROCESS, 0)
    await engine.start()
    await engine.transcribe(pcm(voice(2, 2000)), 8000)
    assert FakeWhisper.nice == (whisper.NICE if sys.platform == "linux" else ours)
    assert os.getpriority(os.PRIO_PROCESS, 0) == ours
    await engine.close()


async def test_it_is_asked_for_16_khz_and_a_bounded_number_of_tokens(folder: Path) -> None:
    engine = WhisperTranscriber(folder)
    await engine.start()
    await engine.transcribe(pcm(voice(10, 2000)), 8000)
    await engine.transcribe(pcm(voice(10, 2000, 16000)), 16000)
    assert [length for length, _ in FakeWhisper.asked] == [160_000, 160_000]
    options = FakeWhisper.asked[0][1]
    assert options["max_new_tokens"] == 82
    assert options["language"] == "zh"
    assert not options["condition_on_previous_text"]


async def test_silence_and_noise_are_not_even_asked_about(folder: Path) -> None:
    engine = WhisperTranscriber(folder)
    await engine.start()
    assert (await engine.transcribe(pcm(noise(5, 100)), 8000)).text == ""
    assert FakeWhisper.asked == []


async def test_it_listens_to_no_call(folder: Path) -> None:
    with pytest.raises(SpeechFailed, match="a call needs a Vosk model") as failure:
        WhisperTranscriber(folder).listen(8000)
    assert failure.value.trouble is Trouble.CANNOT


async def test_a_fault_of_the_engine_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = WhisperTranscriber(folder)
    await engine.start()

    def fails(self: Any, samples: Any, **options: Any) -> None:
        raise RuntimeError("CUDA")

    monkeypatch.setattr(FakeWhisper, "transcribe", fails)
    with pytest.raises(SpeechFailed, match="CUDA") as failure:
        await engine.transcribe(pcm(voice(1, 2000)), 8000)
    assert failure.value.trouble is Trouble.BROKEN


async def test_a_recording_that_takes_too_long_is_given_up(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whisper, "WITHIN_S", -4.0)
    engine = WhisperTranscriber(folder)
    await engine.start()
    with pytest.raises(SpeechFailed) as failure:
        await engine.transcribe(pcm(voice(1, 2000)), 8000)
    assert failure.value.trouble is Trouble.TOO_SLOW


async def test_without_the_package_it_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(ModelMissing, match=r"nanhe-hotline\[whisper\]"):
        await WhisperTranscriber(folder).start()


@pytest.mark.parametrize("missing", whisper.FILES)
async def test_without_a_whole_model_it_says_what_is_missing(folder: Path, missing: str) -> None:
    (folder / missing).unlink()
    with pytest.raises(ModelMissing, match=f"缺少 {missing}"):
        await WhisperTranscriber(folder).start()


async def test_a_damaged_model_is_told(folder: Path) -> None:
    FakeWhisper.raises = RuntimeError("unsupported model version")
    with pytest.raises(ModelMissing, match=r"载入失败.*unsupported"):
        await WhisperTranscriber(folder).start()
    with pytest.raises(RuntimeError, match="start comes first"):
        await WhisperTranscriber(folder).transcribe(b"", 8000)
