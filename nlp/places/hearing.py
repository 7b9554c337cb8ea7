"""From the names that may have been heard to the places that may be meant, and how sure that is.

Confidences keep one promise: two places lie nearer than `SPLIT` to each other where taking the
better one unasked would be wrong too often, so whoever asks below that distance asks when it is
needed.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from nlp.places.sounding import Heard
from nlp.places.spellings import Name
from nlp.understanding import Guess

SPLIT = 0.25  # the distance in confidence below which two places have to be asked about
DOUBT = 3.0  # nats: a rival this much less likely lies one `SPLIT` below
SURE = 0.3  # nats from which some place or other has been named
LEAST = -3.5  # below this nothing was; between, a place is only asked about
LEAST_FOLLOWING = -5.0  # the same behind a township, where a village is to be expected
STEP = 0.05  # between those that are only asked about
MOST_RIVALS = 3  # as many as one question can name
KNOWN_SHARE = 0.35  # which the best few of the rivals must hold, or naming them helps nobody
TOWNSHIP = 0.5
TOWNSHIP_BEFORE = 0.2  # said only to tell which village
LEAST_CONFIDENCE = 0.05

_ANSWER = 1.0  # the whole text is hardly more than the name
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
    bare: bool
    framed: bool
    follows: bool = False  # right behind a township

    def overlaps(self, other: "Candidate") -> bool:
        """Do both claim one stretch of the text?"""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Part of a text that names a place: which it may be, best first."""

    start: int
    end: int
    guesses: tuple[Guess, ...]
    sure: bool  # that a place was named at all; else it may only be asked about
    bare: bool = False  # nothing said whether a village or a township


def decide(heard: Sequence[Heard], text: str) -> list[Stretch]:
    """Where the text names places, and which. What is unsure is left out beside what is sure."""
    single = [
        Candidate(
            name=name,
            start=one.start,
            end=one.end,
            score=score,
            own=score,
            bare=one.bare,
            framed=one.framed,
        )
        for one in heard
        for score in (one.score + _alone(one, text),)
        for name in one.names
    ]
    townships = _townships(single)
    left = sorted(
        (
            _with_township(c, townships)
            for c in single
            if not c.name.is_township and not any(_is_part(c, t) for t in townships)
        ),
        key=_order,
    )
    stretches = []
    while left:
        best = left[0]
        stretch = _weighed([c for c in left if c.overlaps(best)], townships, text)
        left = [c for c in left if not c.overlaps(best)]
        if stretch:
            stretches.append(stretch)
    sure = [stretch for stretch in stretches if stretch.sure]
    stretches = sure or stretches[:1]
    return stretches + [_alone_or_before(t, stretches, text) for t in townships]


def _alone_or_before(named: Candidate, villages: Sequence[Stretch], text: str) -> Stretch:
    """A township: the place itself, or what stands before a village, made out or not."""
    within = [v for v in villages if v.start <= named.start and named.end <= v.end]
    unheard = not within and _UNHEARD.match(text, named.end) is not None
    confidence = TOWNSHIP
    for village in within:
        namesake = village.bare and (village.start, village.end) == (named.start, named.end)
        first = village.guesses[0].confidence
        confidence = max(LEAST_CONFIDENCE, first - SPLIT / 2) if namesake else TOWNSHIP_BEFORE
    guesses = () if unheard else (_guess(named, confidence, text),)
    return Stretch(start=named.start, end=named.end, guesses=guesses, sure=True)


def _alone(one: Heard, text: str) -> float:
    return _ANSWER if len(text) - (one.end - one.start) <= _ANSWER_ROOM else 0.0


def _is_part(village: Candidate, township: Candidate) -> bool:
    """东三召 in 东三召乡 is no village."""
    longer = township.end - township.start - (village.end - village.start)
    more = village.score + (0.0 if longer > 0 else DOUBT)
    return longer >= 0 and township.overlaps(village) and township.score > more


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
            return replace(village, start=t.start, score=likely + t.score, own=likely, follows=True)
    beside = any(t.name.township == village.name.township for t in apart)
    context = (_BESIDE if beside else _ELSEWHERE) if apart else 0.0
    return replace(village, score=village.score + context, own=village.own + context)


def _weighed(
    rivals: Sequence[Candidate], townships: Sequence[Candidate], text: str
) -> Stretch | None:
    """One stretch of the text; None where ordinary talk explains it as well."""
    by_unit: dict[str, Candidate] = {}
    for c in rivals:
        by_unit.setdefault(c.name.place.unit, c)
    best = rivals[0]
    shares = [math.exp(c.score - best.score) for c in by_unit.values()]
    total = best.own + math.log(sum(shares))
    sure = total >= SURE
    if not sure and (len(by_unit) == 1 or not _may_ask(best, total, townships)):
        return None
    if sum(shares[:MOST_RIVALS]) / sum(shares) < KNOWN_SHARE and not townships:
        return None
    first = 0.5 + 0.4 / (1 + math.exp(-total))
    if sure:
        below = [SPLIT * (best.score - c.score) / DOUBT for c in by_unit.values()]
    else:
        below = [STEP * index for index in range(min(len(by_unit), MOST_RIVALS))]
    guesses = tuple(
        _guess(c, first - less, text)
        for c, less in zip(by_unit.values(), below, strict=False)
        if first - less >= LEAST_CONFIDENCE
    )
    return Stretch(start=best.start, end=best.end, guesses=guesses, sure=sure, bare=best.bare)


def _may_ask(best: Candidate, total: float, townships: Sequence[Candidate]) -> bool:
    """Is so weak a sound worth a question? Behind a township, or where a place would stand."""
    if best.follows:
        return total >= LEAST_FOLLOWING
    return total >= LEAST and best.framed and not townships


def _guess(c: Candidate, confidence: float, text: str) -> Guess:
    return Guess(
        code=c.name.place.code,
        confidence=round(confidence, 3),
        evidence=(text[c.start : c.end],),
    )


def _order(c: Candidate) -> tuple[float, int, str]:
    return -c.score, c.start, c.name.place.code
