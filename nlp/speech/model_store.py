"""Where the models of the recogniser lie, which one is used, and whether a folder holds one."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

MODELS = "models"  # folder below the state folder

_ACOUSTIC = ("am/final.mdl", "final.mdl")
_FEATURES = ("conf/mfcc.conf", "mfcc.conf")
_STATIC = ("graph/HCLG.fst", "HCLG.fst")
_DYNAMIC = ("graph/HCLr.fst", "HCLr.fst")
_GRAMMAR = ("graph/Gr.fst", "Gr.fst")
_WORDS = ("graph/words.txt", "words.txt")
_FST_MAGIC = bytes.fromhex("d6fdb27e")
_OPTION = re.compile(r"^--([a-z-]+)=(\S+)", re.MULTILINE)
_USUAL_RATE_HZ = 16000


Unpack = Callable[[Path], Path]  # puts the trial model below a folder, gives its own folder


class ModelMissing(Exception):
    """No usable model where one should be; the message says what to do, in Chinese."""


class Origin(StrEnum):
    """Why a folder is looked at."""

    SETTINGS = "settings"  # 设置 phone.model
    FETCHED = "fetched"  # hotline model get
    TRIAL = "trial"  # 程序自带，仅供试用


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A model of Alpha Cephei; docs/speech.md tells where size and hash are from."""

    key: str
    name: str
    size_bytes: int
    sha256: str
    most_unpacked_bytes: int

    @property
    def url(self) -> str:
        """Where it is published."""
        return f"https://alphacephei.com/vosk/models/{self.name}.zip"


PUBLISHED = {
    each.key: each
    for each in (
        Published(
            key="cn",
            name="vosk-model-small-cn-0.22",
            size_bytes=43_898_754,
            sha256="3af8b0e7e0f835ae9d414ce5df580237a3cfb08d586c9fbbb0f7ff29ad5b14ba",
            most_unpacked_bytes=256 * 2**20,
        ),
        Published(
            key="cn-large",
            name="vosk-model-cn-0.22",
            size_bytes=1_358_736_686,
            sha256="7f5580bf7ca3d9e8ce8be68337378950ed78ef974df7a7d4ead8dbe32bec2fa1",
            most_unpacked_bytes=4 * 2**30,
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a model folder says of its model."""

    folder: Path
    rate_hz: int  # the model was trained at
    upsamples: bool  # it takes audio of fewer samples a second
    downsamples: bool
    takes_hints: bool  # its graph is put together at run time
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder in which a model may lie; `fault` is why none is there, in Chinese."""

    origin: Origin
    folder: Path
    facts: Facts | None
    fault: str = ""


def inspect(folder: Path) -> Facts:
    """What model `folder` holds; ModelMissing where it holds none or a damaged one."""
    if not folder.is_dir():
        raise ModelMissing(f"没有语音模型文件夹 {folder}。{_remedy()}")
    _part(folder, _ACOUSTIC, "声学模型")
    features = _part(folder, _FEATURES, "特征设置")
    hints = _find(folder, _DYNAMIC) is not None
    graphs = (_DYNAMIC, _GRAMMAR) if hints else (_STATIC,)
    for names in graphs:
        graph = _part(folder, names, "解码图")
        with graph.open("rb") as file:
            if file.read(4) != _FST_MAGIC:
                raise ModelMissing(f"语音模型的解码图 {graph} 已损坏。{_remedy()}")
    if not hints:
        _part(folder, _WORDS, "词表")
    options = dict(_OPTION.findall(features.read_text(encoding="utf-8", errors="replace")))
    return Facts(
        folder=folder,
        rate_hz=_rate(options.get("sample-frequency", "")),
        upsamples=options.get("allow-upsample") == "true",
        downsamples=options.get("allow-downsample") == "true",
        takes_hints=hints,
        size_bytes=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
    )


def places(state: Path, configured: Path | None = None, trial: Unpack | None = None) -> list[Place]:
    """Every place that is looked at, in order: the first with a model is used.

    A folder of the settings is used or nothing: what was chosen is never silently replaced. The
    trial model counts only where its `unpack` is given; it isn't for residents.
    """
    if configured is not None:
        return [_place(Origin.SETTINGS, configured)]
    found = [_place(Origin.FETCHED, target(state, key)) for key in ("cn-large", "cn")]
    if trial is not None and not any(place.facts for place in found):
        found.append(_place(Origin.TRIAL, trial(state / MODELS)))
    return found


def choose(state: Path, configured: Path | None = None, trial: Unpack | None = None) -> Path:
    """The folder of the model to use; ModelMissing says what to do where there is none."""
    looked_at = places(state, configured, trial)
    found = next((place.folder for place in looked_at if place.facts), None)
    if found is None:
        raise ModelMissing(looked_at[-1].fault)
    return found


def target(state: Path, key: str) -> Path:
    """The folder in which `hotline model get KEY` puts its model."""
    return state / MODELS / key


def _place(origin: Origin, folder: Path) -> Place:
    try:
        return Place(origin=origin, folder=folder, facts=inspect(folder))
    except (ModelMissing, OSError) as fault:
        return Place(origin=origin, folder=folder, facts=None, fault=str(fault))


def _part(folder: Path, names: tuple[str, ...], what: str) -> Path:
    found = _find(folder, names)
    if found is None:
        raise ModelMissing(f"语音模型 {folder} 不完整：缺少{what}（{names[0]}）。{_remedy()}")
    return found


def _find(folder: Path, names: tuple[str, ...]) -> Path | None:
    paths = (folder / name for name in names)
    return next((path for path in paths if path.is_file() and path.stat().st_size), None)


def _rate(written: str) -> int:
    number = written.removesuffix(".0")
    return int(number) if number.isdecimal() and int(number) > 0 else _USUAL_RATE_HZ


def _remedy() -> str:
    return (
        "请运行 hotline model get cn 下载官方普通话模型；不能上网时，在别处下载好压缩包，"
        "再用 hotline model get cn --from 压缩包 放好。没有模型时电话照样能打进来：转人工或录音。"
    )
