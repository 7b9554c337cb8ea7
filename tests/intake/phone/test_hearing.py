"""What is left on the recorder is understood by the engine that the settings name."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from intake.phone import hearing
from intake.phone.hearing import Hearing
from nlp.speech.contract import Transcript
from nlp.speech.model_store import ModelMissing


class Engine:
    """Says who it is, in place of what it heard."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.started = 0

    async def start(self) -> None:
        self.started += 1

    async def transcribe(self, pcm: bytes, rate_hz: int) -> Transcript:
        return Transcript(text=self.name, confidence=1.0)


VOSK: Any = Engine("vosk")


@pytest.fixture
def whisper(monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine("whisper")
    monkeypatch.setattr(hearing, "WhisperTranscriber", lambda folder: made)
    return made


async def test_without_the_setting_it_is_the_recogniser_of_the_calls(
    record: Callable[..., Path],
) -> None:
    assert await Hearing(None).words(VOSK, record("a.wav")) == "vosk"
    assert await Hearing(None).words(None, record("a.wav")) == ""


async def test_whisper_is_loaded_once_where_the_settings_name_a_model(
    record: Callable[..., Path], whisper: Engine, tmp_path: Path
) -> None:
    made = Hearing(tmp_path)
    assert [await made.words(VOSK, record("a.wav")) for _ in range(2)] == ["whisper"] * 2
    assert await made.words(None, record("a.wav")) == "whisper"
    assert whisper.started == 1


async def test_a_model_that_is_missing_is_told_once_and_leaves_the_other(
    record: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def missing() -> None:
        raise ModelMissing("没有模型")

    broken = SimpleNamespace(start=missing)
    monkeypatch.setattr(hearing, "WhisperTranscriber", lambda folder: broken)
    made = Hearing(tmp_path)
    with structlog.testing.capture_logs() as logs:
        assert [await made.words(VOSK, record("a.wav")) for _ in range(2)] == ["vosk"] * 2
    assert [each["event"] for each in logs] == ["phone.no_whisper"]
