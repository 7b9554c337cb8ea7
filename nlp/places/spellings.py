"""The names by which the county's places are called, with what guards against mistaking them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from config.county import SETTLED, County, Place, UnitKind

_TAILS = ("村民委员会", "居民委员会", "村委会", "居委会", "大队", "社区", "小区", "村")
_COMMON = frozenset(
    "东西南北中前后左右上下里外内头边口部大小一二三四五六七八九十几桥河街路岗寺庙县镇乡区张"
)
DIRECTIONS = frozenset("东西南北大小前后")
_SETTLEMENT = frozenset("关庄屯营寨召堡集")  # as a last character: a place all the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """One way to call one place."""

    text: str
    place: Place
    township: str
    bare: bool = False  # without 村 or 社区
    guarded: bool = False  # also an ordinary word: counts where the context speaks for a place
    common: bool = False  # made of words for directions and sizes: 南头村
    short: bool = False  # 张庄 for 北张庄: counts where it is the whole answer

    @property
    def is_township(self) -> bool:
        """Does it name a whole township?"""
        return self.place.kind == "township"


def names(county: County, is_ordinary: Callable[[str], bool]) -> dict[str, tuple[Name, ...]]:
    """Every name with the places that it may mean; `is_ordinary` knows the language's words."""
    by_text: dict[str, dict[str, Name]] = {}
    for place in county.places:
        township = _township(county, place)
        for text, bare in _spellings(place):
            name = Name(
                text=text,
                place=place,
                township=township,
                bare=bare,
                guarded=bare and _needs_context(text, is_ordinary),
                common=all(character in _COMMON for character in core(text)),
            )
            known = by_text.setdefault(text, {})
            known.setdefault(place.unit, name)  # an estate and its community are one place
    return {text: tuple(known.values()) for text, known in by_text.items()}


def shortened(county: County, names: Mapping[str, tuple[Name, ...]]) -> dict[str, tuple[Name, ...]]:
    """Names of villages without the direction or size before them, where no place is called so."""
    found: dict[str, dict[str, Name]] = {}
    for place in county.places:
        for name in (place.name, *place.aliases):
            rest = core(name)[1:]
            called = tuple(text for text in (rest, f"{rest}村") if len(text) >= 2)
            told_apart = place.kind == "village" and name[0] in DIRECTIONS
            says_nothing = _COMMON.issuperset(rest)  # 西村, 北部
            if not told_apart or says_nothing or any(text in names for text in called):
                continue
            township = _township(county, place)
            for text in called:
                short = Name(text=text, place=place, township=township, bare=True, short=True)
                found.setdefault(text, {}).setdefault(place.unit, short)
    return {text: tuple(known.values()) for text, known in found.items()}


def core(name: str) -> str:
    """The name without what it is: 东韩 for 东韩村."""
    for tail in _TAILS:
        if name.endswith(tail) and len(name) > len(tail):
            return name.removesuffix(tail)
    return name


def _spellings(place: Place) -> Iterator[tuple[str, bool]]:
    """The names by which a place is called; a bare one leaves away what it is."""
    for name in dict.fromkeys((place.name, *place.aliases)):
        if place.kind not in SETTLED:
            bare = place.kind == "township" and not name.endswith(("镇", "乡", "街道"))
            yield name, bare
            continue
        short = core(name)
        for tail in _TAILS:
            if tail in ("小区", "社区", "居委会", "居民委员会") and place.kind == "village":
                continue
            yield short + tail, False
        if len(short) >= 2:
            yield short, True


def _needs_context(text: str, is_ordinary: Callable[[str], bool]) -> bool:
    if all(character in _COMMON for character in text):
        return True
    return is_ordinary(text) and text[-1] not in _SETTLEMENT


def _township(county: County, place: Place) -> str:
    for unit in county.chain(place.unit):
        if unit.kind is UnitKind.TOWNSHIP:
            return unit.code
    return ""
