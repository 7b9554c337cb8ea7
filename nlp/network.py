"""A small network over what words mean, beside the linear model, which knows their letters.

Needs numpy alone: `nlp.network_training` makes the weights. Some members read words, some read
characters. Each looks through windows of a few of these for what it has learnt to look for, and
keeps of each thing the best find in the whole message and the best one at its beginning.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FILE = "network.npz"
LONGEST = 400  # a message's further words or characters are not read
AT_ONCE = 12  # units: so small a product stays in one thread; to wait for a second one costs more


class Unit(StrEnum):
    """What a message is a row of."""

    WORDS = "words"
    CHARACTERS = "characters"

    def of(self, words: Sequence[str]) -> Sequence[str]:
        """A message's units; `words` are its words without stop words."""
        return words if self is Unit.WORDS else "".join(words)

    @property
    def beginning(self) -> int:
        """So many known units say what a message is about: most letters begin with a subject."""
        return 13 if self is Unit.WORDS else 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Members that read the same units, stacked along the first axis of each array.

    vectors: members x (vocabulary + 1) x dimensions in 8 bits, times `scale` of the row, row 0 the
    nothing around a message; filters: for each width members x (width * dimensions) x filters;
    out: members x finds x classes, the finds in the whole message of all widths and then those at
    its beginning.
    """

    unit: Unit
    vocabulary: Sequence[str]
    vectors: NDArray[np.int8]
    scale: NDArray[np.float32]
    filters: tuple[NDArray[np.float32], ...]
    bias: NDArray[np.float32]
    out: NDArray[np.float32]
    out_bias: NDArray[np.float32]
    _row: dict[str, int] = field(init=False, default_factory=dict)
    _finds: "_Finds" = field(init=False)

    def __post_init__(self) -> None:
        self._row.update((text, row) for row, text in enumerate(self.vocabulary, 1))
        object.__setattr__(self, "_finds", _Finds(self.vectors, self.scale, self.filters))

    def chances(self, words: Sequence[str]) -> NDArray[Any] | None:
        """Members x classes; None where they know nothing of the message."""
        known = map(self._row.get, self.unit.of(words))
        rows = [row for row in known if row is not None][:LONGEST]
        return soft_maximum(self._scores(rows)) if rows else None

    def _scores(self, rows: Sequence[int]) -> NDArray[Any]:
        around = self._finds.widest - 1
        padded = np.zeros(len(rows) + 2 * around, dtype=np.int64)
        padded[around : around + len(rows)] = rows
        found = [
            each[around - width + 1 :][: len(rows) + width - 1]
            for width, each in self._finds.of(padded)
        ]
        first = self.unit.beginning
        whole = [each.max(axis=0, initial=0) for each in found]
        beginning = [each[:first].max(axis=0, initial=0) for each in found]
        peaks = np.maximum(np.concatenate([*whole, *beginning], axis=1) + self.bias, 0)
        scores: NDArray[Any] = (peaks[:, None] @ self.out)[:, 0] + self.out_bias
        return scores


class _Finds:
    """What each filter makes of each unit at each place of its window: worked out when a unit is
    first met and kept, so that a window is a sum. May be asked from several threads.
    """

    def __init__(
        self,
        vectors: NDArray[np.int8],
        scale: NDArray[np.float32],
        filters: Sequence[NDArray[np.float32]],
    ) -> None:
        members, units, dimensions = vectors.shape
        self._vectors, self._scale = vectors, scale
        self._widths = [matrix.shape[1] // dimensions for matrix in filters]
        self.widest = max(self._widths)
        by_place = [
            matrix.reshape(members, width, dimensions, -1).swapaxes(1, 2)
            for matrix, width in zip(filters, self._widths, strict=True)
        ]
        self._filters = np.concatenate(by_place, axis=2).reshape(members, dimensions, -1)
        places = sum(self._widths)
        self._made = np.empty((units, members, places, filters[0].shape[2]), dtype=np.float32)
        self._is_made = np.zeros(units, dtype=np.bool_)

    def of(self, rows: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """For each width what is found in every window: windows x members x filters."""
        for some in _parts(np.unique(rows[~self._is_made[rows]])):
            meanings = self._vectors[:, some] * self._scale[:, some, None]
            made = (meanings @ self._filters).swapaxes(0, 1)
            self._made[some] = made.reshape(len(some), *self._made.shape[1:])
            self._is_made[some] = True
        found, place = self._made[rows], 0
        for width in self._widths:
            windows = len(rows) - width + 1
            first, *others = (found[at:, :, place + at][:windows] for at in range(width))
            yield width, sum(others, start=first)
            place += width


def _parts(rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    return (rows[at : at + AT_ONCE] for at in range(0, len(rows), AT_ONCE))


class Network:
    """Several members that judge together."""

    def __init__(self, readers: Sequence[Readers]) -> None:
        self.readers = tuple(readers)

    def chances(self, words: Sequence[str]) -> NDArray[Any] | None:
        """The chance of each class, the mean of the members; None where they know nothing."""
        judged = [chances for each in self.readers if (chances := each.chances(words)) is not None]
        if not judged:
            return None
        mean: NDArray[Any] = np.concatenate(judged).mean(axis=0)
        return mean


def soft_maximum(scores: NDArray[Any]) -> NDArray[Any]:
    """Scores of classes (the last axis) as chances."""
    exponents = np.exp(scores - scores.max(axis=-1, keepdims=True))
    chances: NDArray[Any] = exponents / exponents.sum(axis=-1, keepdims=True)
    return chances


_KEPT = ("scale", "bias", "out", "out_bias")  # with filters in 16 bits, the vectors in 8


def save(network: Network, home: Path) -> None:
    """Write the members' weights."""
    arrays: dict[str, NDArray[Any]] = {}
    for each in network.readers:
        names = "\n".join(each.vocabulary).encode("utf-8")
        arrays[f"{each.unit}_vocabulary"] = np.frombuffer(names, dtype=np.uint8)
        arrays[f"{each.unit}_vectors"] = each.vectors
        for name in _KEPT:
            arrays[f"{each.unit}_{name}"] = getattr(each, name).astype(np.float16)
        for number, matrix in enumerate(each.filters):
            arrays[f"{each.unit}_filters{number}"] = matrix.astype(np.float16)
    np.savez_compressed(home / FILE, **arrays)  # type: ignore[arg-type]


def load(home: Path) -> Network:
    """The network in a folder; FileNotFoundError where there is none."""
    with np.load(home / FILE, allow_pickle=False) as arrays:
        return Network([_readers(arrays, unit) for unit in Unit])


def _readers(arrays: Any, unit: Unit) -> Readers:
    filters = sorted(name for name in arrays.files if name.startswith(f"{unit}_filters"))
    return Readers(
        unit=unit,
        vocabulary=tuple(bytes(arrays[f"{unit}_vocabulary"]).decode("utf-8").split("\n")),
        vectors=arrays[f"{unit}_vectors"],
        filters=tuple(arrays[name].astype(np.float32) for name in filters),
        **{name: arrays[f"{unit}_{name}"].astype(np.float32) for name in _KEPT},
    )
