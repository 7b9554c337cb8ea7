"""What a row of the danger tables is, and how rows are found in a text.

A row `water,人掉进水里,person fell water_place,6,` gives the danger, the name of the rule, and what
must be said in this order. A slot is the name of a list of words, or the words themselves with `/`
between them. From slot to slot lie at most `gap` characters of one clause; behind a slot that ends
with `,` a comma may lie too.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ahocorasick

from nlp import clauses

# Characters that may be glued to a word by the segmentation without making it another one.
_LIGHT_BEFORE = frozenset("大上下里外我俺你他她您咱有又被把给让在正就没不是都也还快要")
_NOBODY = frozenset(("没人", "无人"))
_OLD_MAN = re.compile("老[^人]?头")  # 老张头晕倒了: 头 is the man's and not of 头晕
_LIGHT_AFTER = frozenset("里上下中内外边了着过呢啦的人去来头住地")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of a table."""

    danger: str
    name: str  # Chinese: operators read it as evidence
    slots: tuple[str, ...]
    across: tuple[bool, ...]  # may a comma lie behind this slot?
    gap: int
    weak: bool  # a sign of danger (smoke, a smell); of the harmless, void where HARM is told


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A rule found in a text, with where each of its slots stands."""

    rule: Rule
    parts: tuple[Span, ...]

    @property
    def start(self) -> int:
        """Where the first slot begins."""
        return self.parts[0][0]

    @property
    def end(self) -> int:
        """Behind the last slot."""
        return self.parts[-1][1]

    def words(self, text: str) -> tuple[str, ...]:
        """What was said, slot by slot."""
        return tuple(text[start:end] for start, end in self.parts)


class Finder:
    """Finds the rows of several tables in a text; any text takes time in step with its length."""

    def __init__(self, tables: Iterable[Sequence[Rule]], words: Mapping[str, str]) -> None:
        self._tables = tuple(map(_Table, tables))
        rules = [rule for table in self._tables for rule in table.rules]
        self._automaton = _automaton(rules, words)

    def find(self, text: str, firm: Sequence[Span]) -> tuple[tuple[Match, ...], ...]:
        """For each table all matches; nothing may cut through the `firm` words of the text."""
        slots = self._slots(text, firm)
        reach = _Reach(text)
        return tuple(table.find(slots, reach) for table in self._tables)

    def _slots(self, text: str, firm: Sequence[Span]) -> dict[str, list[Span]]:
        """Where the words of each slot stand, in order; a word inside another one does not count.

        着了 in 睡着了 and 想不开 in 想不开通 are none.
        """
        said = [(n + 1 - length, n + 1, slots) for n, (length, slots) in self._automaton.iter(text)]
        men = {match.span() for match in _OLD_MAN.finditer(text)}
        heads = {end - 1 for start, end, _ in said if (start, end) in men} if men else set()
        words = (span for span in firm if span[0] not in heads)
        word_at = {at: span for span in words for at in range(span[0] + 1, span[1])}
        found: defaultdict[str, list[Span]] = defaultdict(list)
        for start, end, slots in said:
            if end - start == 1 and (start in heads or text[start - 1 : end] in _NOBODY):
                continue
            cuts = start in word_at or end in word_at
            if not cuts or _is_whole(text, start, end, word_at):
                for slot in slots:
                    found[slot].append((start, end))
        for spans in found.values():
            spans.sort()
        return dict(found)


class _Table:
    """The rows of one table, by their first slot."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self._beginning: dict[str, list[int]] = {}
        for number, rule in enumerate(self.rules):
            self._beginning.setdefault(rule.slots[0], []).append(number)

    def find(self, slots: Mapping[str, list[Span]], reach: "_Reach") -> tuple[Match, ...]:
        numbers = sorted(n for slot in slots for n in self._beginning.get(slot, ()))
        return tuple(
            match
            for rule in map(self.rules.__getitem__, numbers)
            if all(map(slots.__contains__, rule.slots))
            for match in _matches(rule, slots, reach)
        )


class _Reach:
    """Whether two positions of a text lie in one clause, or in one sentence."""

    def __init__(self, text: str) -> None:
        self._clauses = clauses.ends(text)
        self._sentences = [at for at in self._clauses if text[at] in clauses.SENTENCE_ENDS]

    def joins(self, left: int, right: int, *, across: bool) -> bool:
        """Nothing ends between them that should hold them together."""
        ends = self._sentences if across else self._clauses
        return bisect_left(ends, left) == bisect_left(ends, right)


def _matches(rule: Rule, slots: Mapping[str, list[Span]], reach: _Reach) -> Iterator[Match]:
    for first in slots[rule.slots[0]]:
        rest = _rest(rule, 1, first[1], slots, reach)
        if rest is not None:
            yield Match(rule=rule, parts=(first, *rest))


def _rest(
    rule: Rule, index: int, behind: int, slots: Mapping[str, list[Span]], reach: _Reach
) -> tuple[Span, ...] | None:
    """The nearest spans for the slots from `index` on, or None."""
    if index == len(rule.slots):
        return ()
    spans, across = slots[rule.slots[index]], rule.across[index - 1]
    for at in range(bisect_left(spans, (behind, 0)), len(spans)):
        start, end = spans[at]
        if start - behind > rule.gap or not reach.joins(behind, start, across=across):
            return None
        rest = _rest(rule, index + 1, end, slots, reach)
        if rest is not None:
            return ((start, end), *rest)
    return None


def _is_whole(text: str, start: int, end: int, word_at: Mapping[int, Span]) -> bool:
    cut_before, cut_after = word_at.get(start), word_at.get(end)
    if cut_before and not _LIGHT_BEFORE.issuperset(text[cut_before[0] : start]):
        return False
    return not cut_after or _LIGHT_AFTER.issuperset(text[end : cut_after[1]])


def _automaton(rules: Sequence[Rule], words: Mapping[str, str]) -> Any:
    slots_of: dict[str, dict[str, None]] = {}
    for slot in dict.fromkeys(slot for rule in rules for slot in rule.slots):
        named = [word for part in slot.split("/") for word in words.get(part, part).split()]
        for word in named:
            slots_of.setdefault(word, {})[slot] = None
    automaton = ahocorasick.Automaton()
    for word, slots in slots_of.items():
        automaton.add_word(word, (len(word), tuple(slots)))
    automaton.add_word("\x00", (1, ()))  # an empty one cannot be searched
    automaton.make_automaton()
    return automaton
