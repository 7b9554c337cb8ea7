"""What callers of a bench say and when, and how long they wait for an answer: by sound alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

SPOKEN = Path(__file__).parents[1] / "phone" / "calls"
RATE_HZ = 8000
FRAME_MS = 20
FRAME_BYTES = 2 * RATE_HZ * FRAME_MS // 1000
LOUD = 200.0  # root mean square of a frame, of 32,767; a telephone's own noise is below
STILL_TALKING_MS = 100  # who was heard so shortly before the sentence's end was interrupted by it


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A caller's whole side of a call, for callers that only play: times count from the answer."""

    pcm: bytes
    ends_ms: tuple[float, ...]  # of each sentence's last loud sound

    @property
    def length_s(self) -> float:
        """How long the call lasts."""
        return len(self.pcm) / (2 * RATE_HZ)

    def save(self, folder: Path) -> tuple[Path, Path]:
        """As a WAV file for a telephone and as bare A-law for sipp."""
        samples = np.frombuffer(self.pcm, "<i2")
        wav, alaw = folder / "caller.wav", folder / "caller.al"
        soundfile.write(wav, samples, RATE_HZ, subtype="PCM_16")
        soundfile.write(alaw, samples, RATE_HZ, format="RAW", subtype="ALAW")
        return wav, alaw


def sentence(name: str) -> bytes:
    """One of the spoken sentences, without the silence around it."""
    samples, rate_hz = soundfile.read(SPOKEN / f"{name}.flac", dtype="int16")
    assert rate_hz == RATE_HZ
    pcm: bytes = samples.astype("<i2").tobytes()
    loud = [number for number, is_loud in enumerate(loudness(pcm)) if is_loud]
    return pcm[loud[0] * FRAME_BYTES : (loud[-1] + 1) * FRAME_BYTES]


def script(sentences: Sequence[bytes], waits_s: Sequence[float]) -> Script:
    """Each sentence after its wait; the last wait is before the hang-up."""
    pcm, ends_ms = bytearray(), []
    for wait_s, said in zip(waits_s, [*sentences, b""], strict=True):
        pcm += silence(wait_s) + said
        ends_ms.append(len(pcm) * 500 / RATE_HZ)
    return Script(pcm=bytes(pcm), ends_ms=tuple(ends_ms[:-1]))


def silence(seconds: float) -> bytes:
    """Whole frames of it."""
    return bytes(FRAME_BYTES * round(1000 * seconds / FRAME_MS))


def loudness(pcm: bytes) -> NDArray[np.bool_]:
    """Of each whole frame: does somebody speak?"""
    samples = np.frombuffer(pcm[: len(pcm) // FRAME_BYTES * FRAME_BYTES], "<i2")
    frames = samples.astype(np.float64).reshape(-1, FRAME_BYTES // 2)
    loud: NDArray[np.bool_] = np.sqrt(np.mean(frames**2, axis=1)) > LOUD
    return loud


def heard_in(wav: Path) -> list[float]:
    """When a telephone's recording is loud, in ms from its beginning."""
    samples, _ = soundfile.read(wav, dtype="int16")
    return [float(at * FRAME_MS) for at in np.flatnonzero(loudness(samples.tobytes()))]


def answers_ms(ends_ms: Sequence[float], heard_ms: Sequence[float]) -> list[float]:
    """From the last sound of each sentence to the first of what was said after it.

    Where the other side was speaking at that moment, nothing can be told; so too where it was
    silent until the next sentence.
    """
    found = []
    for end_ms, next_ms in zip(ends_ms, [*ends_ms[1:], float("inf")], strict=True):
        before = [at for at in heard_ms if end_ms - STILL_TALKING_MS < at <= end_ms]
        after = next((at for at in heard_ms if at > end_ms), float("inf"))
        if not before and after < next_ms:
            found.append(after - end_ms)
    return found
