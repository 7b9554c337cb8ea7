"""Words of a text, cut by jieba's dictionary and the county's names."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from pathlib import Path

import numpy as np

from nlp import dictionary
from nlp.dictionary import Dictionary
from nlp.letters import Integers, code_points

MOST_FREQUENT = 2000  # a county's word counts as no more common than this, or it swallows others
ORDINARY = 5  # frequency in jieba's dictionary from which a word is in everybody's mouth
SHORT_NAME = 2  # characters
TEXTS_KEPT = 16  # cut lately: several ask for the words of one text
FIRST_HAN, LAST_HAN = 0x4E00, 0x9FFF
_HAN = re.compile(r"[\u4e00-\u9fff]+")

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The words of a text in order: where they stand, and how often each is said."""

    spans: Spans
    said: tuple[int, ...]  # 0: no word, a character that none begins with


class Segmenter:
    """Cuts text into words; safe to call from several threads.

    `cache` is a folder for what `nlp.dictionary` keeps. `words` are the county's own names; each
    becomes just frequent enough to stay in one piece. The hidden Markov model of jieba is left off:
    it is quadratic in the length of a run and invents words.
    """

    def __init__(self, cache: Path, words: Iterable[str] = ()) -> None:
        jiebas = dictionary.load(cache)
        own = [w for w in dict.fromkeys(words) if len(w) >= 2 and _HAN.fullmatch(w)]
        self._was_ordinary = {word: jiebas.often(word) >= ORDINARY for word in own}
        self._dictionary = jiebas.knowing(_just_enough(jiebas, own))
        self._kept = lru_cache(TEXTS_KEPT)(self._likeliest)
        self._kept_firm = lru_cache(TEXTS_KEPT)(self._firm)

    def cut(self, text: str) -> list[str]:
        """The Chinese words of a text, in order; everything else is left out."""
        return [text[start:end] for start, end in self.spans(text)]

    def spans(self, text: str) -> Spans:
        """Where each Chinese word of a text begins and ends, in order."""
        return self._kept(text).spans

    def words(self, text: str) -> Iterator[tuple[int, int, float]]:
        """Start, end and natural logarithm of the chance of each word in ordinary talk.

        A county's name that is no word of the language has a chance of nearly nothing.
        """
        cut, total = self._kept(text), self._dictionary.total
        for (start, end), said in zip(cut.spans, cut.said, strict=True):
            often = 0 if self._was_ordinary.get(text[start:end]) is False else said
            yield start, end, math.log(max(often, 1) / total)

    def firm(self, text: str) -> Spans:
        """Where words of the language stand: nothing may cut through them."""
        return self._kept_firm(text)

    def names(self, text: str) -> Spans:
        """Where names of the county stand, but for those of two characters, which may be chance."""
        return tuple(
            (start, end)
            for start, end in self._kept(text).spans
            if end - start > SHORT_NAME and text[start:end] in self._was_ordinary
        )

    def is_ordinary(self, word: str) -> bool:
        """Is this a word of the language at large, besides whatever the county means by it?"""
        was = self._was_ordinary.get(word)
        return self._dictionary.often(word) >= ORDINARY if was is None else was

    def _firm(self, text: str) -> Spans:
        cut, was_ordinary = self._kept(text), self._was_ordinary.get
        return tuple(
            (start, end)
            for (start, end), said in zip(cut.spans, cut.said, strict=True)
            if end - start > 1 and was_ordinary(text[start:end], said >= ORDINARY)
        )

    def _likeliest(self, text: str) -> Cut:
        """The words whose product of chances is greatest, as jieba would cut it."""
        characters = code_points(text)
        is_han = (characters >= FIRST_HAN) & (characters <= LAST_HAN)
        starts, ends, said = _ways(self._dictionary, np.where(is_han, characters, 0))
        chances = np.log(np.maximum(said, 1)) - math.log(self._dictionary.total)
        ways = list(zip(starts.tolist(), ends.tolist(), chances.tolist(), strict=True))
        chosen = _best(len(text), ways)
        return Cut(
            spans=tuple([ways[at][:2] for at in chosen]),
            said=tuple(said[chosen].tolist()),
        )


def _ways(known: Dictionary, characters: Integers) -> tuple[Integers, Integers, Integers]:
    """Start and end of whatever may be a word, the last starts first, and how often it is
    said.
    """
    places = np.flatnonzero(characters)
    lone = (places, places + 1, np.zeros_like(places))  # each, unless a word begins there
    found = zip(lone, *known.parts(characters), strict=True)
    starts, ends, said = map(np.concatenate, found)
    words = said > 0
    begun = np.zeros(len(characters), dtype=np.bool_)
    begun[starts[words]] = True
    words[: len(places)] = ~begun[places]
    starts, ends, said = starts[words], ends[words], said[words]
    order = np.argsort(ends - starts * len(characters))
    return starts[order], ends[order], said[order]


def _best(length: int, ways: Sequence[tuple[int, int, float]]) -> list[int]:
    """Which of the ways (start, end, logarithm of the chance; the last starts first) follow each
    other with the greatest product of chances; between them lies what is no word.
    """
    scores, best = [0.0] * (length + 1), [-1] * length
    for way, (start, end, chance) in enumerate(ways):
        score = chance + scores[end]
        if best[start] < 0 or score >= scores[start]:
            scores[start], best[start] = score, way
    chosen, at = [], 0
    while at < length:
        if best[at] >= 0:
            chosen.append(best[at])
            at = ways[best[at]][1]
        else:
            at += 1
    return chosen


def _just_enough(jiebas: Dictionary, own: Sequence[str]) -> dict[str, int]:
    """How often each must be said to be cut out whole, as jieba reckons it: one after the other."""
    enough: dict[str, int] = {}
    total = jiebas.total
    for word, said in zip(own, _said_in(jiebas, own), strict=True):
        said |= {
            (start, end): enough[word[start:end]]
            for start, end in combinations(range(len(word) + 1), 2)
            if word[start:end] in enough
        }
        spans = sorted(said, key=lambda span: (-span[0], span[1]))
        chances = [max(said[span], 1) / total for span in spans]
        ways = [(*span, math.log(chance)) for span, chance in zip(spans, chances, strict=True)]
        chance = math.prod(chances[way] for way in _best(len(word), ways))
        least = max(int(chance * total) + 1, said.get((0, len(word)), 1))
        enough[word] = min(least, MOST_FREQUENT)
        total += enough[word]
    return enough


def _said_in(jiebas: Dictionary, own: Sequence[str]) -> list[dict[tuple[int, int], int]]:
    """What may be a word in each of them, by start and end, and how often it is said."""
    begins = np.cumsum([0, *(len(word) + 1 for word in own)])
    characters = code_points("".join(word + "\0" for word in own))
    starts, ends, said = _ways(jiebas, characters)
    which = begins.searchsorted(starts, side="right") - 1
    found: list[dict[tuple[int, int], int]] = [{} for _ in own]
    inside = (starts - begins[which], ends - begins[which])
    for word, start, end, often in zip(*(x.tolist() for x in (which, *inside, said)), strict=True):
        found[word][start, end] = often
    return found
