"""How well every recogniser that is here hears: `python -m tests.bench.speech`.

Characters wrong (CER), places and categories, for every set of recordings, at 16 kHz and through a
telephone, with and without repair by sound. `--cost` prints instead what our own part costs beside
the bare recogniser. Recordings and models that are not here are named.
"""

import argparse
import asyncio
import json
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

import cn2an
import numpy as np
import soundfile
import soxr
import vosk
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from config import load
from config.settings import PACKAGED_COUNTY
from nlp import understand
from nlp.places import hearing
from nlp.speech import model_store, vosk_engine
from nlp.speech import trial as speech_trial
from nlp.speech.contract import SpeechFailed
from nlp.speech.listening import VoskTranscriber
from nlp.speech.model_store import ModelMissing
from nlp.speech.training import telephone
from nlp.speech.voice import FRAME_MS, VoiceGate
from nlp.speech.whisper import WhisperTranscriber
from nlp.understand import Understander
from nlp.understanding import Guess
from tests.bench import table

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
CALLS = ROOT / "tests" / "phone" / "calls"
WIDE = "16 kHz"
LINES = {"mu-law": telephone.MU_LAW, "GSM": replace(telephone.GSM, noise_db=None)}
CHUNK_MS = 100
MOST_COSTED = 6  # recordings
PACE_S = 0.01  # between two pieces of audio, for both: back to back they'd share warm caches
TIMES = 5  # of which the best counts
SILENCE_S = 0.7  # before and after each recording, in the audio with pauses

_DIGITS = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
_NOT_SAID = re.compile(r"[^\u3400-\u9fffA-Za-z]")

Pcm = bytes
Hear = Callable[[Pcm, int], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One recording and what is said in it."""

    group: str
    file: Path
    text: str


@dataclass(slots=True)
class Score:
    """What came of one engine, set and line."""

    recordings: int = 0
    said: int = 0
    wrong: int = 0
    gated_wrong: int = 0
    seconds: float = 0.0
    took_s: float = 0.0
    placed: int = 0  # recordings that name one place of the county, whichever way they are read
    places: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    about: int = 0  # recordings of which the written text has a category
    categories: dict[str, int] = field(default_factory=lambda: defaultdict(int))


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A recogniser with one model; `gated` leaves silence out, where it can be left in."""

    name: str
    hear: Hear
    gated: Hear | None


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, action="append", default=[], help="a Vosk model")
    parser.add_argument("--whisper", type=Path, help="a Whisper model in CTranslate2's form")
    parser.add_argument("--state", type=Path, default=Path("var"), help="with fetched models")
    parser.add_argument("--recordings", type=Path, default=SHARED / "speech")
    parser.add_argument("--only", default="", help="sets, with commas between")
    parser.add_argument("--most", type=int, default=1000, help="recordings of each set")
    parser.add_argument("--no-vosk", action="store_true")
    parser.add_argument("--cost", action="store_true")
    chosen = parser.parse_args()
    only = {name for name in chosen.only.split(",") if name}
    recordings = [r for r in _recordings(chosen.recordings) if not only or r.group in only]
    recordings = list(_some(recordings, chosen.most))
    with tempfile.TemporaryDirectory() as folder:
        models = list(_models(chosen.model, chosen.state, Path(folder)))
        if chosen.cost:
            for model in chosen.model or models:
                asyncio.run(_cost(model, recordings))
            return
        engines = [_vosk(model) for model in models if not chosen.no_vosk] + list(
            _whisper(chosen.whisper)
        )
        understander = understand.build(load.load_county(PACKAGED_COUNTY), Path(folder))
        rows = [row for engine in engines for row in _measure(engine, recordings, understander)]
    table.show(
        "Recognition; places: right / asked about with the right one among them / wrong or none",
        ("engine, set, line", "n", "CER %", "silence left out", "RTF", "n placed", "as written",
         "by sound", "n about", "category as written %", "by sound %"),
        rows,
    )  # fmt: skip


def _recordings(folder: Path) -> Iterator[Recording]:
    listed = folder / "transcripts.tsv"
    if listed.exists():
        for line in listed.read_text(encoding="utf-8").splitlines():
            name, text = line.split("\t")
            yield Recording(group=name.split("/")[0], file=folder / name, text=text)
    else:
        print(f"Not here: recordings ({listed})")
    spoken = CALLS / "calls.tsv"
    lines = spoken.read_text(encoding="utf-8").splitlines() if spoken.exists() else []
    for line in lines:
        if line and not line.startswith("#"):
            name, *_, text = line.split("\t")
            if (CALLS / name).exists():
                yield Recording(group="calls", file=CALLS / name, text=text.replace(" ", ""))
    if not any(CALLS.glob("*.flac")):
        print(f"Not here: spoken calls ({CALLS}/*.flac)")


def _some(recordings: Iterable[Recording], most: int) -> Iterator[Recording]:
    seen: dict[str, int] = defaultdict(int)
    for recording in recordings:
        seen[recording.group] += 1
        if seen[recording.group] <= most:
            yield recording


def _models(named: Sequence[Path], state: Path, scratch: Path) -> Iterator[Path]:
    folders = [*named, *(model_store.target(state, key) for key in model_store.PUBLISHED)]
    folders.append(SHARED / "models" / "vosk-zh-hotline-selftrained")
    if speech_trial.PACKED.exists():
        folders.append(speech_trial.unpack(scratch / "trial"))
    else:
        print(f"Not here: the trial model ({speech_trial.PACKED})")
    for folder in folders:
        try:
            model_store.inspect(folder)
        except ModelMissing:
            print(f"Not here: a model ({folder})")
        else:
            yield folder


def _vosk(folder: Path) -> Engine:
    model = vosk_engine.load(model_store.inspect(folder))

    def hear(pcm: Pcm, rate_hz: int, speech_only: bool = False) -> str:
        engine = vosk_engine.begin(model, rate_hz, speech_only=speech_only)
        for chunk in _chunks(pcm, rate_hz):
            engine.accept(chunk)
        return engine.finish().text

    return Engine(
        name=folder.name, hear=hear, gated=lambda pcm, rate_hz: hear(pcm, rate_hz, speech_only=True)
    )


def _whisper(folder: Path | None) -> Iterator[Engine]:
    if folder is None or find_spec("faster_whisper") is None:
        print("Not here: Whisper (install the extra and give --whisper FOLDER)")
        return
    transcriber = WhisperTranscriber(folder)
    asyncio.run(transcriber.start())

    def hear(pcm: Pcm, rate_hz: int) -> str:
        return asyncio.run(transcriber.transcribe(pcm, rate_hz)).text

    yield Engine(name=transcriber.name, hear=hear, gated=None)


def _measure(
    engine: Engine, recordings: Iterable[Recording], understander: Understander
) -> Iterator[Sequence[object]]:
    scores: dict[tuple[str, str], Score] = defaultdict(Score)
    for recording in recordings:
        for line, pcm, rate_hz in _lines(recording.file):
            _one(engine, recording, pcm, rate_hz, scores[recording.group, line], understander)
    for (group, line), score in sorted(scores.items()):
        yield (
            f"{engine.name}, {group}, {line}",
            score.recordings,
            100 * score.wrong / score.said,
            100 * score.gated_wrong / score.said if engine.gated else "-",
            f"{score.took_s / score.seconds:.3f}",
            score.placed,
            _of_places(score, "written"),
            _of_places(score, "sound"),
            score.about,
            *_of_categories(score),
        )


def _of_places(score: Score, how: str) -> str:
    counts = (score.places[f"{how} {what}"] for what in ("right", "asked", "wrong"))
    return " / ".join(map(str, counts)) if score.placed else "-"


def _of_categories(score: Score) -> Sequence[object]:
    counts = (score.categories["written"], score.categories["sound"])
    return [100 * count / score.about if score.about else "-" for count in counts]


def _one(
    engine: Engine, recording: Recording, pcm: Pcm, rate_hz: int, score: Score, read: Understander
) -> None:
    begun = time.perf_counter()
    heard = engine.hear(pcm, rate_hz)
    score.took_s += time.perf_counter() - begun
    score.seconds += len(pcm) / (2 * rate_hz)
    score.recordings += 1
    wrong, said = _errors(recording.text, heard)
    score.wrong, score.said = score.wrong + wrong, score.said + said
    if engine.gated is not None:
        score.gated_wrong += _errors(recording.text, engine.gated(pcm, rate_hz))[0]
    meant, sounds_like = read(recording.text), read(recording.text, heard=True)
    written, by_sound = read(heard), read(heard, heard=True)
    code = meant.places[0].code if meant.places else ""
    if code and _verdict(sounds_like.places, code) == "right":
        score.placed += 1
        score.places[f"written {_verdict(written.places, code)}"] += 1
        score.places[f"sound {_verdict(by_sound.places, code)}"] += 1
    if meant.categories:
        score.about += 1
        for how, understood in (("written", written), ("sound", by_sound)):
            first = understood.categories[:1]
            score.categories[how] += bool(first and first[0].code == meant.categories[0].code)


def _verdict(places: Sequence[Guess], code: str) -> str:
    """Right, asked about with the right one among the candidates, or wrong."""
    if not places:
        return "wrong"
    near = [p for p in places if places[0].confidence - p.confidence < hearing.SPLIT]
    if len(near) > 1:
        return "asked" if any(place.code == code for place in near) else "wrong"
    return "right" if places[0].code == code else "wrong"


def _lines(file: Path) -> Iterator[tuple[str, Pcm, int]]:
    samples, rate_hz = soundfile.read(file, dtype="float32", always_2d=True)
    sound: NDArray[np.float32] = samples[:, 0]
    if rate_hz == telephone.RATE_HZ:
        yield "8 kHz as it is", _pcm(sound), rate_hz
        return
    yield WIDE, _pcm(soxr.resample(sound, rate_hz, 16000)), 16000
    for name, line in LINES.items():
        chance = np.random.default_rng(7)
        yield name, _pcm(telephone.through(sound, rate_hz, line, chance)), telephone.RATE_HZ


def _pcm(sound: NDArray[np.float32]) -> Pcm:
    return (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()


def _chunks(pcm: Pcm, rate_hz: int, length_ms: int = CHUNK_MS) -> Iterator[Pcm]:
    size = 2 * rate_hz * length_ms // 1000
    return (pcm[at : at + size] for at in range(0, len(pcm), size))


def _errors(said: str, heard: str) -> tuple[int, int]:
    """Characters wrong, and said; of the ways to read figures the one that fits best."""
    true = _plain(said, digits=True)
    found = min(
        Levenshtein.distance(true, _plain(heard, digits=digits)) for digits in (True, False)
    )
    return found, len(true)


def _plain(text: str, *, digits: bool) -> str:
    if digits:
        text = "".join(_DIGITS.get(character, character) for character in text)
    else:
        text = re.sub(r"\d{1,8}", lambda m: str(cn2an.an2cn(str(int(m[0])))), text)
    return _NOT_SAID.sub("", text).lower().replace("幺", "一").replace("〇", "零")


async def _cost(folder: Path, recordings: Sequence[Recording]) -> None:
    """CPU of our way to recognise beside that of the recogniser alone, on the same audio."""
    files = list(dict.fromkeys(r.file for r in recordings if r.group == "hotline-kokoro"))
    files = files[:MOST_COSTED]
    spoken = [pcm for file in files for line, pcm, _ in _lines(file) if line == "mu-law"]
    quiet = bytes(2 * round(8000 * SILENCE_S))
    calls = [quiet + each + quiet for each in spoken]
    if not spoken:
        print("Not here: the set hotline-kokoro, on which the cost is measured")
        return
    transcriber = VoskTranscriber(folder, threads=2)
    await transcriber.start()
    rows: list[Sequence[object]] = []
    for name, said in (("speech only", spoken), ("with pauses", calls)):
        seconds = sum(map(len, said)) / 16000
        bare = min([await _bare(transcriber, said) for _ in range(TIMES)])
        for way, gate, speech_only in (
            ("shared threads", False, False),
            ("shared threads, gate beside", True, False),
            ("shared threads, silence left out", False, True),
        ):
            try:
                ours = min(
                    [await _ours(transcriber, said, gate, speech_only) for _ in range(TIMES)]
                )
            except SpeechFailed as failure:
                rows.append((f"{name}: {way}", seconds, f"{bare:.3f}", failure.trouble, "-"))
                continue
            more = 100 * (ours / bare - 1)
            rows.append((f"{name}: {way}", seconds, f"{bare:.3f}", f"{ours:.3f}", more))
    await transcriber.close()
    table.show(
        f"CPU seconds with {folder.name}; texts so far are asked for every {CHUNK_MS} ms",
        ("audio: way", "audio s", "bare recogniser", "ours", "more %"),
        rows,
    )


async def _bare(transcriber: VoskTranscriber, said: Sequence[Pcm]) -> float:
    begun = time.process_time()
    recognizer = vosk.KaldiRecognizer(transcriber._loaded().handle, 8000)
    recognizer.SetWords(True)
    for pcm in said:
        for chunk in _chunks(pcm, 8000):
            await asyncio.sleep(PACE_S)
            if recognizer.AcceptWaveform(chunk):
                json.loads(recognizer.Result())
            json.loads(recognizer.PartialResult())
        json.loads(recognizer.FinalResult())
    return time.process_time() - begun


async def _ours(
    transcriber: VoskTranscriber, said: Sequence[Pcm], gate: bool, speech_only: bool
) -> float:
    begun = time.process_time()
    voice = VoiceGate(8000) if gate else None
    call = transcriber.listen(8000, speech_only=speech_only)
    for pcm in said:
        for chunk in _chunks(pcm, 8000):
            for frame in _chunks(chunk, 8000, FRAME_MS) if voice else ():
                if voice and len(frame) == 16 * FRAME_MS:
                    voice.feed(frame)
            await call.feed(chunk)
            await asyncio.sleep(PACE_S)
            while call.behind_ms:
                await asyncio.sleep(PACE_S)
        await call.finish()
    call.close()
    return time.process_time() - begun


if __name__ == "__main__":
    main()
