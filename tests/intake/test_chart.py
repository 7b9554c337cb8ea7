"""The county's map as a drawing: what is where in it, what it leaves out, how large it gets."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.county import County, UnitKind
from config.positions import Position
from intake.web import chart, labels
from intake.web.chart import Sort, Spot
from tests.intake.made_up import located

EAST_HAN = "东韩村"
DEGREES = st.builds(
    Position,
    longitude=st.floats(min_value=114.0, max_value=115.0),
    latitude=st.floats(min_value=36.5, max_value=37.4),
)
DOT = re.compile(r"M(\S+) (\S+)h0")


@pytest.fixture(scope="module")
def drawn(county: County) -> County:
    """The county, with coordinates that are made up."""
    return located(county)


def _spot(county: County, name: str, sort: Sort = Sort.SURE) -> Spot:
    place = next(each for each in county.places if each.name == name)
    lies = chart.position(county, place.code)
    assert lies is not None
    return Spot(sort=sort, position=lies, name=name)


def _dots(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in DOT.findall(path)]


@given(st.lists(DEGREES, min_size=1, max_size=60))
def test_everything_is_inside_the_frame_and_north_is_up(found: list[Position]) -> None:
    frame = chart.fitted(found)
    for one in found:
        x, y = frame.point(one)
        assert chart.SIDE - 0.1 <= x <= chart.WIDTH - chart.SIDE + 0.1
        assert chart.TOP - 0.1 <= y <= frame.height - chart.BOTTOM + 0.1
        for other in found:
            if one.latitude > other.latitude:
                assert y <= frame.point(other)[1]
            if one.longitude < other.longitude:
                assert x <= frame.point(other)[0]
    assert frame.height <= chart.TOP + chart.HIGHEST + chart.BOTTOM + 1


@given(DEGREES, DEGREES)
def test_distances_are_those_of_the_scale(one: Position, other: Position) -> None:
    frame = chart.fitted([one, other])
    (x, y), (to_x, to_y) = frame.point(one), frame.point(other)
    pixels = ((x - to_x) ** 2 + (y - to_y) ** 2) ** 0.5
    scale = chart._scale(frame)
    assert scale.length <= chart.WIDTH / 3 or scale.km == 1
    assert pixels / scale.length * scale.km == pytest.approx(one.km_to(other), rel=0.02, abs=0.1)


def test_every_village_is_a_dot_and_the_place_is_marked_and_named(drawn: County) -> None:
    made = chart.draw(drawn, [_spot(drawn, EAST_HAN)])
    assert made is not None
    assert len(_dots(made.dots)) == len(drawn.positions)
    mark = made.marks[0]
    assert mark.sort is Sort.SURE and mark.label is not None and mark.label.text == EAST_HAN
    assert (mark.x, mark.y) in _dots(made.dots)
    assert len(made.dots) < 8000


def test_names_cover_neither_each_other_nor_a_mark(drawn: County) -> None:
    names = ("焦庄村", "贾庄村", "井庄村", "刁庄村", "肖庄村")
    made = chart.draw(drawn, [_spot(drawn, name, Sort.ASKED) for name in names])
    assert made is not None and len(made.townships) >= 6
    written = (*made.townships, *(mark.label for mark in made.marks))
    boxes = [each.box for each in written if each is not None]
    boxes += [(m.x - 10, m.y - 10, m.x + 10, m.y + 10) for m in made.marks]
    for at, one in enumerate(boxes):
        assert one[0] >= 0 and one[2] <= chart.WIDTH
        assert not any(labels._meet(one, other) for other in boxes[at + 1 :])


def test_of_several_only_what_is_around_them_is_drawn(drawn: County) -> None:
    names = ("果寨一村", "果寨二村", "果寨三村")
    spots = [_spot(drawn, name, Sort.ASKED) for name in names]
    made, whole = chart.draw(drawn, spots), chart.draw(drawn, spots[:1])
    assert made is not None and whole is not None
    assert len(_dots(made.dots)) < len(_dots(whole.dots)) / 2
    assert made.scale.km < whole.scale.km or made.scale.length > whole.scale.length
    points = [(mark.x, mark.y) for mark in made.marks]
    assert all(max(abs(x - a), abs(y - b)) > 10 for x, y in points for a, b in points if x < a)
    far = [_spot(drawn, name, Sort.ASKED) for name in ("东韩村", "果寨五村")]
    spread = chart.draw(drawn, far)
    assert spread is not None and len(_dots(spread.dots)) > len(_dots(made.dots))


def test_a_place_without_coordinates_is_where_its_village_is(drawn: County) -> None:
    village = next(unit for unit in drawn.units.values() if unit.short_name == EAST_HAN)
    street = next(place for place in drawn.places if place.kind == "street")
    there = replace(street, code="bridge", unit=village.code)
    county = replace(drawn, places=[*drawn.places, there])
    assert chart.position(county, "bridge") == drawn.positions[village.code]
    own = Position(longitude=100.01, latitude=30.01)
    county = replace(county, positions={**drawn.positions, "bridge": own})
    assert chart.position(county, "bridge") == own


def test_a_township_is_in_the_middle_of_its_villages_which_stand_out(drawn: County) -> None:
    town = next(u for u in drawn.units.values() if u.kind is UnitKind.TOWNSHIP)
    inside = [drawn.positions[u.code] for u in drawn.children[town.code]]
    middle = chart.position(drawn, town.code)
    assert middle is not None
    assert middle.latitude == pytest.approx(sum(p.latitude for p in inside) / len(inside))
    made = chart.draw(drawn, [_spot(drawn, town.short_name)], within=town.code)
    assert made is not None and len(_dots(made.within)) == len(inside)
    assert town.short_name not in [label.text for label in made.townships]


def test_nothing_is_drawn_of_what_is_not_known(county: County, drawn: County) -> None:
    spot = _spot(drawn, EAST_HAN)
    assert chart.draw(county, [spot]) is None
    assert chart.draw(drawn, []) is None
    assert chart.position(county, county.places[0].code) is None
    assert chart.position(drawn, "no such place") is None
    abroad = Spot(sort=Sort.PIN, position=Position(longitude=116.4, latitude=39.9), name="远处")
    assert chart.draw(drawn, [abroad]) is None
    near = chart.draw(drawn, [abroad, spot])
    assert near is not None and [mark.sort for mark in near.marks] == [Sort.SURE]


def test_a_very_large_county_keeps_a_small_drawing(drawn: County) -> None:
    unit = next(unit for unit in drawn.units.values() if unit.kind is UnitKind.VILLAGE)
    units = {f"v{n}": replace(unit, code=f"v{n}") for n in range(2001)}
    positions = {
        code: Position(longitude=100 + 0.0001 * n, latitude=30 + 0.0001 * n)
        for n, code in enumerate(units)
    }
    large = replace(drawn, units={**drawn.units, **units}, positions=positions)
    spot = replace(_spot(drawn, EAST_HAN), name="村" * 60)
    made = chart.draw(large, [spot])
    assert made is not None and len(_dots(made.dots)) <= chart.MOST_DOTS
    assert made.marks[0].label is not None
    assert len(made.marks[0].label.text) == labels.LONGEST
