"""What filters find in a batch of messages and what these finds learn, for `nlp.network_training`.

Only the best finds of each filter in each message learn, so going back costs next to nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Span = tuple[Array, Array]  # the first window of each message, and the one after the last


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages one after the other, with nothing (row 0) between them."""

    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]

    def span(self, width: int, beginning: int) -> Sequence[tuple[Array, Array]]:
        """The first window of each message and the one after the last: in all of it, and in its
        beginning.
        """
        firsts, ends = self.starts - (width - 1), self.starts + self.lengths
        return (firsts, ends), (firsts, np.minimum(ends, firsts + beginning))


def batch(messages: Sequence[NDArray[np.int64]], gap: int) -> Batch:
    """Messages as a batch, with `gap` or more of nothing around each."""
    lengths = np.array([len(rows) for rows in messages])
    starts = gap + np.concatenate([[0], np.cumsum(lengths + gap)[:-1]])
    rows = np.zeros(starts[-1] + lengths[-1] + gap + 1, dtype=np.int64)
    for start, message in zip(starts, messages, strict=True):
        rows[start : start + len(message)] = message
    return Batch(rows, starts, lengths)


def _windows(meanings: NDArray[Any], width: int) -> NDArray[Any]:
    """The meanings of `width` units that follow each other (last axis but one), side by side."""
    places = meanings.shape[-2] - width + 1
    return np.concatenate([meanings[..., at : at + places, :] for at in range(width)], axis=-1)


class Places:
    """What the filters of one width find in the spans of a batch, and where each finds most."""

    def __init__(
        self, meanings: Array, spans: Sequence[tuple[Array, Array]], matrix: Array
    ) -> None:
        self._width = matrix.shape[0] // meanings.shape[1]
        self._windows = _windows(meanings, self._width)
        self._found = self._windows @ matrix
        self._spans = spans
        edges = [np.stack(span, axis=1).ravel() for span in spans]
        best = [np.maximum.reduceat(self._found, each, axis=0)[::2] for each in edges]
        self.peaks: Array = np.stack(best)

    def learnt(self, slopes: Array, matrix: Array, moved: Array) -> Array:
        """The slope of the filters; that of the meanings is added to `moved`."""
        from scipy.sparse import csr_matrix

        parts = zip(self._spans, slopes, self.peaks, strict=True)
        shared, rows, columns = map(
            np.concatenate, zip(*(self._hits(*p) for p in parts), strict=True)
        )
        only = csr_matrix((shared, (rows, columns)), shape=self._found.shape)
        back = np.asarray(only @ matrix.T)
        dimensions = moved.shape[1]
        for at in range(self._width):
            part = back[:, at * dimensions : (at + 1) * dimensions]
            moved[at : at + len(part)] += part
        return np.asarray(only.T @ self._windows).T

    def _hits(
        self, span: tuple[Array, Array], slope: Array, peaks: Array
    ) -> tuple[Array, Array, Array]:
        """The best finds: the slope of each, its window and its filter."""
        sizes = span[1] - span[0]
        message = np.repeat(np.arange(len(sizes)), sizes)
        inside = np.concatenate([np.arange(*edge) for edge in zip(*span, strict=True)])
        hit, which = np.nonzero(self._found[inside] == peaks[message])
        of = message[hit] * peaks.shape[1] + which
        shared = slope.ravel()[of] / np.bincount(of)[of]  # a word said twice shares what is learnt
        return shared, inside[hit], which


def summed(rows: NDArray[np.int64], slopes: Array) -> tuple[NDArray[np.int64], Array]:
    """The rows used, each once and without 0, and the sum of the slopes of each."""
    from scipy.sparse import csr_matrix

    used, places = np.unique(rows, return_inverse=True)
    ones = np.ones(len(rows), dtype=np.float32)
    where = (places, np.arange(len(rows)))
    sums = np.asarray(csr_matrix((ones, where), shape=(len(used), len(rows))) @ slopes)
    return used[1:], sums[1:]
