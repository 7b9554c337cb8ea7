"""Long answers cut to what a platform takes, at the ends of sentences where possible."""

import re

_END = re.compile(r"(?<=[。！？；\n])")


def split(text: str, limit_bytes: int) -> list[str]:
    """Pieces of at most `limit_bytes` of UTF-8, together the text."""
    pieces: list[str] = []
    current = ""
    for sentence in filter(None, _END.split(text)):
        for part in _hard(sentence, limit_bytes):
            if len((current + part).encode()) > limit_bytes:
                pieces.append(current)
                current = ""
            current += part
    return [*pieces, current] if current or not pieces else pieces


def _hard(sentence: str, limit_bytes: int) -> list[str]:
    """A sentence too long for one piece is cut between characters."""
    parts, current = [], ""
    for character in sentence:
        if len((current + character).encode()) > limit_bytes:
            parts.append(current)
            current = ""
        current += character
    return [*parts, current]
