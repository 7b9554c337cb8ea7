"""A folder of recordings looked through: what is missing, what would sound bad, in Chinese."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from channels.phone.voice import clips, levels

LEAST_RATE_HZ = 8000
QUIET_DB, LOUD_DB = -38.0, -10.0
MOST_EDGE_MS = 800  # silence that is cut off anyway; more shows a recording that went wrong
CLIPPED_SHARE = 0.0005  # of the samples at full scale
SECONDS_A_CHARACTER = (0.06, 0.5)
MOST_SHOWN = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What was found, in sentences."""

    usable: int
    missing: tuple[str, ...]
    faults: tuple[str, ...]

    @property
    def report(self) -> str:
        """For whoever made the recordings."""
        missing, faults = len(self.missing), len(self.faults)
        lines = [f"能用的录音 {self.usable} 条，缺 {missing} 条，有问题 {faults} 条。"]
        lines += [f"有问题：{fault}" for fault in self.faults[:MOST_SHOWN]]
        lines += [f"缺：{text}" for text in self.missing[:MOST_SHOWN]]
        left = missing + faults - (len(lines) - 1)
        if left > 0:
            lines.append(f"还有 {left} 条没有列出，先处理上面的。")
        if self.missing:
            lines.append("缺的用自带的录音或合成语音说，电话照常能用。")
        return "\n".join(lines)


def inspect(folder: Path, phrases: Iterable[str]) -> Inspection:
    """Everything there is to say about a folder; raises clips.ClipFault for an unreadable list."""
    faults = list(_list_faults(folder))
    usable: set[str] = set()
    for clip in clips.listed(folder):
        found = _faults(clip)
        faults += found
        if not found:
            usable.add(clip.text)
    missing = tuple(text for text in phrases if text not in usable)
    return Inspection(usable=len(usable), missing=missing, faults=tuple(faults))


def _list_faults(folder: Path) -> Iterator[str]:
    """Lines of the list that give no recording."""
    path = folder / clips.LIST
    if not path.is_file():
        yield f"{folder} 里没有 {clips.LIST}。每行写：话，一个制表符（Tab），文件名"
        return
    known = {clip.path for clip in clips.listed(folder)}
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        text, separator, name = line.rstrip().partition("\t")
        if not line.strip() or (folder / name).resolve() in known:
            continue
        if not separator or not text:
            yield f"{clips.LIST} 第 {number} 行要写成：话，一个制表符（Tab），文件名"
        elif not (folder / name).is_file():
            yield f"{clips.LIST} 第 {number} 行的文件 {name} 找不到"
        else:
            yield f"{clips.LIST} 第 {number} 行用不了：文件要放在这个文件夹里，话里要有字"


def _faults(clip: clips.Clip) -> list[str]:
    name = f"{clip.path.name}（{clip.text}）"
    try:
        sound, rate_hz = clips.decoded(clip)
    except clips.ClipFault as fault:
        return [str(fault)]
    if rate_hz < LEAST_RATE_HZ:
        return [f"{name} 采样率只有 {rate_hz}，至少要 {LEAST_RATE_HZ}"]
    loudness = levels.loudness_db(sound, rate_hz)
    if loudness < -100:
        return [f"{name} 没有声音"]
    found = []
    if loudness < QUIET_DB:
        found.append(f"{name} 太轻，靠近话筒重录")
    if loudness > LOUD_DB:
        found.append(f"{name} 太响，离话筒远一点重录")
    if float((abs(sound) >= 0.999).mean()) > CLIPPED_SHARE:
        found.append(f"{name} 破音（削顶），把录音音量调小重录")
    before_ms, after_ms = levels.silence_ms(sound, rate_hz)
    if max(before_ms, after_ms) > MOST_EDGE_MS:
        found.append(f"{name} 头尾空白太长，前 {before_ms} 毫秒，后 {after_ms} 毫秒")
    spoken_s = len(sound) / rate_hz - (before_ms + after_ms) / 1000
    shortest, longest = (len(clip.text) * each for each in SECONDS_A_CHARACTER)
    if not shortest <= spoken_s <= longest + 0.4:
        found.append(f"{name} 长 {spoken_s:.1f} 秒，和这句话的字数对不上，看看是不是录错了")
    return found
