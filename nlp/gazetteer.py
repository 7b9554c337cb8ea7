"""Places of the county in a text, by their characters: villages, old names, streets, estates."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import ahocorasick

from config.county import County, Place, UnitKind
from nlp.understanding import Guess

NAMED_IN_FULL = 0.95
NAMED_BARE = 0.85  # the short name alone, without 村
TOWNSHIP = 0.5
ELSEWHERE = 0.7  # of the confidence is left where the township named is another one
DOUBTFUL = 0.6  # of it where a direction stands before the name: 南王庄 need not be 王庄
IN_TOWNSHIP = 0.04
MOST_PLACES = 8

_TAILS = ("村民委员会", "居民委员会", "村委会", "居委会", "大队", "社区", "小区", "村")
_SETTLED = ("village", "community")
_COMMON = frozenset(
    "东西南北中前后左右上下里外内头边口部大小一二三四五六七八九十几桥河街路岗寺庙县镇乡区张"
)
_LEVELS = frozenset("区县镇乡")
_PARTS = frozenset("社小地郊园景厂校辖街片市山城")
_SETTLEMENT = frozenset("关庄屯营寨召堡集")  # as a last character: a place all the same
_VARIANTS = str.maketrans("闫閻閆禮沣", "阎阎阎澧澧")  # written for each other by residents
_DIRECTIONS = frozenset("东西南北大小前后")
_FOREIGN_AFTER = re.compile(r"大道|区(?!人民|政务|中)|[省市县]")
_COUNTED_BEFORE = re.compile(r"[一两几每某整这那哪]$")
_FROM = re.compile(r"(?:在|住|是|位于|来自)$")
_PLACE_GOES_ON = re.compile(r"[的，。这那住村有]|$")
_NOUN_BEFORE = re.compile(r"[村镇乡街路楼院门家城房屋校厂店地]$")
_ANSWERED = re.compile(r"^(?:我?(?:在|是|家?住|家是?|我们|俺们?)?(?:在|是)?)?$")
_WHOLE_TAIL = re.compile(r"^(?:的|那边|这边|那儿|这儿|了|吧|啊|呢|人)?[，。！？；\s]*$")
_ADDRESS_PART = (
    r"(?:[^，。！？；\s]{0,6}?(?:号楼|单元|[0-9一二三四五六七八九十]+(?:号|室|组|队|栋|排|巷)|"
    r"村口|路口|门口|街口|桥头|地头|胡同|小区|小学|中学|学校|幼儿园|卫生[室院]|医院|超市|广场|村委会|大队部?|大街|"
    r"[东西南北前后][头边口院街]|后头|前头|旁边|附近|对面|对过|里头|家门前|路(?!灯)|街|巷|桥))"
)
_AFTER_PLACE = re.compile(rf"(?:的|村|那边|这边)?{_ADDRESS_PART}{{1,4}}")
_ANY_ADDRESS = re.compile(rf"[^，。！？；\s的在了]{{0,6}}?{_ADDRESS_PART}{{1,4}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Name:
    text: str
    place: Place
    township: str
    bare: bool = False  # without 村 or 社区
    guarded: bool = False  # also an ordinary word: counts where the context speaks for a place
    common: bool = False  # made of words for directions and sizes: 南头村


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hit:
    start: int
    end: int
    names: tuple[_Name, ...]


class Gazetteer:
    """Finds the county's places in normalised text; made by `build`."""

    def __init__(self, automaton: Any) -> None:
        self._automaton = automaton

    def find(self, text: str) -> tuple[Guess, ...]:
        """Places, best first; namesakes are all kept and share the confidence.

        A township named beside a village chooses among namesakes; the township itself then ranks
        below. The longest name wins: 西东韩 is not 东韩.
        """
        text = text.translate(_VARIANTS)
        hits = _as_townships(self._hits(text))
        townships = {hit.start: _townships(hit) for hit in hits}
        best: dict[str, Guess] = {}
        for hit in hits:
            others = set().union(*(named for at, named in townships.items() if at != hit.start))
            for guess in _guesses(hit, others, text):
                if guess.code not in best or guess.confidence > best[guess.code].confidence:
                    best[guess.code] = guess
        ordered = sorted(best.values(), key=lambda guess: (-guess.confidence, guess.code))
        return tuple(ordered[:MOST_PLACES])

    def address(self, text: str) -> str:
        """The resident's own words for where (村, 组, 号, 门口 ...), or nothing."""
        hits = self._hits(text.translate(_VARIANTS))
        if not hits:
            found = _ANY_ADDRESS.search(text)
            return found.group() if found else ""
        first = last = min(hits, key=lambda hit: hit.start)
        for hit in sorted(hits, key=lambda hit: hit.start):
            last = hit if hit.start == last.end else last
        tail = _AFTER_PLACE.match(text, last.end)
        return text[first.start : tail.end() if tail else last.end]

    def _hits(self, text: str) -> list[_Hit]:
        """Names that count as places here, none overlapping another."""
        found = []
        for last, names in self._automaton.iter(text):
            start = last + 1 - len(names[0].text)
            found.append(_Hit(start=start, end=last + 1, names=names))
        longest = list(_longest(found))
        spoken = {hit.start: hit.end for hit in longest if any(_is_township(n) for n in hit.names)}
        kept = []
        for hit in longest:
            after_township = any(end == hit.start for end in spoken.values())
            names = tuple(n for n in hit.names if after_township or _speaks(n, hit, text))
            if names:
                kept.append(_Hit(start=hit.start, end=hit.end, names=names))
        return kept


def build(county: County, is_ordinary: Callable[[str], bool]) -> Gazetteer:
    """A gazetteer of all places of the county; `is_ordinary` knows the words of the language."""
    by_text: dict[str, dict[str, _Name]] = {}
    for place in county.places:
        township = _township(county, place)
        for text, bare in _spellings(place):
            guarded = bare and _needs_context(text, is_ordinary)
            name = _Name(
                text=text,
                place=place,
                township=township,
                bare=bare,
                guarded=guarded,
                common=all(character in _COMMON for character in _core(text)),
            )
            known = by_text.setdefault(text, {})
            known.setdefault(place.unit, name)  # an estate and its community are one place
    automaton = ahocorasick.Automaton()
    for text, names in by_text.items():
        automaton.add_word(text, tuple(names.values()))
    automaton.add_word("\x00", ())  # an empty automaton cannot be searched
    automaton.make_automaton()
    return Gazetteer(automaton)


def words(county: County) -> Iterator[str]:
    """The names of the county's places, for a segmenter to keep whole."""
    for place in county.places:
        for name in (place.name, *place.aliases):
            if len(name) > 2:
                yield name


def _spellings(place: Place) -> Iterator[tuple[str, bool]]:
    """The names by which a place is called; a bare one leaves away what it is."""
    for name in dict.fromkeys((place.name, *place.aliases)):
        if place.kind not in _SETTLED:
            bare = place.kind == "township" and not name.endswith(("镇", "乡", "街道"))
            yield name, bare
            continue
        core = _core(name)
        for tail in _TAILS:
            if tail in ("小区", "社区", "居委会", "居民委员会") and place.kind == "village":
                continue
            yield core + tail, False
        if len(core) >= 2:
            yield core, True


def _core(name: str) -> str:
    for tail in _TAILS:
        if name.endswith(tail) and len(name) > len(tail):
            return name.removesuffix(tail)
    return name


def _needs_context(text: str, is_ordinary: Callable[[str], bool]) -> bool:
    if all(character in _COMMON for character in text):
        return True
    return is_ordinary(text) and text[-1] not in _SETTLEMENT


def _township(county: County, place: Place) -> str:
    for unit in county.chain(place.unit):
        if unit.kind is UnitKind.TOWNSHIP:
            return unit.code
    return ""


def _longest(hits: Iterable[_Hit]) -> Iterator[_Hit]:
    taken: set[int] = set()
    for hit in sorted(hits, key=lambda hit: (hit.start - hit.end, hit.start)):
        span = range(hit.start, hit.end)
        if taken.isdisjoint(span) and hit.names:
            taken.update(span)
            yield hit


def _is_township(name: _Name) -> bool:
    return name.place.kind == "township"


def _townships(hit: _Hit) -> set[str]:
    return {name.place.unit for name in hit.names if _is_township(name)}


def _as_townships(hits: list[_Hit]) -> list[_Hit]:
    """Where a village of 阎里 is named too, 阎里 means the township, not its namesake village."""
    villages = {n.township for hit in hits if not _townships(hit) for n in hit.names}
    plain = []
    for hit in hits:
        township = tuple(n for n in hit.names if _is_township(n) and n.place.unit in villages)
        plain.append(_Hit(start=hit.start, end=hit.end, names=township) if township else hit)
    return plain


def _speaks(name: _Name, hit: _Hit, text: str) -> bool:
    """Does the context let this name be a place?"""
    before, after = text[: hit.start], text[hit.end :]
    if name.bare and _FOREIGN_AFTER.match(after):
        return False
    if len(name.text) == 2 and not name.bare and _COUNTED_BEFORE.search(before):
        return False
    if name.text[0] in _LEVELS and before[-1:] in _PARTS:
        return False  # 社区医院 is not 区医院
    if not name.guarded:
        return not (name.common and before.endswith(("村", "庄")))
    if _is_township(name) and _FROM.search(before) and _PLACE_GOES_ON.match(after):
        return True
    return bool(_ANSWERED.match(before) and _WHOLE_TAIL.match(after))


def _guesses(hit: _Hit, townships: set[str], text: str) -> Iterator[Guess]:
    """Candidates of one hit; `townships` are those named elsewhere in the text."""
    inside = [n for n in hit.names if n.township in townships and not _is_township(n)]
    chosen = inside or list(hit.names)
    settled = [name for name in chosen if not _is_township(name)]
    for name in chosen:
        yield Guess(
            code=name.place.code,
            confidence=round(_confidence(name, hit, len(settled), townships, text), 3),
            evidence=(name.text,),
        )


def _confidence(name: _Name, hit: _Hit, rivals: int, townships: set[str], text: str) -> float:
    if _is_township(name):
        return TOWNSHIP if not rivals else TOWNSHIP * 0.7
    confidence = (NAMED_BARE if name.bare else NAMED_IN_FULL) / rivals
    if any(_is_township(other) for other in hit.names):
        confidence *= DOUBTFUL
    if name.township in townships:
        return min(confidence + IN_TOWNSHIP, 0.99)
    if townships:
        confidence *= ELSEWHERE
    before = text[max(0, hit.start - 2) : hit.start]
    if before[-1:] in _DIRECTIONS and not _NOUN_BEFORE.search(before[:-1]):
        confidence *= DOUBTFUL
    return confidence
