"""What the linear models read of a message: its words, pairs of words and runs of characters."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from nlp.letters import Integers, code_points

LONGEST_RUN = 3  # characters
_LETTER_BITS = 21  # all of Unicode
_NO_RUN = np.iinfo(np.int64).max
_STOP_WORDS = (
    "一个 上 下 不 与 且 个 中 为 之 也 了 从 他 他们 以 们 会 但 但是 你 你们 你好 其 "
    "到 去 又 及 可以 吗 吧 呀 呢 和 啊 因为 在 地 她 如果 对 就 希望 并 很 得 您 您好 "
    "我 我们 或 所以 把 是 有 来 此 没 的 着 等 给 而 能 被 要 让 该 说 请 请问 谢谢 过 "
    "还 这 这个 进行 那 那个 都 里 问题"
)
STOP_WORDS = frozenset(_STOP_WORDS.split())


class Vocabulary:
    """The features that a model knows, each with its row."""

    def __init__(self, rows: Mapping[str, int]) -> None:
        """`rows` by the names that `of` gives."""
        self._rows: dict[str, dict[str, int]] = {"w": {}, "p": {}, "c": {}}
        for name, row in rows.items():
            self._rows[name[0]][name[1:]] = row
        runs = self._rows.pop("c")
        codes = _coded(np.array(list(runs), dtype=f"<U{LONGEST_RUN}"))
        order = np.argsort(codes)
        self._runs = np.append(codes[order], _NO_RUN)  # of characters, ascending
        self._rows_of_runs = np.fromiter(runs.values(), dtype=np.int64, count=len(runs))[order]

    def row_of(self, word: str) -> int | None:
        """The row of a word by itself."""
        return self._rows["w"].get(word)

    def known(self, meant: Iterable[str]) -> int:
        """How many different words of a message it has."""
        return len(self._rows["w"].keys() & set(meant))

    def counted(self, meant: Sequence[str]) -> tuple[Integers, Integers]:
        """The rows of the features that stand in a message, and how often each does; `meant` are
        its words of meaning.
        """
        words, pairs = self._rows["w"].get, self._rows["p"].get
        found = chain(map(words, meant), map(pairs, map(" ".join, pairwise(meant))))
        named = Counter(found)
        named.pop(None, None)
        runs, often = np.unique(_runs("".join(meant)), return_counts=True)
        at = self._runs.searchsorted(runs)
        known = self._runs[at] == runs
        rows = np.fromiter(named.keys(), dtype=np.int64, count=len(named))
        counts = np.fromiter(named.values(), dtype=np.int64, count=len(named))
        return (
            np.concatenate([rows, self._rows_of_runs[at[known]]]),
            np.concatenate([counts, often[known]]),
        )


def meant(words: Sequence[str]) -> list[str]:
    """The words of meaning, stop words left out."""
    return [word for word in words if word not in STOP_WORDS]


def of(meant: Sequence[str]) -> list[str]:
    """`wWORD`, `pWORD WORD` and `cCHARACTERS` of a message's words of meaning."""
    found = ["w" + word for word in meant]
    found += [f"p{word} {following}" for word, following in pairwise(meant)]
    text = "".join(meant)
    for length in range(1, LONGEST_RUN + 1):
        ends = range(length, len(text) + 1)
        found += ["c" + text[end - length : end] for end in ends]
    return found


def _runs(text: str) -> Integers:
    """All runs of a text's characters, coded."""
    ones = code_points(text)
    twos = ones[:-1] | ones[1:] << _LETTER_BITS
    return np.concatenate([ones, twos, twos[:-1] | ones[2:] << 2 * _LETTER_BITS])


def _coded(runs: NDArray[np.str_]) -> Integers:
    """Each run as one number, its first character the lowest."""
    letters = runs.view(np.uint32).reshape(len(runs), LONGEST_RUN).astype(np.int64)
    return letters @ (1 << _LETTER_BITS * np.arange(LONGEST_RUN))
