"""Places that have to be told apart aloud: how the one question that splits them calls each.

What splits them best is said and no more: the names where they sound different, the township where
they sound alike, and where that is the same too a word that explains the character.
"""

from collections.abc import Sequence
from typing import Protocol

from nlp.places import glosses, sound

NEAR = -5.6  # natural logarithm of the chance from which one syllable is easily heard for another


class Named(Protocol):
    """A place to be told apart: its name, and its township's (empty in the town)."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def township(self) -> str: ...  # noqa: D102


def split(names: Sequence[Named]) -> tuple[str, ...]:
    """One option for each place, in the same order, as they are to be said.

    `东关社区`, `东韩村` where names sound different; `河郭镇的梁牌村`, `史召乡的梁牌村` where they
    don't; `郝桥镇的侯东村，侯爷的侯`, `郝桥镇的后东村，前后的后` where the township is one too.
    Options differ wherever names or townships do.
    """
    return tuple(_option(place, [o for o in names if o is not place]) for place in names)


def sound_alike(one: str, other: str) -> bool:
    """Might one name be heard for the other, on the line and in the county's speech?"""
    if len(one) != len(other):
        return False
    table = sound.likelihoods()
    return all(
        max(table[s][h] for s in said for h in heard) >= NEAR
        for said, heard in zip(sound.readings(one), sound.readings(other), strict=True)
    )


def _option(place: Named, others: Sequence[Named]) -> str:
    alike = [other for other in others if sound_alike(place.name, other.name)]
    if not alike:
        return place.name
    whole = place.name
    if place.township and not place.name.startswith(place.township):
        whole = f"{place.township}的{place.name}"
    written = [o.name for o in alike if o.township == place.township and o.name != place.name]
    explained = _explained(place.name, written)
    return "，".join((whole, *explained))


def _explained(name: str, others: Sequence[str]) -> tuple[str, ...]:
    """Words for the characters in which the name differs from those that sound like it."""
    at = sorted({i for o in others for i, (a, b) in enumerate(zip(name, o, strict=True)) if a != b})
    return tuple(said for i in at if (said := glosses.gloss(name[i])))
