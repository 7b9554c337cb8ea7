"""Speech made fit for joining: measured, since nobody listens here."""

import numpy as np
import pytest

from channels.phone.voice import levels
from tests.channels.phone import sounds

RATES = [8000, 16000]


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("loud", [0.003, 0.05, 0.45])
def test_any_speech_comes_to_one_loudness_without_clipping(rate_hz: int, loud: float) -> None:
    made = levels.levelled(sounds.voice(8, rate_hz, loud=loud), rate_hz)
    assert abs(levels.loudness_db(made, rate_hz) - levels.LOUDNESS_DB) < 1.5
    assert np.abs(made).max() <= 10 ** (levels.PEAK_DB / 20) + 1e-6


def test_levelling_keeps_the_wave() -> None:
    speech = sounds.voice(8, 8000, loud=0.05)
    assert np.corrcoef(speech, levels.levelled(speech, 8000))[0, 1] > 0.99


@pytest.mark.parametrize("rate_hz", RATES)
def test_silence_at_the_ends_is_cut_off_and_the_cut_is_silent(rate_hz: int) -> None:
    made = levels.trimmed(sounds.voice(4, rate_hz, edge_ms=700), rate_hz)
    before_ms, after_ms = levels.silence_ms(made, rate_hz)
    assert max(before_ms, after_ms) <= levels.EDGE_MS + 20
    assert abs(made[0]) < 1e-3
    assert abs(made[-1]) < 1e-3


def test_silence_stays_silence() -> None:
    nothing = np.zeros(8000, np.float32)
    assert levels.trimmed(nothing, 8000).size == 0
    assert not levels.levelled(nothing, 8000).any()
    assert levels.trimmed(nothing[:0], 8000).size == 0


@pytest.mark.parametrize("rate_hz", RATES)
def test_slower_speech_keeps_its_pitch_and_has_no_clicks(rate_hz: int) -> None:
    speech = sounds.voice(20, rate_hz, pitch_hz=200)
    slow = levels.slowed(speech, rate_hz, 0.8)
    assert abs(len(slow) / len(speech) - 1.25) < 0.01
    assert _pitch(slow, rate_hz) == pytest.approx(_pitch(speech, rate_hz), rel=0.03)
    assert np.abs(np.diff(slow)).max() < 1.3 * np.abs(np.diff(speech)).max()
    assert levels.loudness_db(slow, rate_hz) == pytest.approx(
        levels.loudness_db(speech, rate_hz), abs=1
    )


def test_what_is_too_short_to_be_slowed_stays() -> None:
    word = sounds.voice(1, 8000)[:300]
    assert levels.slowed(word, 8000, 0.8) is word
    assert levels.slowed(word, 8000, 1.0) is word


def test_samples_and_sounds_are_the_same_thing() -> None:
    speech = sounds.voice(3, 8000)
    assert np.allclose(levels.sound(levels.pcm(speech)), speech, atol=1e-4)


def test_resampling_keeps_length_and_wave() -> None:
    speech = sounds.voice(5, 24_000)
    made = levels.resampled(levels.resampled(speech, 24_000, 16_000), 16_000, 24_000)
    assert np.corrcoef(made[: len(speech)], speech[: len(made)])[0, 1] > 0.99


def _pitch(sound: levels.Sound, rate_hz: int) -> float:
    spectrum = np.abs(np.fft.rfft(sound))
    return float(np.fft.rfftfreq(len(sound), 1 / rate_hz)[spectrum.argmax()])
