"""Where a clause of a normalised text ends: for everybody who looks no further than one."""

import re

ENDS = frozenset("，。！？；,!?;\n")
SENTENCE_ENDS = frozenset("。！？!?\n")
_END = re.compile(f"[{''.join(sorted(ENDS))}]")
# Who takes a text apart also stops where people draw breath: 别说是我说的 东韩村… 转人工…着火了
_BREATH = re.compile(r"(?:[，。！？；、：,!?;:…~～\s—-]|\.(?!\d))+")


def split(text: str) -> list[str]:
    """The clauses of a text, without the marks between them."""
    return [clause for clause in _BREATH.split(text) if clause]


def ends(text: str) -> list[int]:
    """Where the marks stand that end its clauses."""
    return [mark.start() for mark in _END.finditer(text)]


def around(text: str, start: int, end: int) -> tuple[int, int]:
    """The clauses in which a span lies, from end to end."""
    marks = ends(text)
    left = max((mark + 1 for mark in marks if mark < start), default=0)
    return left, min((mark for mark in marks if mark >= end), default=len(text))


def before(text: str, position: int, look_back: int) -> str:
    """What stands before a position in its own clause, as far as one looks back."""
    said = text[max(0, position - look_back) : position]
    return said[max(said.rfind(end) for end in ENDS) + 1 :]


def after(text: str, position: int, look_ahead: int) -> str:
    """What follows a position in its own clause, as far as one looks ahead."""
    said = text[position : position + look_ahead]
    ends = [at for end in ENDS if (at := said.find(end)) >= 0]
    return said[: min(ends, default=len(said))]
