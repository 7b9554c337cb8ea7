"""The lists behind the console's input fields, and what was typed into them read back."""

import difflib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from config.county import County, UnitKind

COUNTIES = 2  # whose lists are kept; a process has one
ALIKE = 0.6  # 水利局 is to 水务局
MOST_ALIKE, MOST_NEAR = 20, 3
MOST_NAMED = 5  # of several that are called the same
_DISPATCHABLE = frozenset(UnitKind) - {UnitKind.GRID}  # 1201 grids are typed by code
_SEATS = frozenset({"township", "village", "community"})  # places that are called as their office


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What can be chosen in a field: how each is written, and by which words each is meant."""

    labels: Mapping[str, str]  # by code
    meant: Mapping[str, Collection[str]]  # codes by what somebody may type
    hints: Mapping[str, Collection[str]] = field(default_factory=dict)  # codes by other words

    def codes(self, typed: str) -> tuple[str, ...]:
        """The one code that is meant, several where it can't be told, none for what there isn't."""
        first = typed.split(maxsplit=1)[0] if typed else ""
        return (first,) if first in self.labels else tuple(self.meant.get(typed, ()))

    def named(self, codes: Iterable[str]) -> str:
        """`东韩村（和阳镇）、东韩村（郝桥镇）`."""
        return "、".join(self.labels[code] for code in list(codes)[:MOST_NAMED])

    def near(self, typed: str) -> str:
        """What may be meant where there is nothing of that name: what holds the word or is a slip
        away from it; empty for nothing.
        """
        names = [*self.meant, *self.hints]
        holding = [name for name in names if typed in name]
        holding.sort(key=len)
        alike = difflib.get_close_matches(typed, names, n=MOST_ALIKE, cutoff=ALIKE)
        alike.sort(key=lambda name: (abs(len(name) - len(typed)), name[0] != typed[0]))
        found: dict[str, None] = {}
        for name in (*holding[:MOST_NAMED], *alike):
            found |= dict.fromkeys((*self.meant.get(name, ()), *self.hints.get(name, ())))
        return self.named(list(found)[:MOST_NEAR])


def category(county: County, code: str) -> str:
    """`010203 城乡建设 / 市政管理 / 路灯`; empty for none."""
    return f"{code} {county.category_path(code)}" if code else ""


@lru_cache(maxsize=COUNTIES)
def categories(county: County) -> Known:
    """Categories, by code, path or a name that no other has."""
    labels = {code: category(county, code) for code in sorted(county.categories)}
    spelt = {c: (county.category_path(c), county.categories[c].name) for c in labels}
    hints: dict[str, list[str]] = defaultdict(list)
    for c, each in county.categories.items():
        for word in each.words:
            hints[word].append(c)
    return replace(_known(labels, spelt), hints=hints)


@lru_cache(maxsize=COUNTIES)
def places(county: County) -> Known:
    """Places, by code, name, alias, or name with township."""
    labels, spelt = {}, {}
    for each in county.places:
        town = county.township_name(each.code)
        labels[each.code] = f"{each.name}（{town}）" if town else each.name
        names = (each.name, *each.aliases)
        spelt[each.code] = (*names, *(town + name for name in names))
    return _known(labels, spelt)


@lru_cache(maxsize=COUNTIES)
def units(county: County) -> Known:
    """Units, by code, full or short name, the village that they sit in, or these with township."""
    labels, spelt = {}, {}
    seats = defaultdict(list)
    for place in county.places:
        if place.kind in _SEATS:
            seats[place.unit].append(place.name)
    for each in county.units.values():
        town = _township(county, each.code)
        labels[each.code] = f"{each.name}（{town}）" if town else each.name
        names = [name for name in (each.name, each.short_name, *seats[each.code]) if name]
        spelt[each.code] = (*names, *(town + name for name in names))
    return _known(labels, spelt)


@lru_cache(maxsize=COUNTIES)
def lists(county: County) -> Mapping[str, list[str]]:
    """What the ticket page offers."""
    known = units(county)
    dispatchable = [c for c, each in county.units.items() if each.kind in _DISPATCHABLE]
    return {
        "category_options": list(categories(county).labels.values()),
        "place_options": list(places(county).labels.values()),
        "unit_options": [known.labels[code] for code in dispatchable],
    }


def _township(county: County, code: str) -> str:
    above = [each for each in county.chain(code) if each.kind is UnitKind.TOWNSHIP]
    inside = above and above[0].code != code
    return (above[0].short_name or above[0].name) if inside else ""


def _known(labels: Mapping[str, str], spelt: Mapping[str, Iterable[str]]) -> Known:
    """With the code behind a label that more than one would have."""
    meant: dict[str, dict[str, None]] = defaultdict(dict)
    for code, names in spelt.items():
        for name in (labels[code], *names):
            meant[name][code] = None
    told = {c: label if len(meant[label]) == 1 else f"{c} {label}" for c, label in labels.items()}
    return Known(labels=told, meant={name: tuple(codes) for name, codes in meant.items()})
