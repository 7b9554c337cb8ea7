"""What has another name in the catalogue where it lies in a village: a hole in the road."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from config.county import County, UnitKind
from nlp.understanding import Guess

_TWINS = {"城区道路破损": "乡村道路破损"}  # names of the catalogue: in town, in the country
_OF_A_VILLAGE = re.compile(
    r"(?:我|俺|咱)们?(?:这个?)?(?:村|庄|屯)|[进出]村|村(?:里|口|道|中|东|西|南|北|头)|庄(?:上|里)|"
    r"田[间里头边]|(?<![场工空草])地[间里头边]|生产路"
)
_OF_A_TOWN = re.compile("小区|停车场|广场|城|大街")


@dataclass(frozen=True, slots=True, kw_only=True)
class Countryside:
    """Knows which places are villages; made by `build`."""

    twins: Mapping[str, str]
    villages: Collection[str]

    def called(
        self, guesses: tuple[Guess, ...], places: tuple[Guess, ...], text: str
    ) -> tuple[Guess, ...]:
        """The guesses, by the names that they have where this is; else as they are."""
        if not self.twins.keys() & {guess.code for guess in guesses}:
            return guesses
        if not self._is_there(places, text):
            return guesses
        known: dict[str, Guess] = {}
        for guess in guesses:
            code = self.twins.get(guess.code, guess.code)
            before = known.get(code)
            share = round(min(0.99, guess.confidence + (before.confidence if before else 0)), 3)
            said = tuple(dict.fromkeys((*(before.evidence if before else ()), *guess.evidence)))
            known[code] = replace(guess, code=code, confidence=share, evidence=said)
        return tuple(sorted(known.values(), key=lambda each: -each.confidence))

    def _is_there(self, places: tuple[Guess, ...], text: str) -> bool:
        if places:
            return places[0].code in self.villages
        return bool(_OF_A_VILLAGE.search(text) and not _OF_A_TOWN.search(text))


def build(county: County) -> Countryside:
    """The twins that the catalogue has, and the places that lie in the country."""
    codes = {category.name: category.code for category in county.categories.values()}
    return Countryside(
        twins={codes[a]: codes[b] for a, b in _TWINS.items() if a in codes and b in codes},
        villages=frozenset(
            place.code for place in county.places if _is_country(county, place.unit)
        ),
    )


def _is_country(county: County, unit: str) -> bool:
    chain = [each for each in county.chain(unit) if each.kind is not UnitKind.COUNTY]
    return bool(chain) and not any(each.urban for each in chain)
