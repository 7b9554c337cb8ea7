"""A second engine for whole recordings and voice notes: faster-whisper, an optional extra."""

import asyncio
import os
import re
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import soxr

from nlp.speech import contract
from nlp.speech.contract import Recognition, SpeechFailed, Transcript, Trouble, Word
from nlp.speech.model_store import ModelMissing
from nlp.speech.voice import SpeechOnly

RATE_HZ = 16000
# Words as they come here: fewer characters are wrong, and hardly any are traditional ones.
PROMPT = "我反映一个问题：村口的路灯坏了三天，自来水停了，没人来修，请你们帮忙处理。"
TOKENS_ANY = 12  # and seven for each second: beyond it Whisper repeats itself for ever
TOKENS_A_SECOND = 7
PIECE_S = 30  # Whisper's own window
WITHIN_S = 60.0  # and four times the recording's length
NICE = 19
# Without its tokenizer the package would go and fetch one from elsewhere.
FILES = ("model.bin", "config.json", "tokenizer.json")

T = TypeVar("T")

_TRAILING = re.compile(r"[\s，,。.]+$")


class WhisperTranscriber:
    """See `contract.Transcriber`: transcribes whole recordings, listens to no call."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        """`folder` holds a Whisper model in CTranslate2's form; `threads` is how many cores."""
        self._folder = folder
        self._threads = threads
        self._model: Any = None
        self._one_recording = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, "whisper", initializer=_after_all_others)

    @property
    def name(self) -> str:
        """See `contract.Transcriber`."""
        return f"whisper {self._folder.name}"

    async def start(self) -> None:
        """Load the model; ModelMissing says what to do, in Chinese.

        The engine's own threads take their priority from the one that loads it.
        """
        self._model = await self._run(_load, self._folder, self._threads)

    async def close(self) -> None:
        """Free the model."""
        self._model = None
        self._thread.shutdown(wait=False, cancel_futures=True)

    def listen(self, rate_hz: int, hints: Sequence[str] = ()) -> Recognition:
        """Not with this engine: SpeechFailed."""
        raise SpeechFailed(
            Trouble.CANNOT, "Whisper transcribes whole recordings, a call needs a Vosk model"
        )

    async def transcribe(self, pcm: bytes, rate_hz: int) -> Transcript:
        """See `contract.Transcriber`; the words are Whisper's phrases."""
        if self._model is None:
            raise RuntimeError("WhisperTranscriber.start comes first")
        pcm = pcm[: 2 * contract.known_rate(rate_hz) * contract.LONGEST_RECORDING_S]
        length_s = len(pcm) / (2 * rate_hz)
        try:
            async with self._one_recording, asyncio.timeout(WITHIN_S + 4 * length_s):
                phrases: list[Word] = []
                size = 2 * rate_hz * PIECE_S
                for at in range(0, len(pcm), size):
                    piece = pcm[at : at + size]
                    phrases += await self._run(self._phrases, piece, rate_hz, at)
        except TimeoutError:
            detail = f"a recording of {length_s:.0f} s was not done in time"
            raise SpeechFailed(Trouble.TOO_SLOW, detail) from None
        except Exception as error:  # whatever the engine raises
            raise SpeechFailed(Trouble.BROKEN, f"{type(error).__name__}: {error}") from error
        return _transcript(phrases)

    async def _run(self, work: Callable[..., T], *values: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *values)

    def _phrases(self, pcm: bytes, rate_hz: int, offset_bytes: int) -> list[Word]:
        if not SpeechOnly(rate_hz).feed(pcm):
            return []  # of silence Whisper makes sentences
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768
        if rate_hz != RATE_HZ:
            samples = soxr.resample(samples, rate_hz, RATE_HZ)
        length_s = len(samples) / RATE_HZ
        segments, _ = self._model.transcribe(
            samples,
            language="zh",
            beam_size=1,
            temperature=0,
            initial_prompt=PROMPT,
            condition_on_previous_text=False,
            without_timestamps=True,
            max_new_tokens=int(TOKENS_ANY + TOKENS_A_SECOND * length_s),
            repetition_penalty=1.05,
        )
        shift_ms = offset_bytes * 500 // rate_hz
        found = (_phrase(each, shift_ms) for each in segments)
        return [phrase for phrase in found if phrase.text]


def _after_all_others() -> None:
    """This thread, and those that it starts, take the cores when no call needs them. Only Linux
    gives a thread a priority of its own.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, 0, NICE)


def _load(folder: Path, threads: int) -> Any:
    try:
        from faster_whisper import WhisperModel  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise ModelMissing(
            f"没有安装 Whisper 识别引擎。请运行 {sys.executable} -m pip install "
            "'nanhe-hotline[whisper]'，"
            "或者去掉设置里的 phone.whisper，只用 Vosk。"
        ) from error
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise ModelMissing(
            f"{folder} 里没有完整的 Whisper 模型（缺少 {'、'.join(missing)}）。"
            "请放入 CTranslate2 格式的模型，例如 Systran/faster-whisper-base 的全部文件。"
        )
    try:
        return WhisperModel(
            str(folder),
            device="cpu",
            compute_type="int8",
            cpu_threads=threads,
            local_files_only=True,
        )
    except Exception as error:  # CTranslate2 raises RuntimeError and others
        raise ModelMissing(f"Whisper 模型 {folder} 载入失败：{error}。请重新下载。") from error


def _phrase(segment: Any, shift_ms: int) -> Word:
    return Word(
        text=_TRAILING.sub("", str(segment.text).strip()),
        start_ms=shift_ms + round(1000 * segment.start),
        end_ms=shift_ms + round(1000 * segment.end),
        confidence=round(float(np.exp(min(0.0, segment.avg_logprob))), 3),
    )


def _transcript(phrases: Sequence[Word]) -> Transcript:
    length = sum(len(phrase.text) for phrase in phrases)
    total = sum(phrase.confidence * len(phrase.text) for phrase in phrases)
    return Transcript(
        text="，".join(phrase.text for phrase in phrases),
        confidence=round(total / length, 3) if length else 0.0,
        words=tuple(phrases),
    )
