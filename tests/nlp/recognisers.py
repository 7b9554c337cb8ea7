"""A stand-in for Vosk whose hearing is exact, and folders that look like models.

A "syllable" is 100 ms of one sample value; it is heard as the character with that number. Zeros are
silence, and half a second of them is an endpoint, as the real engine has them.
"""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from nlp.speech import vosk_engine

FST = bytes.fromhex("d6fdb27e") + bytes(60)
FIRST = 0x4E00
SYLLABLE_MS = 100


def say(text: str, rate_hz: int = 8000) -> bytes:
    """Audio that the stand-in hears as `text`; a space is 100 ms of silence."""
    values = (0 if character == " " else ord(character) - FIRST + 1 for character in text)
    length = rate_hz * SYLLABLE_MS // 1000
    return b"".join(value.to_bytes(2, "little", signed=True) * length for value in values)


class FakeModel:
    """What `vosk.Model` gives."""

    def __init__(self, folder: str, words: frozenset[str] = frozenset()) -> None:
        self.folder = folder
        self.words = words

    def vosk_model_find_word(self, word: str) -> int:
        return 1 if word in self.words else -1


class FakeRecognizer:
    """What `vosk.KaldiRecognizer` gives."""

    def __init__(self, model: FakeModel, rate_hz: float, grammar: str = "") -> None:
        self.rate_hz = int(rate_hz)
        self.grammar = grammar
        self.came_bytes = 0
        self._pieces = b""
        self._heard: list[tuple[str, float]] = []
        self._at_s = 0.0
        self._quiet = 0

    def SetWords(self, wanted: bool) -> None:
        assert wanted

    def AcceptWaveform(self, pcm: bytes) -> int:
        self.came_bytes += len(pcm)
        self._pieces += pcm
        size = 2 * self.rate_hz * SYLLABLE_MS // 1000
        while len(self._pieces) >= size:
            value = int.from_bytes(self._pieces[size // 2 : size // 2 + 2], "little", signed=True)
            self._pieces = self._pieces[size:]
            self._quiet = 0 if value else self._quiet + 1
            if value:
                self._heard.append((chr(FIRST + value - 1), self._at_s))
            self._at_s += SYLLABLE_MS / 1000
            if self._quiet >= 5 and self._heard:
                return 1
        return 0

    def PartialResult(self) -> str:
        return json.dumps({"partial": " ".join(c for c, _ in self._heard)})

    def Result(self) -> str:
        words: list[dict[str, Any]] = [
            {
                "word": c,
                "start": at,
                "end": at + SYLLABLE_MS / 1000,
                "conf": 0.5 if c == "二" else 1.0,
            }
            for c, at in self._heard
        ]
        self._heard = []
        text = " ".join(each["word"] for each in words)
        return json.dumps({"result": words, "text": text} if words else {"text": ""})

    FinalResult = Result


class Everything:
    """A sieve that leaves nothing out, in the place of `SpeechOnly`: our syllables are no voice."""

    def __init__(self, rate_hz: int) -> None:
        pass

    def feed(self, pcm: bytes) -> bytes:
        return pcm

    def left_out_ms(self, at_ms: int) -> int:
        return 0


class Vosk:
    """The stand-in's switches; what the tests turn."""

    def __init__(self) -> None:
        self.made: list[FakeRecognizer] = []
        self.words: frozenset[str] = frozenset()
        self.raises: Exception | None = None
        self.go = threading.Event()
        self.go.set()
        self.order: list[tuple[int, int]] = []  # which recogniser, how many bytes

    def SetLogLevel(self, level: int) -> None:
        assert level < 0

    def Model(self, folder: str) -> FakeModel:
        return FakeModel(folder, self.words)

    def KaldiRecognizer(self, *arguments: Any) -> FakeRecognizer:
        switches = self

        class Recognizer(FakeRecognizer):
            def AcceptWaveform(self, pcm: bytes) -> int:
                assert switches.go.wait(20)
                if switches.raises is not None:
                    raise switches.raises
                switches.order.append((switches.made.index(self), len(pcm)))
                return super().AcceptWaveform(pcm)

        made = Recognizer(*arguments)
        self.made.append(made)
        return made


@pytest.fixture
def fake_vosk(monkeypatch: pytest.MonkeyPatch) -> Vosk:
    switches = Vosk()
    monkeypatch.setattr(vosk_engine, "_vosk", lambda: switches)
    monkeypatch.setattr(vosk_engine, "SpeechOnly", Everything)
    return switches


def model_folder(at: Path, *, dynamic: bool = False, features: str = "") -> Path:
    """A folder that looks like an official model."""
    files = {
        "am/final.mdl": b"mdl",
        "conf/mfcc.conf": (
            features or "--sample-frequency=16000\n--allow-upsample=true\n"
        ).encode(),
        "conf/model.conf": b"--beam=13\n",
    }
    if dynamic:
        files |= {"graph/HCLr.fst": FST, "graph/Gr.fst": FST}
    else:
        files |= {"graph/HCLG.fst": FST, "graph/words.txt": b"<eps> 0\n"}
    for name, content in files.items():
        (at / name).parent.mkdir(parents=True, exist_ok=True)
        (at / name).write_bytes(content)
    return at
