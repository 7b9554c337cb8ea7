"""The county's own words for its categories: which leaves of the catalogue a text names."""

import math
from collections.abc import Mapping

import ahocorasick

from config.county import County
from nlp.understanding import Guess

LEAF_LEVEL = 6


class Lexicon:
    """Scores categories by the key words of categories.csv that a text contains."""

    def __init__(self, county: County) -> None:
        self._automaton = _automaton(county)

    def find(self, text: str) -> tuple[Guess, ...]:
        """Categories whose words occur, best first; `confidence` is a score, not yet a
        probability.
        """
        scores: dict[str, float] = {}
        words: dict[str, list[str]] = {}
        for word, codes in self._longest(text):
            for code, weight in codes:
                if word not in words.setdefault(code, []):
                    words[code].append(word)
                    scores[code] = scores.get(code, 0.0) + weight
        ordered = sorted(scores, key=lambda code: (-scores[code], -len(code), code))
        return tuple(
            Guess(code=code, confidence=scores[code], evidence=tuple(words[code][:5]))
            for code in ordered[:12]
        )

    def _longest(self, text: str) -> list[tuple[str, tuple[tuple[str, float], ...]]]:
        hits = [
            (end - len(word) + 1, end + 1, word, codes)
            for end, (word, codes) in self._automaton.iter(text)
        ]
        return [
            (word, codes)
            for start, end, word, codes in hits
            if not any(s <= start and end <= e and (e - s) > (end - start) for s, e, _, _ in hits)
        ]


def _automaton(county: County):  # type: ignore[no-untyped-def]
    codes: dict[str, list[str]] = {}
    for category in county.categories.values():
        for word in category.words:
            codes.setdefault(word, []).append(category.code)
    automaton = ahocorasick.Automaton()
    for word, named in codes.items():
        automaton.add_word(word, (word, _weights(word, named)))
    if not codes:
        automaton.add_word("\x00", ("\x00", ()))
    automaton.make_automaton()
    return automaton


def _weights(word: str, codes: list[str]) -> tuple[tuple[str, float], ...]:
    """Long words say more than short ones, words of one category more than words of many."""
    weight = math.sqrt(len(word)) / len(codes)
    return tuple((code, weight * _LEVEL[len(code)]) for code in codes)


_LEVEL: Mapping[int, float] = {2: 0.4, 4: 0.7, 6: 1.0}
