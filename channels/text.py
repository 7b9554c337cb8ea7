"""Words on their way in and out: control characters taken out, long answers cut at sentences."""

import re
import unicodedata
from collections.abc import Callable

Size = Callable[[str], int]

# What ends a piece, the best first: a paragraph, a sentence, a part of one.
_BORDERS = ("\n", "。！？!?；;…", "，,、：: ")
_JOINERS = frozenset("\u200d\ufe0e\ufe0f\u20e3")
# What neither XML 1.0 nor PostgreSQL's text can hold, and what no reader can see.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def cleaned(text: str) -> str:
    """The text without control characters, with `\\n` for every end of a line."""
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def size_bytes(text: str) -> int:
    """Its length in UTF-8."""
    return len(text.encode("utf-8"))


def split(text: str, limit: int, size: Size = size_bytes) -> list[str]:
    """Pieces of at most `limit` by `size`, together the text, cut where sentences end if possible.

    A single character larger than the limit stays whole. There is always one piece at least.
    """
    pieces: list[str] = []
    start = 0
    while start < len(text):
        end = _longest(text, start, limit, size)
        if end < len(text):
            end = _border(text, start, end)
        pieces.append(text[start:end])
        start = end
    return pieces or [""]


def _longest(text: str, start: int, limit: int, size: Size) -> int:
    """Where the longest piece from `start` that keeps the limit ends; one character at least."""
    total, end = 0, start
    while end < len(text):
        total += size(text[end])
        if total > limit and end > start:
            break
        end += 1
    return end


def _border(text: str, start: int, end: int) -> int:
    """The best place to cut in the second half of `text[start:end]`."""
    middle = start + (end - start) // 2
    for marks in _BORDERS:
        for place in range(end, middle, -1):
            if text[place - 1] in marks and not _clings(text, place):
                return place
    for place in range(end, middle, -1):
        if not _clings(text, place):
            return place
    return end


def _clings(text: str, place: int) -> bool:
    """Does what stands at `place` belong to the character before it?"""
    if place >= len(text):
        return False
    after = text[place]
    return (
        after in _JOINERS
        or text[place - 1] == "\u200d"
        or unicodedata.combining(after) != 0
        or "\U0001f3fb" <= after <= "\U0001f3ff"  # skin tones
    )
