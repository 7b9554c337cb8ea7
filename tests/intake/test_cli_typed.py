"""A hint can be typed as it stands, whether or not the shell finds the command by its name."""

import sys
from pathlib import Path

import pytest

from intake.cli import chinese, typed
from intake.cli.main import application


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The command in an environment of its own, below the folder that somebody is in."""
    made = tmp_path / ".venv" / "bin" / "hotline"
    made.parent.mkdir(parents=True)
    made.touch(mode=0o755)
    monkeypatch.setattr(sys, "executable", str(made.parent / "python"))
    monkeypatch.setenv("PATH", "/usr/bin")
    monkeypatch.chdir(tmp_path)
    return made


@pytest.mark.usefixtures("own")
def test_where_no_shell_finds_it_a_hint_names_its_path(capsys: pytest.CaptureFixture[str]) -> None:
    assert chinese.run(application, ["say"]) == 2
    assert "例如：.venv/bin/hotline say 村口" in capsys.readouterr().out
    assert chinese.run(application, ["run", "--nonsense"]) == 2
    assert "用法看这里：.venv/bin/hotline run --help" in capsys.readouterr().out


def test_where_a_shell_finds_it_its_name_will_do(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(own.parent))
    assert typed.told("用 hotline outbox 看看") == "用 hotline outbox 看看"


def test_another_command_of_that_name_is_not_it(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other" / "hotline"
    other.parent.mkdir()
    other.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(other.parent))
    assert typed.command() == ".venv/bin/hotline"


def test_from_another_folder_it_is_named_in_full(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = tmp_path / "away"
    away.mkdir()
    monkeypatch.chdir(away)
    assert typed.command() == str(own)


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    "text",
    [
        "a person at the hotline will read it",
        "/usr/bin/hotline run",
        "hotline.toml",
        "x-hotline run",
    ],
)
def test_what_is_no_hint_stays(text: str) -> None:
    assert typed.told(text) == text
