"""How often each word of jieba's dictionary is said; of its 500,000 entries a text opens only the
characters that it is written with.

Loaded whole it took a fifth of every start. So our cache holds it by first characters, each part
closed until it is asked for; in time most are.
"""

import importlib
import marshal
import os
import warnings
from importlib import metadata
from pathlib import Path
from typing import Any

_TORN = (EOFError, ValueError, TypeError)  # what marshal says of a broken file


class Dictionary(dict[str, dict[str, int]]):
    """By first character, the words that begin with it: how often each is said, 0 for what is only
    the beginning of one. May be read from several threads.
    """

    def __init__(self, total: int, closed: dict[str, bytes]) -> None:
        super().__init__()
        self.total = total  # of all words, how often they are said
        self._closed = closed

    def __missing__(self, character: str) -> dict[str, int]:
        closed = self._closed.get(character)
        words = self.setdefault(character, marshal.loads(closed) if closed else {})
        self._closed.pop(character, None)  # not before it is open: another thread may ask, too
        return words

    def often(self, word: str, otherwise: int = 0) -> int:
        """How often a word is said; `otherwise` for what is neither a word nor begins one."""
        return self[word[:1]].get(word, otherwise)

    def add(self, word: str, often: int) -> None:
        """Put a word in, or change how often it is said."""
        words = self[word[0]]
        words[word] = often
        self.total += often
        for end in range(1, len(word)):
            words.setdefault(word[:end], 0)


def load(cache: Path) -> Dictionary:
    """The dictionary out of `cache`, a folder that is made if missing, readable by us alone: what
    lies there is loaded as marshal data.
    """
    file = cache / f"jieba-{metadata.version('jieba')}-by-letter.cache"
    try:
        return Dictionary(*marshal.loads(file.read_bytes()))
    except (FileNotFoundError, *_TORN):
        total, closed = _by_first_character()
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(file, marshal.dumps((total, closed)))
        return Dictionary(total, closed)


def tags() -> dict[str, str]:
    """The part of speech of every word, as jieba names it: nr is a person's name."""
    with _jieba().get_dict_file() as file:
        lines = (line.decode("utf-8").split() for line in file)
        return {word: tag for word, _, tag in lines}


def _by_first_character() -> tuple[int, dict[str, bytes]]:
    """The dictionary as jieba itself reads it."""
    tokenizer = _jieba().Tokenizer()
    often, total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    words: dict[str, dict[str, int]] = {}
    for word, count in often.items():
        words.setdefault(word[0], {})[word] = count
    return total, {character: marshal.dumps(part) for character, part in words.items()}


def _jieba() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba is older than some of Python's warnings
        return importlib.import_module("jieba")


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all, also where several processes start at once."""
    begun = file.with_name(f"{file.name}.{os.getpid()}")
    begun.write_bytes(content)
    begun.replace(file)
