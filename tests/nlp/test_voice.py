"""Somebody speaks, or it is only the line: noise, hum, tones and clicks are not speech."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nlp.speech.voice import FRAME_MS, LEAD_MS, TAIL_MS, SpeechOnly, VoiceGate

Samples = NDArray[np.float64]
RATES = (8000, 16000)


def pcm(samples: Samples) -> bytes:
    return np.clip(samples, -32768, 32767).astype("<i2").tobytes()


def noise(seconds: float, rms: float, rate_hz: int = 8000, seed: int = 1) -> Samples:
    dice = np.random.default_rng(seed)
    return np.asarray(dice.standard_normal(round(seconds * rate_hz)) * rms)


def pink(seconds: float, rms: float, rate_hz: int = 8000) -> Samples:
    """As a telephone passes it: nothing below 100 Hz."""
    white = np.fft.rfft(noise(seconds, 1.0, rate_hz))
    white[: round(100 * seconds)] = 0
    shaped = np.fft.irfft(white / np.sqrt(np.arange(len(white)) + 1.0))
    return np.asarray(shaped * rms / shaped.std())


def tone(seconds: float, rms: float, rate_hz: int = 8000, *hz: float) -> Samples:
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    waves = sum(np.sin(2 * np.pi * each * times) / (n + 1) for n, each in enumerate(hz))
    return np.asarray(waves) * rms


def voice(seconds: float, rms: float, rate_hz: int = 8000) -> Samples:
    """Something like a vowel, four syllables a second: harmonics that rise, fall and glide."""
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    pitch = np.cumsum(140 + 25 * np.sin(2 * np.pi * 1.3 * times)) / rate_hz
    sound = np.zeros_like(times)
    for harmonic in range(1, 24):
        height = 140 * harmonic
        loud = sum(
            share * np.exp(-(((height - formant) / 200) ** 2))
            for formant, share in ((450, 1.0), (1400, 0.5), (2500, 0.25))
        )
        sound += (loud + 0.02) * np.sin(2 * np.pi * harmonic * pitch)
    sound *= np.maximum(0.03, np.sin(2 * np.pi * 2 * times) ** 2)
    return np.asarray(sound * rms / sound.std())


def heard(samples: Samples, rate_hz: int = 8000) -> list[bool]:
    gate = VoiceGate(rate_hz)
    audio, size = pcm(samples), 2 * rate_hz * FRAME_MS // 1000
    return [gate.feed(audio[at : at + size]) for at in range(0, len(audio) - size + 1, size)]


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("rms", [0, 10, 50, 300, 3000])
@pytest.mark.parametrize("kind", ["white", "pink", "hum", "dial tone"])
def test_a_noise_of_the_line_is_not_speech(kind: str, rms: float, rate_hz: int) -> None:
    made = {
        "white": lambda: noise(6, rms, rate_hz),
        "pink": lambda: pink(6, rms, rate_hz),
        "hum": lambda: tone(6, rms, rate_hz, 50, 150, 250),
        "dial tone": lambda: tone(6, rms, rate_hz, 450),
    }
    assert sum(heard(made[kind](), rate_hz)) == 0


@pytest.mark.parametrize("kind", ["white", "pink", "hum", "dial tone"])
def test_a_noise_that_begins_in_the_call_passes_for_speech_for_half_a_second_at_most(
    kind: str,
) -> None:
    begins = {
        "white": lambda: noise(4, 1000),
        "pink": lambda: pink(4, 1000),
        "hum": lambda: tone(4, 1000, 8000, 50, 150, 250),
        "dial tone": lambda: tone(4, 1000, 8000, 450),
    }
    frames = heard(np.concatenate([noise(2, 8), begins[kind]()]))
    assert sum(frames) * FRAME_MS <= 500
    assert not any(frames[-100:])


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("rms", [60, 300, 3000])
def test_soft_and_loud_speakers_are_heard(rms: float, rate_hz: int) -> None:
    frames = heard(voice(3, rms, rate_hz) + noise(3, 8, rate_hz), rate_hz)
    assert sum(frames) / len(frames) > 0.5


def test_speech_over_a_noisy_line_is_heard_and_the_noise_around_it_is_not() -> None:
    spoken = np.concatenate([np.zeros(16000), voice(3, 600), np.zeros(16000)])
    frames = heard(spoken + noise(7, 80))
    assert sum(frames[100:250]) > 75
    assert sum(frames[:100]) == 0
    assert sum(frames[265:]) == 0


def test_a_click_is_not_speech() -> None:
    line = noise(2, 8)
    line[8000:8080] += 12_000
    assert sum(heard(line)) == 0


def test_a_line_that_was_dead_before_teaches_nothing_about_noise() -> None:
    assert sum(heard(np.concatenate([np.zeros(16000), noise(4, 300)]))) == 0


def test_the_first_syllable_comes_whole_and_silence_does_not_come() -> None:
    spoken = np.concatenate([np.zeros(24000), voice(1, 2000), np.zeros(24000)])
    begins, ends = 24000, 24000 + 8000
    sieve = SpeechOnly(8000)
    given_ = np.frombuffer(sieve.feed(pcm(spoken + noise(7, 4))), dtype="<i2")
    loud = np.flatnonzero(np.abs(given_) > 200)
    original = np.flatnonzero(np.abs(spoken[begins:ends]) > 200)
    assert abs(len(loud) - len(original)) < 0.02 * len(original)  # nothing of it is lost
    assert len(given_) <= 8000 + (LEAD_MS + TAIL_MS + 160) * 8
    assert loud[0] >= 0.2 * 8000  # and some quiet stands before


def test_the_time_in_the_recording_is_known_of_what_is_given() -> None:
    marks = np.concatenate([noise(2, 4), voice(1, 2000), noise(3, 4, seed=2), voice(1, 2500)])
    sieve = SpeechOnly(8000)
    given_ = sieve.feed(pcm(marks))
    for at_ms in range(0, len(given_) // 16 - FRAME_MS, FRAME_MS):
        came_ms = at_ms + sieve.left_out_ms(at_ms)
        assert given_[16 * at_ms : 16 * at_ms + 320] == pcm(marks)[16 * came_ms :][:320]


SPOKEN = pcm(np.concatenate([noise(0.7, 6), voice(0.8, 900), noise(1.2, 6), voice(0.6, 900)]))
WHOLE = SpeechOnly(8000).feed(SPOKEN)


@given(cuts=st.lists(st.integers(0, len(SPOKEN)), max_size=40))
def test_it_does_not_matter_how_the_audio_is_cut(cuts: list[int]) -> None:
    sieve = SpeechOnly(8000)
    edges = [0, *sorted(cuts), len(SPOKEN)]
    pieces = [SPOKEN[a:b] for a, b in itertools.pairwise(edges)]
    assert b"".join(sieve.feed(piece) for piece in pieces) == WHOLE
    assert 0 < len(WHOLE) < len(SPOKEN)


@given(audio=st.binary(max_size=6400), rate_hz=st.sampled_from(RATES))
def test_any_bytes_are_audio(audio: bytes, rate_hz: int) -> None:
    given_ = SpeechOnly(rate_hz).feed(audio)
    assert len(given_) <= len(audio)
