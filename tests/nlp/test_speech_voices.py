"""Training and the tests' calls share no voice: what a model is judged by, it has never heard."""

import itertools
import random
from pathlib import Path
from typing import cast

import numpy as np

from nlp.speech.training import corpus, voices
from nlp.speech.training.voices import Kokoro, Sound
from tests.phone import speak_calls

SENTENCES = 400
OF_OTHER_LANGUAGES = ("af_heart", "jf_alpha")
MOST_BYTES = 600_000  # of all calls that come along


class Everybody:
    """Every voice there is, those of other languages and the held-out ones too; notes who speaks."""

    def __init__(self) -> None:
        self.blends: list[dict[str, float]] = []

    def names(self) -> tuple[str, ...]:
        return (*voices.MANDARIN, *voices.HELD_OUT, *OF_OTHER_LANGUAGES)

    def say(self, text: str, blend: dict[str, float], speed: float = 1.0) -> Sound:
        self.blends.append(blend)
        return np.zeros(voices.RATE_HZ // 100, np.float32)


def test_no_sentence_of_training_is_spoken_by_a_held_out_voice(tmp_path: Path) -> None:
    kokoro, left = Everybody(), iter(range(SENTENCES))
    corpus.speak(
        tmp_path,
        cast(Kokoro, kokoro),
        itertools.repeat("路灯坏了"),
        random.Random(1),
        lambda seconds: next(left, None) is not None,
    )
    spoke = {name for blend in kokoro.blends for name in blend}
    assert len(kokoro.blends) == SENTENCES
    assert spoke == {*voices.MANDARIN, *OF_OTHER_LANGUAGES}  # blended, and none of them held out
    assert all(round(sum(blend.values()), 6) == 1 for blend in kokoro.blends)
    told = {part.split("*")[0] for line in corpus.read(tmp_path) for part in line.blend.split("+")}
    assert told == spoke


def test_the_calls_are_spoken_by_the_held_out_voices_alone() -> None:
    assert {call.voice for call in speak_calls.calls()} == set(voices.HELD_OUT)
    assert len(voices.HELD_OUT) >= 2


def test_the_calls_are_all_listed_and_small() -> None:
    listed = {call.path for call in speak_calls.calls()}
    there = set(speak_calls.CALLS.glob("*.flac"))
    assert listed == there
    assert sum(path.stat().st_size for path in there) <= MOST_BYTES
