"""The files for an exchange that is there, the check of one, and the fetching of one."""

import re
import socket
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import pytest

from channels.phone.exchange.exchange import Exchange
from config.sections import Phone
from intake.asterisk import check, fetch, files, own, program, sounds
from intake.asterisk.fetch import FetchFailed
from intake.asterisk.files import WriteFault
from intake.asterisk.own import Ports, StartFailed
from intake.asterisk.program import Program
from tests.phone.kit import free_port
from tests.phone.line import Line


def _written(folder: Path, **more: object) -> files.Plan:
    phone = files.drawn(folder, number="12345")
    plan = files.plan(folder, phone, **more)  # type: ignore[arg-type]
    files.write(plan)
    files.write_guide(plan)
    sounds.write(folder / "sounds")
    return plan


def test_everything_is_the_owners_alone_and_secrets_are_drawn_once(tmp_path: Path) -> None:
    plan = _written(tmp_path / "a")
    for path in [tmp_path / "a", *(tmp_path / "a").rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path
    secret = plan.phone.exchange.secret.get_secret_value()
    assert len(secret) == 32
    again = _written(tmp_path / "a")
    assert again.phone.exchange.secret.get_secret_value() == secret
    assert again.passwords == plan.passwords
    other = _written(tmp_path / "b")
    drawn = {*plan.passwords.values(), *other.passwords.values(), secret}
    drawn.add(other.phone.exchange.secret.get_secret_value())
    assert len(drawn) == 6
    assert secret not in repr(plan)


def test_no_place_is_left_unfilled(tmp_path: Path) -> None:
    _written(tmp_path / "a", operators=3)
    for path in (tmp_path / "a").iterdir():
        if path.is_file():
            assert not re.search(r"@[A-Z_]+@", path.read_text(encoding="utf-8")), path
    queues = (tmp_path / "a" / "hotline_queues.conf").read_text(encoding="utf-8")
    assert queues.count("member =>") == 3


def test_every_secret_stands_only_where_it_is_needed(tmp_path: Path) -> None:
    plan = _written(tmp_path / "a")
    secret = plan.phone.exchange.secret.get_secret_value()
    holding = {
        path.name
        for path in (tmp_path / "a").rglob("*")
        if path.is_file() and secret.encode() in path.read_bytes()
    }
    assert holding == {"manager", "hotline_manager.conf"}


def test_program_may_do_no_more_than_it_needs(tmp_path: Path) -> None:
    _written(tmp_path / "a")
    manager = (tmp_path / "a" / "hotline_manager.conf").read_text(encoding="utf-8")
    (granted,) = re.findall(r"^write = (.*)$", manager, re.MULTILINE)
    assert set(granted.split(",")) == {"call", "originate", "reporting"}
    dialplan = (tmp_path / "a" / "hotline_extensions.conf").read_text(encoding="utf-8")
    for app in ("System(", "TrySystem(", "SHELL(", "AGI(", "EVAL("):
        assert app not in dialplan


def test_resident_is_rung_by_the_line_of_the_settings_and_sees_the_hotline(tmp_path: Path) -> None:
    phone = files.drawn(tmp_path, number="12345", dial="SIP/{number}@line-7")
    files.write(files.plan(tmp_path, phone))
    dialplan = (tmp_path / "hotline_extensions.conf").read_text(encoding="utf-8")
    relay = dialplan.partition("[hotline-relay]\n")[2].partition("\n[")[0]
    before, dials, options = relay.partition("Dial(SIP/${HOTLINE_RELAY}@line-7,45,")
    assert dials and "I" in options.partition("S(")[0]  # nothing comes back of who answered
    for part in ("name)=", "num)=12345", "ani)=12345"):
        assert f"Set(CALLERID({part})" in before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seen_at": Path("/etc/my asterisk")}, "空格"),
        ({"missed": Path("/var/x,y")}, "空格"),
        ({"recordings": Path("/var/x y")}, "空格"),
        ({"operators": 0}, "1 到 99"),
        ({"operators": 100}, "1 到 99"),
    ],
)
def test_what_asterisk_could_not_read_is_refused(
    tmp_path: Path, change: dict[str, object], said: str
) -> None:
    with pytest.raises(WriteFault, match=said):
        _written(tmp_path / "a", **change)


@pytest.mark.parametrize(
    "change",
    [
        {"queue": "a]\n[b"},
        {"number": "12;x"},
        {"operators_context": "a b"},
        {"dial": "PJSIP/{number}&PJSIP/1"},
        {"dial": "PJSIP/1"},
        {"media": "websocket"},
    ],
)
def test_settings_that_would_break_a_dialplan_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="1 validation error"):
        Phone.model_validate({"exchange": {"secret": "x"}, **change})


def test_too_long_a_path_for_the_control_socket_is_said(
    tmp_path: Path, asterisk_program: Program
) -> None:
    with pytest.raises(WriteFault, match="太长"):
        own.write(
            tmp_path / ("x" * 90), asterisk_program, ports=Ports(), phone={"number": "4569899"}
        )


def test_port_that_is_taken_is_said(line: Line) -> None:
    with pytest.raises(StartFailed, match=str(line.instance.ports.sip)):
        line.instance.start()


def test_sounds_end_with_the_tone_that_asks_to_speak(tmp_path: Path) -> None:
    asked: list[str] = []

    def say(text: str, rate_hz: int) -> bytes:
        asked.append(text)
        return bytes(rate_hz * 2)

    sounds.write(tmp_path / "sounds", say)
    sounds.write(tmp_path / "sounds", say)
    assert len(asked) == len(sounds.WORDS)
    with wave.open(str(tmp_path / "sounds" / "leave-message.wav")) as file:
        assert (file.getframerate(), file.getnframes()) == (8000, 12000)
        assert any(file.readframes(12000)[16000:])


async def test_exchange_that_is_ready_passes_every_point(line: Line, exchange: Exchange) -> None:
    await exchange.step()
    findings = await check.examine(line.instance.plan.phone.model_copy(update=_missed(line)))
    assert [each for each in findings if each.remedy] == []
    assert "热线程序在运行" in [each.found for each in findings]


async def test_what_is_not_ready_is_said_with_its_remedy(line: Line) -> None:
    phone = line.instance.plan.phone
    wrong = phone.model_copy(update={"queue": "nobody", "callback_context": "nowhere"})
    remedies = {each.what: each.remedy for each in await check.examine(wrong)}
    assert "hotline_queues.conf" in remedies["队列 nobody"]
    assert "hotline_extensions.conf" in remedies["拨号方案 nowhere"]
    assert remedies["未接来电的文件夹"] and remedies["通话录音的文件夹"]
    secret = type(phone.exchange.secret)("wrong")
    stranger = phone.exchange.model_copy(update={"secret": secret})
    findings = await check.examine(phone.model_copy(update={"exchange": stranger}))
    assert findings[0].found == "不让登录"
    gone = phone.exchange.model_copy(update={"port": 1})
    findings = await check.examine(phone.model_copy(update={"exchange": gone}))
    assert "连不上" in findings[0].found


def _missed(line: Line) -> dict[str, object]:
    plan = line.instance.plan
    return {"missed": plan.missed, "recordings": plan.recordings}


def test_machine_without_apt_is_told_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchFailed, match="apt-get install -y asterisk"):
        fetch.get(tmp_path / "cache", lambda step, share: None)


def test_machine_without_debians_keys_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "KEYRING", tmp_path / "none.gpg")
    with pytest.raises(FetchFailed, match="debian-archive-keyring"):
        fetch.get(tmp_path / "cache", lambda step, share: None)
    assert [each.name for each in (tmp_path / "cache").iterdir()] == ["lock"]


@pytest.mark.parametrize("record", ["", "{}", "[]", '{"layout": "0"}', '{"layout": "1"}'])
def test_broken_record_is_no_asterisk(tmp_path: Path, record: str) -> None:
    (tmp_path / program.RECORD_NAME).write_text(record)
    assert program.fetched(tmp_path) is None


def test_systems_own_asterisk_does_where_none_can_be_fetched(
    tmp_path: Path, asterisk_program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "KEYRING", tmp_path / "none.gpg")
    monkeypatch.setattr(program, "installed", lambda: asterisk_program)
    found = fetch.get_or_installed(tmp_path / "cache", lambda step, share: None)
    assert found is asterisk_program
    monkeypatch.setattr(program, "installed", lambda: None)
    with pytest.raises(FetchFailed):
        fetch.get_or_installed(tmp_path / "cache", lambda step, share: None)


def test_fetched_asterisk_is_found_again_by_its_record_alone(
    tmp_path: Path, asterisk_program: Program
) -> None:
    program.keep(asterisk_program, tmp_path)
    assert program.fetched(tmp_path) == asterisk_program
    assert program.release(asterisk_program.version) >= (20, 0)


def test_an_exchange_started_in_the_background_ends_when_it_is_told_to(
    asterisk_program: Program, tmp_path: Path
) -> None:
    hotline = Path(sys.executable).with_name("hotline")
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:  # the socket's path must stay short
        port = free_port(socket.SOCK_DGRAM)
        command = f"trap '' INT; exec {hotline} asterisk run --folder {folder} --port {port}"
        with subprocess.Popen(
            ["sh", "-c", command], stdout=subprocess.PIPE, cwd=tmp_path, text=True
        ) as run:
            assert run.stdout is not None
            assert any("日志" in line for line in run.stdout)  # it runs, and has said so
            run.terminate()
            try:
                assert run.wait(20) == 0
            finally:
                run.kill()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as freed:
            freed.bind(("127.0.0.1", port))
