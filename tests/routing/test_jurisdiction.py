"""Whose ground a place is, and how a matter climbs."""

from dataclasses import replace

import pytest

from config.county import FALLBACK_DUTY, Duty
from routing import jurisdiction
from tests.routing import county as sample
from tests.routing.county import BLOCK_GRID, COUNTY, HAMLET, HAMLET_GRID, TOWNSHIP, VILLAGE

SAMPLE = sample.make()


@pytest.mark.parametrize(
    ("place", "unit", "grid", "urban"),
    [
        (VILLAGE, VILLAGE, "", False),
        (HAMLET, HAMLET_GRID, HAMLET_GRID, False),
        (HAMLET_GRID, HAMLET_GRID, HAMLET_GRID, False),  # a unit's own code is a place too
        (TOWNSHIP, TOWNSHIP, "", False),
        ("130506100005", "130506100005", "", True),
        ("estate-1", BLOCK_GRID, BLOCK_GRID, True),  # urban by the areas above it
        ("county-office", COUNTY, "", True),
    ],
)
def test_a_place_lies_on_somebodys_ground(place: str, unit: str, grid: str, urban: bool) -> None:
    ground = jurisdiction.ground(SAMPLE, place)
    assert ground is not None
    assert (ground.unit.code, ground.grid, ground.urban) == (unit, grid, urban)


@pytest.mark.parametrize("place", ["", "nowhere", "water", "mediation-medical"])
def test_what_is_no_place_has_no_ground(place: str) -> None:
    assert jurisdiction.ground(SAMPLE, place) is None


def test_in_the_country_a_matter_climbs_level_by_level() -> None:
    steps, unit = [], f"{VILLAGE}001"
    while True:
        above = jurisdiction.above(SAMPLE, unit)
        if above is None:
            break
        unit = above.code
        steps.append(unit)
    assert steps == [VILLAGE, TOWNSHIP, COUNTY]


def test_in_town_a_matter_climbs_straight_to_the_county_centre() -> None:
    above = jurisdiction.above(SAMPLE, BLOCK_GRID)
    assert above is not None
    assert above.code == COUNTY


def test_climbing_skips_an_office_where_nobody_is() -> None:
    above = jurisdiction.above(sample.make(without=[VILLAGE]), f"{VILLAGE}001")
    assert above is not None
    assert above.code == TOWNSHIP


def test_above_where_nobody_is_there_is_the_fallback_and_above_that_nobody() -> None:
    duties = {FALLBACK_DUTY: Duty(role=FALLBACK_DUTY, unit="water")}
    county = replace(sample.make(without=[TOWNSHIP, COUNTY, "water"]), duties=duties)
    for unit in (VILLAGE, BLOCK_GRID, "housing", "an-office-that-is-no-more"):
        above = jurisdiction.above(county, unit)
        assert above is not None
        assert above.code == "water"
    assert jurisdiction.above(county, "water") is None
    assert jurisdiction.above(county, COUNTY) is None
