"""A corpus of spoken sentences in a folder: which voice says what, spoken one after the other.

The folder fills up as long as it is given time and goes on where it stopped: `000000.wav` (16 bits,
Kokoro's rate) with its words in `sentences.tsv` (file TAB voices TAB text).
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import soundfile

from nlp.speech.training import voices
from nlp.speech.training.voices import Kokoro

INDEX = "sentences.tsv"
SLOWEST, FASTEST = 0.8, 1.3
TWO_VOICES = 0.4  # of the sentences are spoken by a blend of two Mandarin voices
FOREIGN = 0.25  # by a Mandarin voice blended with one of another language


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A spoken sentence; blanks in the text are short breaks."""

    path: Path
    blend: str
    text: str


def speak(
    folder: Path,
    kokoro: Kokoro,
    sentences: Iterator[str],
    chance: random.Random,
    go_on: Callable[[float], bool],
) -> float:
    """Speak sentences into the folder until `go_on(seconds spoken)` says no; gives the seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    number = len(read(folder))
    foreign = [name for name in kokoro.names() if not name.startswith("z")]
    seconds = 0.0
    with (folder / INDEX).open("a", encoding="utf-8") as index:
        while go_on(seconds):
            text = next(sentences)
            blend = speaker(chance, foreign)
            sound = kokoro.say(text.replace(" ", "，"), blend, chance.uniform(SLOWEST, FASTEST))
            soundfile.write(folder / f"{number:06}.wav", sound, voices.RATE_HZ, "PCM_16")
            told = "+".join(f"{name}*{weight:.2f}" for name, weight in blend.items())
            index.write(f"{number:06}.wav\t{told}\t{text}\n")
            index.flush()
            number += 1
            seconds += len(sound) / voices.RATE_HZ
    return seconds


def speaker(chance: random.Random, foreign: Sequence[str]) -> dict[str, float]:
    """A voice for one sentence: plain, or blended so that no two speakers are quite alike."""
    first, second = chance.sample(voices.MANDARIN, 2)
    kind = chance.random()
    if kind < TWO_VOICES:
        share = round(chance.uniform(0.2, 0.8), 2)
        return {first: share, second: 1 - share}
    if kind < TWO_VOICES + FOREIGN and foreign:
        share = round(chance.uniform(0.4, 0.7), 2)
        return {first: share, chance.choice(foreign): 1 - share}
    return {first: 1.0}


def read(folder: Path) -> list[Line]:
    """What is spoken in the folder so far."""
    index = folder / INDEX
    if not index.exists():
        return []
    rows = (row.split("\t") for row in index.read_text(encoding="utf-8").splitlines())
    return [Line(path=folder / name, blend=blend, text=text) for name, blend, text in rows]
