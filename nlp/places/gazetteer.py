"""Places of the county in a text, by their characters or by their sound."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from threading import Lock
from typing import Any

import ahocorasick

from config.county import County
from nlp.places import hearing, sounding, spellings, surroundings
from nlp.places.hearing import Stretch
from nlp.places.sounding import Sounding
from nlp.places.spellings import Name
from nlp.places.surroundings import Words
from nlp.understanding import Guess

NAMED_IN_FULL = 0.95
NAMED_BARE = 0.85  # the short name alone, without 村
TOWNSHIP = 0.5
ELSEWHERE = 0.7  # of the confidence is left where the township named is another one
DOUBTFUL = 0.6  # of it where a direction stands before the name: 南王庄 need not be 王庄
IN_TOWNSHIP = 0.04
MOST_PLACES = 8
Listener = Callable[[], Sounding]  # made when it is asked for first, which takes a moment

_LEVELS = frozenset("区县镇乡")
_PARTS = frozenset("社小地郊园景厂校辖街片市山城")
_VARIANTS = str.maketrans("闫閻閆禮沣", "阎阎阎澧澧")  # written for each other by residents
_FOREIGN_AFTER = re.compile(
    r"大道|区(?!人民|政务|中)|[省市县]|"
    r"(?:家园|花园|佳苑|花苑|嘉苑|名苑|雅苑|公寓|新城|华府|名城|府邸|华庭|丽景|国际)"  # an estate
)
_VILLAGE_AFTER = re.compile(r"村(?![里口头民委支干长东西南北镇级]|都|村通)|庄(?![稼])")
_PERSON_AFTER = re.compile(r"[\u4e00-\u9fff]{1,2}(?:是我|叫我|先生|女士|同志|师傅)")
_COUNTED_BEFORE = re.compile(r"[一两几每某整这那哪]$")
_FROM = re.compile(r"(?:在|住|是|位于|来自)$")
_PLACE_GOES_ON = re.compile(r"[的，。这那住村有]|$")
_NOUN_BEFORE = re.compile(r"[村镇乡街路楼院门家城房屋校厂店地]$")
_ANSWERED = re.compile(r"^(?:我?(?:在|是|家?住|家是?|我们|俺们?)?(?:在|是)?)?$")
_WHOLE_TAIL = re.compile(r"^(?:的|那边|这边|那儿|这儿|了|吧|啊|呢|人)?[，。！？；\s]*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hit:
    start: int
    end: int
    names: tuple[Name, ...]


class Gazetteer:
    """Finds the county's places in normalised text; made by `build`."""

    def __init__(
        self, automaton: Any, listener: Listener, talk: Words, foreign: re.Pattern[str]
    ) -> None:
        self._automaton = automaton
        self._listener = listener
        self._talk = talk
        self._foreign = foreign

    def find(self, text: str, *, heard: bool = False) -> tuple[Guess, ...]:
        """Places, best first; namesakes are all kept and share the confidence.

        A township named beside a village chooses among namesakes; the township itself then ranks
        below. The longest name wins: 西东韩 is not 东韩. `heard` is for what a recogniser wrote:
        its characters are one spelling of the sounds, so names that sound alike are rivals.
        """
        text = text.translate(_VARIANTS)
        hits = _as_townships(self._hits(text))
        found = self._heard(text, hits) if heard else self._read(text, hits)
        best: dict[str, Guess] = {}
        for guess in found:
            if guess.code not in best or guess.confidence > best[guess.code].confidence:
                best[guess.code] = guess
        ordered = sorted(best.values(), key=lambda guess: (-guess.confidence, guess.code))
        return tuple(ordered[:MOST_PLACES])

    def prepare_hearing(self) -> None:
        """Make the listener now, so that nobody has to wait for it."""
        self._listener()

    def address(self, text: str) -> str:
        """The resident's own words for where (村, 组, 号, 门口 ...), or nothing."""
        hits = self._hits(text.translate(_VARIANTS))
        if not hits:
            found = surroundings.ANY_ADDRESS.search(text)
            return found.group() if found else ""
        first = last = min(hits, key=lambda hit: hit.start)
        for hit in sorted(hits, key=lambda hit: hit.start):
            last = hit if hit.start == last.end else last
        tail = surroundings.ADDRESS_BEHIND.match(text, last.end)
        return text[first.start : tail.end() if tail else last.end]

    def _read(self, text: str, hits: list[_Hit]) -> Iterator[Guess]:
        townships = {hit.start: _townships(hit) for hit in hits}
        for hit in hits:
            others = set().union(*(named for at, named in townships.items() if at != hit.start))
            yield from _guesses(hit, others, text)

    def _heard(self, text: str, hits: list[_Hit]) -> Iterator[Guess]:
        """By sound; a name read by its characters where nothing was heard stands as it is."""
        refused = self._refused(text, hits)
        names = [
            name
            for name in self._listener().listen(text)
            if name.framed or (name.start, name.end) not in refused
        ]
        stretches = hearing.decide(names, text)
        rest = [hit for hit in hits if not any(_meet(hit, s) for s in stretches if s.sure)]
        for stretch in stretches:
            if stretch.sure or not rest:
                yield from stretch.guesses
        yield from self._read(text, rest)

    def _refused(self, text: str, hits: list[_Hit]) -> set[tuple[int, int]]:
        """Where names are written that the context does not let be places: 三思而后行."""
        kept = {at for hit in hits for at in range(hit.start, hit.end)}
        spans = {(last + 1 - len(n[0].text), last + 1) for last, n in self._automaton.iter(text)}
        return {span for span in spans if kept.isdisjoint(range(*span))}

    def _hits(self, text: str) -> list[_Hit]:
        """Names that count as places here, none overlapping another."""
        found = []
        for last, names in self._automaton.iter(text):
            start = last + 1 - len(names[0].text)
            found.append(_Hit(start=start, end=last + 1, names=names))
        if any(name.bare for hit in found for name in hit.names):
            inside = surroundings.inside_words(text, self._talk)
            found = [hit for hit in found if not _cuts(hit, inside)]
        longest = list(_longest(found))
        spoken = {hit.start: hit.end for hit in longest if any(n.is_township for n in hit.names)}
        kept = []
        for hit in longest:
            after_township = any(end == hit.start for end in spoken.values())
            if hit.names[0].place.kind == "landmark" and self._foreign.search(text[: hit.start]):
                continue  # 邢台汽车站 is not ours
            names = tuple(n for n in hit.names if after_township or _speaks(n, hit, text))
            if names:
                kept.append(_Hit(start=hit.start, end=hit.end, names=names))
        return kept


def build(
    county: County, is_ordinary: Callable[[str], bool], talk: Words = lambda _: ()
) -> Gazetteer:
    """A gazetteer of all places of the county.

    `is_ordinary` knows the words of the language; `talk` tells of each word of a text how likely
    it is in ordinary talk, so that no place is heard in it.
    """
    names = spellings.names(county, is_ordinary)
    automaton = ahocorasick.Automaton()
    for text, means in (names | spellings.shortened(county, names)).items():
        automaton.add_word(text, means)
    automaton.add_word("\x00", ())  # an empty automaton cannot be searched
    automaton.make_automaton()
    usual = {word for category in county.categories.values() for word in category.words}
    listener = _once(partial(sounding.build, names, talk, usual))
    return Gazetteer(automaton, listener, talk, surroundings.foreign(county.name))


def _once(make: Listener) -> Listener:
    """Make it when it is first asked for, and once, however many threads ask."""
    lock, made = Lock(), cache(make)

    def ask() -> Sounding:
        with lock:
            return made()

    return ask


def words(county: County) -> Iterator[str]:
    """The names of the county's places, for a segmenter to keep whole."""
    for place in county.places:
        yield from (name for name in (place.name, *place.aliases) if len(name) > 2)


def _cuts(hit: _Hit, inside: frozenset[int]) -> bool:
    """Does a bare name cut through a word? 候三 in 有时候三天 is none."""
    return all(name.bare for name in hit.names) and (hit.start in inside or hit.end in inside)


def _longest(hits: Iterable[_Hit]) -> Iterator[_Hit]:
    taken: set[int] = set()
    for hit in sorted(hits, key=lambda hit: (hit.start - hit.end, hit.start)):
        span = range(hit.start, hit.end)
        if taken.isdisjoint(span) and hit.names:
            taken.update(span)
            yield hit


def _meet(hit: _Hit, stretch: Stretch) -> bool:
    return hit.start < stretch.end and stretch.start < hit.end


def _townships(hit: _Hit) -> set[str]:
    return {name.place.unit for name in hit.names if name.is_township}


def _as_townships(hits: list[_Hit]) -> list[_Hit]:
    """Where a village of 阎里 is named too, 阎里 means the township, not its namesake village."""
    villages = {n.township for hit in hits if not _townships(hit) for n in hit.names}
    plain = []
    for hit in hits:
        township = tuple(n for n in hit.names if n.is_township and n.place.unit in villages)
        plain.append(_Hit(start=hit.start, end=hit.end, names=township) if township else hit)
    return plain


def _speaks(name: Name, hit: _Hit, text: str) -> bool:
    """Does the context let this name be a place?"""
    before, after = text[: hit.start], text[hit.end :]
    if name.short:
        return bool(_ANSWERED.match(before) and _WHOLE_TAIL.match(after))
    if name.bare and _PERSON_AFTER.match(after):
        return False
    if name.bare and _FOREIGN_AFTER.match(after):
        return False
    if name.bare and name.is_township and _VILLAGE_AFTER.match(after):
        return False  # 史召村 is not 史召乡
    if len(name.text) == 2 and not name.bare and _COUNTED_BEFORE.search(before):
        return False
    if name.text[0] in _LEVELS and before[-1:] in _PARTS:
        return False  # 社区医院 is not 区医院
    if not name.guarded:
        return not (name.common and before.endswith(("村", "庄")))
    if name.is_township and _FROM.search(before) and _PLACE_GOES_ON.match(after):
        return True
    if surroundings.stands_for_a_place(before, after, common=name.common):
        return True
    return bool(_ANSWERED.match(before) and _WHOLE_TAIL.match(after))


def _guesses(hit: _Hit, townships: set[str], text: str) -> Iterator[Guess]:
    """Candidates of one hit; `townships` are those named elsewhere in the text."""
    inside = [n for n in hit.names if n.township in townships and not n.is_township]
    chosen = inside or list(hit.names)
    settled = [name for name in chosen if not name.is_township]
    for name in chosen:
        yield Guess(
            code=name.place.code,
            confidence=round(_confidence(name, hit, len(settled), townships, text), 3),
            evidence=(name.text,),
        )


def _confidence(name: Name, hit: _Hit, rivals: int, townships: set[str], text: str) -> float:
    if name.is_township:
        return TOWNSHIP if not rivals else TOWNSHIP * 0.7
    confidence = (NAMED_BARE if name.bare else NAMED_IN_FULL) / rivals
    if any(other.is_township for other in hit.names):
        confidence *= DOUBTFUL
    if name.township in townships:
        return min(confidence + IN_TOWNSHIP, 0.99)
    if townships:
        confidence *= ELSEWHERE
    before = text[max(0, hit.start - 2) : hit.start]
    if before[-1:] in spellings.DIRECTIONS and not _NOUN_BEFORE.search(before[:-1]):
        confidence *= DOUBTFUL
    return confidence
