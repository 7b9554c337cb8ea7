"""Recordings are understood by the engine that the settings name."""

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile
import structlog

from intake.phone import hearing
from intake.phone.hearing import Hearing
from nlp.speech.contract import SpeechFailed, Transcript, Trouble
from nlp.speech.model_store import ModelMissing


class Engine:
    """Says who it is, in place of what it heard."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.started = 0
        self.given: list[tuple[int, int]] = []

    async def start(self) -> None:
        self.started += 1

    async def transcribe(self, pcm: bytes, rate_hz: int) -> Transcript:
        self.given.append((len(pcm), rate_hz))
        return Transcript(text=self.name, confidence=1.0)


VOSK: Any = Engine("vosk")


@pytest.fixture
def whisper(monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine("whisper")
    monkeypatch.setattr(hearing, "WhisperTranscriber", lambda folder: made)
    return made


async def test_without_the_setting_it_is_the_recogniser_of_the_calls() -> None:
    assert await Hearing(None).of(VOSK) is VOSK
    assert await Hearing(None).of(None) is None


async def test_whisper_is_loaded_once_where_the_settings_name_a_model(
    whisper: Engine, tmp_path: Path
) -> None:
    made = Hearing(tmp_path)
    assert [await made.of(each) for each in (VOSK, VOSK, None)] == [whisper] * 3
    assert whisper.started == 1


async def test_a_model_that_is_missing_is_told_once_and_leaves_the_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def missing() -> None:
        raise ModelMissing("没有模型")

    broken = SimpleNamespace(start=missing)
    monkeypatch.setattr(hearing, "WhisperTranscriber", lambda folder: broken)
    made = Hearing(tmp_path)
    with structlog.testing.capture_logs() as logs:
        assert [await made.of(VOSK) for _ in range(2)] == [VOSK] * 2
    assert [each["event"] for each in logs] == ["phone.no_whisper"]


@pytest.mark.parametrize(("rate_hz", "heard_at"), [(8000, 8000), (16000, 16000), (44100, 16000)])
async def test_recordings_of_every_rate_are_understood(rate_hz: int, heard_at: int) -> None:
    packed = io.BytesIO()
    soundfile.write(packed, np.zeros(rate_hz), rate_hz, format="WAV", subtype="PCM_16")
    engine: Any = Engine("vosk")
    assert await hearing.words(engine, packed.getvalue()) == "vosk"
    assert engine.given == [(2 * heard_at, heard_at)]


async def test_what_cannot_be_opened_is_told_without_its_name(record: Callable[..., Path]) -> None:
    whole = await asyncio.to_thread(record("a.wav").read_bytes)
    with pytest.raises(SpeechFailed) as told:
        await hearing.words(VOSK, whole[20:])
    assert told.value.trouble is Trouble.BROKEN
