"""How fast somebody must act: dangers that are meant, not denied, past, asked or figurative.

The tables of `nlp.danger` err towards alarm: a false one costs an operator a look, a missed one may
cost a life.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from nlp import clauses, person, urgent_words
from nlp.danger import contexts, ear, kinds, tables
from nlp.danger.ear import Ear
from nlp.danger.meaning import Meaning
from nlp.danger.rules import Finder, Match
from nlp.segment import Segmenter, Spans
from nlp.understanding import Urgency

_URGENT = re.compile(f"{urgent_words.OUT}|{urgent_words.BROKEN}|{urgent_words.DRUNK}")
# Whoever says so tells nothing of himself: 我要反映压坏路 presses nobody.
# In the middle of a clause it may tell of him: 他打我问我要钱.
_ANNOUNCED = re.compile(
    "(?:^|(?<=[，。！？；、好]))[我俺咱](?:们|就)?(?:要|想|来)?(?:反映|举报|投诉|咨询|问)(?:一下|下|个)?"
)
LONG = 3  # characters of a word
LONGEST_CALL = 80  # characters for a person to be called, and nothing told
_OF_ALL = frozenset(("ear", "*"))  # what is harmless whatever danger it sounds like
_MERE = frozenset(("theft", "fraud"))  # dangers to what somebody has, and not to him


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """How fast, the words that say so, and danger words that were not meant."""

    urgency: Urgency
    words: tuple[str, ...] = ()
    dismissed: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()  # the plain words for the dangers meant
    rules: tuple[str, ...] = ()  # names of the rows that found them
    danger: str = kinds.GENERAL  # which of `nlp.danger.kinds`, the most urgent
    rest: str = ""  # the text without what was dismissed


class Watch:
    """Judges the urgency of normalised text; made by `build`."""

    def __init__(
        self,
        segmenter: Segmenter,
        finder: Finder,
        second_ear: Ear | None,
    ) -> None:
        """`finder` has two tables, of dangers and of what is harmless."""
        self._segmenter = segmenter
        self._finder = finder
        self._ear = second_ear

    def __call__(self, text: str) -> Alarm:
        """The urgency with the danger (or urgent) words that decided."""
        if _only_calls_somebody(text):  # 叫个人来接电话 is no alarm
            return _calm(text, (), text)
        cut = self._segmenter.spans(text)
        whole = (*self._segmenter.firm(text), *self._segmenter.names(text))
        matter = _ANNOUNCED.sub(lambda said: "，" * len(said.group()), text)
        found, harmless = self._finder.find(matter, whole)
        silent = _believed(text, [match for match in harmless if not _is_split(match, cut)])
        told = (*filter(_tells_of_its_clause, silent), *_known(text, found))
        heard = self._heard(text, cut, told)
        if not found:
            return _heard(text, heard) if heard else _calm(text, (), text)
        meaning = Meaning(text, cut, silent)
        all_meant, unmeant_ones = meaning.sorted(found)
        meant = tuple(match for match in all_meant if not kinds.is_lesser(text, match))
        dismissed = tuple(match for match in unmeant_ones if not kinds.is_lesser(text, match))
        danger = kinds.most_urgent(text, all_meant)
        rest = _without(text, dismissed, meant)
        said = {word: None for match in meant for word in match.words(text)}
        unmeant = {word: None for match in dismissed for word in match.words(text)}
        denied = tuple(word for word in unmeant if word not in said)
        if not meant:
            bitten = any(match.rule.danger not in _MERE for match in all_meant)
            calm = denied or not heard or bitten  # of a bite the tables know enough
            alarm = _calm(text, denied, rest) if calm else _heard(text, heard)
            return _lesser(text, alarm, all_meant, danger) if all_meant else alarm
        dangers = dict.fromkeys(match.rule.danger for match in meant)
        return Alarm(
            urgency=Urgency.DANGER,
            words=tuple(said),
            dismissed=denied,
            signs=tuple(contexts.SIGNS[danger] for danger in dangers),
            rules=tuple(dict.fromkeys(match.rule.name for match in meant)),
            danger=danger,
            rest=rest,
        )

    def _heard(self, text: str, cut: Spans, known: Sequence[Match]) -> tuple[str, ...]:
        """What the second ear hears, but for the clauses that are known to tell no danger."""
        if self._ear is None:
            return ()
        gone = [clauses.around(text, match.start, match.end) for match in known]
        kept, left = cut, text
        if gone:
            kept = tuple(
                (a, b) for a, b in cut if not any(a < end and start < b for start, end in gone)
            )
            left = "".join(text[a:b] for a, b in kept)
        return self._ear.hears(left, [text[a:b] for a, b in kept])


def build(segmenter: Segmenter, second_ear: Ear | None = None) -> Watch:
    """The watch over all danger tables; without `second_ear` it hears by the tables alone."""
    finder = Finder((tables.rules("dangers"), tables.rules("harmless")), tables.words())
    return Watch(segmenter, finder, second_ear)


def _only_calls_somebody(text: str) -> bool:
    brief = len(text) <= LONGEST_CALL
    return brief and bool(person.wanted(text)) and not person.beside(text)


def _believed(text: str, harmless: Sequence[Match]) -> tuple[Match, ...]:
    """Without the weak rows of what is harmless, where somebody comes to harm."""
    harm = any(match.rule.weak for match in harmless) and contexts.HARM.search(text)
    return tuple(match for match in harmless if not (harm and match.rule.weak))


def _is_split(match: Match, cut: Spans) -> bool:
    """Is its first word a character out of a longer one? 热 in 换热站."""
    start, end = match.parts[0]
    return end - start == 1 and any(a <= start and end <= b and b - a >= LONG for a, b in cut)


def _tells_of_its_clause(harmless: Match) -> bool:
    """Are its words enough to know what the clause is about? 打火机 alone is not."""
    rule = harmless.rule
    return rule.weak or len(rule.slots) > 1 or rule.danger in _OF_ALL


def _known(text: str, found: Sequence[Match]) -> tuple[Match, ...]:
    """The thefts and frauds, where nobody comes to harm beside them."""
    mere = tuple(match for match in found if match.rule.danger in _MERE)
    return () if mere and contexts.HARM.search(text) else mere


def _heard(text: str, words_heard: tuple[str, ...]) -> Alarm:
    """A danger that no row knows: nobody can say which."""
    return Alarm(
        urgency=Urgency.DANGER,
        words=words_heard,
        signs=(ear.SIGN,),
        rules=(ear.RULE,),
        rest=text,
    )


def _lesser(text: str, alarm: Alarm, meant: Sequence[Match], danger: str) -> Alarm:
    """A bite, a fraud: it is urgent at least, and there is advice."""
    if alarm.urgency is Urgency.DANGER:
        return alarm
    said = dict.fromkeys(word for match in meant for word in match.words(text))
    names = dict.fromkeys(match.rule.name for match in meant)
    words = (*alarm.words, *said)
    return replace(alarm, urgency=Urgency.URGENT, words=words, rules=tuple(names), danger=danger)


def _calm(text: str, dismissed: tuple[str, ...], rest: str) -> Alarm:
    urgent = tuple(dict.fromkeys(_urgent(text)))
    urgency = Urgency.URGENT if urgent else Urgency.NORMAL
    unmeant = tuple(
        match.group(1)
        for words in (urgent_words.FEARED, urgent_words.INSULT)
        for match in words.finditer(text)
    )
    return Alarm(urgency=urgency, words=urgent, dismissed=(*dismissed, *unmeant), rest=rest)


def _without(text: str, dismissed: Sequence[Match], meant: Sequence[Match]) -> str:
    """The text with what was dismissed blanked out, so that nothing is concluded from it."""
    kept = {at for match in meant for start, end in match.parts for at in range(start, end)}
    gone = {at for match in dismissed for start, end in match.parts for at in range(start, end)}
    return "".join("，" if at in gone - kept else each for at, each in enumerate(text))


def _urgent(text: str) -> Iterator[str]:
    for match in _URGENT.finditer(text):
        clause = clauses.before(text, match.start(), 10)
        around = clause + match.group() + text[match.end() : match.end() + 6]
        denied = re.search(
            r"(?<!是)(?<!有)(?:没有?|不是|未|别|不能|不许|以防|防止|怕)$|有$", clause
        )
        if not (denied or urgent_words.FIELD.search(around) or urgent_words.PLANNED.search(around)):
            yield match.group()
