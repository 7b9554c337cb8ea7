"""Message -> domains of the catalogue with calibrated confidence and the words that decided.

A linear model and a network judge together; the words that decided are the linear model's. Needs
numpy alone: weights and vocabulary are plain arrays and text, made by `nlp.train`.
"""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp import features
from nlp import network as networks
from nlp.features import Vocabulary
from nlp.network import Network
from nlp.understanding import Guess

MODEL = Path(__file__).parent / "model"
NONE = ""  # the class of small talk: no domain
LEAST_CONFIDENCE = 0.02
MOST_GUESSES = 4
MOST_EVIDENCE = 5
NETWORK_SHARE = 0.5  # of the chances, the rest is the linear model's: docs/model.md
SHARPER = 1.4  # than the mean says, which is too modest: found out of fold
# Of few known words the model is too sure: found out of fold on pieces of petitions, docs/model.md.
SHORT_OF_WORDS = {0: 0.4, 1: 0.5, 2: 0.68, 3: 0.78, 4: 0.85, 5: 0.88, 6: 0.92}
_TINY = 1e-12


class ModelMissing(Exception):
    """No weights where they should be; the message says what to do, in Chinese."""


class Classifier:
    """A linear model over words, pairs of words and runs of characters, and a network beside it."""

    def __init__(
        self,
        *,
        codes: Sequence[str],
        vocabulary: Mapping[str, int],
        weights: NDArray[Any],
        idf: NDArray[Any],
        bias: NDArray[Any],
        temperature: float,
        version: str,
        cools: bool = True,
        network: Network | None = None,
    ) -> None:
        self.codes = tuple(codes)
        self.version = version
        self._cools = cools
        self._vocabulary = Vocabulary(vocabulary)
        self._weights = weights
        self._idf = idf
        self._bias = bias
        self._temperature = temperature
        self._network = network

    def guess(self, words: Sequence[str]) -> tuple[Guess, ...]:
        """Domains for segmented words, best first; empty where the message is no matter at all."""
        meant = features.meant(words)
        rows, values = self._vector(meant)
        if not len(rows):
            return ()
        chances = self._chances(meant, values @ self._weights[rows] + self._bias)
        order = np.argsort(-chances)
        if self.codes[order[0]] == NONE:
            return ()
        return tuple(
            Guess(
                code=self.codes[index],
                confidence=float(chances[index]),
                evidence=self._evidence(meant, int(index)) if rank == 0 else (),
            )
            for rank, index in enumerate(order[:MOST_GUESSES])
            if self.codes[index] != NONE and chances[index] >= LEAST_CONFIDENCE
        )

    def known(self, words: Sequence[str]) -> int:
        """How many different words of meaning the model knows: with few its word weighs little."""
        return self._vocabulary.known(features.meant(words))

    def _chances(self, meant: Sequence[str], scores: NDArray[Any]) -> NDArray[Any]:
        """The chance of each class: both models' mean, and cooler where few words are known."""
        chances = networks.soft_maximum(scores * self._temperature)
        sharper = 1.0
        if self._network is not None:
            understood = self._network.chances(meant)
            if understood is not None:
                chances = NETWORK_SHARE * understood + (1 - NETWORK_SHARE) * chances
                sharper = SHARPER
        cooler = SHORT_OF_WORDS.get(self._vocabulary.known(meant), 1.0) if self._cools else 1.0
        return networks.soft_maximum(np.log(chances + _TINY) * sharper * cooler)

    def _vector(self, meant: Sequence[str]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Rows and values of what is known: sublinear counts times rarity, of length one."""
        rows, counts = self._vocabulary.counted(meant)
        values = (1 + np.log(counts, dtype=np.float32)) * self._idf[rows]
        length = math.sqrt(values @ values)
        return rows, values / length if length else values

    def _evidence(self, meant: Sequence[str], column: int) -> tuple[str, ...]:
        """The words that spoke most for a class."""
        known = {
            word: row
            for word in meant
            if len(word) > 1 and (row := self._vocabulary.row_of(word)) is not None
        }
        rows = np.fromiter(known.values(), dtype=np.int64, count=len(known))
        weights = self._weights[rows, column] * self._idf[rows]
        best = np.argsort(-weights, kind="stable")[:MOST_EVIDENCE]
        words = tuple(known)
        return tuple(words[at] for at in best if weights[at] > 0)


def load(folder: Path | None = None, *, cools: bool = True) -> Classifier:
    """The classifier in `folder`, the committed one by default; ModelMissing says what to do.

    `cools`: it is less sure of short messages.
    """
    home = folder or MODEL
    try:
        facts = json.loads((home / "model.json").read_text(encoding="utf-8"))
        with np.load(home / "weights.npz", allow_pickle=False) as arrays:
            names = bytes(arrays["vocabulary"]).decode("utf-8").split("\n")
            scale = arrays["scale"].astype(np.float32)
            weights = arrays["weights"].astype(np.float32) * scale
            idf = arrays["idf"].astype(np.float32)
    except FileNotFoundError as error:
        raise ModelMissing(
            f"没有分类模型（{error.filename}）。请重新安装，或执行 hotline train 训练一个。"
        ) from error
    return Classifier(
        codes=facts["codes"],
        vocabulary={name: index for index, name in enumerate(names)},
        weights=weights,
        idf=idf,
        bias=np.asarray(facts["bias"], dtype=np.float32),
        temperature=facts["temperature"],
        version=facts["version"],
        cools=cools,
        network=networks.load(home) if (home / networks.FILE).exists() else None,
    )
