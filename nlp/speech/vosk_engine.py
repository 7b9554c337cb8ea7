"""Vosk itself: a model in memory, and a recogniser that takes audio and gives words; no threads."""

import json
import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import soxr

from nlp.speech.contract import Transcript, Word
from nlp.speech.model_store import Facts, ModelMissing
from nlp.speech.voice import SpeechOnly

QUIET = -10  # Kaldi's log level below which it says nothing by itself
MOST_SEGMENTS = 200  # of one utterance; of a longer one the end is kept
MOST_HINTS = 200
LONGEST_HINT = 40
PAUSE_MS = 300  # so much silence left out between words is a comma, so that people can read it

_UNKNOWN = frozenset({"[unk]", "<unk>", "<UNK>", "[UNK]"})
_HAN = "\u3400-\u9fff\U00020000-\U0003ffff，"
_SPACE_BESIDE_HAN = re.compile(f"(?<=[{_HAN}]) +| +(?=[{_HAN}])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A loaded model; any number of recognisers in any number of threads share it."""

    facts: Facts
    handle: Any


class Engine:
    """One recogniser: any thread may use it, one at a time."""

    def __init__(
        self, *, recognizer: Any, rate_hz: int, model_hz: int, speech_only: bool = False
    ) -> None:
        """`model_hz` differs from `rate_hz` where we must change the rate."""
        self._recognizer = recognizer
        self._rate_hz = rate_hz
        self._resampler = (
            soxr.ResampleStream(rate_hz, model_hz, 1, dtype="int16", quality="MQ")
            if model_hz != rate_hz
            else None
        )
        self._sieve = SpeechOnly(rate_hz) if speech_only else None
        self._segments: deque[dict[str, Any]] = deque(maxlen=MOST_SEGMENTS)
        self._came_ms = 0.0  # decoded or not
        self._began_ms = 0.0  # the utterance, in audio that came

    def accept(self, pcm: bytes) -> None:
        """Decode audio; whatever the engine raises."""
        self._came_ms += len(pcm) * 500 / self._rate_hz
        if self._sieve is not None:
            pcm = self._sieve.feed(pcm)
        if pcm:
            self._decode(self._at_models_rate(pcm, last=False))

    def said(self) -> str:
        """What is understood of the utterance so far."""
        now = json.loads(self._recognizer.PartialResult())
        return _joined([*(s["text"] for s in self._segments), now.get("partial", "")])

    def settle(self) -> str:
        """All of the utterance so far: Vosk keeps a word back for up to half a second of audio."""
        if self._resampler is not None:
            self._decode(self._at_models_rate(b"", last=True))
            self._resampler.clear()
        self._segments.append(json.loads(self._recognizer.FinalResult()))
        return _joined(s["text"] for s in self._segments)

    def finish(self, *, pauses: bool = False) -> Transcript:
        """The utterance's text; `pauses` puts a comma where the speaker paused."""
        text = self.settle()
        heard = [
            w for s in self._segments for w in s.get("result", ()) if w["word"] not in _UNKNOWN
        ]
        words = [self._word(each) for each in heard]
        if pauses:
            text = _with_pauses(words, [self._left_out_ms(each["start"]) for each in heard])
        self._segments.clear()
        self._began_ms = self._came_ms
        return Transcript(text=text, confidence=_confidence(words), words=tuple(words))

    def _decode(self, pcm: bytes) -> None:
        if pcm and self._recognizer.AcceptWaveform(pcm):
            self._segments.append(json.loads(self._recognizer.Result()))

    def _at_models_rate(self, pcm: bytes, *, last: bool) -> bytes:
        if self._resampler is None:
            return pcm
        samples = np.frombuffer(pcm, dtype="<i2")
        return bytes(self._resampler.resample_chunk(samples, last=last).astype("<i2").tobytes())

    def _word(self, heard: dict[str, Any]) -> Word:
        """With its time since the utterance began; Vosk counts all that it has decoded."""
        shift_ms = self._left_out_ms(heard["start"]) - round(self._began_ms)
        return Word(
            text=heard["word"],
            start_ms=max(0, round(1000 * heard["start"]) + shift_ms),
            end_ms=max(0, round(1000 * heard["end"]) + shift_ms),
            confidence=round(min(1.0, max(0.0, heard["conf"])), 3),
        )

    def _left_out_ms(self, at_s: float) -> int:
        return self._sieve.left_out_ms(round(1000 * at_s)) if self._sieve else 0


def load(facts: Facts) -> Model:
    """The model in memory; blocks for seconds. ModelMissing where Vosk can't read it."""
    vosk = _vosk()
    vosk.SetLogLevel(QUIET)
    try:
        return Model(facts=facts, handle=vosk.Model(str(facts.folder)))
    except Exception as error:  # Vosk raises a bare Exception
        raise ModelMissing(
            f"语音模型 {facts.folder} 载入失败：文件已损坏，或者内存不够"
            f"（模型 {facts.size_bytes // 2**20} MB，载入约需两倍的内存）。"
            "请重新运行 hotline model get cn，或在设置 phone.model 里换一个模型。"
        ) from error


def begin(
    model: Model, rate_hz: int, hints: Sequence[str] = (), *, speech_only: bool = False
) -> Engine:
    """A recogniser for audio of `rate_hz`; hints that the model can't use are left out."""
    model_hz = rate_for(model.facts, rate_hz)
    grammar = usable_hints(model, hints)
    extra = (json.dumps([*grammar, "[unk]"], ensure_ascii=False),) if grammar else ()
    recognizer = _vosk().KaldiRecognizer(model.handle, model_hz, *extra)
    recognizer.SetWords(True)
    return Engine(
        recognizer=recognizer, rate_hz=rate_hz, model_hz=model_hz, speech_only=speech_only
    )


def _vosk() -> Any:
    """Loaded when it is needed: it brings a hundred modules along, and many have no telephone."""
    import vosk

    return vosk


def rate_for(facts: Facts, rate_hz: int) -> int:
    """The rate at which the model takes such audio: its own, where it doesn't change it itself."""
    if rate_hz < facts.rate_hz and not facts.upsamples:
        return facts.rate_hz
    if rate_hz > facts.rate_hz and not facts.downsamples:
        return facts.rate_hz
    return rate_hz


def usable_hints(model: Model, hints: Sequence[str]) -> list[str]:
    """Hints in pieces that the model's vocabulary has; none where its graph is a fixed one."""
    if not model.facts.takes_hints:
        return []
    pieces = (_in_vocabulary(model, hint[:LONGEST_HINT]) for hint in hints[:MOST_HINTS])
    return [" ".join(each) for each in pieces if each]


def _in_vocabulary(model: Model, hint: str) -> list[str]:
    """The longest known words that make up the hint; nothing where some character is unknown."""
    words: list[str] = []
    at = 0
    while at < len(hint):
        ends = range(len(hint), at, -1)
        end = next((e for e in ends if model.handle.vosk_model_find_word(hint[at:e]) >= 0), 0)
        if not end:
            return []
        words.append(hint[at:end])
        at = end
    return words


def _joined(texts: Iterable[str]) -> str:
    """Words as people write them: no spaces beside Chinese characters, nothing for the unknown."""
    words = [word for text in texts for word in text.split() if word not in _UNKNOWN]
    return _SPACE_BESIDE_HAN.sub("", " ".join(words))


def _with_pauses(words: Sequence[Word], left_out_ms: Sequence[int]) -> str:
    parts: list[str] = []
    before = 0
    for word, now in zip(words, left_out_ms, strict=True):
        if parts and now - before >= PAUSE_MS:
            parts.append("，")
        parts.append(word.text)
        before = now
    return _joined(parts)


def _confidence(words: Sequence[Word]) -> float:
    """Of the whole, each word as long as it is; 0 for no words."""
    length = sum(len(word.text) for word in words)
    total = sum(word.confidence * len(word.text) for word in words)
    return round(total / length, 3) if length else 0.0
