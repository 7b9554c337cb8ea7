"""The help of every command in Chinese: what its library writes in English, by the library's hooks.

`chinese.run` gives each command our context, which translates the one command whose help is shown.
"""

from collections.abc import Iterator
from typing import Any

import typer
from rich.text import Text
from typer import rich_utils

_FIXED = {
    "ARGUMENTS_PANEL_TITLE": "要写的",
    "OPTIONS_PANEL_TITLE": "选项",
    "COMMANDS_PANEL_TITLE": "命令",
    "DEFAULT_STRING": "[不写就是 {}]",
    "ENVVAR_STRING": "[环境变量 {}]",
    "REQUIRED_LONG_STRING": "[必填]",
}
_TYPES = {
    "<bool>": "",
    "<str>": "<文字>",
    "<path>": "<路径>",
    "<int>": "<整数>",
    "<int range>": "<整数>",
    "<float>": "<数字>",
    "<float range>": "<数字>",
}
_HELP = "显示这段说明后退出。"
_Formatter: Any = typer.Context.formatter_class


class _Folding(rich_utils.OptionHighlighter):
    """Chinese has no spaces to break a line at: what is too long goes on below and is not cut."""

    highlights = [*rich_utils.OptionHighlighter.highlights, r"(?P<usage>用法：)"]  # noqa: RUF012

    def __call__(self, text: str | Text) -> Text:
        shown = super().__call__(text)
        shown.overflow = "fold"
        return shown


class _Usage(_Formatter):  # type: ignore[misc]
    """Writes 用法 where the library writes Usage."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """One line: the command, and what may follow it."""
        super().write_usage(prog, args, prefix or "用法：")


class _Context(typer.Context):
    """That of a command whose help is Chinese."""

    formatter_class = _Usage

    def get_help(self) -> str:
        """The help as it is shown."""
        _translate(self.command, self)
        return str(super().get_help())


def in_chinese(command: Any) -> Any:
    """The command, whose help and those of all below it will be Chinese."""
    for name, words in _FIXED.items():
        setattr(rich_utils, name, words)
    rich_utils.highlighter = _Folding()
    for each in _all(command):
        each.context_class = _Context
    return command


def _all(command: Any) -> Iterator[Any]:
    yield command
    for below in getattr(command, "commands", {}).values():
        yield from _all(below)


def _translate(command: Any, context: typer.Context) -> None:
    command.options_metavar = "[选项]"
    if hasattr(command, "subcommand_metavar"):
        command.subcommand_metavar = "命令 ..."
    command.get_help_option(context).help = _HELP
    for parameter in command.get_params(context):
        kind = parameter.display_type(context)
        parameter.display_type = lambda _, kind=kind: _TYPES.get(kind, kind)
