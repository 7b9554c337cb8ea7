"""The county's words and the trained domains weighed together: what a text is about, how surely."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from nlp.understanding import Guess

MOST_GUESSES = 5
LEAST_CONFIDENCE = 0.05
# How the county's words and the trained domains weigh against each other; set on tests/quality.
WORD_WEIGHT = 2.6
DOMAIN_WEIGHT = 1.0
UNSEEN_DOMAIN = 0.04
GROUP_SHARE = 0.6  # of its domain's probability a group must hold to be named
LEAF_SHARE = 0.5
GROUP = 4  # digits of its code
OUTRIGHT = 1.0  # a score from which a word names a matter, whatever is complained of beside it
_PASSED_ON = frozenset(
    ("踢皮球", "互相推", "推诿")
)  # by several; 不作为 blames the one that is named


def ranked(
    named: tuple[Guess, ...],
    domains: tuple[Guess, ...],
    tilt: Mapping[str, float],
    manner: Collection[str] = (),
) -> tuple[Guess, ...]:
    """The county's words and the trained domains together: the finest level that is supported.

    Every code named and every domain is a candidate; a soft maximum makes them probabilities, which
    add up along the catalogue. Of the best domain the group, and of that the leaf, is given where
    it holds most of the probability. `manner` are codes that say how somebody was treated: they
    give way to a matter that is named outright. Of `domains` one without a code is the chance that
    it is none of the catalogue's.
    """
    named = _matters(named, manner)
    if not named and not any(guess.code for guess in domains):
        return ()
    believed = {guess.code: guess.confidence for guess in domains}
    scores = {code: DOMAIN_WEIGHT * math.log(share) for code, share in believed.items()}
    for guess in named:
        prior = believed.get(guess.code[:2], 0.0) + UNSEEN_DOMAIN
        scores[guess.code] = DOMAIN_WEIGHT * math.log(prior) + WORD_WEIGHT * guess.confidence
    for code in scores:
        scores[code] += next((tilt[above] for above in _above(code) if above in tilt), 0.0)
    nothing = believed.get("", 0.0) + UNSEEN_DOMAIN
    scores[""] = DOMAIN_WEIGHT * math.log(nothing) if domains else 0.0
    chances = _soft_maximum(scores)
    levels = _added_up(chances)
    evidence = {guess.code: guess.evidence for guess in (*domains, *named)}
    first = _finest(levels)
    others = sorted(
        (code for code in chances if code and not first.startswith(code)),
        key=lambda code: (-chances[code], code),
    )
    guesses = [_guess(first, levels[first], evidence)]
    guesses += [
        _guess(code, chances[code], evidence)
        for code in others
        if code != first and chances[code] >= LEAST_CONFIDENCE
    ]
    return tuple(guesses[:MOST_GUESSES])


def _matters(named: tuple[Guess, ...], manner: Collection[str]) -> tuple[Guess, ...]:
    """找了八个部门都踢皮球，低保没办下来: the matter is what was wanted, not how he was treated."""
    passed_on = {g.code for g in named if g.code in manner and _PASSED_ON.issuperset(g.evidence)}
    matters = tuple(guess for guess in named if guess.code not in passed_on)
    outright = any(len(g.code) >= GROUP and g.confidence >= OUTRIGHT for g in matters)
    return matters if outright else named


def _above(code: str) -> Iterable[str]:
    return (code[:length] for length in range(2, len(code) + 1, 2))


def _soft_maximum(scores: Mapping[str, float]) -> dict[str, float]:
    most = max(scores.values())
    exponents = {code: math.exp(score - most) for code, score in scores.items()}
    total = sum(exponents.values())
    return {code: value / total for code, value in exponents.items()}


def _added_up(chances: Mapping[str, float]) -> dict[str, float]:
    """The probability of every code with everything below it."""
    levels: dict[str, float] = defaultdict(float)
    for code, chance in chances.items():
        for length in range(2, len(code) + 1, 2):
            levels[code[:length]] += chance
    return levels


def _finest(levels: Mapping[str, float]) -> str:
    code = _best(levels, "", 2)
    for length, share in ((4, GROUP_SHARE), (6, LEAF_SHARE)):
        deeper = _best(levels, code, length)
        if not deeper or levels[deeper] < share * levels[code]:
            return code
        code = deeper
    return code


def _best(levels: Mapping[str, float], above: str, length: int) -> str:
    inside = [code for code in levels if len(code) == length and code.startswith(above)]
    return max(inside, key=lambda code: (levels[code], code), default="")


def _guess(code: str, chance: float, evidence: Mapping[str, Iterable[str]]) -> Guess:
    own = evidence.get(code) or next(
        (words for other, words in evidence.items() if other.startswith(code) and words), ()
    )
    words = tuple(own) or tuple(evidence.get(code[:2], ()))
    return Guess(code=code, confidence=round(min(chance, 0.99), 3), evidence=words)
