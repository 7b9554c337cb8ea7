"""How well a model in Vosk's form hears: character errors of sentences through telephone lines."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rapidfuzz.distance import Levenshtein

from nlp.speech import model_store, vosk_engine
from nlp.speech.training import telephone
from nlp.speech.training.telephone import FULL_SCALE, RATE_HZ, Line, Sound

CHUNK_S = 0.1
SEED = 7

Recognise = Callable[[Sound], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """Characters wrong, missing or too many, of so many characters said."""

    wrong: int
    said: int
    sentences: int
    whole: int  # sentences without any error

    @property
    def rate(self) -> float:
        """Character error rate."""
        return self.wrong / max(1, self.said)


def recogniser(model: Path) -> Recognise:
    """A function that gives the words in a sound at RATE_HZ, as a live call would be heard."""
    loaded = vosk_engine.load(model_store.inspect(model))

    def recognise(sound: Sound) -> str:
        engine = vosk_engine.begin(loaded, RATE_HZ)
        pcm = (np.clip(sound, -1, 1) * FULL_SCALE).astype("<i2").tobytes()
        step = int(CHUNK_S * RATE_HZ) * 2
        for at in range(0, len(pcm), step):
            engine.accept(pcm[at : at + step])
        return engine.finish().text

    return recognise


def errors(heard: Iterable[tuple[str, str]]) -> Errors:
    """Count over (said, recognised) pairs; 幺 is 一, blanks don't count."""
    wrong = said = sentences = whole = 0
    for true, got in heard:
        distance = Levenshtein.distance(plain(true), plain(got))
        wrong += distance
        said += len(plain(true))
        sentences += 1
        whole += distance == 0
    return Errors(wrong=wrong, said=said, sentences=sentences, whole=whole)


def through(
    recognise: Recognise, clean: Iterable[tuple[str, Sound, int]], line: Line
) -> Iterator[tuple[str, str]]:
    """(said, recognised) of clean sounds (text, sound, rate) sent through a line."""
    chance = np.random.default_rng(SEED)
    for text, sound, rate_hz in clean:
        yield text, recognise(telephone.through(sound, rate_hz, line, chance))


def plain(text: str) -> str:
    """The characters that count."""
    return text.replace(" ", "").replace("幺", "一")
