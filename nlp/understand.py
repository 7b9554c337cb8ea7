"""The one way in: a text becomes an Understanding."""

import re
from pathlib import Path

from config.county import County
from nlp import classify, demand, kind, urgency
from nlp.classify import Classifier
from nlp.gazetteer import Gazetteer
from nlp.lexicon import Lexicon
from nlp.normalize import normalize
from nlp.segment import Segmenter
from nlp.understanding import Guess, RequestKind, Understanding, Urgency

MOST_GUESSES = 5
STRONG_WORDS = 1.4  # a lexicon score from which the county's words are trusted by themselves
_PHONE = re.compile(r"(?<!\d)(?:\+?86[ -]?)?(1[3-9]\d{9}|0\d{2,3}-?\d{7,8})(?!\d)")
_TICKET = re.compile(r"(?<!\d)(20\d{6})[- ]?(\d{4,6})(?!\d)")
_TALK = frozenset(
    {
        RequestKind.PERSON,
        RequestKind.YES,
        RequestKind.NO,
        RequestKind.GREETING,
        RequestKind.PROGRESS,
        RequestKind.WITHDRAW,
        RequestKind.INVALID,
    }
)


def build(county: County, cache: Path) -> "Understander":
    """Everything loaded: dictionary, weights, the county's names and words."""
    return Understander(
        segmenter=Segmenter(cache),
        classifier=classify.load(),
        lexicon=Lexicon(county),
        gazetteer=Gazetteer(county),
    )


class Understander:
    """Calls are pure and may come from several threads; any text is answered in bounded time."""

    def __init__(
        self,
        *,
        segmenter: Segmenter,
        classifier: Classifier,
        lexicon: Lexicon,
        gazetteer: Gazetteer,
    ) -> None:
        self._segmenter = segmenter
        self._classifier = classifier
        self._lexicon = lexicon
        self._gazetteer = gazetteer

    def __call__(self, text: str) -> Understanding:
        """What the text says."""
        plain = normalize(text)
        what, what_words = kind.judge(plain)
        how_fast, danger_words = urgency.judge(plain)
        categories = () if what in _TALK else self._categories(plain)
        return Understanding(
            text=plain,
            kind=what,
            urgency=how_fast,
            categories=categories,
            places=self._gazetteer.find(plain),
            phones=tuple(dict.fromkeys(m.group(1) for m in _PHONE.finditer(plain)))[:3],
            tickets=tuple(f"{m.group(1)}-{m.group(2)}" for m in _TICKET.finditer(plain))[:3],
            danger_words=danger_words if how_fast is Urgency.DANGER else (),
            kind_evidence=what_words,
            demands=demand.split(plain, self._group) if categories else (plain,),
            model=self._classifier.version,
        )

    def _categories(self, text: str) -> tuple[Guess, ...]:
        """The county's words name the leaf; the classifier says how likely its domain is."""
        domains = {g.code: g for g in self._classifier.guess(self._segmenter.cut(text))}
        leaves = self._lexicon.find(text)
        total = sum(leaf.confidence for leaf in leaves) or 1.0
        found: dict[str, Guess] = {}
        for leaf in leaves:
            domain = domains.get(leaf.code[:2])
            share = leaf.confidence / total
            trust = min(1.0, leaf.confidence / STRONG_WORDS)
            believed = domain.confidence if domain else 0.0
            score = 1 - (1 - believed) * (1 - trust * share)
            score *= 0.55 + 0.45 * share
            found[leaf.code] = Guess(
                code=leaf.code, confidence=min(score, 0.99), evidence=leaf.evidence
            )
        for domain in domains.values():
            if not any(code.startswith(domain.code) for code in found):
                found[domain.code] = domain
        ordered = sorted(found.values(), key=lambda g: (-g.confidence, -len(g.code), g.code))
        return tuple(ordered[:MOST_GUESSES])

    def _group(self, part: str) -> str:
        leaves = self._lexicon.find(part)
        return leaves[0].code[:4] if leaves else ""
