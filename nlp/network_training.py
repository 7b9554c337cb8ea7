"""Trains the network's members, for `nlp.train`, in plain numpy."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp import network_places
from nlp.network import Network, Readers, Unit, soft_maximum
from nlp.network_places import Batch

Array = NDArray[Any]
Progress = Callable[[float], None]  # the share that is done
Meanings = Mapping[str, Array]  # a vector for each word or character


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the members are made that read one kind of unit."""

    members: int
    widths: tuple[int, ...]
    beginning: int  # units; fewer than when used, as some are dropped


PLANS = {
    Unit.WORDS: Plan(members=2, widths=(1, 2), beginning=9),
    Unit.CHARACTERS: Plan(members=1, widths=(2,), beginning=18),
}
FILTERS = 96
ROUNDS = 10
BATCH = 32
RATE = 0.004
VECTOR_RATE = 3.0  # times RATE: meanings learnt elsewhere have to move to ours
LEAST_RATE = 0.02
WARM_UP = 100  # batches
DROPPED_UNITS = 0.3  # so that no single word decides, and short messages are met in training
DROPPED_VALUES = 0.1
DROPPED_FINDS = 0.3
DOUBT = 0.05  # of each label: some of them are wrong
LONGEST = 200  # units
LENGTH = 1.5  # of a unit's vector at the beginning
_FIRST, _SECOND, _TINY = 0.9, 0.99, 1e-8  # Adam's


def fit(
    messages: Sequence[Sequence[str]],
    labels: NDArray[np.int64],
    meanings: Mapping[Unit, Meanings],
    *,
    seed: int,
    progress: Progress = lambda share: None,
) -> Network:
    """A network for messages given as their words without stop words."""
    targets = _doubted(labels)
    done, of = 0, sum(PLANS[unit].members for unit in meanings) * ROUNDS
    readers = []
    for unit, known in meanings.items():
        lesson = _lesson([unit.of(words) for words in messages], targets, sorted(known))
        learners = []
        for number in range(PLANS[unit].members):
            dice = np.random.default_rng((seed, *unit.encode(), number))
            learner = _Learner(PLANS[unit], _beginning(known), targets.shape[1], dice)
            for turn in range(ROUNDS):
                learner.round(lesson, turn)
                done += 1
                progress(done / of)
            learners.append(learner)
        readers.append(_readers(unit, sorted(known), learners))
    return Network(readers)


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


def _lesson(
    messages: Sequence[Sequence[str]], targets: Array, vocabulary: Sequence[str]
) -> _Lesson:
    row = {text: number for number, text in enumerate(vocabulary, 1)}
    found = [np.array([row[text] for text in each if text in row]) for each in messages]
    heard = [number for number, rows in enumerate(found) if len(rows)]
    return _Lesson([found[number][:LONGEST] for number in heard], targets[heard])


def _beginning(known: Meanings) -> Array:
    """The vectors before anything is learnt; row 0 is the nothing around a message."""
    vectors = np.stack([known[text] for text in sorted(known)]).astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors *= LENGTH / np.where(lengths, lengths, 1)
    return np.concatenate([np.zeros_like(vectors[:1]), vectors])


def _readers(unit: Unit, vocabulary: Sequence[str], learners: "Sequence[_Learner]") -> Readers:
    """The members as the program uses them: vectors in 8 bits."""
    vectors = np.stack([learner.vectors.values for learner in learners])
    scale = np.abs(vectors).max(axis=2) / 127
    filters = zip(*(learner.filters for learner in learners), strict=True)
    return Readers(
        unit=unit,
        vocabulary=tuple(vocabulary),
        vectors=np.round(vectors / np.where(scale, scale, 1)[..., None]).astype(np.int8),
        scale=scale,
        filters=tuple(np.stack([weight.values for weight in each]) for each in filters),
        bias=np.stack([learner.bias.values for learner in learners]),
        out=np.stack([learner.out.values for learner in learners]),
        out_bias=np.stack([learner.out_bias.values for learner in learners]),
    )


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
        first = _FIRST * self.first[rows] + (1 - _FIRST) * slope
        second = _SECOND * self.second[rows] + (1 - _SECOND) * slope**2
        self.first[rows], self.second[rows] = first, second
        self.values[rows] -= rate * first / (np.sqrt(second) + _TINY)


class _Learner:
    """One member while it learns."""

    def __init__(self, plan: Plan, vectors: Array, classes: int, dice: np.random.Generator) -> None:
        self._plan = plan
        self._dice = dice
        self._steps = 0
        dimensions, finds = vectors.shape[1], 2 * FILTERS * len(plan.widths)
        self.vectors = _Weight(vectors)
        self.filters = [_Weight(self._spread(width * dimensions, FILTERS)) for width in plan.widths]
        self.bias = _Weight(np.zeros(finds, dtype=np.float32))
        self.out = _Weight(self._spread(finds, classes))
        self.out_bias = _Weight(np.zeros(classes, dtype=np.float32))

    def round(self, lesson: _Lesson, turn: int) -> None:
        """Once through all messages, in an order of its own."""
        order = self._dice.permutation(len(lesson.messages))
        gap = max(self._plan.widths) - 1
        for first in range(0, len(order), BATCH):
            chosen = order[first : first + BATCH]
            some = [self._without_some(lesson.messages[each]) for each in chosen]
            batch = network_places.batch(some, gap)
            left = 1 - (turn * lesson.batches + first / BATCH) / (ROUNDS * lesson.batches)
            self._learn(batch, lesson.targets[chosen], max(left, LEAST_RATE))

    def _spread(self, rows: int, columns: int) -> Array:
        values: Array = self._dice.uniform(-1, 1, (rows, columns)) / np.sqrt(rows)
        return values.astype(np.float32)

    def _without_some(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        kept = rows[self._dice.random(len(rows)) > DROPPED_UNITS]
        return kept if len(kept) else rows

    def _kept(self, shape: tuple[int, ...], dropped: float) -> Array:
        """Ones and noughts, the ones as much larger as some are missing."""
        kept = self._dice.random(shape, dtype=np.float32) > dropped
        larger: Array = kept / np.float32(1 - dropped)
        return larger

    def _learn(self, batch: Batch, targets: Array, left: float) -> None:
        self._steps += 1
        rate = RATE * left * min(1, self._steps / WARM_UP)
        rate *= np.sqrt(1 - _SECOND**self._steps) / (1 - _FIRST**self._steps)
        some = self._kept((len(batch.rows), self.vectors.values.shape[1]), DROPPED_VALUES)
        meanings = self.vectors.values[batch.rows] * some
        places = [
            network_places.Places(meanings, batch.span(width, self._plan.beginning), weight.values)
            for width, weight in zip(self._plan.widths, self.filters, strict=True)
        ]
        peaks = np.concatenate([each.peaks for each in places], axis=2)  # spans, messages, finds
        peaks = np.concatenate(list(peaks), axis=1)
        found = np.maximum(peaks, 0) + self.bias.values
        sure = self._kept(found.shape, DROPPED_FINDS)
        heard = np.maximum(found, 0) * sure
        wrong = soft_maximum(heard @ self.out.values + self.out_bias.values) - targets
        wrong /= len(targets)
        slope = (wrong @ self.out.values.T) * sure * (found > 0)
        self.out.learn(heard.T @ wrong, rate)
        self.out_bias.learn(wrong.sum(axis=0), rate)
        self.bias.learn(slope.sum(axis=0), rate)
        moved = np.zeros_like(meanings)
        slopes = (slope * (peaks > 0)).reshape(len(targets), 2, len(places), FILTERS)
        for number, (weight, each) in enumerate(zip(self.filters, places, strict=True)):
            learnt = each.learnt(slopes[:, :, number].swapaxes(0, 1), weight.values, moved)
            weight.learn(learnt, rate)
        used, sums = network_places.summed(batch.rows, moved * some)
        self.vectors.learn(sums, rate * VECTOR_RATE, used)
