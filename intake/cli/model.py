"""The command line's part for the recogniser's models: `hotline model get | list | hear`."""

import asyncio
import time
from pathlib import Path
from typing import Annotated

import soundfile
import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from config.settings import Settings
from intake.cli import common
from intake.cli.common import SettingsPath
from nlp.speech import model_get, model_store
from nlp.speech import trial as speech_trial
from nlp.speech.contract import SpeechFailed, Transcript
from nlp.speech.listening import VoskTranscriber
from nlp.speech.model_get import FetchFailed
from nlp.speech.model_store import ModelMissing, Origin, Place, Unpack
from nlp.speech.trial import TrialModelBroken

ORIGINS = {
    Origin.SETTINGS: "设置里的 phone.model",
    Origin.FETCHED: "hotline model get 下载的",
    Origin.TRIAL: "程序自带，仅供试用",
}

REMEDY = "要下载官方模型，运行 hotline model get cn。"
ONLY_TRIED = f"自带的只供试用，听不懂真正的居民。{REMEDY}"

models = typer.Typer(help="语音识别模型：下载、查看、试听。", no_args_is_help=True)


@models.command()
def get(
    model: Annotated[str, typer.Argument(help="cn：小模型，42 MB；cn-large：大模型，1.3 GB")],
    source: Annotated[str, typer.Option("--from", help="已下载的压缩包，或内网的下载地址")] = "",
    settings_path: SettingsPath = None,
) -> None:
    """下载官方普通话模型，核对大小和 SHA-256 后放好。断了再运行一次，会接着下载。"""
    published = model_store.PUBLISHED.get(model)
    if published is None:
        common.refuse(f"没有叫 {model} 的模型，可以写：{'、'.join(model_store.PUBLISHED)}。")
        return
    chosen = common.chosen(common.located(settings_path, common.is_tried()))
    order = model_get.Order(model=published, state=chosen.state, source=source)
    columns = (TextColumn(published.name), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=common.out) as bar:
        task = bar.add_task(published.name, total=published.size_bytes, visible=False)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=True)

        try:
            folder = model_get.get(order, progress)
        except FetchFailed as failure:
            bar.stop()
            common.refuse(str(failure))
            return
    common.say(f"已放好：{folder}")
    if chosen.phone is not None and chosen.phone.model not in (None, folder):
        common.say(
            f"注意：设置里的 phone.model 是 {chosen.phone.model}，程序仍用那一个。"
            "去掉这一项就用刚放好的。"
        )
    common.say("重新启动程序后生效。可用 hotline model hear 录音.wav 试一试。")


@models.command(name="list")
def listing(settings_path: SettingsPath = None) -> None:
    """列出找模型的地方、有没有模型、现在用哪一个。"""
    chosen = common.chosen(common.located(settings_path, common.is_tried()))
    used: Origin | None = None
    for place in _places(chosen, settings_path):
        if place.facts is None:
            fault = place.fault if place.folder.exists() else "没有"
            common.say(f"  {place.folder}（{ORIGINS[place.origin]}）：{fault}")
            continue
        mark, used = (" " if used else "*"), used or place.origin
        common.say(
            f"{mark} {place.folder}（{ORIGINS[place.origin]}）："
            f"{place.facts.size_bytes / 2**20:.0f} MB，{place.facts.rate_hz} Hz，"
            f"{'可以' if place.facts.takes_hints else '不能'}按提示词识别"
        )
    common.say("* 是现在用的。" if used else f"现在没有可用的模型，电话转人工或录音。{REMEDY}")
    if used is Origin.TRIAL:
        common.say(ONLY_TRIED)


@models.command()
def hear(
    recording: Annotated[Path, typer.Argument(help="一段录音，wav、ogg 或 flac")],
    settings_path: SettingsPath = None,
) -> None:
    """用现在的模型识别一段录音，看看听成了什么、要多久。"""
    chosen = common.chosen(common.located(settings_path, common.is_tried()))
    try:
        trial = _trial(chosen, settings_path)
        folder = model_store.choose(chosen.state, _configured(chosen), trial)
        samples, rate_hz = soundfile.read(recording, dtype="int16", always_2d=True)
        if rate_hz not in (8000, 16000):
            common.refuse(f"{recording} 每秒 {rate_hz} 个采样，请先转成 8000 或 16000。")
            return
        pcm = samples[:, 0].astype("<i2").tobytes()
        heard, load_s, took_s = asyncio.run(_hear(folder, pcm, rate_hz))
    except (ModelMissing, SpeechFailed, TrialModelBroken) as failure:
        common.refuse(str(failure))
        return
    except (OSError, soundfile.SoundFileError) as error:
        common.refuse(f"读不了录音 {recording}：{error}")
        return
    length_s = len(samples) / rate_hz
    common.say(heard.text or "（没有听到话）")
    common.say(
        f"把握 {heard.confidence:.0%}，录音 {length_s:.1f} 秒，识别用了 {took_s:.2f} 秒，"
        f"载入模型 {load_s:.1f} 秒（{folder}）"
    )


async def _hear(folder: Path, pcm: bytes, rate_hz: int) -> tuple[Transcript, float, float]:
    transcriber = VoskTranscriber(folder, threads=1)
    begun = time.monotonic()
    await transcriber.start()
    try:
        loaded = time.monotonic()
        heard = await transcriber.transcribe(pcm, rate_hz)
        return heard, loaded - begun, time.monotonic() - loaded
    finally:
        await transcriber.close()


def _places(chosen: Settings, settings_path: Path | None) -> list[Place]:
    try:
        trial = _trial(chosen, settings_path)
        return model_store.places(chosen.state, _configured(chosen), trial)
    except TrialModelBroken as broken:
        common.refuse(str(broken), broken)


def _trial(chosen: Settings, settings_path: Path | None) -> Unpack | None:
    """The model that comes along, where the line would use it: `make phone` does."""
    tried = settings_path is None and chosen.phone is None and common.is_tried()
    allowed = chosen.phone is not None and chosen.phone.trial_model
    return speech_trial.unpack if tried or allowed else None


def _configured(chosen: Settings) -> Path | None:
    return chosen.phone.model if chosen.phone is not None else None
