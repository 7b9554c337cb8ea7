"""How fast somebody must act: danger words that are meant, not denied, past, asked or figurative.

The list errs towards alarm: a false one costs an operator a look, a missed one may cost a life.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nlp import danger_words
from nlp.understanding import Urgency

_URGENT = re.compile(f"{danger_words.OUT}|{danger_words.BROKEN}")

_CLAUSE_ENDS = "，。！？；,.!?;\n"
_CLAUSE = re.compile(f"[{_CLAUSE_ENDS}]")
_LOOK_BACK = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """How fast, the words that say so, and danger words that were not meant."""

    urgency: Urgency
    words: tuple[str, ...] = ()
    dismissed: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()  # the plain words for the dangers meant


_DANGER = re.compile(
    "|".join(
        f"(?P<{name}>{words})"
        for name, words in {**danger_words.PEOPLE, **danger_words.THINGS}.items()
    )
)


def judge(text: str) -> Alarm:
    """The urgency of normalised text with the danger (or urgent) words that decided."""
    meant: dict[str, str] = {}
    dismissed: dict[str, None] = {}
    for match in _DANGER.finditer(text):
        if _is_meant(text, match):
            meant.setdefault(match.group(), danger_words.SIGNS[match.lastgroup or ""])
        else:
            dismissed[match.group()] = None
    unmeant = tuple(word for word in dismissed if word not in meant)
    if meant:
        signs = tuple(dict.fromkeys(meant.values()))
        words = tuple(meant)
        return Alarm(urgency=Urgency.DANGER, words=words, dismissed=unmeant, signs=signs)
    urgent = tuple(dict.fromkeys(_urgent(text)))
    urgency = Urgency.URGENT if urgent else Urgency.NORMAL
    return Alarm(urgency=urgency, words=urgent, dismissed=unmeant)


def _is_meant(text: str, match: re.Match[str]) -> bool:
    """Is the word said of something that is happening, or is threatened?"""
    name, word = match.lastgroup or "", match.group()
    before = text[max(0, match.start() - _LOOK_BACK) : match.start()]
    after = text[match.end() : match.end() + 14]
    clause = before[max(before.rfind(end) for end in _CLAUSE_ENDS) + 1 :]
    if danger_words.IDIOM.search(clause[-4:] + word + after[:4]):
        return False
    if danger_words.DENIED.search(clause) or danger_words.PREVENTED.search(clause):
        return False
    harmless = danger_words.HARMLESS_BEFORE.get(name)
    if harmless and harmless.search(clause):
        return False
    if name in danger_words.FIGURES and danger_words.FIGURATIVE.search(clause):
        return False
    now = danger_words.NOW.search(clause + word + _CLAUSE.split(after)[0])
    if not now and (danger_words.PAST.search(before) or _is_topic(word, after)):
        return False
    if name in danger_words.HURT and not now and danger_words.AFTERMATH.search(text):
        return False
    return name not in danger_words.THINGS or not _is_only_feared(name, text, clause, word + after)


def _is_topic(word: str, after: str) -> bool:
    """Spoken about, as in 着火的电话是多少; what has happened (着火了) is more than a topic."""
    happened = word.endswith("了") or danger_words.DONE.match(after)
    return not happened and bool(danger_words.TOPIC_AFTER.match(after))


def _is_only_feared(name: str, text: str, clause: str, here: str) -> bool:
    sunk = danger_words.ROAD.search(clause[-6:] + here[:4])
    if name == "collapse" and (sunk or danger_words.REBUILD.search(text)):
        return not re.search(r"人|孩子", here)
    if re.match(r"[^，。！？]{0,5}(?:隐患|风险)", here):
        return True
    return bool(danger_words.SUPPOSED.search(clause))


def _urgent(text: str) -> Iterator[str]:
    for match in _URGENT.finditer(text):
        before = text[max(0, match.start() - 10) : match.start()]
        clause = before[max(before.rfind(end) for end in _CLAUSE_ENDS) + 1 :]
        around = clause + match.group() + text[match.end() : match.end() + 6]
        denied = re.search(
            r"(?<!是)(?<!有)(?:没有?|不是|未|别|不能|不许|以防|防止|怕)$|有$", clause
        )
        if not (denied or danger_words.FIELD.search(around) or danger_words.PLANNED.search(around)):
            yield match.group()
