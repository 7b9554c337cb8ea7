"""Trains the network's members, for `nlp.train`: plain numpy, and scipy for what is mostly nothing.

Only the best find of each filter in each message learns, so going back costs next to nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.network import Member, Network, soft_maximum, windows

Array = NDArray[Any]
Progress = Callable[[float], None]  # the share that is done

MEMBERS = 2
FILTERS = 96
WIDTHS = (1, 2)
ROUNDS = 10
BATCH = 32
RATE = 0.004
VECTOR_RATE = 3.0  # times RATE: meanings learnt elsewhere have to move to ours
LEAST_RATE = 0.02
WARM_UP = 100  # batches
DROPPED_WORDS = 0.3  # so that no single word decides, and short messages are met in training
DROPPED_VALUES = 0.1
DROPPED_FINDS = 0.3
DOUBT = 0.05  # of each label: some of them are wrong
LONGEST_WORDS = 200
LENGTH = 1.5  # of a word's vector at the beginning
_FIRST, _SECOND, _TINY = 0.9, 0.99, 1e-8  # Adam's


def fit(
    messages: Sequence[Sequence[str]],
    labels: NDArray[np.int64],
    meanings: Mapping[str, Array],
    *,
    seed: int,
    progress: Progress = lambda share: None,
) -> Network:
    """A network for messages given as words known to it; `meanings`: a vector for each word."""
    vocabulary = sorted(meanings)
    row = {word: number for number, word in enumerate(vocabulary, 1)}
    found = [np.array([row[word] for word in words], dtype=np.int64) for words in messages]
    heard = [number for number, rows in enumerate(found) if len(rows)]
    lesson = _Lesson([found[number] for number in heard], _doubted(labels)[heard])
    start = np.zeros((len(vocabulary) + 1, len(next(iter(meanings.values())))), dtype=np.float32)
    for word, number in row.items():
        start[number] = LENGTH * meanings[word] / (np.linalg.norm(meanings[word]) or 1)
    members = []
    for number in range(MEMBERS):
        learner = _Learner(start, lesson.targets.shape[1], np.random.default_rng((seed, number)))
        for turn in range(ROUNDS):
            learner.round(lesson, turn)
            progress((number * ROUNDS + turn + 1) / (MEMBERS * ROUNDS))
        members.append(learner.member())
    return Network(vocabulary, members)


def _doubted(labels: NDArray[np.int64]) -> Array:
    classes = int(labels.max()) + 1
    certain = np.eye(classes, dtype=np.float32)[labels]
    return certain * (1 - DOUBT) + DOUBT / classes


@dataclass(frozen=True, slots=True)
class _Lesson:
    """What is to be learnt: messages as rows of vectors, and the chance of each class."""

    messages: Sequence[NDArray[np.int64]]
    targets: Array

    @property
    def batches(self) -> int:
        return -(-len(self.messages) // BATCH)


@dataclass(slots=True)
class _Weight:
    """Numbers that learn, with Adam's two memories."""

    values: Array
    first: Array = field(init=False)
    second: Array = field(init=False)

    def __post_init__(self) -> None:
        self.first = np.zeros_like(self.values)
        self.second = np.zeros_like(self.values)

    def learn(self, slope: Array, rate: float, rows: Any = slice(None)) -> None:
        """A step against the slope; only `rows` of the weight, where not all were used."""
        self.first[rows] = _FIRST * self.first[rows] + (1 - _FIRST) * slope
        self.second[rows] = _SECOND * self.second[rows] + (1 - _SECOND) * slope**2
        self.values[rows] -= rate * self.first[rows] / (np.sqrt(self.second[rows]) + _TINY)


@dataclass(frozen=True, slots=True)
class _Batch:
    """Messages one after the other, with nothing (row 0) between them."""

    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]

    def span(self, width: int) -> tuple[Array, Array]:
        """The first and the one after the last window of each message."""
        return self.starts - (width - 1), self.starts + self.lengths


def _batch(messages: Sequence[NDArray[np.int64]]) -> _Batch:
    gap = max(WIDTHS) - 1
    lengths = np.array([len(rows) for rows in messages])
    starts = gap + np.concatenate([[0], np.cumsum(lengths + gap)[:-1]])
    rows = np.zeros(starts[-1] + lengths[-1] + gap + 1, dtype=np.int64)
    for start, message in zip(starts, messages, strict=True):
        rows[start : start + len(message)] = message
    return _Batch(rows, starts, lengths)


class _Learner:
    """One member while it learns."""

    def __init__(self, vectors: Array, classes: int, dice: np.random.Generator) -> None:
        self._dice = dice
        self._steps = 0
        dimensions, finds = vectors.shape[1], FILTERS * len(WIDTHS)
        self._vectors = _Weight(vectors.copy())
        self._filters = [_Weight(self._spread(width * dimensions, FILTERS)) for width in WIDTHS]
        self._bias = _Weight(np.zeros(finds, dtype=np.float32))
        self._out = _Weight(self._spread(finds, classes))
        self._out_bias = _Weight(np.zeros(classes, dtype=np.float32))

    def round(self, lesson: _Lesson, turn: int) -> None:
        """Once through all messages, in an order of its own."""
        order = self._dice.permutation(len(lesson.messages))
        for first in range(0, len(order), BATCH):
            chosen = order[first : first + BATCH]
            batch = _batch([self._without_some(lesson.messages[each]) for each in chosen])
            left = 1 - (turn * lesson.batches + first / BATCH) / (ROUNDS * lesson.batches)
            self._learn(batch, lesson.targets[chosen], max(left, LEAST_RATE))

    def member(self) -> Member:
        """As the program uses it: vectors in 8 bits."""
        vectors = self._vectors.values
        scale = np.abs(vectors).max(axis=1) / 127
        packed = np.round(vectors / np.where(scale, scale, 1)[:, None]).astype(np.int8)
        return Member(
            vectors=packed,
            scale=scale.astype(np.float32),
            filters=tuple(weight.values for weight in self._filters),
            bias=self._bias.values,
            out=self._out.values,
            out_bias=self._out_bias.values,
        )

    def _spread(self, rows: int, columns: int) -> Array:
        values: Array = self._dice.uniform(-1, 1, (rows, columns)) / np.sqrt(rows)
        return values.astype(np.float32)

    def _without_some(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        rows = rows[:LONGEST_WORDS]
        kept = rows[self._dice.random(len(rows)) > DROPPED_WORDS]
        return kept if len(kept) else rows

    def _kept(self, shape: tuple[int, ...], dropped: float) -> Array:
        """Ones and noughts, the ones as much larger as some are missing."""
        kept = self._dice.random(shape, dtype=np.float32) > dropped
        larger: Array = kept / np.float32(1 - dropped)
        return larger

    def _learn(self, batch: _Batch, targets: Array, left: float) -> None:
        self._steps += 1
        rate = RATE * left * min(1, self._steps / WARM_UP)
        rate *= np.sqrt(1 - _SECOND**self._steps) / (1 - _FIRST**self._steps)
        some = self._kept((len(batch.rows), self._vectors.values.shape[1]), DROPPED_VALUES)
        meanings = self._vectors.values[batch.rows] * some
        places = [_Places(meanings, batch, weight.values) for weight in self._filters]
        peaks = np.concatenate([each.peaks for each in places], axis=1)
        found = np.maximum(peaks, 0) + self._bias.values
        sure = self._kept(found.shape, DROPPED_FINDS)
        heard = np.maximum(found, 0) * sure
        wrong = soft_maximum(heard @ self._out.values + self._out_bias.values) - targets
        wrong /= len(targets)
        slope = (wrong @ self._out.values.T) * sure * (found > 0)
        self._out.learn(heard.T @ wrong, rate)
        self._out_bias.learn(wrong.sum(axis=0), rate)
        self._bias.learn(slope.sum(axis=0), rate)
        moved = np.zeros_like(meanings)
        for weight, each, part in zip(
            self._filters, places, np.split(slope * (peaks > 0), len(WIDTHS), axis=1), strict=True
        ):
            weight.learn(each.learnt(part, weight.values, moved), rate)
        used, sums = _summed(batch.rows, moved * some)
        self._vectors.learn(sums, rate * VECTOR_RATE, used)


class _Places:
    """What the filters of one width find in a batch, and where each finds most."""

    def __init__(self, meanings: Array, batch: _Batch, matrix: Array) -> None:
        self._width = matrix.shape[0] // meanings.shape[1]
        self._windows = windows(meanings, self._width)
        self._found = self._windows @ matrix
        self._firsts, self._ends = batch.span(self._width)
        edges = np.stack([self._firsts, self._ends], axis=1).ravel()
        self.peaks: Array = np.maximum.reduceat(self._found, edges, axis=0)[::2]

    def learnt(self, slope: Array, matrix: Array, moved: Array) -> Array:
        """The slope of the filters; that of the meanings is added to `moved`."""
        from scipy.sparse import csr_matrix

        sizes = self._ends - self._firsts
        message = np.repeat(np.arange(len(sizes)), sizes)
        edges = zip(self._firsts, self._ends, strict=True)
        inside = np.concatenate([np.arange(*edge) for edge in edges])
        hit, which = np.nonzero(self._found[inside] == self.peaks[message])
        of = message[hit] * matrix.shape[1] + which
        shared = slope.ravel()[of] / np.bincount(of)[of]  # a word said twice shares what is learnt
        only = csr_matrix((shared, (inside[hit], which)), shape=self._found.shape)
        back = np.asarray(only @ matrix.T)
        dimensions = moved.shape[1]
        for at in range(self._width):
            part = back[:, at * dimensions : (at + 1) * dimensions]
            moved[at : at + len(part)] += part
        return np.asarray(only.T @ self._windows).T


def _summed(rows: NDArray[np.int64], slopes: Array) -> tuple[NDArray[np.int64], Array]:
    """The rows used, each once and without 0, and the sum of the slopes of each."""
    from scipy.sparse import csr_matrix

    used, places = np.unique(rows, return_inverse=True)
    ones = np.ones(len(rows), dtype=np.float32)
    where = (places, np.arange(len(rows)))
    sums = np.asarray(csr_matrix((ones, where), shape=(len(used), len(rows))) @ slopes)
    return used[1:], sums[1:]
