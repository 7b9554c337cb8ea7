"""Places of the county in a text, by their characters: villages, old names, streets, estates,
landmarks.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import ahocorasick

from config.county import County, Place, UnitKind
from nlp.understanding import Guess

NAMED_IN_FULL = 0.95
NAMED_BARE = 0.75  # the short name alone, without 村
TOWNSHIP_ONLY = 0.5
MOST_PLACES = 8
_VILLAGE_TAILS = ("村民委员会", "居民委员会", "村委会", "居委会", "社区", "村")
_CONTEXT = re.compile(
    r"^(?:村|社区|街|路|里|的|东|西|南|北|口|头|有|这|那|小学|大队|[，。,.]|$|[一二三四五六七八九十\d]+[组队号])"
)
_PLACE_WORDS = re.compile(
    r"[\u4e00-\u9fff\d]{0,12}(?:村|庄|街|路|巷|胡同|小区|社区|学校|医院|门口|路口|村口|[东西南北]头|\d+号|组)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Name:
    text: str
    place: Place
    confidence: float
    bare: bool  # a short name that may also be an ordinary word


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hit:
    start: int
    end: int
    names: tuple[_Name, ...]


class Gazetteer:
    """Finds the county's places in normalised text."""

    def __init__(self, county: County) -> None:
        self._county = county
        self._automaton = _automaton(county)
        self._townships = {place.code: place for place in county.places if place.kind == "township"}

    def find(self, text: str) -> tuple[Guess, ...]:
        """Places, best first; namesakes are all kept and share the confidence."""
        hits = list(_longest(self._hits(text)))
        named = self._named_townships(hits)
        best: dict[str, Guess] = {}
        for hit in hits:
            for guess in self._guesses(hit, named, text):
                if guess.confidence > best.get(guess.code, _NOTHING).confidence:
                    best[guess.code] = guess
        ordered = sorted(best.values(), key=lambda guess: (-guess.confidence, guess.code))
        return tuple(ordered[:MOST_PLACES])

    def address(self, text: str) -> str:
        """The resident's own words for where, or nothing."""
        found = _PLACE_WORDS.search(text)
        return found.group() if found else ""

    def _hits(self, text: str) -> Iterator[_Hit]:
        for end, names in self._automaton.iter(text):
            length = len(names[0].text)
            yield _Hit(start=end - length + 1, end=end + 1, names=names)

    def _named_townships(self, hits: Iterable[_Hit]) -> set[str]:
        return {
            name.place.unit for hit in hits for name in hit.names if name.place.kind == "township"
        }

    def _guesses(self, hit: _Hit, townships: set[str], text: str) -> Iterator[Guess]:
        names = [n for n in hit.names if not n.bare or _CONTEXT.match(text[hit.end :])]
        inside = [n for n in names if self._township(n.place) in townships]
        chosen = inside or names
        for name in chosen:
            if name.place.kind == "township":
                confidence = TOWNSHIP_ONLY
            else:
                bonus = 0.04 if inside and townships else 0.0
                confidence = name.confidence / len({n.place.code for n in chosen}) + bonus
            yield Guess(
                code=name.place.code, confidence=min(confidence, 0.99), evidence=(name.text,)
            )

    def _township(self, place: Place) -> str:
        for unit in self._county.chain(place.unit):
            if unit.kind is UnitKind.TOWNSHIP:
                return unit.code
        return ""


_NOTHING = Guess(code="", confidence=-1.0)


def _automaton(county: County):  # type: ignore[no-untyped-def]
    by_text: dict[str, list[_Name]] = {}
    for place in county.places:
        for text, bare in _spellings(place):
            known = by_text.setdefault(text, [])
            if all(name.place.code != place.code for name in known):
                confidence = NAMED_BARE if bare else NAMED_IN_FULL
                known.append(_Name(text=text, place=place, confidence=confidence, bare=bare))
    automaton = ahocorasick.Automaton()
    for text, names in by_text.items():
        automaton.add_word(text, tuple(names))
    automaton.make_automaton()
    return automaton


def _spellings(place: Place) -> Iterator[tuple[str, bool]]:
    """The names by which a place is called, longest forms first; `bare` ones need context."""
    village = place.kind in ("village", "community")
    for name in (place.name, *place.aliases):
        if len(name) >= 2:
            yield name, village and not name.endswith(_VILLAGE_TAILS)
        if not village:
            continue
        core = name
        for tail in _VILLAGE_TAILS:
            if core.endswith(tail) and len(core) > len(tail) + 1:
                core = core.removesuffix(tail)
                break
        if len(core) >= 2:
            yield core + "村", False
            yield core + "社区", False
            yield core, True


def _longest(hits: Iterable[_Hit]) -> Iterator[_Hit]:
    """Of overlapping hits the longest: 西东韩 is not 东韩."""
    taken: list[tuple[int, int]] = []
    for hit in sorted(hits, key=lambda hit: (hit.start - hit.end, hit.start)):
        if all(hit.end <= start or hit.start >= end for start, end in taken):
            taken.append((hit.start, hit.end))
            yield hit
