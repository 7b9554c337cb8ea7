"""How often each word of jieba's dictionary is said; of its 500,000 entries a text opens only the
characters that it is written with.

Loaded whole it took a fifth of every start. So our cache holds it by first characters, each part
closed until it is asked for; in time most are.
"""

import importlib
import marshal
import os
import tempfile
import warnings
import zlib
from importlib import metadata
from pathlib import Path
from typing import Any

import structlog

_TORN = (EOFError, ValueError, TypeError)  # what marshal says of a broken file
_SUM_BYTES = 4
_BEGUN = ".jieba-"
_log = structlog.get_logger(__name__)


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
        return Dictionary(*marshal.loads(_unharmed(file.read_bytes())))
    except (OSError, *_TORN):
        total, closed = _by_first_character()
        _keep(file, marshal.dumps((total, closed)))
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


def _keep(file: Path, content: bytes) -> None:
    """Whole or not at all, also where several processes start at once, and in place of what an
    older program has left. A disk that takes nothing costs the next start half a second more.
    """
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, begun = tempfile.mkstemp(prefix=_BEGUN, dir=file.parent)
        with os.fdopen(descriptor, "wb") as draft:
            draft.write(zlib.crc32(content).to_bytes(_SUM_BYTES) + content)
        Path(begun).replace(file)
        for other in (*file.parent.glob("jieba-*.cache"), *file.parent.glob(f"{_BEGUN}*")):
            if other != file:
                other.unlink(missing_ok=True)
    except OSError as error:
        _log.warning("dictionary_not_kept", folder=str(file.parent), reason=str(error))


def _unharmed(kept: bytes) -> bytes:
    """What was kept; ValueError where it is something else by now."""
    content = kept[_SUM_BYTES:]
    if zlib.crc32(content).to_bytes(_SUM_BYTES) != kept[:_SUM_BYTES]:
        raise ValueError("the sum of the dictionary's cache is another")
    return content
