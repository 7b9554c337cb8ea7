"""The telephone's phrases from the command line."""

import wave
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from channels.phone.voice import clips
from intake.cli import main as cli
from tests.channels.phone import sounds


def prompts(*arguments: str) -> Result:
    return CliRunner().invoke(cli.application, ["prompts", *arguments])


def test_list_names_every_phrase_by_its_kind() -> None:
    listed = prompts("list").output.splitlines()
    assert "东韩村" in listed
    assert "幺" in listed
    assert [line for line in listed if line.startswith("【话术】")]


def test_list_of_the_missing_leaves_out_what_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = sounds.folder(tmp_path / "own", {"东韩村": sounds.voice(3, 16_000)})
    monkeypatch.setattr(clips, "COMMITTED", own)
    listed = prompts("list", "--missing").output.splitlines()
    assert "东韩村" not in listed
    assert "和阳镇" in listed


def test_check_tells_what_is_missing_and_what_is_wrong(tmp_path: Path) -> None:
    sounds.folder(tmp_path, {"东韩村": sounds.voice(3, 16_000) * 0.01}, rate_hz=16_000)
    checked = prompts("check", str(tmp_path))
    assert checked.exit_code == 1
    assert "太轻" in checked.output
    assert "缺：" in checked.output


def test_check_of_sound_recordings_succeeds_although_some_are_missing(tmp_path: Path) -> None:
    sounds.folder(tmp_path, {"东韩村": sounds.voice(3, 16_000)}, rate_hz=16_000)
    assert prompts("check", str(tmp_path)).exit_code == 0


def test_check_of_a_list_in_another_encoding_says_so(tmp_path: Path) -> None:
    (tmp_path / clips.LIST).write_bytes("东韩村\t0.wav\n".encode("gbk"))
    checked = prompts("check", str(tmp_path))
    assert checked.exit_code == 1
    assert "UTF-8" in checked.output


def test_say_writes_a_sound_that_can_be_heard(tmp_path: Path) -> None:
    said = prompts("say", "您好，单号20261124-0001", "-o", str(tmp_path / "a.wav"))
    assert said.exit_code == 0
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert file.getnframes() > file.getframerate()


def test_say_into_a_place_that_does_not_exist_says_so(tmp_path: Path) -> None:
    said = prompts("say", "您好", "-o", str(tmp_path / "nowhere" / "a.wav"))
    assert said.exit_code == 1
    assert "写不进去" in said.output
