"""Kokoro's Mandarin voices: text -> sound. Voices can be blended, which makes speakers anew.

The folder of voices holds `model.onnx` (Kokoro-82M v1.0 exported to ONNX, inputs `tokens` or
`input_ids`, `style`, `speed`), `vocab.json` (Kokoro's symbols, under `vocab`) and `voices/NAME.bin`
(float32, 256 numbers for each length of text).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nlp.speech.training import extra, homophones

RATE_HZ = 24_000
STYLE = 256
THREADS = 2
MOST_TOKENS = 500
MANDARIN = (
    "zf_xiaobei", "zf_xiaoni", "zf_xiaoxiao", "zm_yunjian", "zm_yunxi", "zm_yunxia",
)  # fmt: skip
HELD_OUT = ("zf_xiaoyi", "zm_yunyang")  # never in training: they speak the tests' calls

Sound = npt.NDArray[np.float32]


class VoicesMissing(Exception):
    """The folder of voices lacks something; the message says what to put there, in Chinese."""


class Kokoro:
    """Speaks Mandarin; made by `load`."""

    def __init__(self, folder: Path, session: Any, phonemes: Any, symbols: dict[str, int]) -> None:
        self._folder = folder
        self._session = session
        self._phonemes = phonemes
        self._symbols = symbols
        self._styles: dict[str, Sound] = {}
        self._tokens = next(i.name for i in session.get_inputs() if "style" not in i.name)

    def names(self) -> tuple[str, ...]:
        """All voices of the folder, whatever their language."""
        return tuple(sorted(path.stem for path in (self._folder / "voices").glob("*.bin")))

    def say(self, text: str, blend: Mapping[str, float], speed: float = 1.0) -> Sound:
        """Speak at RATE_HZ, -1 to 1; `blend` weighs the voices and sums to one."""
        said = self._phonemes(homophones.written(text))
        symbols = said[0] if isinstance(said, tuple) else said
        tokens = [self._symbols[c] for c in symbols if c in self._symbols][:MOST_TOKENS]
        style = np.zeros((1, STYLE), np.float32)
        for name, weight in blend.items():
            table = self._style(name)
            style[0] += weight * table[min(len(tokens), len(table) - 1)]
        feed = {
            self._tokens: np.array([[0, *tokens, 0]], np.int64),
            "style": style,
            "speed": np.array([speed], np.float32),
        }
        return np.asarray(self._session.run(None, feed)[0], np.float32).ravel()

    def _style(self, name: str) -> Sound:
        if name not in self._styles:
            path = self._folder / "voices" / f"{name}.bin"
            self._styles[name] = np.fromfile(path, np.float32).reshape(-1, STYLE)
        return self._styles[name]


def load(folder: Path) -> Kokoro:
    """The voices of a folder; raises VoicesMissing or ExtraMissing."""
    for name in ("model.onnx", "vocab.json", f"voices/{MANDARIN[0]}.bin"):
        if not (folder / name).is_file():
            raise VoicesMissing(
                f"{folder} 里没有 {name}。这里要放 Kokoro-82M v1.0 的 ONNX 模型（model.onnx）、"
                "音素表（vocab.json）和中文声音（voices/zf_*.bin、zm_*.bin），见 docs/speech.md。"
            )
    runtime = extra.need("onnxruntime", "合成语音")
    misaki = extra.need("misaki.zh", "合成语音")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = runtime.InferenceSession(
        str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
    )
    symbols = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))["vocab"]
    return Kokoro(folder, session, misaki.ZHG2P(), symbols)
