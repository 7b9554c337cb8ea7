"""What the command line's library says in English, in the language of those who type here."""

import re
from collections.abc import Sequence
from typing import Any

import typer
from typer.main import get_command

from intake.cli import common, usage

_Mistake: type[Exception] = typer.BadParameter.__bases__[0]  # whatever was typed wrongly
# Its words, part by part; what is not here stays as it is.
_WORDS = (
    (r"No such option: (\S+)", r"没有 \1 这个选项。"),
    (r" ?\(Possible options: (.+)\)", r"是不是想写 \1？"),
    (r"No such command '(.+?)'\.?", r"没有 \1 这个命令。"),
    (r" ?Did you mean (.+)\?", r"是不是想写 \1？"),
    (r"Missing command\.", "还要写上命令。"),
    (r"Missing (?:argument|option|parameter):? ?(.+?)\.? *$", r"少写了 \1。"),
    (r"Got unexpected extra arguments? ?\(?s?\)? ?\((.+)\)", r"多写了：\1。"),
    (r"Option '(.+)' requires an argument\.?", r"\1 后面要写上值。"),
    (r"Option '(.+)' does not take a value\.?", r"\1 后面不写值。"),
    (r"Invalid value for (.+?): ", r"\1 写得不对："),
    (r"Invalid value: ", "写得不对："),
    (r"(?:Directory|File|Path) '(.+)' does not exist\.", r"没有 \1，查一查路径。"),
    (r"(?:Directory|File|Path) '(.+)' is a file\.", r"\1 是文件，要写文件夹。"),
    (r"(?:Directory|File|Path) '(.+)' is a directory\.", r"\1 是文件夹，要写文件。"),
    (r"(?:Directory|File|Path) '(.+)' is not readable\.", r"\1 读不了，查一查权限。"),
    (r"(?:Directory|File|Path) '(.+)' is not writable\.", r"\1 写不进去，查一查权限。"),
    (r"'(.+)' is not one of (.+)\.", r"没有 \1，只能写 \2。"),
    (r"[^：]*valid (?:integer|int)\b.*", "要写整数。"),
    (r"[^：]*valid (?:number|float)\b.*", "要写数字。"),
    (r"[^：]*greater than or equal to (\S+)\b.*", r"不能小于 \1。"),
    (r"[^：]*less than or equal to (\S+)\b.*", r"不能大于 \1。"),
)


def run(application: typer.Typer, arguments: Sequence[str] | None = None) -> int:
    """Run what was typed; the exit code. A mistake is told in Chinese, with where to read on."""
    command = usage.in_chinese(get_command(application))
    try:
        ended = command.main(arguments, prog_name="hotline", standalone_mode=False)
    except typer.Abort:
        common.say("停下了。")
        return 1
    except _Mistake as mistake:
        return _told(mistake)
    return ended if isinstance(ended, int) else 0


def _told(mistake: Any) -> int:
    words = "" if type(mistake).__name__ == "NoArgsIsHelpError" else translated(mistake)
    if words:  # else the help has been shown
        where = mistake.ctx.command_path if mistake.ctx else "hotline"
        common.say(f"{words}\n用法看这里：{where} --help")
    return common.MISTAKEN


def translated(mistake: Any) -> str:
    """What is wrong, in one line."""
    words = " ".join(str(mistake.format_message()).split())
    for pattern, chinese in _WORDS:
        words = re.sub(pattern, chinese, words)
    return words.replace("'", "")
