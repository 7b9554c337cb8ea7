"""The set-up of a fresh machine heals what was broken off."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

FILE = Path(__file__).resolve().parent.parent / "bootstrap.py"


def _bootstrap(venv: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "VENV", str(venv))
    monkeypatch.setattr(module, "PYTHON", str(venv / "bin" / "python"))
    monkeypatch.setenv("PATH", "")  # no uv to be found
    return module


def test_an_environment_that_was_broken_off_before_it_had_pip_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    bootstrap = _bootstrap(venv, monkeypatch)
    assert not bootstrap.is_usable()
    assert not venv.exists()
    bootstrap.make_environment()
    assert bootstrap.is_usable()


def test_uv_will_do_where_there_is_no_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (venv / "bin" / "uv").touch()
    assert _bootstrap(venv, monkeypatch).is_usable()


def test_no_environment_is_no_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not _bootstrap(tmp_path / "venv", monkeypatch).is_usable()
