"""A small network over what words mean, beside the linear model, which knows their letters.

Needs numpy alone: `nlp.network_training` makes the weights. Some members read words, some read
characters. Each looks through windows of a few of these for what it has learnt to look for, and
keeps of each thing the best find in the whole message and the best one at its beginning.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FILE = "network.npz"
LONGEST = 400  # a message's further words or characters are not read
AT_ONCE = 12  # windows: so small a product stays in one thread; to wait for a second one costs more


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

    def __post_init__(self) -> None:
        self._row.update((text, row) for row, text in enumerate(self.vocabulary, 1))

    def chances(self, words: Sequence[str]) -> NDArray[Any] | None:
        """Members x classes; None where they know nothing of the message."""
        known = (self._row.get(text) for text in self.unit.of(words))
        rows = [row for row in known if row is not None][:LONGEST]
        return soft_maximum(self._scores(np.array(rows, dtype=np.int64))) if rows else None

    def _scores(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        dimensions = self.vectors.shape[2]
        widths = [matrix.shape[1] // dimensions for matrix in self.filters]
        around = max(widths) - 1
        padded = np.zeros(len(rows) + 2 * around, dtype=np.int64)
        padded[around : around + len(rows)] = rows
        meanings = self.vectors[:, padded] * self.scale[:, padded, None]
        peaks = []
        for width, matrix in zip(widths, self.filters, strict=True):
            beyond = around - (width - 1)
            seen = windows(meanings[:, beyond : len(padded) - beyond], width)
            peaks.append(_peaks(seen, matrix, self.unit.beginning))
        whole, beginning = (np.concatenate(each, axis=1) for each in zip(*peaks, strict=True))
        found = np.maximum(np.concatenate([whole, beginning], axis=1) + self.bias, 0)
        scores: NDArray[Any] = (found[:, None] @ self.out)[:, 0] + self.out_bias
        return scores


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


def windows(meanings: NDArray[Any], width: int) -> NDArray[Any]:
    """The meanings of `width` units that follow each other (last axis but one), side by side."""
    places = meanings.shape[-2] - width + 1
    return np.concatenate([meanings[..., at : at + places, :] for at in range(width)], axis=-1)


def soft_maximum(scores: NDArray[Any]) -> NDArray[Any]:
    """Scores of classes (the last axis) as chances."""
    exponents = np.exp(scores - scores.max(axis=-1, keepdims=True))
    chances: NDArray[Any] = exponents / exponents.sum(axis=-1, keepdims=True)
    return chances


def _peaks(seen: NDArray[Any], matrix: NDArray[Any], first: int) -> tuple[NDArray[Any], ...]:
    """The most that each filter finds in all windows and in the first ones, or nought."""
    members, places, values = seen.shape
    parts = np.zeros((members, -(-places // AT_ONCE) * AT_ONCE, values), dtype=np.float32)
    parts[:, :places] = seen
    found = parts.reshape(members, -1, AT_ONCE, values) @ matrix[:, None]
    found = found.reshape(members, -1, matrix.shape[2])
    return found.max(axis=1, initial=0), found[:, :first].max(axis=1, initial=0)


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
