"""What keeps the program from starting is said in full before anything starts."""

import re
import socket
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner, Result

from config import load, settings
from config.settings import Settings
from intake import logs, migrate, serving, trial
from intake.asterisk.fetch import FetchFailed
from intake.cli import asterisk, common, ports, show
from intake.cli import main as cli
from tests.config import tiny

ROOT = Path(__file__).resolve().parents[2]


def _run(settings: Path) -> Result:
    return CliRunner().invoke(cli.application, ["run", "--settings", str(settings)])


@pytest.fixture
def written(tmp_path: Path) -> Path:
    tiny.write(tmp_path / "county")
    path = tmp_path / "hotline.toml"
    path.write_text('county = "county"\nstate = "state"\n', encoding="utf-8")
    return path


def test_a_county_with_faults_does_not_start(written: Path) -> None:
    (written.parent / "county" / "units.csv").unlink()
    result = _run(written)
    assert result.exit_code == 2
    assert "units.csv：缺这个文件" in result.output
    assert not (written.parent / "state").exists()


def test_settings_for_a_department_that_is_not_there_do_not_start(written: Path) -> None:
    secret = "whsec_" + "abcd" * 6
    with written.open("a", encoding="utf-8") as file:
        for code in ("water", "watr"):
            file.write(f'[departments.{code}]\nurl = "https://x.example"\nsecret = "{secret}"\n')
    result = _run(written)
    assert result.exit_code == 2
    assert "设置有 1 处要改" in result.output
    assert "departments.watr：县区数据里没有这个单位。是不是想写 water" in result.output


def test_a_line_with_the_number_of_another_county_does_not_start(written: Path) -> None:
    with written.open("a", encoding="utf-8") as file:
        file.write('[phone]\nnumber = "4569899"\n[phone.exchange]\nsecret = "x"\n')
    result = _run(written)
    assert result.exit_code == 2
    assert "phone.number 是 4569899，county.toml 里的热线是 12345" in result.output


def test_a_port_that_is_taken_is_said_in_one_sentence(written: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with written.open("a", encoding="utf-8") as file:
            file.write(f"port = {port}\n")
        result = _run(written)
    assert result.exit_code == 2
    assert f"端口 {port} 已经有别的程序在用" in result.output
    assert "Traceback" not in result.output
    again = rf"HOTLINE_PORT={port + 10} \S*hotline run --settings {re.escape(str(written))}"
    assert re.search(again, result.output)


def test_the_port_that_is_named_instead_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert ports.next_free("127.0.0.1", port) == port + 10
        assert ports.next_free("127.0.0.1", port, but=(port + 10,)) == port + 20


@pytest.mark.parametrize("processes", [1, 2])
def test_a_free_port_is_left_free(processes: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ports.need("127.0.0.1", port, remedy="", shared=processes > 1)
    ports.need("127.0.0.1", port, remedy="", shared=processes > 1)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["say"], "请写上一句话"),
        (["say", " "], "请写上一句话"),
        (["department"], "--listen"),
        (["asterisk", "check"], "没有 [phone]"),
    ],
)
def test_a_command_without_its_words_says_what_is_missing(typed: list[str], told: str) -> None:
    result = CliRunner().invoke(cli.application, typed)
    assert result.exit_code == 2
    assert told in result.output


def test_a_database_is_brought_to_our_version_and_left_there(written: Path) -> None:
    typed = ["migrate", "--settings", str(written)]
    for _ in range(2):
        result = CliRunner().invoke(cli.application, typed)
        assert (result.exit_code, result.output) == (0, "数据库已是最新版本。\n")
    with closing(sqlite3.connect(written.parent / "state" / "hotline.db")) as database:
        [[version]] = database.execute("SELECT version_num FROM alembic_version")
        assert version == migrate.revisions()[-1]
        assert database.execute("SELECT count(*) FROM ticket").fetchall() == [(0,)]


def test_a_database_of_a_newer_program_is_left_alone_and_said(written: Path) -> None:
    typed = ["migrate", "--settings", str(written)]
    CliRunner().invoke(cli.application, typed)
    with closing(sqlite3.connect(written.parent / "state" / "hotline.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    result = CliRunner().invoke(cli.application, typed)
    assert result.exit_code == 2
    assert "数据库的版本是 9999，比这个程序新" in result.output
    assert "已是最新版本" not in result.output


def test_accounts_may_be_made_before_the_first_start(written: Path) -> None:
    settings = ["--settings", str(written)]
    made = CliRunner().invoke(cli.application, ["operator", "add", "li", *settings])
    assert (made.exit_code, "一次性密码" in made.output) == (0, True)
    listed = CliRunner().invoke(cli.application, ["operator", "list", *settings])
    assert listed.output.split() == ["li", "li", "话务员", "在用"]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Settings, object]]:
    """The program is ready at once, and ends at once; with what it was served."""
    served: list[tuple[Settings, object]] = []

    async def serve(
        chosen: Settings, *_: object, ready: Callable[[None], None], beside: object, **__: object
    ) -> None:
        served.append((chosen, beside))
        ready(None)

    monkeypatch.setattr(serving, "serve", serve)
    monkeypatch.setattr(logs, "configure", lambda _: None)
    return served


@pytest.mark.usefixtures("started")
def test_the_first_screen_says_what_there_is_and_each_warning_once(written: Path) -> None:
    with written.open("a", encoding="utf-8") as file:
        file.write('host = "0.0.0.0"\nport = 0\n')
    shown = _run(written).output
    assert "http://127.0.0.1:0/console" in shown
    assert shown.count("险情报不到县指挥值班席") == 1
    assert "试一试" not in shown
    assert "一次性密码" in shown
    again = _run(written).output
    assert "一次性密码" not in again
    assert f"hotlineoperatorresetadmin--settings{written}" in re.sub(r"[\s│]", "", again)


@pytest.mark.usefixtures("started")
def test_each_first_start_draws_its_own_password(written: Path) -> None:
    passwords = set()
    for state in ("state", "another"):
        with written.open("w", encoding="utf-8") as file:
            file.write(f'county = "county"\nstate = "{state}"\nport = 0\n')
        shown = re.search(r"一次性密码：(\S+)（", _run(written).output)
        assert shown is not None
        passwords.add(shown[1])
    assert len(passwords) == 2
    assert all(re.fullmatch(r"[A-Za-z2-9]{4}(-[A-Za-z2-9]{4}){2}", each) for each in passwords)


@pytest.mark.usefixtures("started")
def test_a_trial_says_what_to_do_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.write(tmp_path / "county")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOTLINE_COUNTY", "county")
    monkeypatch.setenv("HOTLINE_PORT", "0")
    monkeypatch.setattr(trial, "RECEIVER_PORT", 0)
    shown = CliRunner().invoke(cli.application, ["run", "--trial"]).output
    assert "写“东村村口的路灯坏了三天了没人修”" in shown
    assert "示例部门收到的工单打印在下面" in shown
    assert "按 Ctrl+C 停止。" in shown


def test_a_second_trial_takes_the_next_free_port_for_its_sample_department(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    started: list[tuple[Settings, tuple[object, int]]],
) -> None:
    tiny.write(tmp_path / "county")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOTLINE_COUNTY", "county")
    monkeypatch.setenv("HOTLINE_PORT", "0")
    with socket.create_server(("127.0.0.1", 0)) as first:
        port = first.getsockname()[1]
        monkeypatch.setattr(trial, "RECEIVER_PORT", port)
        result = CliRunner().invoke(cli.application, ["run", "--trial"])
    assert (result.exit_code, "端口" in result.output) == (0, True)
    [(settings, (_, listening))] = started
    assert listening > port
    assert f"示例部门改用 {listening}" in result.output
    urls = [each.url for each in settings.departments.values()]
    assert urls
    assert all(f"127.0.0.1:{listening}/" in url for url in urls)


def test_a_sentence_is_explained_to_its_last_word_on_a_narrow_screen(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(common, "out", Console(highlight=False, width=40))
    text = "东村村口的路灯坏了三天了没人修，派出所门口的井盖也丢了，老人走路很害怕，天天提心吊胆"
    typed = ["say", text, "--settings", str(written)]
    shown = CliRunner().invoke(cli.application, typed).output
    assert "…" not in shown
    assert text in re.sub(r"[\s│]|听到", "", shown)


def test_a_role_that_is_none_is_refused_with_those_that_are(written: Path) -> None:
    typed = ["operator", "add", "li", "--settings", str(written), "--role"]
    result = CliRunner().invoke(cli.application, [*typed, "boss"])
    assert result.exit_code == 2
    assert "没有“boss”这个角色。可以写：operator 话务员，leader 领导" in result.output
    assert CliRunner().invoke(cli.application, [*typed, "领导"]).exit_code == 0


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["operator", "reset", "nobody"], "没有登录名 nobody"),
        (["operator", "disable", "nobody"], "没有登录名 nobody"),
        (["outbox", "--resend", "nothing"], "没有编号是 nothing 的死信"),
    ],
)
def test_what_could_not_be_done_is_no_success(written: Path, typed: list[str], told: str) -> None:
    result = CliRunner().invoke(cli.application, [*typed, "--settings", str(written)])
    assert told in result.output
    assert result.exit_code == 2


def test_the_first_screen_and_the_readmes_try_the_same_sentence() -> None:
    county = load.load_county(settings.PACKAGED_COUNTY)
    for name in ("README.md", "README.zh-CN.md"):
        assert show.example(county) in (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.usefixtures("started")
def test_who_stops_the_program_is_told_when_it_has_stopped(written: Path) -> None:
    assert _run(written).output.rstrip().endswith("已停。数据都在。")


def test_an_exchange_of_our_own_completes_settings_that_name_only_a_recogniser(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def stops() -> None:
        raise FetchFailed("到这里为止")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOTLINE_PHONE__MODEL", str(tmp_path / "vosk-own"))
    monkeypatch.setenv(asterisk.SECRET, "")
    monkeypatch.delenv(asterisk.SECRET)  # and put back as it was after the test
    monkeypatch.setattr(asterisk, "_fetched", stops)
    result = CliRunner().invoke(cli.application, ["asterisk", "run", "--trial"])
    assert (result.exit_code, "到这里为止" in result.output) == (1, True)


@pytest.mark.parametrize(
    ("program", "code", "goes_on"),
    [("import os; os.kill(os.getpid(), 9)", 0, True), ("import sys; sys.exit(2)", 2, False)],
)
def test_an_exchange_outlives_a_program_that_is_killed_and_not_one_that_refuses(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    program: str,
    code: int,
    goes_on: bool,
) -> None:
    monkeypatch.setattr(asterisk, "PROGRAM", ("-c", program))
    with subprocess.Popen(["sleep", "3"]) as exchange:
        running = SimpleNamespace(process=exchange, instance=SimpleNamespace(environment={}))
        ended = 0
        try:
            asterisk._serve(running, trial=True)  # type: ignore[arg-type]
        except typer.Exit as refused:
            ended = refused.exit_code
        assert (ended, exchange.poll() is not None) == (code, goes_on)
        assert ("Asterisk 还在" in capsys.readouterr().out) is goes_on
        exchange.kill()
