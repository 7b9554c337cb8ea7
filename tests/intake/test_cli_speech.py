"""`hotline speech`: what it says where its libraries or voices are missing, and what it records."""

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from channels.phone.voice import clips as recordings
from intake.cli import main as cli
from nlp.speech.training import extra, voices

RATE_HZ = 24_000


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "hotline.toml"
    path.write_text(
        f'county = "{Path("config/nanhe").resolve()}"\nstate = "{tmp_path / "state"}"\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("HOTLINE_SETTINGS", str(path))
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli.application, ["speech", *arguments])
    return result.exit_code, result.output


def test_graph_without_its_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> ModuleType:
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr(extra.importlib, "import_module", missing)
    code, told = run("graph")
    assert code == 1
    assert "pip install kaldifst（" in told


def test_training_without_voices_says_what_to_put_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extra, "need", lambda module, what_for: None)
    code, told = run("train", "--voices", str(tmp_path))
    assert code == 1
    assert "model.onnx" in told


class Beeps:
    """A voice that speaks in beeps."""

    def say(self, text: str, blend: dict[str, float], speed: float = 1.0) -> voices.Sound:
        at = np.arange(RATE_HZ // 4 * len(text)) / RATE_HZ
        quiet = np.zeros(RATE_HZ // 2, np.float32)
        beep = (0.3 * np.sin(2 * np.pi * 300 * at)).astype(np.float32)
        return np.concatenate([quiet, beep, quiet])


def test_missing_phrases_are_recorded_once_and_pass_the_inspection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voices, "load", lambda folder: Beeps())
    folder = tmp_path / "clips"
    arguments = ("clips", "--voices", "x", "--to", str(folder), "--groups", "数字")
    code, told = run(*arguments)
    assert code == 0, told
    assert "还缺 0 条" in told
    assert "录了 0 条" in run(*arguments)[1]
    clip = recordings.shelf((folder,))["零"]
    sound = soundfile.info(clip.path)
    assert (sound.samplerate, sound.channels, sound.format, sound.subtype) == (
        16_000, 1, "OGG", "OPUS",
    )  # fmt: skip
    assert sound.duration < 0.5


def test_recording_stops_at_the_size_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voices, "load", lambda folder: Beeps())
    folder = str(tmp_path / "clips")
    code, told = run(
        "clips", "--voices", "x", "--to", folder, "--groups", "数字", "--most-megabytes", "0.01"
    )
    assert code == 0
    assert "还缺 0 条" not in told
    size = sum(path.stat().st_size for path in Path(folder).glob("*.opus"))
    assert 0 < size < 0.03 * 2**20


def test_committed_recordings_are_small_and_none_is_left_over() -> None:
    files = list(recordings.COMMITTED.iterdir())
    assert sum(path.stat().st_size for path in files) <= 6 * 2**20
    listed = {clip.path.name for clip in recordings.listed(recordings.COMMITTED)}
    assert {path.name for path in files} == {recordings.LIST, *listed}
