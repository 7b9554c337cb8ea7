"""`hotline model`: what an installer types and reads."""

import wave
from pathlib import Path

import pytest
from typer.testing import CliRunner

from intake import trial
from intake.cli import model
from nlp.speech import model_store
from tests.nlp.recognisers import Vosk, fake_vosk, model_folder, say
from tests.nlp.test_speech_get import packed, published

__all__ = ["fake_vosk"]  # a fixture


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOTLINE_STATE", str(tmp_path / "var"))
    monkeypatch.delenv("HOTLINE_SETTINGS", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "var"


def typed(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(model.models, list(words))
    return result.exit_code, result.output


def test_a_model_from_a_file_is_put_in_place_and_listed_as_used(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = state.parent / "brought.zip"
    file.write_bytes(packed())
    monkeypatch.setattr(model_store, "PUBLISHED", {"cn": published(packed())})
    code, said = typed("get", "cn", "--from", str(file))
    assert code == 0
    assert f"已放好：{state / 'models' / 'cn'}" in said
    code, said = typed("list")
    assert f"* {state / 'models' / 'cn'}" in said
    assert "16000 Hz，可以按提示词识别" in said


def test_nothing_there_is_said_with_what_to_do(state: Path) -> None:
    code, said = typed("list")
    assert code == 0
    assert "现在没有可用的模型，电话转人工或录音。" in said
    assert "hotline model get cn" in said


def test_a_damaged_model_is_listed_with_its_fault(state: Path) -> None:
    (model_folder(state / "models" / "cn") / "am/final.mdl").unlink()
    assert "缺少声学模型" in typed("list")[1]


def test_a_folder_of_the_settings_that_differs_is_pointed_out(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = model_folder(state.parent / "own")
    monkeypatch.setenv("HOTLINE_PHONE__MODEL", str(own))
    monkeypatch.setenv("HOTLINE_PHONE__EXCHANGE__SECRET", "x")
    file = state.parent / "brought.zip"
    file.write_bytes(packed())
    monkeypatch.setattr(model_store, "PUBLISHED", {"cn": published(packed())})
    assert (
        f"设置里的 phone.model 是 {own}，程序仍用那一个"
        in typed("get", "cn", "--from", str(file))[1]
    )
    assert f"* {own}（设置里的 phone.model）" in typed("list")[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("get", "en"), "没有叫 en 的模型，可以写：cn、cn-large。"),
        (("get", "cn", "--from", "nowhere.zip"), "找不到文件 nowhere.zip"),
        (("hear", "nothing.wav"), "没有语音模型文件夹"),
    ],
)
def test_what_cannot_be_done_is_said_and_fails(
    state: Path, words: tuple[str, ...], said: str
) -> None:
    code, output = typed(*words)
    assert code == 2
    assert said in output


def record(path: Path, pcm: bytes, rate_hz: int) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(pcm)
    return path


def test_a_recording_is_heard(state: Path, fake_vosk: Vosk) -> None:
    model_folder(state / "models" / "cn")
    recording = record(state.parent / "voice.wav", say("一三"), 8000)
    code, said = typed("hear", str(recording))
    assert code == 0
    assert "一三" in said
    assert "把握 100%，录音 0.2 秒" in said


def test_a_recording_that_is_none_or_too_fine_is_refused(state: Path, fake_vosk: Vosk) -> None:
    model_folder(state / "models" / "cn")
    (state.parent / "text.wav").write_text("no sound")
    assert "读不了录音" in typed("hear", str(state.parent / "text.wav"))[1]
    fine = record(state.parent / "fine.wav", bytes(88200), 44100)
    assert "每秒 44100 个采样，请先转成 8000 或 16000" in typed("hear", str(fine))[1]


def test_a_trial_hears_by_the_model_that_comes_along_and_says_that_it_is_no_more(
    state: Path, fake_vosk: Vosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = record(state.parent / "voice.wav", say("一三"), 8000)
    assert "没有语音模型文件夹" in typed("hear", str(recording))[1]
    monkeypatch.delenv("HOTLINE_STATE")
    state.mkdir()
    (state / trial.SETTINGS_NAME).write_text('state = "."\n')
    code, said = typed("list")
    assert code == 0 and "* " in said and "（程序自带，仅供试用）" in said
    assert "只供试用" in said and "hotline model get cn" in said
    code, said = typed("hear", str(recording))
    assert code == 0 and "一三" in said
