"""The set-up of a fresh machine heals what was broken off, and helps itself or says what helps."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace

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
    monkeypatch.setattr(module, "STAMP", str(venv / ".set-up"))
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


@dataclass(kw_only=True)
class Machine:
    """A machine that has what is named; `broken` commands fail, the rest are taken down."""

    venv: Path
    has: set[str]
    apt_works: bool = True
    broken: str = "nothing of the kind"
    typed: list[str] = field(default_factory=list)

    def call(self, command: Sequence[str], **_: object) -> int:
        line = " ".join(command).removeprefix(sys.executable).strip()
        self.typed.append(line)
        if line.startswith("apt-get") and not self.apt_works:
            return 100
        if line == "apt-get install -y python3-venv":
            self.has.add("venv")
        for maker in ("venv", "virtualenv"):
            if line.startswith(f"-m {maker} "):
                return self._make(maker)
        return int(self.broken in line)

    def process(self, command: Sequence[str]) -> SimpleNamespace:
        """What is started and waited for with a clock."""
        code = self.call(command)
        return SimpleNamespace(wait=lambda timeout: code)

    def _make(self, maker: str) -> int:
        """Debian's Python without its venv package leaves half an environment behind."""
        if maker == "virtualenv" and maker not in self.has:
            return 1
        (self.venv / "bin").mkdir(parents=True, exist_ok=True)
        if maker not in self.has:
            return 1
        (self.venv / "bin" / "python").touch()
        return 0


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(venv=tmp_path / "venv", has=set())


@pytest.fixture
def on(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ModuleType]:
    """The set-up on that machine, with the right to install or without."""

    def put(*, root: bool = False, apt: bool = True) -> ModuleType:
        module = _bootstrap(machine.venv, monkeypatch)
        stand_in = SimpleNamespace(
            call=machine.call,
            Popen=machine.process,
            DEVNULL=subprocess.DEVNULL,
            TimeoutExpired=subprocess.TimeoutExpired,
        )
        there = {"apt-get": "/usr/bin/apt-get"} if apt else {}
        monkeypatch.setattr(module, "subprocess", stand_in)
        monkeypatch.setattr(module.shutil, "which", there.get)
        monkeypatch.setattr(module.os, "geteuid", lambda: 0 if root else 1000)
        return module

    return put


def test_venv_makes_the_environment_and_nothing_else_is_tried(
    machine: Machine, on: Callable[..., ModuleType]
) -> None:
    machine.has = {"venv", "virtualenv"}
    on(root=True).make_environment()
    assert machine.typed == [f"-m venv {machine.venv}"]


def test_virtualenv_will_do_where_there_is_no_venv(
    machine: Machine, on: Callable[..., ModuleType]
) -> None:
    machine.has = {"virtualenv"}
    on(root=True).make_environment()
    assert machine.typed[1:] == [f"-m virtualenv {machine.venv}"]


def test_who_may_install_has_the_line_typed_for_him(
    machine: Machine, on: Callable[..., ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    on(root=True).make_environment()
    assert machine.typed[2:] == [
        "apt-get update -q",
        "apt-get install -y python3-venv",
        f"-m venv {machine.venv}",
    ]
    assert (
        "这个 Python 没有 venv，现在安装：apt-get install -y python3-venv"
        in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("root", "apt", "apt_works", "tried"),
    [(False, True, True, False), (True, False, True, False), (True, True, False, True)],
)
def test_who_may_not_or_can_not_is_told_the_line(
    machine: Machine,
    on: Callable[..., ModuleType],
    root: bool,
    apt: bool,
    apt_works: bool,
    tried: bool,
) -> None:
    machine.apt_works = apt_works
    with pytest.raises(SystemExit, match="sudo apt-get install -y python3-venv"):
        on(root=root, apt=apt).make_environment()
    assert any(line.startswith("apt-get") for line in machine.typed) is tried
    assert not machine.venv.exists()  # or the next try would take the half for a whole


@pytest.mark.parametrize("root", [True, False])
def test_a_browser_for_the_tests_is_installed_or_asked_for(
    machine: Machine, on: Callable[..., ModuleType], root: bool
) -> None:
    line = "apt-get install -y chromium fonts-noto-cjk"
    bootstrap = on(root=root)
    if root:
        bootstrap.need_chromium()
        assert machine.typed == ["apt-get update -q", line]
        machine.apt_works = False
    with pytest.raises(SystemExit, match="sudo " + line):
        bootstrap.need_chromium()


def test_a_fresh_clone_is_set_up_once_and_again_when_the_locked_packages_change(
    machine: Machine, on: Callable[..., ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.has = {"venv"}
    bootstrap = on()
    bootstrap.set_up()
    made, packages, program = machine.typed
    assert made == f"-m venv {machine.venv}"
    assert "-m pip install" in packages
    assert packages.endswith("--require-hashes -r requirements.lock")
    assert program.endswith("--no-deps --no-build-isolation -e .")
    bootstrap.set_up()
    assert len(machine.typed) == 3
    monkeypatch.setattr(bootstrap, "fingerprint", lambda: "another lock")
    bootstrap.set_up()
    assert [line for line in machine.typed[3:] if "requirements.lock" in line]
    assert machine.typed.count(made) == 1


def test_where_there_is_uv_it_installs_and_pip_is_not_asked(
    machine: Machine, on: Callable[..., ModuleType]
) -> None:
    machine.has, machine.broken = {"venv"}, "-m pip"
    bootstrap = on()
    bootstrap.make_environment()
    uv = machine.venv / "bin" / "uv"
    uv.touch()
    bootstrap.set_up()
    assert [line.startswith(f"{uv} pip install") for line in machine.typed[1:]] == [True, True]


def test_what_could_not_be_installed_is_said_and_tried_again_next_time(
    machine: Machine, on: Callable[..., ModuleType]
) -> None:
    machine.has, machine.broken = {"venv"}, "requirements.lock"
    bootstrap = on()
    told = r"“安装要用的软件包.*”没有成功。.*连不上网.*\n.*pip install"
    with pytest.raises(SystemExit, match=told):
        bootstrap.set_up()
    machine.broken = "nothing of the kind"
    bootstrap.set_up()
    assert sum("requirements.lock" in line for line in machine.typed) == 2


@pytest.mark.parametrize(("task", "begins"), [("run", ["run"]), ("phone", ["asterisk", "run"])])
def test_without_make_the_file_itself_does_the_same(
    on: Callable[..., ModuleType], monkeypatch: pytest.MonkeyPatch, task: str, begins: list[str]
) -> None:
    bootstrap = on()
    started: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "set_up", lambda: None)
    monkeypatch.setattr(bootstrap.os, "chdir", lambda _: None)
    monkeypatch.setattr(bootstrap.os, "execv", lambda path, words: started.append(words[1:]))
    monkeypatch.setattr(sys, "argv", ["bootstrap.py", task, "--more"])
    bootstrap.main()
    assert started == [[*begins, "--trial", "--more"]]
    makefile = (FILE.parent / "Makefile").read_text(encoding="utf-8")
    assert f"bootstrap.py {task}" in makefile.replace("$@", task)


def test_a_python_that_is_too_old_and_a_word_that_is_none_are_said(
    on: Callable[..., ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    bootstrap = on()
    monkeypatch.setattr(sys, "argv", ["bootstrap.py", "walk"])
    with pytest.raises(SystemExit, match=r"用法：python3 bootstrap\.py run"):
        bootstrap.main()
    monkeypatch.setattr(sys, "version_info", (3, 9))
    with pytest.raises(SystemExit, match=r"需要 Python 3\.11 或更新的版本，这里是"):
        bootstrap.main()


@pytest.mark.parametrize(
    ("encoding", "shown_in"), [("ascii", "utf-8"), ("latin-1", "utf-8"), ("gb18030", "gb18030")]
)
def test_a_terminal_without_chinese_is_sent_utf_8_and_one_with_its_own_encoding_that(
    encoding: str, shown_in: str
) -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": encoding}
    typed = [sys.executable, FILE, "walk"]
    done = subprocess.run(typed, env=environment, capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stderr.decode(shown_in).startswith("!!! 用法：python3 bootstrap.py run")


def test_who_stops_it_is_told_that_it_goes_on_next_time(
    on: Callable[..., ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped() -> None:
        raise KeyboardInterrupt

    bootstrap = on()
    monkeypatch.setattr(bootstrap, "set_up", stopped)
    monkeypatch.setattr(bootstrap.os, "chdir", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["bootstrap.py", "run"])
    with pytest.raises(SystemExit, match=r"停下了。再运行一次，会接着做。"):
        bootstrap.main()


def test_whatever_it_says_is_chinese() -> None:
    speaks = {"say": 0, "fail": 0, "step": 0, "install": 0, "fail_at": 2}
    english = []
    for call in ast.walk(ast.parse(FILE.read_text(encoding="utf-8"))):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
            continue
        position = speaks.get(call.func.id, len(call.args))
        for said in call.args[position : position + 1]:
            parts = (each.value for each in ast.walk(said) if isinstance(each, ast.Constant))
            words = "".join(each for each in parts if isinstance(each, str))
            if words and not re.search(r"[\u4e00-\u9fff]", words):
                english.append(words)
    assert english == []
