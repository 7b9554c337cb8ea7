"""From the names that may have been heard to the places that may be meant, and how sure that is.

Confidences keep one promise: two places lie nearer than `SPLIT` to each other where taking the
better one unasked would be wrong too often, so whoever asks below that distance asks when it is
needed.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from nlp.sounding import Heard
from nlp.spellings import Name
from nlp.understanding import Guess

SPLIT = 0.25  # the distance in confidence below which two places have to be asked about
DOUBT = 3.0  # nats: a rival this much less likely lies one `SPLIT` below
SURE = 0.3  # nats from which some place or other has been named
LEAST = -2.5  # below this nothing was; between, a place is only asked about
STEP = 0.05  # between those that are only asked about
MOST_RIVALS = 3  # as many as one question can name
KNOWN_SHARE = 0.35  # which the best few of the rivals must hold, or naming them helps nobody
TOWNSHIP = 0.5
LEAST_CONFIDENCE = 0.05

_ANSWER = 2.0  # the whole text is hardly more than the name
_ANSWER_ROOM = 3  # characters around it: 在 ... 的
_FOLLOWS = 4.5  # a village said right behind its own township
_FOLLOWS_OTHER = -2.0
_BESIDE = 2.0
_ELSEWHERE = -2.5
_UNHEARD = re.compile(
    "的?[^，。！？；的政]{1,4}(?:[村庄屯营寨牌召郭]|大队)"
)  # a village not made out


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A place that a stretch of the text may name, with its township where that was said before."""

    name: Name
    start: int
    end: int
    score: float  # against other places
    own: float  # against ordinary talk: without the township that was said before it

    def overlaps(self, other: "Candidate") -> bool:
        """Do both claim one stretch of the text?"""
        return self.start < other.end and other.start < self.end


def decide(heard: Sequence[Heard], text: str) -> list[tuple[tuple[int, int], list[Guess]]]:
    """For each stretch of the text that names a place: the places it may be, best first."""
    single = [
        Candidate(name=name, start=one.start, end=one.end, score=score, own=score)
        for one in heard
        for score in (one.score + _alone(one, text),)
        for name in one.names
    ]
    townships = _townships(single)
    settled = [
        _with_township(c, townships)
        for c in single
        if not c.name.is_township and not any(_is_part(c, t) for t in townships)
    ]
    stretches = []
    left = sorted(settled, key=_order)
    while left:
        best = left[0]
        rivals = [c for c in left if c.overlaps(best)]
        left = [c for c in left if not c.overlaps(best)]
        guesses = _weighed(rivals, townships, text)
        if guesses:
            stretches.append(((best.start, best.end), guesses))
    taken = {at for (start, end), _ in stretches for at in range(start, end)}
    for t in townships:
        unsaid = t.end not in taken and _UNHEARD.match(text, t.end)
        stretches.append(((t.start, t.end), [] if unsaid else [_township(t, text)]))
    return stretches


def _alone(one: Heard, text: str) -> float:
    return _ANSWER if len(text) - (one.end - one.start) <= _ANSWER_ROOM else 0.0


def _is_part(village: Candidate, township: Candidate) -> bool:
    """东三召 in 东三召乡 is no village."""
    longer = township.end - township.start > village.end - village.start
    return longer and township.overlaps(village) and township.score > village.score


def _townships(single: Iterable[Candidate]) -> list[Candidate]:
    """Townships that were named, one for each stretch."""
    named: list[Candidate] = []
    for c in sorted((c for c in single if c.name.is_township and c.score > SURE), key=_order):
        if not any(c.overlaps(other) for other in named):
            named.append(c)
    return named


def _with_township(village: Candidate, townships: Sequence[Candidate]) -> Candidate:
    """The village, likelier where its township stands before it or elsewhere in the text."""
    apart = [t for t in townships if not t.overlaps(village)]
    for t in apart:
        if t.end <= village.start <= t.end + 1:
            own = t.name.township == village.name.township
            likely = village.score + (_FOLLOWS if own else _FOLLOWS_OTHER)
            return replace(village, start=t.start, score=likely + t.score, own=likely)
    beside = any(t.name.township == village.name.township for t in apart)
    context = (_BESIDE if beside else _ELSEWHERE) if apart else 0.0
    return replace(village, score=village.score + context, own=village.own + context)


def _weighed(rivals: Sequence[Candidate], townships: Sequence[Candidate], text: str) -> list[Guess]:
    """Candidates of one stretch as guesses; none where ordinary talk explains it as well."""
    by_unit: dict[str, Candidate] = {}
    for c in rivals:
        by_unit.setdefault(c.name.place.unit, c)
    best = rivals[0].score
    weight = sum(math.exp(c.score - best) for c in by_unit.values())
    total = rivals[0].own + math.log(weight)
    if total < LEAST or (total < SURE and len(by_unit) == 1):
        return []
    few = list(by_unit.values())[:MOST_RIVALS]
    known = sum(math.exp(c.score - best) for c in few) / weight
    if known < KNOWN_SHARE and not townships:
        return []
    first = 0.5 + 0.4 / (1 + math.exp(-total))
    if total < SURE:
        return [_guess(c, first - STEP * index, text) for index, c in enumerate(few)]
    below = {c: SPLIT * (best - c.score) / DOUBT for c in by_unit.values()}
    return [
        _guess(c, first - less, text)
        for c, less in below.items()
        if first - less >= LEAST_CONFIDENCE
    ]


def _guess(c: Candidate, confidence: float, text: str) -> Guess:
    return Guess(
        code=c.name.place.code,
        confidence=round(confidence, 3),
        evidence=(text[c.start : c.end],),
    )


def _township(named: Candidate, text: str) -> Guess:
    return Guess(
        code=named.name.place.code, confidence=TOWNSHIP, evidence=(text[named.start : named.end],)
    )


def _order(c: Candidate) -> tuple[float, int, str]:
    return -c.score, c.start, c.name.place.code
