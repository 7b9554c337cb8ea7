"""`hotline prompts list | check | say`: the phrases of the telephone line and their recordings."""

import asyncio
import itertools
import string
import wave
from pathlib import Path
from typing import Annotated

import typer

from channels.phone.voice import clips, inspection, phrases, synthesis
from channels.phone.voice.cache import Cache
from channels.phone.voice.prompts import Voice, VoiceFailed
from config.county import County
from config.settings import Settings
from intake import replies
from intake.asterisk import sounds
from intake.cli import common
from intake.cli.common import SettingsPath
from intake.replies import Replies
from nlp.places import which
from routing.ticket import ACTION_NAMES, STATUS_NAMES

RATE_HZ = 16_000
WORDS = (  # what fills the replies beside the county's own names
    replies.UNNAMED_MATTER,
    replies.UNNAMED_PLACE,
    replies.HOTLINE_PEOPLE,
    *STATUS_NAMES.values(),
    *ACTION_NAMES.values(),
    *(said for text in replies.SAID_OF_TICKETS for said, *_ in string.Formatter().parse(text)),
    *("工单", "现在是", "不能撤单", "您现在可以", "需要处理请联系县网格管理中心"),  # a refusal
    "还是",  # between places to be told apart
    *(sounds.WORDS[name] for name in sounds.WORDS if name not in sounds.COUNTYS_OWN),
)

prompts = typer.Typer(help="电话里说的话：录音和合成。", no_args_is_help=True)


@prompts.command(name="list")
def listing(
    missing: Annotated[bool, typer.Option("--missing", help="只列还没有录音的")] = False,
    settings_path: SettingsPath = None,
) -> None:
    """列出电话里会说的每一句，录音时照着念。"""
    chosen = common.chosen(settings_path)
    recorded = _shelf(chosen) if missing else {}
    county = common.county(chosen)
    for group, texts in phrases.grouped(county, words(county)).items():
        wanted = [text for text in texts if text not in recorded]
        common.say(f"【{group}】{len(wanted)} 条")
        for text in wanted:
            common.say(text)


@prompts.command()
def check(
    folder: Annotated[Path, typer.Argument(help="录音文件夹，里面有 clips.tsv")],
    settings_path: SettingsPath = None,
) -> None:
    """检查一个录音文件夹：缺哪些，哪些太轻、太响、破音、空白太长。"""
    county = common.county(common.chosen(settings_path))
    try:
        found = inspection.inspect(folder, phrases.phrases(county, words(county)))
    except clips.ClipFault as fault:
        common.say(str(fault))
        raise typer.Exit(1) from fault
    common.say(found.report)
    raise typer.Exit(1 if found.faults else 0)


@prompts.command()
def say(
    text: Annotated[str, typer.Argument(help="要说的话")],
    output: Annotated[Path, typer.Option("-o", "--output", help="写到这个 wav 文件")],
    slow: Annotated[bool, typer.Option("--slow", help="说慢一点")] = False,
    settings_path: SettingsPath = None,
) -> None:
    """把一句话说出来存成 wav 文件，听听电话里是什么声音。"""
    chosen = common.chosen(settings_path)
    try:
        pcm = asyncio.run(_spoken(chosen, text, slow))
    except VoiceFailed as failure:
        common.say(str(failure))
        raise typer.Exit(1) from failure
    try:
        with output.open("wb") as sink, wave.open(sink, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(pcm)
    except OSError as error:
        common.say(f"{output} 写不进去，请换一个地方：{error.strerror}")
        raise typer.Exit(1) from error
    common.say(f"已写入 {output}，{len(pcm) / 2 / RATE_HZ:.1f} 秒。")


def words(county: County) -> tuple[str, ...]:
    """What fills the replies beside the county's own names, with what tells apart those of its
    places that sound alike: their townships, and the sayings that explain a character.
    """
    names = [Replies(county).place_of(place.code) for place in county.places]
    pairs = itertools.combinations(names, 2)
    near = (pair for pair in pairs if pair[0].township == pair[1].township)
    options = (option for pair in near for option in which.split(pair))
    explained = (said for option in options for said in option.split("，")[1:])
    townships = (f"{name.township}的" for name in names if name.township)
    return (*WORDS, *dict.fromkeys((*townships, *explained)))


async def _spoken(chosen: Settings, text: str, slow: bool) -> bytes:
    command = chosen.phone.voice_command if chosen.phone else ""
    voice = Voice(folders=_folders(chosen), cache=Cache(None), synthesis=synthesis.by(command))
    try:
        await voice.start()
        return await voice.say(text, RATE_HZ, slow=slow)
    finally:
        await voice.close()


def _folders(chosen: Settings) -> tuple[Path, ...]:
    """The county's own recordings first, then those that come with the program."""
    own = chosen.phone.clips if chosen.phone else None
    return (own, clips.COMMITTED) if own else (clips.COMMITTED,)


def _shelf(chosen: Settings) -> frozenset[str]:
    try:
        return frozenset(clips.shelf(_folders(chosen)))
    except clips.ClipFault as fault:
        common.say(str(fault))
        raise typer.Exit(1) from fault
