"""Recorded phrases: a folder with `clips.tsv`, each line a text, a tab and a sound file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import soundfile

from channels.phone.voice import levels, phrases, reading
from channels.phone.voice.levels import Sound

LIST = "clips.tsv"
COMMITTED = Path(__file__).parent / "clips"
MOST_CLIPS = 20_000
MOST_LIST_BYTES = 4 * 1024 * 1024
MOST_FILE_BYTES = 8 * 1024 * 1024
MOST_SECONDS = 60


class ClipFault(Exception):
    """A recording can't be used; the message is in Chinese, for whoever recorded it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One recording."""

    text: str  # as a key, see phrases.plain
    path: Path

    @property
    def mark(self) -> str:
        """Tells one version of the file from another."""
        status = self.path.stat()
        return f"{self.path.resolve()}:{status.st_size}:{status.st_mtime_ns}"


def shelf(folders: Sequence[Path]) -> Mapping[str, Clip]:
    """All recordings by key; what an earlier folder has wins over later ones.

    A folder that is not there holds none. Raises ClipFault for a list that can't be read.
    """
    found: dict[str, Clip] = {}
    for folder in reversed(folders):
        found.update({clip.text: clip for clip in listed(folder)})
    return found


def listed(folder: Path) -> Iterable[Clip]:
    """The lines of a folder's list whose files are there."""
    path = folder / LIST
    if not path.is_file():
        return ()
    if path.stat().st_size > MOST_LIST_BYTES:
        raise ClipFault(f"{path} 太大，一行一条录音，最多 {MOST_CLIPS} 条")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ClipFault(f"{path} 不是 UTF-8 编码，请另存为 UTF-8") from error
    return tuple(_clips(folder, lines[:MOST_CLIPS]))


def decoded(clip: Clip) -> tuple[Sound, int]:
    """Its samples, one channel, and their rate; raises ClipFault."""
    name = clip.path.name
    try:
        if clip.path.stat().st_size > MOST_FILE_BYTES:
            raise ClipFault(f"{name} 太大，一条录音不超过 {MOST_SECONDS} 秒")
        with soundfile.SoundFile(clip.path) as file:
            if file.frames > MOST_SECONDS * file.samplerate:
                raise ClipFault(f"{name} 太长，一条录音不超过 {MOST_SECONDS} 秒")
            samples = file.read(dtype="float32", always_2d=True)
            rate_hz = int(file.samplerate)
    except (OSError, soundfile.LibsndfileError) as error:
        raise ClipFault(f"{name} 读不出来，请用 wav、flac、ogg 或 opus 格式重新保存") from error
    mono: Sound = samples.mean(axis=1)
    return mono, rate_hz


def ready(clip: Clip, rate_hz: int) -> Sound:
    """Trimmed, levelled, at the rate; raises ClipFault."""
    sound, from_hz = decoded(clip)
    made = levels.resampled(sound, from_hz, rate_hz)
    return levels.levelled(levels.trimmed(made, rate_hz), rate_hz)


def _clips(folder: Path, lines: Iterable[str]) -> Iterable[Clip]:
    root = folder.resolve()
    for line in lines:
        text, separator, name = line.rstrip().partition("\t")
        path = (folder / name).resolve()
        key = phrases.plain(reading.read(text))
        if separator and key and path.is_relative_to(root) and path.is_file():
            yield Clip(text=key, path=path)
