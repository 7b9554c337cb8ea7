"""From the names that may have been heard to the places that may be meant, and how sure that is.

Confidences keep one promise: two places lie nearer than `SPLIT` to each other where taking the
better one unasked would be wrong too often, so whoever asks below that distance asks when it is
needed.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nlp.sounding import Heard
from nlp.spellings import Name
from nlp.understanding import Guess

SPLIT = 0.25  # the distance in confidence below which two places have to be asked about
DOUBT = 3.0  # nats: a rival this much less likely lies one `SPLIT` below
LEAST = 0.3  # nats for any place at all to have been named
MOST_RIVALS = 3  # as many as one question can name
KNOWN_SHARE = 0.35  # which the best few of the rivals must hold, or naming them helps nobody
TOWNSHIP = 0.5
LEAST_CONFIDENCE = 0.05

_ANSWER = 3.0  # the whole text is hardly more than the name
_ANSWER_ROOM = 3  # characters around it: 在 ... 的
_FOLLOWS = 4.5  # a village said right behind its own township
_FOLLOWS_OTHER = 0.5
_BESIDE = 2.0
_ELSEWHERE = -2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A place that a stretch of the text may name, with its township where that was said before."""

    name: Name
    start: int
    end: int
    score: float

    def overlaps(self, other: "Candidate") -> bool:
        """Do both claim one stretch of the text?"""
        return self.start < other.end and other.start < self.end


def decide(heard: Sequence[Heard], text: str) -> list[tuple[tuple[int, int], list[Guess]]]:
    """For each stretch of the text that names a place: the places it may be, best first."""
    single = [
        Candidate(name=name, start=one.start, end=one.end, score=one.score + _alone(one, text))
        for one in heard
        for name in one.names
    ]
    townships = _townships(single)
    settled = [_with_township(c, townships) for c in single if not c.name.is_township]
    stretches = []
    left = sorted(settled, key=_order)
    while left:
        best = left[0]
        rivals = [c for c in left if c.overlaps(best)]
        left = [c for c in left if not c.overlaps(best)]
        guesses = _weighed(rivals, townships, text)
        if guesses:
            stretches.append(((best.start, best.end), guesses))
    return stretches + [((t.start, t.end), [_township(t, text)]) for t in townships]


def _alone(one: Heard, text: str) -> float:
    return _ANSWER if len(text) - (one.end - one.start) <= _ANSWER_ROOM else 0.0


def _townships(single: Iterable[Candidate]) -> list[Candidate]:
    """Townships that were named, one for each stretch."""
    named: list[Candidate] = []
    for c in sorted((c for c in single if c.name.is_township and c.score > LEAST), key=_order):
        if not any(c.overlaps(other) for other in named):
            named.append(c)
    return named


def _with_township(village: Candidate, townships: Sequence[Candidate]) -> Candidate:
    """The village, likelier where its township stands before it or elsewhere in the text."""
    apart = [t for t in townships if not t.overlaps(village)]
    for t in apart:
        if t.end <= village.start <= t.end + 1:
            own = t.name.township == village.name.township
            return Candidate(
                name=village.name,
                start=t.start,
                end=village.end,
                score=village.score + max(t.score, 0.0) + (_FOLLOWS if own else _FOLLOWS_OTHER),
            )
    beside = any(t.name.township == village.name.township for t in apart)
    context = (_BESIDE if beside else _ELSEWHERE) if apart else 0.0
    return Candidate(
        name=village.name,
        start=village.start,
        end=village.end,
        score=village.score + context,
    )


def _weighed(rivals: Sequence[Candidate], townships: Sequence[Candidate], text: str) -> list[Guess]:
    """Candidates of one stretch as guesses; none where ordinary talk explains it as well."""
    by_unit: dict[str, Candidate] = {}
    for c in rivals:
        by_unit.setdefault(c.name.place.unit, c)
    best = rivals[0].score
    weight = sum(math.exp(c.score - best) for c in by_unit.values())
    total = best + math.log(weight)
    if total < LEAST:
        return []
    few = sum(math.exp(c.score - best) for c in list(by_unit.values())[:MOST_RIVALS])
    if few / weight < KNOWN_SHARE and not townships:
        return []
    first = 0.5 + 0.4 / (1 + math.exp(-total))
    guesses = []
    for c in by_unit.values():
        confidence = first - SPLIT * (best - c.score) / DOUBT
        if confidence >= LEAST_CONFIDENCE:
            guesses.append(
                Guess(
                    code=c.name.place.code,
                    confidence=round(confidence, 3),
                    evidence=(text[c.start : c.end],),
                )
            )
    return guesses


def _township(named: Candidate, text: str) -> Guess:
    return Guess(
        code=named.name.place.code, confidence=TOWNSHIP, evidence=(text[named.start : named.end],)
    )


def _order(c: Candidate) -> tuple[float, int, str]:
    return -c.score, c.start, c.name.place.code
