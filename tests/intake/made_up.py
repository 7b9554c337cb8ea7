"""Coordinates that are made up: where nothing of the county lies, for tests of its map."""

from dataclasses import replace

from config.county import SETTLED, County, UnitKind
from config.positions import Position

WEST, SOUTH = 100.0, 30.0  # far from Nanhe, so that nobody takes them for its own
ACROSS = 3  # townships side by side


def located(county: County) -> County:
    """The county with its villages in heaps, one for each township, three heaps side by side."""
    positions = {}
    townships = [unit for unit in county.units.values() if unit.kind is UnitKind.TOWNSHIP]
    for at, township in enumerate(townships):
        row, column = divmod(at, ACROSS)
        inside = [u for u in county.children.get(township.code, ()) if u.kind in SETTLED]
        for number, unit in enumerate(inside):
            down, right = divmod(number, 7)
            positions[unit.code] = Position(
                longitude=WEST + 0.13 * column + 0.015 * right + 0.002 * down,
                latitude=SOUTH - 0.1 * row - 0.013 * down - 0.002 * right,
            )
    return replace(county, positions=positions)
