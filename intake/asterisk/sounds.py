"""What the dialplan says by itself, when no program is there to speak: files made beforehand."""

import math
import struct
import wave
from collections.abc import Callable
from pathlib import Path

from intake.asterisk import files

RATE_HZ = 8000
WORDS = {
    "please-wait": "请稍等，正在为您转接话务员。",
    "still-waiting": "话务员还在忙，请再等一会儿，不要挂机。",
    "leave-message": "现在没有话务员能接您的电话。请在嘀声以后，说出要反映的事和地点，"
    "说完挂机就可以。我们会给您回电话。",
    "goodbye": "您说的已经录下来了，我们会给您回电话。再见。",
}
TONE_AFTER = "leave-message"
Say = Callable[[str, int], bytes]  # words, samples a second -> 16-bit samples


def write(folder: Path, say: Say | None = None) -> None:
    """The files that are not there yet; without a voice only the tone is heard."""
    with files.private_files():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, text in WORDS.items():
            path = folder / f"{name}.wav"
            if path.exists():
                continue
            samples = say(text, RATE_HZ) if say else bytes(RATE_HZ // 5 * 2)
            if name == TONE_AFTER:
                samples += _tone()
            _save(path, samples)


def _tone() -> bytes:
    """The sign to speak: half a second, soft, faded in and out so that it does not click."""
    length = RATE_HZ // 2
    values = []
    for number in range(length):
        loud = min(1.0, number / 400, (length - number) / 400)
        values.append(int(6000 * loud * math.sin(2 * math.pi * 660 * number / RATE_HZ)))
    return struct.pack(f"<{length}h", *values)


def _save(path: Path, samples: bytes) -> None:
    draft = path.with_name(f".{path.name}.new")
    with wave.open(str(draft), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples)
    draft.chmod(0o600)
    draft.replace(path)
