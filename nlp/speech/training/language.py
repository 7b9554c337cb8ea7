"""Which words follow which: a bigram model with classes for the county's names, as an automaton.

Costs are negative natural logarithms, a little weightier than what is heard. A token in braces is a
class: its names are entered from wherever the class can follow and left to wherever something can
follow the class, so that a thousand names cost a thousand arcs and not a thousand for each context.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from nlp.speech.training import sayings
from nlp.speech.training.sayings import Names

BACK_OFF = "#0"  # the symbol read when the context is given up
DISCOUNT = 0.4
UNSEEN = 0.3  # how often a word counts that no sentence holds
START, END = "<s>", "</s>"
PLACE, TOWN, TOWN_PLACE, DIGITS = "{place}", "{town}", "{town}{place}", "{digits}"
CLASSES = (PLACE, TOWN, TOWN_PLACE, DIGITS)
SPOKEN_DIGITS = f"{sayings.DIGITS}幺"
ANOTHER_DIGIT = 0.9
LINKED = 0.2  # how often 的 stands between township and village
FULL_NAME = 3.0  # a name that ends like a village's is said so much more often than the bare one
WEIGHT = 1.2  # of costs: with less, unclear sounds become any word; with more, rare words are lost
_TAILS = ("村", "社区", "小区", "大街", "路")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arc:
    """One step: reads `read` (a word or a `#` symbol), says `said` (a word or nothing)."""

    source: int
    target: int
    read: str
    said: str
    cost: float


@dataclass(slots=True)
class Grammar:
    """The automaton; state 0 is the start, state 1 knows no context."""

    arcs: list[Arc] = field(default_factory=list)
    final: dict[int, float] = field(default_factory=dict)
    states: int = 2

    def add(self, source: int, target: int, read: str, said: str, chance: float) -> None:
        """Add an arc of a probability."""
        self.arcs.append(
            Arc(source=source, target=target, read=read, said=said, cost=_cost(chance))
        )

    def state(self) -> int:
        """A new state."""
        self.states += 1
        return self.states - 1


def build(sentences: Iterable[Sequence[str]], words: Iterable[str], names: Names) -> Grammar:
    """The grammar of tokenised sentences; `words` can be said wherever the context is given up."""
    uni, after = _counts(sentences, words)
    grammar = Grammar()
    states = {START: 0} | {token: grammar.state() for token in after if token != START}
    entrances = {name: grammar.state() for name in CLASSES}
    paths = _Paths(grammar=grammar, states=states, entrances=entrances)
    for context, following in sorted(after.items()):
        paths.context(states[context], following, uni)
    for token, chance in uni.items():
        if token == END:
            grammar.final[1] = _cost(chance)
        else:
            paths.step(1, token, chance)
    _names(grammar, entrances, states, names)
    return grammar


def _counts(
    sentences: Iterable[Sequence[str]], words: Iterable[str]
) -> tuple[Mapping[str, float], Mapping[str, Counter[str]]]:
    uni: Counter[str] = Counter()
    after: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for sentence in sentences:
        before = START
        for token in (*sentence, END):
            uni[token] += 1
            after[before][token] += 1
            before = token
    shares = dict.fromkeys(words, UNSEEN) | {t: count + UNSEEN for t, count in uni.items()}
    for name in CLASSES:
        shares.setdefault(name, UNSEEN)
    total = sum(shares.values())
    return {token: share / total for token, share in shares.items()}, after


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paths:
    """Where each word and each class of names is entered."""

    grammar: Grammar
    states: Mapping[str, int]
    entrances: Mapping[str, int]

    def context(self, state: int, following: Counter[str], uni: Mapping[str, float]) -> None:
        """What may follow in this state, with the chance kept back for all that was not seen."""
        count = following.total()
        given_up = DISCOUNT * len(following) / count
        for token, seen in sorted(following.items()):
            chance = (seen - DISCOUNT) / count + given_up * uni[token]
            if token == END:
                self.grammar.final[state] = _cost(chance)
            else:
                self.step(state, token, chance)
        self.grammar.add(state, 1, BACK_OFF, "", given_up)

    def step(self, state: int, token: str, chance: float) -> None:
        """An arc to the word, or into the names of its class."""
        if token in self.entrances:
            self.grammar.add(state, self.entrances[token], symbol(token), "", chance)
        else:
            self.grammar.add(state, self.states.get(token, 1), token, token, chance)


def symbol(token: str) -> str:
    """The symbol read on entering a class."""
    return f"#{CLASSES.index(token) + 1}"


def _names(
    grammar: Grammar, entrances: Mapping[str, int], states: Mapping[str, int], names: Names
) -> None:
    def left(token: str) -> int:
        return states.get(token, 1)

    _choices(grammar, entrances[PLACE], left(PLACE), names.all_places)
    _choices(grammar, entrances[TOWN], left(TOWN), names.towns)
    towns = [town for town in names.towns if names.at(town)]
    for town in towns:
        within = grammar.state()
        linked = grammar.state()
        grammar.add(entrances[TOWN_PLACE], within, town, town, 1 / len(towns))
        grammar.add(within, linked, "的", "的", LINKED)
        _choices(grammar, within, left(TOWN_PLACE), names.at(town), 1 - LINKED)
        _choices(grammar, linked, left(TOWN_PLACE), names.at(town))
    another = grammar.state()
    for digit in SPOKEN_DIGITS:
        grammar.add(entrances[DIGITS], another, digit, digit, 1 / len(SPOKEN_DIGITS))
        grammar.add(another, another, digit, digit, ANOTHER_DIGIT / len(SPOKEN_DIGITS))
    grammar.add(another, left(DIGITS), BACK_OFF, "", 1 - ANOTHER_DIGIT)


def _choices(
    grammar: Grammar, source: int, target: int, names: Sequence[str], share: float = 1.0
) -> None:
    weights = {name: FULL_NAME if name.endswith(_TAILS) else 1.0 for name in names}
    total = sum(weights.values())
    for name, weight in weights.items():
        grammar.add(source, target, name, name, share * weight / total)


def _cost(chance: float) -> float:
    return -WEIGHT * math.log(max(chance, 1e-9))
