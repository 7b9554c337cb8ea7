"""The one way in: a text becomes an Understanding."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from config.county import Category, County
from nlp import (
    classify,
    countryside,
    demand,
    domains,
    kind,
    lexicon,
    normalize,
    phones,
    ranking,
    urgency,
)
from nlp.countryside import Countryside
from nlp.danger import ear
from nlp.domains import CountyClassifier
from nlp.lexicon import Lexicon
from nlp.places import gazetteer
from nlp.places.gazetteer import Gazetteer
from nlp.segment import Segmenter
from nlp.understanding import Guess, RequestKind, Understanding, Urgency
from nlp.urgency import Alarm, Watch

MOST_RULES = 2  # of a danger, told as evidence
TILT = 0.8
ENOUGH_WORDS = 4  # of meaning and known, from which the trained domains are believed alone
UNSURE = 0.45  # at most so sure where there are fewer
SURE_WORDS = 1.3  # a score from which the words of a piece name a matter by themselves

_TICKET = re.compile(r"(?<!\d)(20\d{6})[- ]?(\d{4,6})(?!\d)")
_NOT_ASKED = re.compile("有没有(?=[水电气网])")  # 有没有电焊培训 is not 没有电
_MADE_FOR = {RequestKind.DISPUTE: ("纠纷", "矛盾"), RequestKind.ERRAND: ("代办",)}
_MANNER = ("官僚主义",)  # how somebody was treated, when he wanted something else
_NO_MATTER = frozenset(
    {
        RequestKind.YES,
        RequestKind.NO,
        RequestKind.GREETING,
        RequestKind.GOODBYE,
        RequestKind.REPEAT,
        RequestKind.SLOWER,
        RequestKind.INVALID,
    }
)
_ASKED_OF_US = frozenset({RequestKind.PERSON, RequestKind.PROGRESS, RequestKind.WITHDRAW})


class Understander:
    """Calls are pure and may come from several threads; any text is answered in bounded time."""

    def __init__(
        self,
        *,
        segmenter: Segmenter,
        classifier: CountyClassifier,
        lexicon: Lexicon,
        gazetteer: Gazetteer,
        watch: Watch,
        tilts: Mapping[RequestKind, Mapping[str, float]],
        country: Countryside,
        manner: Collection[str] = (),
    ) -> None:
        self._segmenter = segmenter
        self._classifier = classifier
        self._lexicon = lexicon
        self._gazetteer = gazetteer
        self._watch = watch
        self._tilts = tilts
        self._country = country
        self._manner = manner

    def __call__(self, text: str, *, heard: bool = False) -> Understanding:
        """What the text says; of an overlong one the beginning and the end are read.

        `heard`: a recogniser wrote it, so places are found by their sound.
        """
        plain = normalize.normalize(text)
        alarm = self._watch(plain)
        danger = alarm.words if alarm.urgency is Urgency.DANGER else ()
        what, what_words = kind.judge(plain, danger=danger)
        told = what not in _NO_MATTER and (
            danger or not (what in _ASKED_OF_US and len(plain) <= kind.SHORT)
        )
        places = self._gazetteer.find(plain, heard=heard)
        categories = self._categories(plain, alarm, what) if told else ()
        categories = self._country.called(categories, places, plain)
        if what is RequestKind.UNKNOWN and categories and categories[0].confidence >= 0.5:
            what, what_words = RequestKind.HELP, categories[0].evidence
        if what is RequestKind.ENQUIRY and alarm.urgency is Urgency.URGENT:
            what, what_words = RequestKind.HELP, alarm.words  # 停电了啥时候来: somebody must go
        return Understanding(
            text=plain,
            kind=what,
            urgency=alarm.urgency,
            categories=categories,
            places=places,
            phones=phones.find(plain),
            own_phone=phones.own(plain),
            tickets=tuple(f"{m.group(1)}-{m.group(2)}" for m in _TICKET.finditer(plain))[:3],
            danger_words=danger,
            danger_rules=alarm.rules,
            danger_kind=alarm.danger,
            kind_evidence=what_words,
            demands=self._demands(plain, places) if categories else (plain,),
            model=self._classifier.version,
        )

    def places_heard(self, text: str) -> tuple[Guess, ...]:
        """The places in normalised text by their sound, and nothing else of it."""
        return self._gazetteer.find(text, heard=True)

    def prepare_hearing(self) -> None:
        """Load what only `heard` needs, else the first text that was heard waits for it."""
        self._gazetteer.prepare_hearing()

    def _categories(self, text: str, alarm: Alarm, what: RequestKind) -> tuple[Guess, ...]:
        """Guesses of the catalogue; a danger that is meant is looked up by its plain word too."""
        plain = "，".join((_NOT_ASKED.sub("是否", alarm.rest), *alarm.signs))
        danger = (*alarm.words, *alarm.signs) if alarm.urgency is Urgency.DANGER else ()
        firm = self._segmenter.firm(plain)
        named = self._lexicon.find(plain, firm=firm, meant=danger, dismissed=alarm.dismissed)
        words = self._segmenter.cut(alarm.rest)
        guesses = ranking.ranked(
            named, self._classifier.guess(words), self._tilts[what], self._manner
        )
        sure = guesses if self._is_told(words, named, guesses) else _unsure(guesses)
        return tuple(_in_his_case(guess, text, alarm) for guess in sure)

    def _is_told(
        self, words: Sequence[str], named: tuple[Guess, ...], guesses: tuple[Guess, ...]
    ) -> bool:
        """Is there enough to be sure of: the county's own word, or several that are known?"""
        if not guesses or self._classifier.known(words) >= ENOUGH_WORDS:
            return True
        return any(guess.code[:2] == guesses[0].code[:2] for guess in named)

    def _demands(self, text: str, places: Sequence[Guess]) -> tuple[str, ...]:
        demands = demand.split(text, self._matter_of)
        if len(demands) > 1 or len(places) < 2:
            return demands
        return demand.by_place(text, self._matter_of, self._place_of)

    def _place_of(self, part: str) -> str:
        return next((guess.code for guess in self._gazetteer.find(part)), "")

    def _matter_of(self, part: str) -> str:
        alarm = self._watch(part)
        named = self._lexicon.find(part, dismissed=alarm.dismissed)
        best = next((guess for guess in named if len(guess.code) > 2), None)
        return best.code if best and best.confidence >= SURE_WORDS else ""


def build(county: County, cache: Path) -> Understander:
    """Everything loaded but the sounds of names: dictionary, weights, the county's names and words.

    `cache` is a folder of our own for the dictionary; ModelMissing where there are no weights.
    """
    segmenter = Segmenter(cache, gazetteer.words(county))
    return Understander(
        segmenter=segmenter,
        classifier=domains.build(classify.load(), county),
        lexicon=lexicon.build(county),
        gazetteer=gazetteer.build(county, segmenter.is_ordinary, segmenter.words),
        watch=urgency.build(segmenter, ear.load()),
        tilts={what: _tilt(county, what) for what in RequestKind},
        country=countryside.build(county),
        manner=frozenset(c.code for c in county.categories.values() if c.name in _MANNER),
    )


def _tilt(county: County, what: RequestKind) -> dict[str, float]:
    """Categories made for one kind of request are likelier with it and unlikelier without."""
    return {
        code: (TILT if what is kind_of_it else -TILT)
        for code, category in county.categories.items()
        for kind_of_it, words in _MADE_FOR.items()
        if len(code) == 2 and any(word in name for word in words for name in _names(category))
    }


def _names(category: Category) -> tuple[str, ...]:
    return (category.name, *category.domains)


def _in_his_case(guess: Guess, text: str, alarm: Alarm) -> Guess:
    """The plain word for a danger that he never said (流血) gives way to what the rules found."""
    said = tuple(word for word in guess.evidence if word in text or word not in alarm.signs)
    found = alarm.rules[:MOST_RULES] if len(said) < len(guess.evidence) else ()
    return replace(guess, evidence=(*said, *found))


def _unsure(guesses: tuple[Guess, ...]) -> tuple[Guess, ...]:
    """A person looks at it: no guess stays certain, and their order stays."""
    factor = min(1.0, UNSURE / guesses[0].confidence)
    return tuple(
        replace(guess, confidence=round(guess.confidence * factor, 3)) for guess in guesses
    )
