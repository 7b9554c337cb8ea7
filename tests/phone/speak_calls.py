"""Speaks the calls of `calls.tsv` into 8 kHz files: `python -m tests.phone.speak_calls VOICES`.

The voices are those that the trial recogniser was never trained on. Run it again only when a line
is added: files that are there are kept. They are FLAC, which keeps every sample.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from nlp.speech.training import telephone, voices
from nlp.speech.training.telephone import FULL_SCALE, Sound

CALLS = Path(__file__).parent / "calls"
LINES = {"mu-law": telephone.MU_LAW, "gsm": telephone.GSM}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One utterance of a caller; blanks in the text are breaks."""

    path: Path
    voice: str
    speed: float
    line: str
    text: str


def calls() -> list[Call]:
    """All of them."""
    rows = (CALLS / "calls.tsv").read_text(encoding="utf-8").splitlines()
    found = []
    for row in rows:
        if not row.startswith("#"):
            name, voice, speed, line, text = row.split("\t")
            call = Call(path=CALLS / name, voice=voice, speed=float(speed), line=line, text=text)
            found.append(call)
    return found


def main(folder: Path) -> None:
    kokoro = voices.load(folder)
    chance = np.random.default_rng(1)
    for call in calls():
        if call.path.exists():
            continue
        sound = kokoro.say(call.text.replace(" ", "，"), {call.voice: 1.0}, call.speed)
        heard = telephone.through(sound, voices.RATE_HZ, LINES[call.line], chance)
        save(call.path, heard)


def save(path: Path, sound: Sound) -> None:
    """A call as it is committed."""
    samples = np.round(sound * FULL_SCALE).astype(np.int16)
    soundfile.write(path, samples, telephone.RATE_HZ, "PCM_16", compression_level=1.0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
