"""Speaks the telephone's phrases into a folder of recordings: Ogg Opus files and `clips.tsv`."""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import soundfile
import soxr

from nlp.speech.training import voices
from nlp.speech.training.voices import Kokoro, Sound

LIST = "clips.tsv"
RATE_HZ = 16_000
SPEED = 0.95
COMPRESSION = 0.96  # libsndfile's, 0 to 1: about 18 kbit/s of Opus
LOUDNESS_DB = -20.0
PEAK_DB = -2.0
EDGE_S = 0.03
QUIET_DB = -40.0


def speak(
    folder: Path,
    kokoro: Kokoro,
    voice: str,
    texts: Iterable[str],
    told: Callable[[int, str], bool],
) -> int:
    """Speak each text into a file of its own and list it; gives how many.

    `told(number, text)` is told before each and says whether to go on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    number = 0
    with (folder / LIST).open("a", encoding="utf-8") as index:
        for text in texts:
            if not told(number, text):
                break
            sound = fit(kokoro.say(text, {voice: 1.0}, SPEED))
            name = f"{hashlib.sha256(text.encode()).hexdigest()[:12]}.opus"
            write(folder / name, sound)
            index.write(f"{text}\t{name}\n")
            index.flush()
            number += 1
    return number


def fit(sound: Sound) -> Sound:
    """At RATE_HZ, without silence at the ends, at one loudness."""
    made = soxr.resample(sound, voices.RATE_HZ, RATE_HZ).astype(np.float32)
    loud = np.flatnonzero(np.abs(made) > np.abs(made).max() * 10 ** (QUIET_DB / 20))
    edge = int(EDGE_S * RATE_HZ)
    made = made[max(0, int(loud[0]) - edge) : int(loud[-1]) + edge]
    voiced = made[np.abs(made) > np.abs(made).max() * 0.03]
    gain = 10 ** (LOUDNESS_DB / 20) / (np.sqrt(np.square(voiced).mean()) + 1e-9)
    most = 10 ** (PEAK_DB / 20) / (np.abs(made).max() + 1e-9)
    return np.asarray(made * min(gain, most), np.float32)


def write(path: Path, sound: Sound) -> None:
    """One Ogg Opus file."""
    with soundfile.SoundFile(
        path, "w", RATE_HZ, 1, "OPUS", format="OGG", compression_level=COMPRESSION
    ) as file:
        file.write(sound)
