"""What residents say on the phone: the sayings with their slots, and sentences made from them.

A saying is read from `sayings.txt`. The slots of a county's own names (`NAMES`) stay open for the
language model, which knows them as classes; sentences to be spoken fill every slot.
"""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.county import County, UnitKind

SAYINGS = Path(__file__).with_name("sayings.txt")
NAMES = ("place", "town", "digits")  # slots that the language model keeps as classes
DIGITS = "零一二三四五六七八九"
DIGIT_LENGTHS = (4, 4, 7, 8, 11, 12)
NUMBERS_OFTEN = 6  # as often as others are numbers spoken for training: each digit counts in them
MOST_NESTED = 3
LONGEST_ANSWER = 3  # characters; whoever says no more than these has answered

_SLOT = re.compile(r"\{(\w+)\}")
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_SAYING = re.compile(r"(\d+) (.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """A sentence with `{slot}`s; blanks are short breaks; `weight` says how often it is said."""

    text: str
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sayings:
    """All sayings and what can stand in their slots but for the county's names."""

    sayings: tuple[Saying, ...]
    slots: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The county's names as they are spoken, township by township."""

    towns: tuple[str, ...]
    places: Mapping[str, tuple[str, ...]]  # township (empty: none) -> names of its places
    full: Mapping[str, str]  # another name of a township -> its own

    def at(self, town: str) -> tuple[str, ...]:
        """The names within a township, under any of its own names."""
        return self.places.get(self.full.get(town, town), ())

    @property
    def all_places(self) -> tuple[str, ...]:
        """Every name of a place, once each."""
        return tuple(dict.fromkeys(n for names in self.places.values() for n in names))


class SayingFault(Exception):
    """`sayings.txt` has a line that is neither a saying nor a slot; the message names it."""


def read(path: Path = SAYINGS) -> Sayings:
    """The sayings of a file; raises SayingFault."""
    sayings: list[Saying] = []
    slots: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("= "):
            name, _, choices = line[2:].partition(" ")
            slots[name] = tuple(choices.split("|"))
        elif found := _SAYING.fullmatch(line):
            sayings.append(Saying(text=found[2], weight=int(found[1])))
        else:
            raise SayingFault(f"{path.name} line {number}: expected '<weight> <saying>': {line}")
    return Sayings(sayings=tuple(sayings), slots=slots)


def answers(sayings: Sayings) -> tuple[str, ...]:
    """Sayings so short that each is one word to the recogniser: 不对, 来过, 没解决."""
    return tuple(
        saying.text
        for saying in sayings.sayings
        if _HAN.fullmatch(saying.text) and 1 < len(saying.text) <= LONGEST_ANSWER
    )


def names_of(county: County) -> Names:
    """The names people use for the county's places: full, without 村, and their aliases."""
    towns: dict[str, str] = {
        unit.code: unit.short_name or unit.name
        for unit in county.units.values()
        if unit.kind is UnitKind.TOWNSHIP
    }
    places: dict[str, list[str]] = {}
    full: dict[str, str] = {}
    for place in county.places:
        if place.kind == "township":
            full.update((name, towns[place.unit]) for name in (place.name, *place.aliases))
            continue
        above = {unit.code for unit in county.chain(place.unit)} & towns.keys()
        town = towns[min(above)] if above else ""
        spoken = (place.name, *place.aliases)
        places.setdefault(town, []).extend(n for n in spoken if _HAN.fullmatch(n) and len(n) > 1)
    spoken_towns = dict.fromkeys((*towns.values(), *full))
    return Names(
        towns=tuple(n for n in spoken_towns if _HAN.fullmatch(n)),
        places={town: tuple(dict.fromkeys(found)) for town, found in places.items()},
        full=full,
    )


def words_of(county: County) -> tuple[str, ...]:
    """The catalogue's words in residents' mouths, those of Chinese characters only."""
    found = (word for category in county.categories.values() for word in category.words)
    return tuple(dict.fromkeys(word for word in found if _HAN.fullmatch(word)))


def with_open_names(
    sayings: Sayings, words: Sequence[str], chance: random.Random, most_each: int
) -> Iterator[str]:
    """Sentences whose slots are filled but for `NAMES`; `most_each` times a saying's weight."""
    slots = {**sayings.slots, "word": tuple(words)}
    for saying in sayings.sayings:
        open_slots = set(_SLOT.findall(saying.text)) - set(NAMES)
        for _ in range(saying.weight * (most_each if open_slots else 1)):
            yield _fill(saying.text, slots, chance)


def spoken(
    sayings: Sayings, names: Names, words: Sequence[str], chance: random.Random
) -> Iterator[str]:
    """Endless sentences to be spoken, every slot filled; each name comes before any comes again."""
    rounds = {"place": _rounds(names.all_places, chance), "word": _rounds(words, chance)}
    weights = [
        saying.weight * (NUMBERS_OFTEN if "{digits}" in saying.text else 1)
        for saying in sayings.sayings
    ]
    while True:
        text = chance.choices(sayings.sayings, weights)[0].text
        text = _fill(text, sayings.slots, chance)
        yield _SLOT.sub(lambda slot: _name(slot[1], names, rounds, chance), text)


def digits(chance: random.Random) -> str:
    """A number said digit by digit; 一 is also said 幺."""
    text = "".join(chance.choice(DIGITS) for _ in range(chance.choice(DIGIT_LENGTHS)))
    return text.replace("一", "幺") if chance.random() < 0.5 else text


def _fill(text: str, slots: Mapping[str, Sequence[str]], chance: random.Random) -> str:
    def choice(slot: re.Match[str]) -> str:
        return chance.choice(slots[slot[1]]) if slot[1] in slots else slot[0]

    for _ in range(MOST_NESTED):
        text = _SLOT.sub(choice, text)
    return text


def _name(
    slot: str, names: Names, rounds: Mapping[str, Iterator[str]], chance: random.Random
) -> str:
    if slot == "town":
        return chance.choice(names.towns)
    return digits(chance) if slot == "digits" else next(rounds[slot])


def _rounds(items: Sequence[str], chance: random.Random) -> Iterator[str]:
    while True:
        yield from chance.sample(items, len(items))
