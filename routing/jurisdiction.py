"""Whose ground it is, and who is there to take it (先属地后属主, 城区扁平化).

In the country the territory leads: the grid where it is known, else the village. In town
everything goes
straight to the county centre. Where nobody is named for an office, the one above it takes the
matter; the
unit of the fallback duty (兜底) takes whatever is left, so no matter is ever nobody's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from config.county import FALLBACK_DUTY, SETTLED, County, Unit, UnitKind, Worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where a place lies: the unit that answers for it, its grid where known, and which shape of
    tree.
    """

    unit: Unit
    grid: str = ""
    urban: bool = False


def ground(county: County, place: str) -> Ground | None:
    """The ground of a place code (or of a unit's own code); None for a place that the county has
    not.
    """
    known = county.places_by_code.get(place)
    unit = county.units.get(known.unit if known else place)
    if unit is None or unit.kind in (UnitKind.DEPARTMENT, UnitKind.MEDIATION):
        return None
    if unit.kind in SETTLED:
        unit = _only_grid(county, unit)
    return Ground(
        unit=unit,
        grid=unit.code if unit.kind is UnitKind.GRID else "",
        urban=any(
            above.urban or above.kind is UnitKind.COUNTY for above in _below_top(county, unit)
        ),
    )


def centre(county: County) -> Unit:
    """The county grid centre: every chain ends there."""
    for unit in county.units.values():
        if unit.kind is UnitKind.COUNTY:
            return unit
    raise LookupError(f"county {county.code} has no unit of kind county")


def fallback(county: County) -> Unit:
    """Who takes what nobody else can (兜底)."""
    duty = county.duties.get(FALLBACK_DUTY)
    return county.units[duty.unit] if duty else centre(county)


def taker(county: County, unit: str) -> Unit:
    """The nearest office from `unit` upwards where somebody is named; the fallback in the end."""
    for above in county.chain(unit):
        if person(county, above.code):
            return above
    return fallback(county)


def person(county: County, unit: str) -> Worker | None:
    """Who answers for a unit: the one in charge, else the deputy; None where nobody is named.

    Placeholders count as present, though nobody can be reached through them.
    """
    workers: Sequence[Worker] = county.workers.get(unit, ())
    in_charge = (worker for worker in workers if not worker.deputy)
    return next(in_charge, workers[0] if workers else None)


def above(county: County, unit: str) -> Unit | None:
    """Who gets a matter that `unit` reports up: the next office above where somebody is named.

    Town grids report straight to the county centre. None for the county centre itself, and where
    the unit is the fallback already.
    """
    own = county.units.get(unit)
    if own is None:
        return fallback(county)  # an office that is no more has nobody above
    if own.kind is UnitKind.COUNTY:
        return None
    in_town = any(step.urban for step in _below_top(county, own))
    next_above = centre(county).code if in_town or not own.parent else own.parent
    found = taker(county, next_above)
    return None if found == own else found


def _only_grid(county: County, station: Unit) -> Unit:
    """A village of one grid is that grid; of several, a village's name does not tell which."""
    grids = [unit for unit in county.children.get(station.code, ()) if unit.kind is UnitKind.GRID]
    return grids[0] if len(grids) == 1 else station


def _below_top(county: County, unit: Unit) -> Sequence[Unit]:
    """The chain without the county centre, unless the unit is that itself."""
    chain = list(county.chain(unit.code))
    return chain[:-1] if len(chain) > 1 else chain
