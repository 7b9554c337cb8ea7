"""Whether what was said is in what was heard, though a telephone line lost or added some of it."""

import numpy as np
from scipy.ndimage import maximum_filter1d

from tests.phone.kit import RATE_HZ, Samples

_PIECE = RATE_HZ // 10
_DRIFT = RATE_HZ // 2  # samples that jitter buffers may add or drop in the whole
_QUIET = 100.0  # root mean square of a piece in which nothing is said
_FLOOR = 100.0  # energy of a sample, below which nothing is made louder to be compared


def likeness(said: Samples, heard: Samples) -> float:
    """How much of what was said is in what was heard: 1 is all of it, whatever loudness and delay.

    Pieces of a tenth of a second are looked for one by one, all with the same delay give or take
    half a second: a frame that is lost or comes twice spoils its own piece only. The median counts.
    """
    places = range(0, len(said) - _PIECE + 1, _PIECE)
    loud = [at for at in places if np.sqrt(np.mean(said[at : at + _PIECE] ** 2)) > _QUIET]
    if not loud or len(heard) < _PIECE:
        return 0.0
    found = np.zeros((len(loud), len(said) + len(heard)))
    for row, at in zip(found, loud, strict=True):  # column: the delay, plus the length of `said`
        likes = _likes(said[at : at + _PIECE], heard)
        first = len(said) - at
        row[first : first + len(likes)] = likes
    found = maximum_filter1d(found, 2 * _DRIFT + 1, axis=1, mode="constant")
    return float(np.median(found[:, np.argmax(found.sum(axis=0))]))


def _likes(piece: Samples, heard: Samples) -> Samples:
    """How like the piece is what was heard from each moment on."""
    size = 1 << (len(piece) + len(heard)).bit_length()
    found = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(piece, size)), size)
    energy = np.concatenate(([0.0], np.cumsum(heard**2)))
    starts = len(heard) - len(piece) + 1
    around = energy[len(piece) : len(piece) + starts] - energy[:starts]
    scale = np.linalg.norm(piece) * np.sqrt(np.maximum(around, len(piece) * _FLOOR))
    likes: Samples = found[:starts] / scale
    return likes
