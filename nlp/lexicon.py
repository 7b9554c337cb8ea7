"""The county's own words for its categories: which parts of the catalogue a text names."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import ahocorasick

from config.county import County
from nlp.danger import contexts
from nlp.understanding import Guess

MOST_CODES = 16
MOST_EVIDENCE = 5
_LEVEL: Mapping[int, float] = {2: 0.35, 4: 0.6, 6: 1.0}  # by digits of the code
MEANT = 2.5  # a danger word that is meant outweighs whatever else is told


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    word: str
    weights: tuple[tuple[str, float], ...]  # category code, weight


class Lexicon:
    """Scores categories by the key words of the county that a text contains; made by `build`."""

    def __init__(self, automaton: Any, dangerous: Collection[str] = ()) -> None:
        self._automaton = automaton
        self._dangerous = dangerous  # domains in which dangers are listed

    def find(
        self,
        text: str,
        *,
        firm: Iterable[tuple[int, int]] = (),
        meant: Collection[str] = (),
        dismissed: Collection[str] = (),
    ) -> tuple[Guess, ...]:
        """Categories whose words occur, best first; `confidence` is a score and may exceed 1.

        `meant` are danger words that are happening: they count for more. `dismissed` are danger
        words that were denied or only a manner of speaking: they name no danger. A word that
        begins inside one of the `firm` words of the text is none: 水井 in 污水井.
        """
        scores: dict[str, float] = {}
        words: dict[str, list[str]] = {}
        inside = {at for start, end in firm for at in range(start + 1, end)}
        for entry in reversed(list(self._longest(text, inside))):
            unmeant = any(entry.word in phrase for phrase in dismissed)
            factor = MEANT if any(_touch(entry.word, phrase) for phrase in meant) else 1.0
            for code, weight in entry.weights:
                if unmeant and code[:2] in self._dangerous:
                    continue
                if entry.word not in words.setdefault(code, []):
                    words[code].append(entry.word)
                    scores[code] = scores.get(code, 0.0) + weight * factor
        ordered = sorted(scores, key=lambda code: (-scores[code], -len(code), code))
        return tuple(
            Guess(code=code, confidence=scores[code], evidence=tuple(words[code][:MOST_EVIDENCE]))
            for code in ordered[:MOST_CODES]
        )

    def _longest(self, text: str, inside: Collection[int]) -> Iterator[_Entry]:
        """The words found, last first; of two that overlap the longer if it holds the other, else
        the later.

        Chinese is cut more truly from behind: 村口路灯 is 村口 and 路灯, not 村口路 and 灯.
        """
        spans = [
            (last + 1 - len(entry.word), last + 1, entry)
            for last, entry in self._automaton.iter(text)
            if last + 1 - len(entry.word) not in inside
        ]
        spans.sort(key=lambda span: (-span[1], span[0]))
        reached = len(text)
        for start, end, entry in spans:
            if end <= reached:
                reached = start
                yield entry


def build(county: County) -> Lexicon:
    """A lexicon of the `words` of all categories."""
    codes: dict[str, list[str]] = {}
    for category in county.categories.values():
        for word in dict.fromkeys(category.words):
            codes.setdefault(word, []).append(category.code)
    automaton = ahocorasick.Automaton()
    for word, named in codes.items():
        automaton.add_word(word, _Entry(word=word, weights=_weights(word, named)))
    automaton.add_word("\x00", _Entry(word="\x00", weights=()))  # an empty one cannot be searched
    automaton.make_automaton()
    signs = [code for sign in contexts.SIGNS.values() for code in codes.get(sign, ())]
    return Lexicon(automaton, frozenset(code[:2] for code in signs))


def _weights(word: str, codes: list[str]) -> tuple[tuple[str, float], ...]:
    """Long words say more than short ones, words of one category more than words of many."""
    leaves = [code for code in codes if not any(c != code and c.startswith(code) for c in codes)]
    weight = math.sqrt(len(word)) / len(leaves)
    return tuple((code, weight * _LEVEL.get(len(code), 1.0)) for code in leaves)


def _touch(word: str, phrase: str) -> bool:
    return word in phrase or phrase in word
