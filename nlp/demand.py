"""Splits a message that holds several demands, where that is simple: 路灯不亮还有井盖没了."""

import re
from collections.abc import Callable

from nlp import clauses

_JOINT = (
    r"[，。；;,！？]?(?:(?:还有就是|"
    r"还有一?[件个样][事儿]?|还有[，、]|"
    r"另外(?:还有|就是)?|"
    r"第[一二三四五][件个条点]?事?[，、是：]|"
    r"其[一二三][，、是]|再一个(?:就是)?|"
    r"再有就是|再就是|"
    r"同时(?:还)?|顺便(?:说|问|反映)?一?下?|"
    r"对了)|(?:[，。；、]|"
    r"^)[1-9一二三四五][、.．]|"
    r"(?<=[^\d，、])[1-9][、.．](?!\d)|"
    r"还有(?![没几多人三两一二四五六七八九"
    r"十\d天个半点用什啥谁好救呢吗完可希机办])|"
    r"；)[，、,：]?"
)
_JOINTS = re.compile(_JOINT)
LONGEST = 200  # characters: a longer text is a letter about one matter
SHORTEST = 4
MOST = 4


def split(text: str, matter_of: Callable[[str], str]) -> tuple[str, ...]:
    """The demands of a text: parts that each name another matter; else the text itself.

    `matter_of` gives the category of a piece where its words name one surely, else nothing. A piece
    that names none, or again the same, belongs to the demand before it.
    """
    if len(text) > LONGEST:
        return (text,)
    parts = [part.strip("，。；！？、 ") for part in _JOINTS.split(text)]
    parts = [part for part in parts if part]
    if len(parts) < 2:
        return (text,)
    demands: list[str] = []
    matters: list[str] = []
    for part in parts:
        matter = matter_of(part) if len(part) >= SHORTEST else ""
        if demands and (not matter or matter in matters or not matters[-1]):
            demands[-1] = f"{demands[-1]}，{part}"
            matters[-1] = matters[-1] or matter
        else:
            demands.append(part)
            matters.append(matter)
    return tuple(demands) if 2 <= len(demands) <= MOST and all(matters) else (text,)


def by_place(
    text: str, matter_of: Callable[[str], str], place_of: Callable[[str], str]
) -> tuple[str, ...]:
    """The clauses of a text where each names a matter and a place apart from the others'; else the
    text: 王庄村路灯坏了，大会塔村也停水了. A place's code begins with that of what it lies in.
    """
    parts = tuple(clauses.split(text))
    if len(text) > LONGEST or not 2 <= len(parts) <= MOST:
        return (text,)
    places = {place for part in parts if matter_of(part) and (place := place_of(part))}
    apart = not any(a != b and a.startswith(b) for a in places for b in places)
    return parts if apart and len(places) == len(parts) else (text,)
