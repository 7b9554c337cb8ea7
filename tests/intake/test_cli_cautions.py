"""What a start warns of, and a second start on the same data says."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from config import load
from config.settings import PACKAGED_COUNTY, Settings
from intake import logs, occupancy, serving, trial
from intake.cli import cautions, common, lines, show
from intake.cli import main as cli
from intake.occupancy import Holder
from tests.config import tiny

ADDRESS = "http://127.0.0.1:4569"


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings for the tiny county; a start is ready and ends at once, on a broad screen."""

    async def serve(*_: object, ready: Callable[[None], None], **__: object) -> None:
        ready(None)

    monkeypatch.setattr(serving, "serve", serve)
    monkeypatch.setattr(logs, "configure", lambda _: None)
    monkeypatch.setattr(common, "out", Console(highlight=False, width=400))
    tiny.write(tmp_path / "county")
    path = tmp_path / "hotline.toml"
    path.write_text('county = "county"\nstate = "state"\nport = 0\n', encoding="utf-8")
    (tmp_path / "state").mkdir()
    return path


def _started(written: Path) -> str:
    result = CliRunner().invoke(cli.application, ["run", "--settings", str(written)])
    return result.output


def test_a_second_start_on_the_same_data_is_warned_and_goes_on(written: Path) -> None:
    with occupancy.held(written.parent / "state", ADDRESS):
        shown = _started(written)
    told = f"已经有一个热线程序在用（进程 {os.getpid()}），地址是 {ADDRESS}。"
    assert f"注意：{(written.parent / 'state').resolve()} 里的数据{told}" in shown
    assert "已启动" in shown
    assert "在用（进程" not in _started(written)


def test_a_start_holds_the_data_for_as_long_as_it_serves(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Holder | None] = []

    async def serve(*_: object, **__: object) -> None:
        seen.append(occupancy.holder(written.parent / "state"))

    monkeypatch.setattr(serving, "serve", serve)
    _started(written)
    assert seen == [Holder(process=os.getpid(), address="http://127.0.0.1:0")]
    assert occupancy.holder(written.parent / "state") is None


def test_where_it_runs_already_a_taken_port_names_its_address_and_no_other_port(
    written: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        text = written.read_text(encoding="utf-8").replace("port = 0", f"port = {port}")
        written.write_text(text, encoding="utf-8")
        with occupancy.held(written.parent / "state", ADDRESS):
            shown = _started(written)
        assert f"热线程序已经在运行（进程 {os.getpid()}），地址是 {ADDRESS}" in shown
        assert "HOTLINE_PORT" not in shown
        assert "HOTLINE_PORT" in _started(written)


def test_a_holder_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    program = (
        "import sys, time, pathlib; from intake import occupancy\n"
        "with occupancy.held(pathlib.Path(sys.argv[1]), 'x'): print(flush=True); time.sleep(60)"
    )
    typed = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(typed, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert occupancy.holder(tmp_path) == Holder(process=other.pid, address="x")
        other.send_signal(signal.SIGKILL)
    assert occupancy.holder(tmp_path) is None
    with occupancy.held(tmp_path, "y") as another:
        assert another is None


def test_a_lock_file_that_tells_nothing_is_still_a_lock(tmp_path: Path) -> None:
    with occupancy.held(tmp_path, "x"):
        (tmp_path / occupancy.LOCK).write_text("[", encoding="utf-8")
        unknown = occupancy.holder(tmp_path)
    assert unknown == Holder(process=0, address="")
    assert cautions.running(unknown).startswith("这个文件夹的热线程序已经在运行。")


def test_data_of_another_county_is_said_at_each_start(written: Path) -> None:
    assert "的数据，现在按" not in _started(written)
    head = written.parent / "county" / "county.toml"
    told = head.read_text(encoding="utf-8").replace('name = "小县"', 'name = "大县"')
    head.write_text(told, encoding="utf-8")
    assert "的数据，现在按" not in _started(written)  # its name was put right
    with written.open("a", encoding="utf-8") as file:
        file.write(f"county = {str(PACKAGED_COUNTY)!r}\n")
    text = written.read_text(encoding="utf-8").replace('county = "county"\n', "", 1)
    written.write_text(text, encoding="utf-8")
    for _ in range(2):
        assert "里是小县的数据，现在按邢台市南和区启动" in _started(written)


def test_who_has_to_be_rung_is_said_in_a_sentence(tmp_path: Path) -> None:
    county = load.load_county(PACKAGED_COUNTY)
    settings = Settings(state=tmp_path)
    found = [each for each in cautions.found(settings, county, None) if "打电话通知" in each]
    [told] = found
    number = len(county.units) - 1  # but the centre
    assert re.match(rf"有 {number} 个单位（\S+、\S+等）系统通知不到，.*在后台“待办”里。$", told)
    path = trial.prepare(tmp_path, county)
    tried = cautions.found(common.chosen(path), county, None)
    helped = len(common.chosen(path).departments)
    assert any(f"有 {number - helped} 个单位（" in each for each in tried)


@pytest.mark.parametrize("width", range(34, 100, 3))
def test_no_line_of_the_first_screen_begins_with_a_mark(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    county = load.load_county(PACKAGED_COUNTY)
    first = show.First(
        base=ADDRESS,
        state=Path("var"),
        password="abcd-efgh-ijkl",
        example=show.example(county),
        sample_port=4570,
        warnings=("有 1201 个单位（东韩村网格站等）系统通知不到，派给他们的工单要打电话通知。",),
    )
    show.started(Console(width=width, highlight=False), first)
    shown = capsys.readouterr().out
    assert not re.search(r"^│ +[。，；：、？！）”]", shown, re.MULTILINE), shown
    assert re.sub(r"[\s│]", "", "，看它怎么回答。2．打开") in re.sub(r"[\s│]", "", shown)


def test_a_word_is_not_broken_unless_it_is_wider_than_the_line() -> None:
    assert lines.broken("打开 http://a/b 看看。", 12) == "打开\nhttp://a/b\n看看。"
    assert lines.broken("/a/path/that/is/long", 8) == "/a/path/\nthat/is/\nlong"
