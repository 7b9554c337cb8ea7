"""How often each word of jieba's dictionary is said, as a tree of characters in two arrays.

A text is looked up in all places at once, and 500,000 nodes are read in ten milliseconds: as
Python's own strings and numbers they took a fifth of every start.
"""

import importlib
import io
import os
import tempfile
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import structlog

from nlp.letters import Integers

ROOT = 0  # the node of no characters, which no step leads to
_CHARACTER_BITS = 16
_BEYOND = 1 << _CHARACTER_BITS  # what lies there is no word of ours
_NO_STEP = np.iinfo(np.int64).max
_BROKEN = (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile)  # said of a torn file
_BEGUN = ".jieba-"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictionary:
    """Words, each at the node that its characters lead to. Never changes: threads may share it.

    A step leads from a node by a character to another node. `steps`, ascending, holds the first two
    of each and `nodes` the third; a step that nobody takes is the last. `said` holds for each node
    how often its characters are said as a word: 0 where they only begin words, and at the root.
    """

    steps: Integers
    nodes: Integers
    said: Integers
    total: int  # of all words, how often they are said

    def often(self, word: str) -> int:
        """How often a word is said."""
        node = ROOT
        for character in map(ord, word):
            node = self._led(_step(node, character))
            if node == ROOT:
                break
        return int(self.said[node])

    def _led(self, step: int) -> int:
        at = self.steps.searchsorted(step)
        return int(self.nodes[at]) if self.steps[at] == step else ROOT

    def parts(self, characters: Integers) -> Iterator[tuple[Integers, Integers, Integers]]:
        """Every word and beginning of a word in a text, the short ones first: where each begins,
        where it ends, and how often it is said. No word holds a 0.
        """
        ended = np.append(np.where(characters < _BEYOND, characters, 0), 0)
        starts, length = np.flatnonzero(characters), 0
        nodes = np.full(len(starts), ROOT)
        while len(starts):
            wanted = nodes << _CHARACTER_BITS | ended[starts + length]
            at = self.steps.searchsorted(wanted)
            known = self.steps[at] == wanted
            length += 1
            starts, nodes = starts[known], self.nodes[at[known]]
            yield starts, starts + length, self.said[nodes]

    def knowing(self, words: Mapping[str, int]) -> "Dictionary":
        """One that knows these words too, each said so often."""
        steps: dict[int, int] = {}
        said: dict[int, int] = {}
        for word, often in words.items():
            node = ROOT
            for character in map(ord, word):
                step = _step(node, character)
                node = self._led(step) or steps.setdefault(step, len(self.said) + len(steps))
            said[node] = often
        new = sorted(steps)
        at = self.steps.searchsorted(new)
        counts = np.concatenate([self.said, np.zeros(len(steps), dtype=np.int64)])
        counts[list(said)] = list(said.values())
        return Dictionary(
            steps=np.insert(self.steps, at, new),
            nodes=np.insert(self.nodes, at, [steps[step] for step in new]),
            said=counts,
            total=self.total + sum(words.values()),
        )


def _step(node: int, character: int) -> int:
    return node << _CHARACTER_BITS | character if character < _BEYOND else _NO_STEP


def load(cache: Path) -> Dictionary:
    """The dictionary out of `cache`, a folder that is made if missing, readable by us alone."""
    file = cache / f"jieba-{metadata.version('jieba')}-tree.cache"
    try:
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as kept:
            return _in_order(kept["steps"], kept["said"], int(kept["total"]))
    except _BROKEN:
        tokenizer = _jieba().Tokenizer()
        made = _tree(*tokenizer.gen_pfdict(tokenizer.get_dict_file()))
        _keep(file, made)
        return made


def tags() -> dict[str, str]:
    """The part of speech of every word, as jieba names it: nr is a person's name."""
    with _jieba().get_dict_file() as file:
        lines = (line.decode("utf-8").split() for line in file)
        return {word: tag for word, _, tag in lines}


def _tree(said: Mapping[str, int], total: int) -> Dictionary:
    """Of all words and their beginnings, which have 0. The shorter ones come first, so that each
    node lies behind the one that leads to it.
    """
    by_length: dict[int, list[str]] = {}
    for part in said:
        by_length.setdefault(len(part), []).append(part)
    steps, counts = np.zeros(0, dtype=np.int64), [np.zeros(1, dtype=np.int64)]
    for length in sorted(by_length):
        parts = sorted(by_length[length])
        letters = np.array(parts, dtype=f"<U{length}").view(np.uint32).reshape(-1, length)
        ours = np.all(letters < _BEYOND, axis=1)
        letters, node = letters[ours], np.full(np.count_nonzero(ours), ROOT)
        for at in range(length - 1):
            node = steps.searchsorted(node << _CHARACTER_BITS | letters[:, at]) + 1
        steps = np.concatenate([steps, node << _CHARACTER_BITS | letters[:, -1]])
        counts.append(np.array([said[part] for part in parts])[ours])
    return _in_order(steps, np.concatenate(counts), total)


def _in_order(steps: Integers, said: Integers, total: int) -> Dictionary:
    """The nodes are numbered as their steps stand."""
    nodes = np.append(np.arange(1, len(steps) + 1), ROOT)
    return Dictionary(steps=np.append(steps, _NO_STEP), nodes=nodes, said=said, total=total)


def _jieba() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba is older than some of Python's warnings
        return importlib.import_module("jieba")


def _keep(file: Path, made: Dictionary) -> None:
    """Whole or not at all, also where several processes start at once, and in place of what an
    older program has left. A disk that takes nothing costs the next start a second more.
    """
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, begun = tempfile.mkstemp(prefix=_BEGUN, dir=file.parent)
        with os.fdopen(descriptor, "wb") as draft:
            np.savez(draft, steps=made.steps[:-1], said=made.said, total=np.array(made.total))
        Path(begun).replace(file)
        for other in (*file.parent.glob("jieba-*.cache"), *file.parent.glob(f"{_BEGUN}*")):
            if other != file:
                other.unlink(missing_ok=True)
    except OSError as error:
        _log.warning("dictionary_not_kept", folder=str(file.parent), reason=str(error))
