"""Does somebody speak: decided for every 20 ms of a call, pure, so that silence is not decoded."""

import math
from collections import deque

import numpy as np
import webrtcvad
from numpy.typing import NDArray

FRAME_MS = 20
LEAD_MS = 300  # kept from before the beginning was certain; the first syllable is in it
TAIL_MS = 300  # of quiet that follows speech into the recogniser, which needs an ending

AGGRESSIVENESS = 1  # of webrtcvad, 0..3; what it lets through is judged further here
LEAST_LEVEL_DB = 24.0  # softer than this (RMS of 16 in 16 bits) is no speech on any line
SOFT_DB = 48.0  # what is softer is lifted before it is judged
LIFT = 6.0
IDLE_DB = 12.0  # softer than this is a line that sends nothing; it says nothing of the noise
MARGIN_DB = 6.0  # by which speech is louder than the noise of the line
FLOOR_BUCKETS = 8  # the softest frame of so many times 200 ms is the noise of the line
BUCKET_FRAMES = 10
STEADY_FRAMES = 20  # speech rises and falls within 400 ms; noise, a tone and a hum don't
STEADY_DB = 5.0
VOICED = 0.3  # so far samples near each other hang together in a voice; in hiss they do not
STARTING_FRAMES = 3  # so many of the last five frames begin it, and not a click
GAP_FRAMES = 4  # a gap so short is inside of speech


class VoiceGate:
    """Says of each frame of one call whether somebody speaks; feed it every frame, in order."""

    def __init__(self, rate_hz: int) -> None:
        """8000 or 16000 samples a second."""
        self._rate_hz = rate_hz
        self._detector = webrtcvad.Vad(AGGRESSIVENESS)
        self._levels: deque[float] = deque(maxlen=STEADY_FRAMES)
        self._buckets: deque[float] = deque(maxlen=FLOOR_BUCKETS)
        self._softest = math.inf  # of the bucket that is being filled
        self._filled = 0
        self._starts: deque[bool] = deque(maxlen=5)
        self._gap = GAP_FRAMES

    def feed(self, pcm: bytes) -> bool:
        """20 ms of 16-bit samples."""
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32)
        energy = float(samples @ samples) - float(samples.sum()) ** 2 / len(samples)
        level = 10 * math.log10(max(energy, 0.0) / len(samples) + 1)
        self._levels.append(level)
        floor = self._floor(level)
        voice = (
            level >= max(LEAST_LEVEL_DB, floor + MARGIN_DB)
            and self._detector.is_speech(_audible(pcm, samples, level), self._rate_hz)
            and not self._steady()
        )
        if self._gap >= GAP_FRAMES:  # quiet so far
            self._starts.append(voice and _hang_together(samples) >= VOICED * energy)
            voice = sum(self._starts) >= STARTING_FRAMES
        self._gap = 0 if voice else self._gap + 1
        if self._gap < GAP_FRAMES:
            return True
        if self._gap == GAP_FRAMES:
            self._starts.clear()
        return False

    def _floor(self, level: float) -> float:
        """The noise of the line: the softest frame of the last second and a half."""
        if level > IDLE_DB:
            self._softest = min(self._softest, level)
            self._filled += 1
            if self._filled == BUCKET_FRAMES:
                self._buckets.append(self._softest)
                self._softest, self._filled = math.inf, 0
        return min(self._softest, min(self._buckets, default=math.inf), level)

    def _steady(self) -> bool:
        return len(self._levels) == STEADY_FRAMES and (
            max(self._levels) - min(self._levels) < STEADY_DB
        )


def _audible(pcm: bytes, samples: NDArray[np.float32], level: float) -> bytes:
    """A soft frame louder: the detector takes soft speech for silence."""
    return (samples * LIFT).astype("<i2").tobytes() if level < SOFT_DB else pcm


def _hang_together(samples: NDArray[np.float32]) -> float:
    """How much samples have to do with the next one, or the next but one."""
    return max(
        abs(float(samples[1:] @ samples[:-1])),
        abs(float(samples[2:] @ samples[:-2])),
    )


class SpeechOnly:
    """Leaves out what is not speech; the same whichever way the audio is cut into pieces."""

    def __init__(self, rate_hz: int) -> None:
        """8000 or 16000 samples a second."""
        self._gate = VoiceGate(rate_hz)
        self._size = 2 * rate_hz * FRAME_MS // 1000
        self._rest = b""
        self._lead: deque[bytes] = deque(maxlen=LEAD_MS // FRAME_MS)
        self._tail = 0  # frames that still follow
        self._came = 0  # frames that came
        self._kept = 0  # frames that were given
        self._jumps: list[tuple[int, int]] = []  # frames given, left out by then

    def feed(self, pcm: bytes) -> bytes:
        """Any number of samples in; of the whole frames among them and before, what is speech."""
        pcm = self._rest + pcm if self._rest else pcm
        whole = len(pcm) - len(pcm) % self._size
        self._rest = pcm[whole:]
        kept = [self._frame(pcm[at : at + self._size]) for at in range(0, whole, self._size)]
        return b"".join(kept)

    def left_out_ms(self, at_ms: int) -> int:
        """How much was left out before `at_ms` of the audio given; the sum is when it came in."""
        before = 0
        for kept, left_out in self._jumps:
            if kept * FRAME_MS > at_ms:
                break
            before = left_out
        return before * FRAME_MS

    def _frame(self, frame: bytes) -> bytes:
        self._came += 1
        if self._gate.feed(frame):
            self._tail = TAIL_MS // FRAME_MS
        elif self._tail:
            self._tail -= 1
        else:
            self._lead.append(frame)
            return b""
        given = b"".join((*self._lead, frame))
        self._lead.clear()
        frames = len(given) // self._size
        left_out = self._came - frames - self._kept
        if left_out != (self._jumps[-1][1] if self._jumps else 0):
            self._jumps.append((self._kept, left_out))
        self._kept += frames
        return given
