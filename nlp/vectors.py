"""What words mean, learnt elsewhere: the vectors of the package `synonyms`, for training alone.

100 dimensions from the Chinese Wikipedia, MIT licence. The file is word2vec's binary format: a line
with the numbers of words and dimensions, then each word, a space and its numbers.
"""

import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

PACKAGE = "synonyms"
FILE = Path("data") / "words.vector"
LONGEST_PIECE = 4
LONGEST_WORD = 200  # bytes

Array = NDArray[np.float32]


class VectorsMissing(Exception):
    """No word vectors to learn from; the message says what to do, in Chinese."""


def find() -> Path:
    """The file of the installed package, which is not imported; VectorsMissing without it."""
    spec = importlib.util.find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (Path(folder) / FILE).is_file():
            return Path(folder) / FILE
    raise VectorsMissing(
        "没有词向量。请先安装 nanhe-hotline[vectors]（synonyms 3.10.2，约 55 MB，只在训练时用）。"
    )


def read(path: Path, words: Iterable[str]) -> dict[str, Array]:
    """A vector of length one for each of the words; one that the file lacks has its parts' mean.

    A word of which no part is known is left out.
    """
    with path.open("rb") as file:
        known = dict(_entries(file))
    given: dict[str, Array] = {}
    for word in words:
        parts = [known[word]] if word in known else list(_parts(word, known))
        if parts:
            mean = np.mean([part / np.linalg.norm(part) for part in parts], axis=0)
            given[word] = (mean / np.linalg.norm(mean)).astype(np.float32)
    return given


def _entries(file: BinaryIO) -> Iterator[tuple[str, Array]]:
    count, dimensions = map(int, file.readline().split())
    content = file.read()
    at = 0
    for _ in range(count):
        end = content.index(b" ", at, at + LONGEST_WORD)
        word = content[at:end].lstrip(b"\n").decode("utf-8", "ignore")
        yield word, np.frombuffer(content, dtype="<f4", count=dimensions, offset=end + 1)
        at = end + 1 + 4 * dimensions


def _parts(word: str, known: Mapping[str, Any]) -> Iterator[Array]:
    """The longest known pieces from the left; what is no piece is passed over."""
    at = 0
    while at < len(word):
        sizes = range(min(len(word) - at, LONGEST_PIECE), 0, -1)
        size = next((size for size in sizes if word[at : at + size] in known), 0)
        if size:
            yield known[word[at : at + size]]
        at += size or 1
