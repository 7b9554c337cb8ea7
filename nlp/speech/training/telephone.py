"""Makes a clean sound into one that came through a telephone: 8 kHz, codec, band, noise, gain."""

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

RATE_HZ = 8_000
FULL_SCALE = 32_767.0

Sound = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One way through the telephone network."""

    codec: str = "mu-law"  # mu-law, a-law, gsm or none
    low_hz: float = 300.0
    high_hz: float = 3400.0
    tilt_db: float = 0.0  # from the lowest to the highest frequency
    noise_db: float | None = None  # signal to noise
    noise_tilt_db: float = 0.0
    hum_hz: float = 0.0
    echo_s: float = 0.0  # how long the room rings
    peak_db: float = -3.0  # of the loudest sample, before the codec
    stretch: float = 1.0  # over 1: quicker and higher, as another throat would be
    lead_s: float = 0.3
    tail_s: float = 0.4


MU_LAW = Line()
GOOD = Line(codec="none", lead_s=0.1, tail_s=0.1)
GSM = Line(codec="gsm", noise_db=25.0)


def draw(chance: np.random.Generator) -> Line:
    """Some line or other, from good to bad."""
    noisy = chance.random() < 0.7
    return Line(
        codec=str(chance.choice(["mu-law", "a-law", "gsm", "none"], p=[0.4, 0.15, 0.3, 0.15])),
        low_hz=chance.uniform(60, 350),
        high_hz=chance.uniform(3000, 3900),
        tilt_db=chance.normal(0, 5),
        noise_db=chance.uniform(12, 40) if noisy else None,
        noise_tilt_db=chance.uniform(-25, 5),
        hum_hz=50.0 if chance.random() < 0.1 else 0.0,
        echo_s=chance.uniform(0.05, 0.35) if chance.random() < 0.2 else 0.0,
        peak_db=chance.uniform(-22, 0.5),
        stretch=float(np.exp(chance.normal(0, 0.08))),
        lead_s=chance.uniform(0.05, 0.6),
        tail_s=chance.uniform(0.05, 0.8),
    )


def through(sound: Sound, rate_hz: int, line: Line, chance: np.random.Generator) -> Sound:
    """The sound at the far end of the line, at RATE_HZ, -1 to 1."""
    heard = soxr.resample(sound, rate_hz * line.stretch, RATE_HZ).astype(np.float32)
    lead, tail = int(line.lead_s * RATE_HZ), int(line.tail_s * RATE_HZ)
    heard = np.concatenate([np.zeros(lead), heard, np.zeros(tail)])
    if line.echo_s:
        heard = _rung(heard, line.echo_s, chance)
    if line.noise_db is not None:
        heard = heard + _noise(heard, line, chance)
    heard = _shaped(heard, line)
    heard = heard / (np.abs(heard).max() + 1e-9) * 10 ** (line.peak_db / 20)
    return _coded(np.clip(heard, -1, 1).astype(np.float32), line.codec)


def _rung(sound: npt.NDArray[np.float64], ring_s: float, chance: np.random.Generator) -> Sound:
    size = int(ring_s * RATE_HZ)
    answer = chance.standard_normal(size) * np.exp(-6.9 * np.arange(size) / size) * 0.15
    answer[0] = 1.0
    return np.convolve(sound, answer)[: len(sound)].astype(np.float32)


def _noise(sound: Sound, line: Line, chance: np.random.Generator) -> Sound:
    noise = _tilted(chance.standard_normal(len(sound)), line.noise_tilt_db)
    if line.hum_hz:
        at = np.arange(len(sound)) / RATE_HZ * 2 * np.pi * line.hum_hz
        noise = noise / (noise.std() + 1e-9) + sum(np.sin(at * k) / k for k in (2, 3, 5, 7))
    power = (np.square(sound).mean() + 1e-12) / (np.square(noise).mean() + 1e-12)
    scale = np.sqrt(power / 10 ** ((line.noise_db or 0.0) / 10))
    return np.asarray(noise * scale, np.float32)


def _tilted(sound: npt.NDArray[np.float64], tilt_db: float) -> npt.NDArray[np.float64]:
    spectrum = np.fft.rfft(sound)
    at = np.linspace(0, 1, len(spectrum))
    return np.fft.irfft(spectrum * 10 ** (tilt_db * at / 20), len(sound))


def _shaped(sound: npt.NDArray[np.float64], line: Line) -> npt.NDArray[np.float64]:
    spectrum = np.fft.rfft(sound)
    hz = np.fft.rfftfreq(len(sound), 1 / RATE_HZ)
    band = 1 / np.sqrt(1 + (line.low_hz / np.maximum(hz, 1.0)) ** 8)
    band /= np.sqrt(1 + (hz / line.high_hz) ** 24)
    tilt = 10 ** (line.tilt_db * hz / (RATE_HZ / 2) / 20)
    return np.fft.irfft(spectrum * band * tilt, len(sound))


def _coded(sound: Sound, codec: str) -> Sound:
    if codec == "none":
        return np.round(sound * FULL_SCALE).astype(np.float32) / np.float32(FULL_SCALE)
    subtype = {"mu-law": "ULAW", "a-law": "ALAW", "gsm": "GSM610"}[codec]
    file = io.BytesIO()
    soundfile.write(file, sound, RATE_HZ, subtype, format="WAV")
    file.seek(0)
    decoded, _ = soundfile.read(file, dtype="float32")
    return np.asarray(decoded[: len(sound)], np.float32)
