"""Routes: which line of the catalogue decides, whose ground it is, and that nobody's matter does
not exist.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import load
from config.county import FALLBACK_DUTY, County, Duty, UnitKind
from nlp.understanding import RequestKind, Urgency
from routing import jurisdiction
from routing.route import Router
from routing.ticket import Route
from tests.routing import county as sample
from tests.routing.county import BLOCK_GRID, COUNTY, HAMLET, HAMLET_GRID, TOWNSHIP, VILLAGE

SAMPLE = sample.make()
HELP, NORMAL = RequestKind.HELP, Urgency.NORMAL


def route(category: str, place: str, *, without: Sequence[str] = ()) -> Route | None:
    return Router(sample.make(without=without)).route(category, place, HELP, NORMAL)


@pytest.fixture(scope="module")
def nanhe() -> County:
    return load.load_county(Path(load.__file__).parent / "nanhe")


@pytest.mark.parametrize(
    ("category", "place", "unit", "assisting", "grid", "rule"),
    [
        ("010204", VILLAGE, VILLAGE, ("housing",), "", "R1"),  # several grids: the station
        ("010204", HAMLET, HAMLET_GRID, ("housing",), HAMLET_GRID, "R1"),  # one grid
        ("010204", "bridge", f"{VILLAGE}002", ("housing",), f"{VILLAGE}002", "R1"),
        ("010204", TOWNSHIP, TOWNSHIP, ("housing",), "", "R1"),  # only the township is known
        ("010204", "130506100005", COUNTY, ("housing",), "", "R1"),  # in town: flat
        ("010204", "estate-1", COUNTY, ("housing",), BLOCK_GRID, "R1"),
        ("010204", "county-office", COUNTY, ("housing",), "", "R1"),
        ("0201", VILLAGE, "water", (), "", "R2"),  # direct
        ("0201", "estate-1", "water", (), BLOCK_GRID, "R2"),
        ("0201", "", "water", (), "", "R2"),  # direct needs no place
        ("02", VILLAGE, VILLAGE, ("housing",), "", "R3"),
        ("0301", VILLAGE, VILLAGE, ("emergency", "housing"), "", "R5"),
    ],
)
def test_the_catalogue_and_the_ground_decide(
    category: str, place: str, unit: str, assisting: tuple[str, ...], grid: str, rule: str
) -> None:
    found = route(category, place)
    assert found is not None
    assert (found.unit, found.assisting, found.grid) == (unit, assisting, grid)
    assert found.rule == f"dispatch:{rule}@v1"
    assert found.certain
    assert found.reason.endswith("。")


@pytest.mark.parametrize(
    ("category", "place"),
    [("010204", ""), ("010204", "nowhere"), ("", VILLAGE), ("99", VILLAGE), ("02", "water")],
)
def test_what_is_not_known_goes_to_a_person(category: str, place: str) -> None:
    assert route(category, place) is None


def test_a_dispute_with_a_hospital_goes_to_its_mediation_room() -> None:
    found = Router(SAMPLE).route("0301", VILLAGE, RequestKind.DISPUTE, NORMAL)
    assert found is not None
    assert found.unit == "mediation-medical"
    assert found.reason == (
        "事在和阳镇沙道村，派单目录定为专业调解，由医患纠纷调解室主办（派单目录 R4：医患纠纷有专业调解室）。"
    )


def test_the_reason_is_one_sentence_that_a_clerk_can_read_out() -> None:
    found = route("010204", VILLAGE)
    assert found is not None
    assert found.reason == (
        "事在和阳镇沙道村，先属地后属主，由属地沙道村网格站主办，区住建局协办"
        "（派单目录 R1：住建局三定方案）。"
    )


def test_a_guess_below_the_mark_is_a_proposal() -> None:
    router = Router(SAMPLE)
    for confidence, certain in ((0.79, False), (0.8, True), (1.0, True)):
        found = router.route(
            "010204", VILLAGE, HELP, NORMAL, confidence=confidence, certain_above=0.8
        )
        assert found is not None
        assert found.certain is certain
    prank = router.route("010204", VILLAGE, RequestKind.INVALID, NORMAL)
    assert prank is not None
    assert not prank.certain


def test_a_category_without_a_line_stays_with_the_territory_as_a_proposal() -> None:
    found = route("04", VILLAGE)
    assert found is not None
    assert (found.unit, found.assisting, found.certain) == (VILLAGE, (), False)
    assert found.rule == "dispatch:territory@v1"
    assert "请人工核对" in found.reason


def test_of_danger_the_command_desk_is_told() -> None:
    found = Router(SAMPLE).route("010204", VILLAGE, HELP, Urgency.DANGER)
    assert found is not None
    assert found.assisting == ("housing", "emergency")


@pytest.mark.parametrize(
    ("without", "taker"),
    [
        ([HAMLET_GRID], HAMLET),
        ([HAMLET_GRID, HAMLET], TOWNSHIP),
        ([HAMLET_GRID, HAMLET, TOWNSHIP], COUNTY),
        ([HAMLET_GRID, HAMLET, TOWNSHIP, COUNTY], COUNTY),
    ],
)
def test_where_nobody_is_named_the_office_above_takes_it(without: list[str], taker: str) -> None:
    found = route("010204", HAMLET, without=without)
    assert found is not None
    assert found.unit == taker
    assert found.grid == HAMLET_GRID
    assert "没有负责人" in found.reason


def test_what_nobody_takes_goes_to_the_unit_of_the_fallback_duty() -> None:
    above = [HAMLET_GRID, HAMLET, TOWNSHIP, COUNTY]
    duties = {FALLBACK_DUTY: Duty(role=FALLBACK_DUTY, unit="housing")}
    router = Router(replace(sample.make(without=above), duties=duties))
    found = router.route("010204", HAMLET, HELP, NORMAL)
    assert found is not None
    assert (found.unit, found.assisting) == ("housing", ())
    assert "巩庄村1号网格没有负责人，由区住建局接办" in found.reason
    in_town = router.route("0301", "estate-1", HELP, NORMAL)
    assert in_town is not None
    assert (in_town.unit, in_town.assisting) == ("housing", ("emergency",))


def test_a_department_without_anybody_assists_the_county_centre() -> None:
    found = route("0201", VILLAGE, without=["water"])
    assert found is not None
    assert (found.unit, found.assisting) == (COUNTY, ("water",))


def test_a_deputy_stands_in() -> None:
    deputy = replace(SAMPLE.workers[VILLAGE][0], deputy=True)
    workers = dict(SAMPLE.workers) | {VILLAGE: (deputy,)}
    county = replace(SAMPLE, workers=workers)
    assert jurisdiction.person(county, VILLAGE) == deputy
    in_charge = replace(deputy, deputy=False, name="站长")
    both = replace(SAMPLE, workers=workers | {VILLAGE: (deputy, in_charge)})
    assert jurisdiction.person(both, VILLAGE) == in_charge
    found = Router(county).route("010204", VILLAGE, HELP, NORMAL)
    assert found is not None
    assert found.unit == VILLAGE


@given(without=st.sets(st.sampled_from(sorted(SAMPLE.units))), data=st.data())
def test_whoever_is_missing_no_matter_is_nobodys(without: set[str], data: st.DataObject) -> None:
    county = sample.make(without=sorted(without))
    place = data.draw(st.sampled_from([place.code for place in county.places]))
    category = data.draw(st.sampled_from(sorted(county.categories)))
    found = Router(county).route(
        category,
        place,
        data.draw(st.sampled_from(RequestKind)),
        data.draw(st.sampled_from(Urgency)),
    )
    assert found is not None
    assert jurisdiction.person(county, found.unit) or found.unit == COUNTY
    assert found.unit not in found.assisting
    assert len(set(found.assisting)) == len(found.assisting)


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_in_nanhe_any_missing_workers_leave_no_matter_unowned(
    nanhe: County, data: st.DataObject
) -> None:
    place = data.draw(st.sampled_from(nanhe.places)).code
    category = data.draw(st.sampled_from(sorted(nanhe.categories)))
    kind, urgency = data.draw(st.sampled_from(RequestKind)), data.draw(st.sampled_from(Urgency))
    full = Router(nanhe).route(category, place, kind, urgency)
    assert full is not None
    above = [unit.code for unit in nanhe.chain(full.unit)]
    missing = data.draw(st.sets(st.sampled_from(above)))
    workers = {code: named for code, named in nanhe.workers.items() if code not in missing}
    thinned = replace(nanhe, workers=workers)
    found = Router(thinned).route(category, place, kind, urgency)
    assert found is not None
    assert jurisdiction.person(thinned, found.unit) or found.unit == nanhe.code


def test_every_place_of_nanhe_in_every_category_finds_its_owner(nanhe: County) -> None:
    router = Router(nanhe)
    for place in nanhe.places:
        ground = jurisdiction.ground(nanhe, place.code)
        assert ground is not None, place
        for category in nanhe.categories:
            if len(category) != 2:
                continue
            found = router.route(category, place.code, HELP, NORMAL)
            assert found is not None, (place, category)
            owner = nanhe.units[found.unit]
            assert jurisdiction.person(nanhe, owner.code)
            if ground.urban:
                assert owner.kind not in (UnitKind.VILLAGE, UnitKind.COMMUNITY), (place, category)


def test_every_category_of_nanhe_has_a_line_in_a_village_and_in_town(nanhe: County) -> None:
    router = Router(nanhe)
    village = next(place.code for place in nanhe.places if place.name.startswith("东韩"))
    town = next(unit.code for unit in nanhe.units.values() if unit.urban)
    for category in nanhe.categories:
        for place in (village, town):
            found = router.route(category, place, HELP, NORMAL)
            assert found is not None, category
            assert found.certain, category
            assert nanhe.version in found.rule


@pytest.mark.parametrize("place", [VILLAGE, HAMLET, "bridge", TOWNSHIP, "estate-1"])
def test_confidential_matter_is_never_proposed_to_those_on_the_spot(place: str) -> None:
    found = Router(SAMPLE).route("010204", place, HELP, NORMAL, confidential=True)
    assert found is not None
    assert (found.unit, found.grid, found.assisting) == (COUNTY, "", ("housing",))
    assert "保密" in found.reason


def test_confidential_matter_of_a_department_goes_straight_there() -> None:
    found = Router(SAMPLE).route("0201", VILLAGE, HELP, NORMAL, confidential=True)
    assert found is not None and found.unit == "water"
