"""Splits a message that holds several demands, where that is simple: 路灯不亮还有井盖没了."""

import re
from collections.abc import Callable

_JOINTS = re.compile(
    r"[，。；;,]?(?:还有就是|还有一[件个]事|还有|另外|第二[件个]?事?|再一个|再就是|以及)[，、,]?"
)
SHORTEST = 4
MOST = 4


def split(text: str, group_of: Callable[[str], str]) -> tuple[str, ...]:
    """The demands of a text: parts that each name a matter of a different group; else the text
    itself.

    `group_of` gives the group code of a piece, empty where it names none.
    """
    parts = [part.strip("，。； ") for part in _JOINTS.split(text)]
    parts = [part for part in parts if len(part) >= SHORTEST]
    if not 2 <= len(parts) <= MOST:
        return (text,)
    groups = [group_of(part) for part in parts]
    different = len(set(groups)) == len(groups)
    return tuple(parts) if all(groups) and different else (text,)
