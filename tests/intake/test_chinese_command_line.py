"""A slip of the finger at the command line is told in Chinese, with what to do."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from intake.cli import chinese
from intake.cli.main import application


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("run --setings x", "没有 --setings 这个选项。是不是想写 --settings？"),
        ("run --nonsense", "没有 --nonsense 这个选项。"),
        ("chek", "没有 chek 这个命令。是不是想写 check？"),
        ("frobnicate", "没有 frobnicate 这个命令。"),
        ("check a b", "多写了：b。"),
        ("operator add", "少写了 name。"),
        ("operator add x --role", "--role 后面要写上值。"),
        ("run --trial=yes", "--trial 后面不写值。"),
        ("department --port x", "--port 写得不对：要写整数。"),
        ("department --listen --port 99999", "--port 写得不对：不能大于 65535。"),
    ],
)
def test_it_says_what_is_wrong_and_where_to_read_on(
    typed: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert chinese.run(application, typed.split()) == 2
    shown = capsys.readouterr().out
    assert shown.startswith(told), shown
    assert re.search(r"用法看这里：(\S*/)?hotline .*--help", shown)
    assert not any(word in shown for word in ("Try", "Error", "Usage"))


def test_what_a_command_says_by_its_code_is_kept(tmp_path: Path) -> None:
    assert chinese.run(application, ["check", str(tmp_path / "none")]) == 1
    assert chinese.run(application, ["check"]) == 0


@pytest.mark.parametrize("words", [[], ["operator"], ["asterisk"]])
def test_without_a_command_the_commands_are_shown(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert chinese.run(application, words) in (0, 2)
    shown = capsys.readouterr()
    assert "命令" in shown.out + shown.err
    assert "用法看这里" not in shown.out


def _commands(command: Any, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield before, command
    for name, below in getattr(command, "commands", {}).items():
        yield from _commands(below, (*before, name))


ALL = dict(_commands(get_command(application)))
ENGLISH = (
    r"Usage|Options|Arguments|Commands?\b|ARGS|Show this|<bool>|<str>|<path>|<int|<float|default"
)


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_help_is_chinese_and_whole(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert chinese.run(application, [*words, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "用法：hotline" in shown
    assert "显示这段说明后退出。" in shown
    assert re.findall(ENGLISH, shown) == []
    assert "…" not in shown
    assert not re.search(r"│\s*[。，；：、）”]\s*│", shown)
    run_on = re.sub(r"[\s│]", "", shown)
    below = getattr(ALL[words], "commands", {}).values()
    for each in (*ALL[words].params, *below):
        assert re.sub(r"\s", "", each.help) in run_on, each.name
