"""A foreign package of one of our names is said before anything of it is used."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import nanhe_hotline
from tests.test_house import ROOT


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A program like ours, whose command line says that it has started."""
    shutil.copy(ROOT / "nanhe_hotline.py", tmp_path)
    for name in (*nanhe_hotline.OURS, "intake/cli"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    (tmp_path / "intake/cli/main.py").write_text("application = None\n")
    (tmp_path / "intake/cli/chinese.py").write_text("def run(_):\n    return 'started'\n")
    return tmp_path


def started(*path: Path) -> str:
    """What the command says where Python looks at `path`, in this order."""
    code = "import sys; sys.path[:0] = sys.argv[1:]; import nanhe_hotline; nanhe_hotline.main()"
    command = [sys.executable, "-I", "-c", code, *map(str, path)]
    return subprocess.run(command, capture_output=True, text=True).stderr


def test_our_own_packages_start(home: Path) -> None:
    assert started(home).strip() == "started"


@pytest.mark.parametrize("name", nanhe_hotline.OURS)
def test_a_foreign_package_of_our_name_is_said_plainly(home: Path, name: str) -> None:
    installed = home / ".venv/lib/site-packages"  # an environment lies within our own folder
    (installed / name).mkdir(parents=True)
    (installed / name / "__init__.py").write_text("raise SystemExit('the foreign one ran')\n")
    told = started(installed, home)
    assert told.startswith(f"导入的“{name}”不是本系统的程序包（在 {installed / name}"), told
    assert told.count("\n") == 1 and f"pip uninstall {name}" in told


@pytest.mark.parametrize(
    "library", ["pypinyin", "vosk", "alembic", "holidays", "jieba", "telegram", "sklearn"]
)
def test_a_start_waits_for_no_library_that_nothing_needs_yet(library: str) -> None:
    assert library not in loaded_by_a_start()


@cache
def loaded_by_a_start() -> frozenset[str]:
    code = (
        "import sys; from intake import serving; from intake.cli import main; print(*sys.modules)"
    )
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert "aiohttp" in told.split()
    return frozenset(told.split())


@pytest.mark.parametrize(
    ("encoding", "shown_in"), [("ascii", "utf-8"), ("latin-1", "utf-8"), ("gb18030", "gb18030")]
)
def test_a_terminal_without_chinese_is_sent_utf_8(encoding: str, shown_in: str) -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": encoding}
    typed = [sys.executable, "-m", "intake", "say"]
    done = subprocess.run(typed, env=environment, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 2
    assert done.stdout.decode(shown_in).startswith("请写上一句话，例如：")
