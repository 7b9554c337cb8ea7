"""`hotline speech graph | train | clips`: the trial recogniser and the committed recordings."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from channels.phone.voice import clips as recordings
from channels.phone.voice import phrases
from channels.phone.voice.clips import ClipFault
from intake.cli import common, prompts
from intake.cli.common import SettingsPath
from nlp.speech import model_store
from nlp.speech import trial as speech_trial
from nlp.speech.model_store import ModelMissing
from nlp.speech.training import clips, extra, voices
from nlp.speech.training.extra import ExtraMissing
from nlp.speech.training.voices import VoicesMissing
from nlp.speech.trial import TrialModelBroken

CACHE = "speech-cache"
OWN_MODEL = "vosk-own"  # below the state folder's models: the trial model with our own names
CLIP_VOICE = "zf_xiaoxiao"

speech = typer.Typer(help="试用语音模型：训练、换地名、预录提示音。", no_args_is_help=True)

Voices = Annotated[Path, typer.Option("--voices", help="Kokoro 声音文件夹，见 docs/speech.md")]


@speech.command(name="graph")
def build_graph(
    to: Annotated[Path | None, typer.Option("--to", help="新模型放在哪里；可省略")] = None,
    settings_path: SettingsPath = None,
) -> None:
    """按本县的地名和说法重新生成解码图，几秒钟，不用重新训练。"""
    from nlp.speech.training import graph

    chosen = common.chosen(settings_path)
    county = common.county(chosen)
    target = to or chosen.state / model_store.MODELS / OWN_MODEL
    with _faults():
        extra.need(graph.LIBRARY, graph.PURPOSE, alone=True)
        shutil.copytree(
            speech_trial.unpack(chosen.state / model_store.MODELS), target, dirs_exist_ok=True
        )
        built = graph.build(county, target, chosen.state / CACHE, common.say)
        model_store.inspect(target)
    common.say(f"已写入 {target}：{built.words} 个词，{built.names} 个地名。")
    common.say(f'要用它，在设置里写 phone.model = "{target}"。这个模型只供试用，不给居民用。')


@speech.command(name="train")
def train_model(
    voices_folder: Voices,
    work: Annotated[Path, typer.Option(help="放中间结果的文件夹，断了再运行接着做")] = Path(
        "var/speech"
    ),
    speech_minutes: Annotated[float, typer.Option(help="合成多少分钟语音")] = 60.0,
    rounds: Annotated[int | None, typer.Option(help="训练多少轮；可省略", min=1)] = None,
    keep: Annotated[bool, typer.Option("--keep", help="打包成程序自带的试用模型")] = False,
    settings_path: SettingsPath = None,
) -> None:
    """从头训练试用语音模型：合成语音、加电话噪声、训练、测字错率。"""
    from nlp.speech.training import train

    county = common.county(common.chosen(settings_path))
    plan = train.Plan(
        voices=voices_folder,
        work=work,
        speech_minutes=speech_minutes,
        rounds=rounds or train.ROUNDS,
        threads=min(os.cpu_count() or 1, train.MOST_THREADS),
    )
    with _faults():
        model = train.train(county, plan, common.say)
        common.say(f"模型已写入 {model}")
        if keep:
            size = speech_trial.pack(model)
            common.say(f"已打包 {speech_trial.PACKED}，{size / 2**20:.1f} MB")


@speech.command(name="clips")
def speak_clips(
    voices_folder: Voices,
    to: Annotated[
        Path, typer.Option("--to", help="录音文件夹", show_default="程序自带的")
    ] = recordings.COMMITTED,
    voice: Annotated[str, typer.Option(help="哪一个声音")] = CLIP_VOICE,
    groups: Annotated[str, typer.Option(help="只录这几组，例如 话术,数字；空着录全部")] = "",
    most_megabytes: Annotated[float, typer.Option(help="录音总共不超过多少 MB")] = 6.0,
    settings_path: SettingsPath = None,
) -> None:
    """用合成的声音预录还没有录音的句子，存成 Ogg Opus。"""
    county = common.county(common.chosen(settings_path))
    with _faults():
        there = set(recordings.shelf((to,)))
        grouped = phrases.grouped(county, prompts.words(county))
        wanted = dict.fromkeys(
            text
            for group, texts in grouped.items()
            if not groups or group in groups.split(",")
            for text in texts
            if phrases.plain(text) not in there
        )
        kokoro = voices.load(voices_folder)
        done = clips.speak(to, kokoro, voice, wanted, _within(to, most_megabytes))
    common.say(f"录了 {done} 条，还缺 {len(wanted) - done} 条，在 {to}")


def _within(folder: Path, most_megabytes: float) -> Callable[[int, str], bool]:
    def told(number: int, text: str) -> bool:
        if number % 20 == 0:
            common.say(f"{number}：{text}")
        size = sum(path.stat().st_size for path in folder.glob("*.opus"))
        return size < most_megabytes * 2**20

    return told


@contextmanager
def _faults() -> Iterator[None]:
    """What can go wrong is said in a sentence, and the command ends with 1."""
    try:
        yield
    except (
        ClipFault, ExtraMissing, ModelMissing, OSError, TrialModelBroken, VoicesMissing
    ) as error:  # fmt: skip
        common.say(str(error))
        raise typer.Exit(1) from error
