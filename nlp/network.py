"""A small network over what words mean, beside the linear model, which knows their letters.

Needs numpy alone: `nlp.network_training` makes the weights. Each member looks through windows of
one or two words for what it has learnt to look for, and keeps of each thing the best find.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FILE = "network.npz"
LONGEST_WORDS = 400  # a message's further words are not read
AT_ONCE = 12  # windows: so small a product stays in one thread; to wait for a second one costs more


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One network; row 0 of the vectors is the nothing around a message.

    vectors: (words + 1) x dimensions in 8 bits, times `scale` of the row; filters: for each width
    (width * dimensions) x filters; out: (filters of all widths) x classes.
    """

    vectors: NDArray[np.int8]
    scale: NDArray[np.float32]
    filters: tuple[NDArray[np.float32], ...]
    bias: NDArray[np.float32]
    out: NDArray[np.float32]
    out_bias: NDArray[np.float32]

    def scores(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """A score for each class; `rows` are the words of a message."""
        peaks = []
        for width, matrix in enumerate(self.filters, 1):
            around = np.zeros(width - 1, dtype=np.int64)
            padded = np.concatenate([around, rows, around])
            meanings = self.vectors[padded] * self.scale[padded, None]
            peaks.append(_peaks(windows(meanings, width), matrix))
        found = np.maximum(np.concatenate(peaks) + self.bias, 0)
        scores: NDArray[Any] = found @ self.out + self.out_bias
        return scores


class Network:
    """Several members that judge together."""

    def __init__(self, vocabulary: Sequence[str], members: Sequence[Member]) -> None:
        self.vocabulary = tuple(vocabulary)
        self.members = tuple(members)
        self._row = {word: row for row, word in enumerate(self.vocabulary, 1)}

    def chances(self, words: Sequence[str]) -> NDArray[Any] | None:
        """The chance of each class, the mean of the members; None where it knows no word."""
        known = [self._row[word] for word in words[:LONGEST_WORDS] if word in self._row]
        if not known:
            return None
        rows = np.array(known, dtype=np.int64)
        chances: NDArray[Any] = np.mean(
            [soft_maximum(member.scores(rows)) for member in self.members], axis=0
        )
        return chances


def windows(meanings: NDArray[Any], width: int) -> NDArray[Any]:
    """The meanings of `width` words that follow each other, side by side, for each place."""
    places = len(meanings) - width + 1
    return np.concatenate([meanings[at : at + places] for at in range(width)], axis=1)


def soft_maximum(scores: NDArray[Any]) -> NDArray[Any]:
    """Scores of classes (the last axis) as chances."""
    exponents = np.exp(scores - scores.max(axis=-1, keepdims=True))
    chances: NDArray[Any] = exponents / exponents.sum(axis=-1, keepdims=True)
    return chances


def _peaks(seen: NDArray[Any], matrix: NDArray[Any]) -> NDArray[Any]:
    """The most that each filter finds, or nought where it finds less."""
    parts = np.zeros((-(-len(seen) // AT_ONCE), AT_ONCE, seen.shape[1]), dtype=np.float32)
    parts.reshape(-1, seen.shape[1])[: len(seen)] = seen
    peaks: NDArray[Any] = (parts @ matrix).max(axis=(0, 1), initial=0)
    return peaks


def save(network: Network, home: Path) -> None:
    """Write the members' weights: vectors in 8 bits, the rest in 16."""
    arrays: dict[str, NDArray[Any]] = {
        "vocabulary": np.frombuffer("\n".join(network.vocabulary).encode("utf-8"), dtype=np.uint8)
    }
    for number, member in enumerate(network.members):
        arrays[f"vectors{number}"] = member.vectors
        for name in ("scale", "bias", "out", "out_bias"):
            arrays[f"{name}{number}"] = getattr(member, name).astype(np.float16)
        for width, matrix in enumerate(member.filters, 1):
            arrays[f"filters{number}_{width}"] = matrix.astype(np.float16)
    np.savez_compressed(home / FILE, **arrays)  # type: ignore[arg-type]


def load(home: Path) -> Network:
    """The network in a folder; FileNotFoundError where there is none."""
    with np.load(home / FILE, allow_pickle=False) as arrays:
        names = bytes(arrays["vocabulary"]).decode("utf-8").split("\n")
        numbers = range(sum(name.startswith("vectors") for name in arrays.files))
        return Network(names, [_member(arrays, number) for number in numbers])


def _member(arrays: Any, number: int) -> Member:
    widths = [name for name in arrays.files if name.startswith(f"filters{number}_")]
    return Member(
        vectors=arrays[f"vectors{number}"],
        filters=tuple(arrays[name].astype(np.float32) for name in sorted(widths)),
        **{
            name: arrays[f"{name}{number}"].astype(np.float32)
            for name in ("scale", "bias", "out", "out_bias")
        },
    )
