"""Words of a text, cut by jieba's dictionary and the county's names."""

import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from nlp import dictionary

LONGEST_RUN = 200  # Han characters cut at once; without the HMM the cost is linear anyway
MOST_FREQUENT = 2000  # a county's word counts as no more common than this, or it swallows others
ORDINARY = 5  # frequency in jieba's dictionary from which a word is in everybody's mouth
_HAN = re.compile(r"[\u4e00-\u9fff]+")


class Segmenter:
    """Cuts text into words; safe to call from several threads.

    `cache` is a folder for what `nlp.dictionary` keeps. `words` are the county's own names; each
    becomes just frequent enough to stay in one piece. The hidden Markov model of jieba is left off:
    it is quadratic in the length of a run and invents words.
    """

    def __init__(self, cache: Path, words: Iterable[str] = ()) -> None:
        self._dictionary = dictionary.load(cache)
        self._added: dict[str, bool] = {}  # was it an ordinary word before?
        for word in words:
            if word not in self._added and len(word) >= 2 and _HAN.fullmatch(word):
                self._added[word] = self._dictionary.often(word) >= ORDINARY
                self._dictionary.add(word, min(self._just_enough(word), MOST_FREQUENT))

    def cut(self, text: str) -> list[str]:
        """The Chinese words of a text, in order; everything else is left out."""
        return [text[start:end] for start, end in self.spans(text)]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where each Chinese word of a text begins and ends, in order."""
        spans: list[tuple[int, int]] = []
        for run in _HAN.finditer(text):
            for start in range(run.start(), run.end(), LONGEST_RUN):
                spans += self._likeliest(text, start, min(start + LONGEST_RUN, run.end()))
        return spans

    def words(self, text: str) -> Iterator[tuple[int, int, float]]:
        """Start, end and natural logarithm of the chance of each word in ordinary talk.

        A county's name that is no word of the language has a chance of nearly nothing.
        """
        for run in _HAN.finditer(text):
            ends = min(run.end(), run.start() + LONGEST_RUN)
            for start, end in self._likeliest(text, run.start(), ends):
                word = text[start:end]
                often = 0 if self._added.get(word) is False else self._dictionary.often(word)
                yield start, end, math.log(max(often, 1) / self._dictionary.total)

    def firm(self, text: str, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        """Those of the spans that hold a word of the language: nothing may cut through them."""
        return [
            (start, end)
            for start, end in spans
            if end - start > 1 and self.is_ordinary(text[start:end])
        ]

    def _likeliest(self, text: str, begins: int, stops: int) -> list[tuple[int, int]]:
        """The words of a run whose product of chances is greatest, as jieba would cut it.

        jieba builds a graph, then looks for the way; both at once from behind take half the time.
        Its dictionary holds the beginnings of words too, with a frequency of 0.
        """
        dictionary, total, log = self._dictionary, math.log(self._dictionary.total), math.log
        scores, ends = [0.0] * (stops + 1), [0] * stops
        for start in range(stops - 1, begins - 1, -1):
            best, best_end, end = -math.inf, start + 1, start + 1
            known = dictionary[text[start]].get
            often = known(text[start])
            while often is not None:
                if often:
                    score = log(often) - total + scores[end]
                    if score >= best:
                        best, best_end = score, end
                end += 1
                if end > stops:
                    break
                often = known(text[start:end])
            scores[start] = best if best > -math.inf else scores[start + 1] - total
            ends[start] = best_end
        spans, at = [], begins
        while at < stops:
            spans.append((at, ends[at]))
            at = ends[at]
        return spans

    def is_ordinary(self, word: str) -> bool:
        """Is this a word of the language at large, besides whatever the county means by it?"""
        added = self._added.get(word)
        return self._dictionary.often(word) >= ORDINARY if added is None else added

    def _just_enough(self, word: str) -> int:
        """How often a word must be said to be cut out whole, as jieba reckons it."""
        chance, total = 1.0, self._dictionary.total
        for start, end in self._likeliest(word, 0, len(word)):
            chance *= self._dictionary.often(word[start:end], 1) / total
        return max(int(chance * total) + 1, self._dictionary.often(word, 1))
