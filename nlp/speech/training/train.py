"""Trains the trial recogniser from nothing: speak, hear through telephones, learn, measure."""

import hashlib
import itertools
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from config.county import County
from nlp.speech.training import (
    corpus,
    export,
    extra,
    features,
    graph,
    measure,
    network,
    sayings,
    telephone,
    units,
    voices,
)
from nlp.speech.training.network import Heard
from nlp.speech.training.telephone import Sound

SEED = 4569899
JOINED = 0.25  # of the utterances are followed by another one
HELD_OUT_SENTENCES = 40
MOST_THREADS = 8
ROUNDS = 60
ROUNDS_EACH = 2  # through the same telephones, to save time
EASY_ROUNDS = 12  # through good lines, until the network knows what it listens for
NUMBERS = {unit: at for at, unit in enumerate(units.UNITS)}

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to train from and how long: minutes of speech, rounds of learning, threads."""

    voices: Path
    work: Path
    speech_minutes: float = 60.0
    rounds: int = ROUNDS
    threads: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    sound: Sound
    units: tuple[int, ...]


def train(county: County, plan: Plan, tell: Tell) -> Path:
    """The folder of the new model in Vosk's form; tells of its progress and its errors in Chinese.

    Raises ExtraMissing and VoicesMissing.
    """
    for library in ("torch", "kaldi_native_fbank"):
        extra.need(library, "训练语音识别")
    extra.look_for(graph.LIBRARY, "训练语音识别")
    kokoro = voices.load(plan.voices)
    names, words = sayings.names_of(county), sayings.words_of(county)
    said = sayings.read()
    chance = random.Random(f"{SEED}-{len(corpus.read(plan.work / 'corpus'))}")
    _speak(kokoro, sayings.spoken(said, names, words, chance), plan, chance, tell)
    model = plan.work / "model"
    export.write(network.layers(_learn(plan, tell)), model)
    tell("合成解码图")
    built = graph.build_aside(county, model, plan.work / "cache")
    tell(f"解码图：{built.words} 个词，{built.names} 个地名，{built.states} 个状态")
    for line in report(model, held_out(kokoro, county, plan.work / "held-out")):
        tell(line)
    return model


def held_out(kokoro: voices.Kokoro, county: County, folder: Path) -> list[tuple[str, Sound, int]]:
    """Sentences by the voices that training never hears; spoken once and kept in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    names, words = sayings.names_of(county), sayings.words_of(county)
    endless = sayings.spoken(sayings.read(), names, words, random.Random(SEED))
    chance = random.Random(SEED)
    clean = []
    for number, text in enumerate(itertools.islice(endless, HELD_OUT_SENTENCES)):
        voice, speed = voices.HELD_OUT[number % len(voices.HELD_OUT)], chance.uniform(0.85, 1.15)
        named = hashlib.sha256(f"{voice} {speed} {text}".encode()).hexdigest()
        path = folder / f"{named[:12]}.wav"  # what the county is called may change meanwhile
        if not path.exists():
            sound = kokoro.say(text.replace(" ", "，"), {voice: 1.0}, speed)
            soundfile.write(path, sound, voices.RATE_HZ, "PCM_16")
        sound, rate_hz = soundfile.read(path, dtype="float32")
        clean.append((text, sound, rate_hz))
    return clean


def report(model: Path, clean: Sequence[tuple[str, Sound, int]]) -> list[str]:
    """The model's character error rates on clean sentences through two telephone lines."""
    recognise = measure.recogniser(model)
    told = []
    for name, line in (("8 kHz μ 律", telephone.MU_LAW), ("8 kHz GSM", telephone.GSM)):
        found = measure.errors(measure.through(recognise, clean, line))
        told.append(
            f"没训练过的声音，{name}：字错率 {found.rate:.1%}，"
            f"{found.sentences} 句里 {found.whole} 句全对"
        )
    return told


def _speak(
    kokoro: voices.Kokoro,
    sentences: Iterator[str],
    plan: Plan,
    chance: random.Random,
    tell: Tell,
) -> None:
    folder = plan.work / "corpus"
    there = sum(soundfile.info(line.path).duration for line in corpus.read(folder))
    wanted = plan.speech_minutes * 60 - there
    tell(f"已有合成语音 {there / 60:.1f} 分钟，还要 {max(0.0, wanted) / 60:.1f} 分钟")
    told = 0

    def go_on(seconds: float) -> bool:
        nonlocal told
        if seconds // 60 > told:
            told = int(seconds // 60)
            tell(f"合成语音 {(there + seconds) / 60:.0f}/{plan.speech_minutes:.0f} 分钟")
        return bool(seconds < wanted)

    corpus.speak(folder, kokoro, sentences, chance, go_on)


def _learn(plan: Plan, tell: Tell) -> Any:
    torch = extra.need("torch", "训练语音识别")
    torch.set_num_threads(plan.threads)
    said = [_said(line) for line in corpus.read(plan.work / "corpus")]
    tell(f"开始训练：{len(said)} 句，{plan.rounds} 轮")
    start = time.monotonic()
    heard: dict[int, list[Heard]] = {}

    def fresh(number: int) -> list[Heard]:
        telephones = number // ROUNDS_EACH
        if telephones not in heard:
            heard.clear()
            heard[telephones] = rounds(
                said, np.random.default_rng((SEED, telephones)), easy=number < EASY_ROUNDS
            )
        return heard[telephones]

    def told(number: int, loss: float) -> None:
        minutes = (time.monotonic() - start) / 60
        tell(f"第 {number}/{plan.rounds} 轮，损失 {loss:.3f}，{minutes:.1f} 分钟")

    return network.train(
        fresh,
        plan.rounds,
        told,
        SEED,
        plan.work / "learned.pt",
    )


def rounds(said: Sequence[_Said], chance: np.random.Generator, *, easy: bool) -> list[Heard]:
    """Every utterance once, each through a telephone line of its own or, if `easy`, a good one."""
    heard = []
    for each in said:
        sound, spelled = each.sound, each.units
        if not easy and chance.random() < JOINED:
            more = said[int(chance.integers(len(said)))]
            sound, spelled = np.concatenate([sound, more.sound]), (*spelled, *more.units)
        line = telephone.GOOD if easy else telephone.draw(chance)
        seen = features.compute(telephone.through(sound, voices.RATE_HZ, line, chance))
        if len(seen) // network.STEP > len(spelled) + 1:
            heard.append(Heard(features=seen, units=spelled))
    return heard


def _said(line: corpus.Line) -> _Said:
    sound, _ = soundfile.read(line.path, dtype="float32")
    return _Said(sound=sound, units=tuple(NUMBERS[unit] for unit in units.of_text(line.text)))
