"""Message -> domains of the catalogue with calibrated confidence and the words that decided.

A linear model and a network judge together; the words that decided are the linear model's. Needs
numpy alone: weights and vocabulary are plain arrays and text, made by `nlp.train`.
"""

import json
import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp import network as networks
from nlp.network import Network
from nlp.understanding import Guess

MODEL = Path(__file__).parent / "model"
NONE = ""  # the class of small talk: no domain
LONGEST_CHARACTERS = 3
LEAST_CONFIDENCE = 0.02
MOST_GUESSES = 4
MOST_EVIDENCE = 5
NETWORK_SHARE = 0.5  # of the chances, the rest is the linear model's: docs/model.md
SHARPER = 1.4  # than the mean says, which is too modest: found out of fold
# Of few known words the model is too sure: found out of fold on pieces of petitions, docs/model.md.
SHORT_OF_WORDS = {0: 0.4, 1: 0.5, 2: 0.68, 3: 0.78, 4: 0.85, 5: 0.88, 6: 0.92}
_STOP_WORDS = (
    "一个 上 下 不 与 且 个 中 为 之 也 了 从 他 他们 以 们 会 但 但是 你 你们 你好 其 "
    "到 去 又 及 可以 吗 吧 呀 呢 和 啊 因为 在 地 她 如果 对 就 希望 并 很 得 您 您好 "
    "我 我们 或 所以 把 是 有 来 此 没 的 着 等 给 而 能 被 要 让 该 说 请 请问 谢谢 过 "
    "还 这 这个 进行 那 那个 都 里 问题"
)
STOP_WORDS = frozenset(_STOP_WORDS.split())
_TINY = 1e-12


class ModelMissing(Exception):
    """No weights where they should be; the message says what to do, in Chinese."""


class Classifier:
    """A linear model over words, pairs of words and runs of characters, and a network beside it."""

    def __init__(
        self,
        *,
        codes: Sequence[str],
        vocabulary: dict[str, int],
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
        self._vocabulary = vocabulary
        self._weights = weights
        self._idf = idf
        self._bias = bias
        self._temperature = temperature
        self._network = network

    def guess(self, words: Sequence[str]) -> tuple[Guess, ...]:
        """Domains for segmented words, best first; empty where the message is no matter at all."""
        names = features(words)
        indices, values = self._vector(names)
        if not len(indices):
            return ()
        chances = self._chances(words, values @ self._weights[indices] + self._bias)
        order = np.argsort(-chances)
        if self.codes[order[0]] == NONE:
            return ()
        return tuple(
            Guess(
                code=self.codes[index],
                confidence=float(chances[index]),
                evidence=self._evidence(words, int(index)) if rank == 0 else (),
            )
            for rank, index in enumerate(order[:MOST_GUESSES])
            if self.codes[index] != NONE and chances[index] >= LEAST_CONFIDENCE
        )

    def known(self, words: Sequence[str]) -> int:
        """How many different words of meaning the model knows: with few its word weighs little."""
        return len(
            {word for word in words if word not in STOP_WORDS and "w" + word in self._vocabulary}
        )

    def _chances(self, words: Sequence[str], scores: NDArray[Any]) -> NDArray[Any]:
        """The chance of each class: both models' mean, and cooler where few words are known."""
        chances = networks.soft_maximum(scores * self._temperature)
        sharper = 1.0
        if self._network is not None:
            meant = self._network.chances([word for word in words if word not in STOP_WORDS])
            if meant is not None:
                chances = NETWORK_SHARE * meant + (1 - NETWORK_SHARE) * chances
                sharper = SHARPER
        cooler = SHORT_OF_WORDS.get(self.known(words), 1.0) if self._cools else 1.0
        return networks.soft_maximum(np.log(chances + _TINY) * sharper * cooler)

    def _vector(self, names: Sequence[str]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Indices and values: sublinear counts times rarity, each family of features of length
        one.
        """
        known = self._vocabulary.get
        counts = Counter([index for index in map(known, names) if index is not None])
        indices = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
        if not len(indices):
            return indices, np.zeros(0, dtype=np.float32)
        raw = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        values = (1 + np.log(raw)) * self._idf[indices]
        return indices, values / math.sqrt(values @ values)

    def _evidence(self, words: Sequence[str], column: int) -> tuple[str, ...]:
        weighed = {}
        for word in words:
            index = self._vocabulary.get("w" + word)
            if index is not None and len(word) > 1:
                weighed[word] = float(self._weights[index, column] * self._idf[index])
        best = sorted(weighed, key=lambda word: -weighed[word])[:MOST_EVIDENCE]
        return tuple(word for word in best if weighed[word] > 0)


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


def features(words: Sequence[str]) -> list[str]:
    """`wWORD`, `pWORD WORD` and `cCHARACTERS` of a message, stop words left out."""
    kept = [word for word in words if word not in STOP_WORDS]
    found = ["w" + word for word in kept]
    found += [f"p{word} {following}" for word, following in pairwise(kept)]
    text = "".join(kept)
    for length in range(1, LONGEST_CHARACTERS + 1):
        ends = range(length, len(text) + 1)
        found += ["c" + text[end - length : end] for end in ends]
    return found
