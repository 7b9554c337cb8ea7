"""Speech made fit for joining, pure: no silence at its ends, one loudness, no clicks, slower."""

from typing import TypeAlias

import numpy as np
import soxr
from numpy.typing import NDArray

Sound: TypeAlias = NDArray[np.float32]  # mono, -1..1

LOUDNESS_DB = -20.0  # of speech, without its pauses, below full scale
PEAK_DB = -1.5
EDGE_MS = 35  # silence that is kept at each end
_QUIET_DB = -38.0  # below the speech's loudness: silence
_FADE_MS = 5
_STEP_MS = 10


def loudness_db(sound: Sound, rate_hz: int) -> float:
    """How loud the speech in it is; -120 for silence."""
    power = _powers(sound, rate_hz)
    if not power.size or power.max() <= 1e-12:
        return -120.0
    voiced = power[power > power.max() * 1e-3]  # what is 30 dB below the loudest is a pause
    return float(10 * np.log10(voiced.mean()))


def silence_ms(sound: Sound, rate_hz: int) -> tuple[int, int]:
    """Silence at the beginning and at the end."""
    loud = np.flatnonzero(_powers(sound, rate_hz) > _floor(sound, rate_hz))
    if not loud.size:
        length_ms = len(sound) * 1000 // rate_hz
        return length_ms, length_ms
    last = len(_powers(sound, rate_hz)) - 1 - int(loud[-1])
    return int(loud[0]) * _STEP_MS, last * _STEP_MS


def trimmed(sound: Sound, rate_hz: int) -> Sound:
    """Without the silence at its ends, but for EDGE_MS."""
    before_ms, after_ms = silence_ms(sound, rate_hz)
    if before_ms + after_ms >= len(sound) * 1000 // rate_hz:
        return sound[:0]
    first = max(0, before_ms - EDGE_MS) * rate_hz // 1000
    last = len(sound) - max(0, after_ms - EDGE_MS) * rate_hz // 1000
    return _faded(sound[first:last], rate_hz)


def levelled(sound: Sound, rate_hz: int) -> Sound:
    """At LOUDNESS_DB, its peaks below PEAK_DB."""
    now_db = loudness_db(sound, rate_hz)
    if now_db <= -100:
        return sound
    factor = 10 ** ((LOUDNESS_DB - now_db) / 20)
    peak = float(np.abs(sound).max()) * factor
    most = 10 ** (PEAK_DB / 20)
    if peak <= most:
        return (sound * factor).astype(np.float32)
    # A few peaks are bent rather than the whole made quieter: up to half is left as it is.
    bent = np.tanh(sound * factor / most) * most
    bent = np.where(np.abs(sound * factor) < most / 2, sound * factor, bent)
    return bent.astype(np.float32)


def resampled(sound: Sound, from_hz: int, to_hz: int) -> Sound:
    """At another rate."""
    if from_hz == to_hz:
        return sound
    made: Sound = soxr.resample(sound, from_hz, to_hz).astype(np.float32)
    return made


def slowed(sound: Sound, rate_hz: int, speed: float) -> Sound:
    """Spoken at `speed` (0.8: a fifth slower) at the same pitch: similar waves are overlapped."""
    window, reach = rate_hz * 30 // 1000, rate_hz * 8 // 1000
    half = window // 2
    if speed == 1.0 or len(sound) < 2 * window + 2 * reach:
        return sound
    count = int((len(sound) / speed - half) // half)
    shape = np.hanning(2 * half + 1)[: 2 * half].astype(np.float32)
    padded = np.concatenate([sound, np.zeros(window + 2 * reach, np.float32)])
    made = np.zeros(half * (count + 1), np.float32)
    made[:half] = padded[:half] * shape[half:]
    start = -half  # so that the first stretch goes on from nothing
    for step in range(count):
        wanted = padded[start + half : start + half + 2 * half]  # what would follow by itself
        target = int(step * half * speed)
        start = _most_alike(padded, wanted, max(0, target - reach), target + reach)
        made[step * half : step * half + 2 * half] += padded[start : start + 2 * half] * shape
    made[:half] = padded[:half]
    return made[: int(len(sound) / speed)]


def pcm(sound: Sound) -> bytes:
    """16-bit little-endian samples."""
    return (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()


def sound(samples: bytes) -> Sound:
    """From 16-bit little-endian samples."""
    return (np.frombuffer(samples, "<i2") / 32768).astype(np.float32)


def _most_alike(padded: Sound, wanted: Sound, first: int, last: int) -> int:
    """Where within first..last a stretch begins that goes on from `wanted` best."""
    last = min(last, len(padded) - len(wanted))
    if last <= first:
        return max(0, last)
    field = padded[first : last + len(wanted)]
    likeness = np.correlate(field, wanted, "valid")
    energy = np.convolve(field * field, np.ones(len(wanted), np.float32), "valid")
    return first + int(np.argmax(likeness / np.sqrt(energy + 1e-6)))


def _faded(sound: Sound, rate_hz: int) -> Sound:
    length = min(rate_hz * _FADE_MS // 1000, len(sound) // 2)
    if not length:
        return sound
    ramp = np.linspace(0, 1, length, dtype=np.float32)
    made = sound.copy()
    made[:length] *= ramp
    made[-length:] *= ramp[::-1]
    return made


def _powers(sound: Sound, rate_hz: int) -> NDArray[np.float32]:
    """Power of each 10 ms."""
    step = rate_hz * _STEP_MS // 1000
    whole = len(sound) // step * step
    powers: NDArray[np.float32] = np.square(sound[:whole]).reshape(-1, step).mean(axis=1)
    return powers


def _floor(sound: Sound, rate_hz: int) -> float:
    return float(10 ** ((loudness_db(sound, rate_hz) + _QUIET_DB) / 10))
