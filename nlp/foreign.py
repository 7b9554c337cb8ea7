"""Is a message written in another language than ours? Pure."""

import re

_HAN = re.compile(r"[\u3400-\u9fff]")
_NO_WORD = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+|@\w+")
_WORD = re.compile(r"[^\W\d_]{2,}")
LEAST_WORDS = 2
LEAST_LETTERS = 7


def is_foreign(text: str) -> bool:
    """My house is on fire; not ok, hello, a link or 12345."""
    if _HAN.search(text):
        return False
    words = _WORD.findall(_NO_WORD.sub(" ", text))
    return len(words) >= LEAST_WORDS and sum(map(len, words)) >= LEAST_LETTERS
