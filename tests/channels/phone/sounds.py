"""Sounds like speech for tests: syllables of a buzzing voice, with pauses."""

from pathlib import Path

import numpy as np
import soundfile

from channels.phone.voice.levels import Sound


def voice(
    syllables: int, rate_hz: int, *, pitch_hz: float = 180.0, loud: float = 0.2, edge_ms: int = 0
) -> Sound:
    length = rate_hz * 180 // 1000
    time = np.arange(length) / rate_hz
    buzz = sum(np.sin(2 * np.pi * pitch_hz * n * time) / n for n in range(1, 12))
    syllable = loud * buzz * np.sin(np.pi * np.arange(length) / length) ** 0.5
    gap = np.zeros(rate_hz * 40 // 1000)
    edge = np.zeros(rate_hz * edge_ms // 1000)
    return np.concatenate([edge, *([syllable, gap] * syllables), edge]).astype(np.float32)


def folder(
    path: Path, texts: dict[str, Sound], *, rate_hz: int = 24_000, ending: str = "wav"
) -> Path:
    """A folder of recordings with its list."""
    path.mkdir(parents=True, exist_ok=True)
    lines = []
    for number, (text, sound) in enumerate(texts.items()):
        name = f"{number}.{ending}"
        soundfile.write(path / name, sound, rate_hz)
        lines.append(f"{text}\t{name}\n")
    (path / "clips.tsv").write_text("".join(lines), encoding="utf-8")
    return path
