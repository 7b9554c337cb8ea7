"""What the dialplan says by itself, when no program is there to speak: files made beforehand."""

import math
import struct
import wave
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from intake.asterisk import files

RATE_HZ = 8000
WORDS = {
    "leave-message": "现在没有空着的工作人员。"
    "请在嘀声后说您的事和地方，说完挂断就行，我们给您回电话。",
    "still-waiting": "工作人员还在忙，请再等一会儿，先别挂断。",
    "goodbye": "您说的已经录下来了，我们给您回电话。再见。",
    "not-recorded": "刚才没有录上，我们给您回电话，您过一会儿再打也行。再见。",
    "relay-announce": "有事儿我要说热线，为您接通办件人员，通话会录音。",
    "relay-busy": "对方占线，请您过一会儿再打。再见。",
    "relay-unanswered": "对方没有接，请您过一会儿再打。再见。",
    "relay-no-line": "电话没有打通，请您过一会儿再打。再见。",
}
COUNTYS_OWN = {"leave-message": "no_operator"}  # a county's reply that is said instead
TONE_AFTER = "leave-message"
Say = Callable[[str, int], bytes]  # words, samples a second -> 16-bit samples


def words(replies: Mapping[str, str]) -> dict[str, str]:
    """What is said, in the county's own words where it has any."""
    own = {name: replies[key] for name, key in COUNTYS_OWN.items() if key in replies}
    return {**WORDS, **own}


def write(
    folder: Path, say: Say | None = None, texts: Mapping[str, str] = MappingProxyType(WORDS)
) -> None:
    """The files that are not there yet; without a voice only the tone is heard."""
    with files.private_files():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, text in texts.items():
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
