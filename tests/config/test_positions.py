"""Coordinates in a county's tables: which are taken, and how each mistake is named."""

from pathlib import Path

import pytest

from config import check, load
from config.county import County
from config.positions import Position
from tests.config import tiny

UNITS = (
    ("130999100201,东村网格站,village,130999100,东村", "116.5210,38.1234"),
    ("130999100202,西村网格站,village,130999100,西村", "116.4210,38.1234"),
    ("130999100001,南街社区网格站,community,130999100,南街社区", "116.4710,38.0734"),
)  # made up, as the whole county is
HEAD = "code,name,kind,parent,short_name"
MISTAKES = [
    ("116.5210,38.1234", "116度31分,38.1234", "“lon”（经度）写的是“116度31分”", "写成小数的度"),
    ("116.5210,38.1234", "116.5210,nan", "“lat”（纬度）写的是“nan”", "不知道就两格都空着"),
    ("116.5210,38.1234", "116.5210,", "只写了“lon”，“lat”（纬度）是空的", "两格都填"),
    ("116.5210,38.1234", ",38.1234", "只写了“lat”，“lon”（经度）是空的", "两格都填"),
    ("116.5210,38.1234", "38.1234,116.5210", "不在中国", "写反了"),
    ("116.5210,38.1234", "16.5210,38.1234", "“lon”（经度）16.5210不在中国", "核对这两格"),
    ("116.5210,38.1234", "118.5210,38.1234", "坐标离别的地方 179 公里", "核对 lon、lat"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The tiny county with coordinates of its villages and of a landmark."""
    made = tiny.write(tmp_path / "county")
    tiny.change(made, "units.csv", HEAD, f"{HEAD},lon,lat")
    for row, degrees in UNITS:
        tiny.change(made, "units.csv", row, f"{row},{degrees}")
    tiny.change(made, "places.csv", "kind,aliases\n", "kind,aliases,经度,纬度\n")
    tiny.change(made, "places.csv", "老街|解放街\n", "老街|解放街,116.4720,38.0740\n")
    return made


def test_coordinates_of_units_and_places_are_read(folder: Path) -> None:
    positions = load.load_county(folder).positions
    assert positions["130999100201"] == Position(longitude=116.521, latitude=38.1234)
    assert positions["street-a"] == Position(longitude=116.472, latitude=38.074)
    assert set(positions) == {row.split(",")[0] for row, _ in UNITS} | {"street-a"}


@pytest.mark.parametrize(("old", "new", "problem", "remedy"), MISTAKES)
def test_each_mistake_is_told_with_its_line(
    folder: Path, old: str, new: str, problem: str, remedy: str
) -> None:
    tiny.change(folder, "units.csv", old, new)
    told, sound = check.report(folder)
    assert not sound and "有 1 处要改" in told
    assert "units.csv 第 4 行" in told and problem in told and remedy in told


def test_a_landmark_far_away_is_told_too(folder: Path) -> None:
    tiny.change(folder, "places.csv", "116.4720", "114.4720")
    told, _ = check.report(folder)
    assert "places.csv 第 2 行：坐标离别的地方 173 公里" in told


def test_check_counts_them_and_names_those_without(folder: Path, county: County) -> None:
    assert "坐标：3 个村、社区有，0 个没有" in check.report(folder)[0]
    tiny.change(folder, "units.csv", "116.5210,38.1234", ",")
    assert "坐标：2 个村、社区有，1 个没有（东村）" in check.report(folder)[0]
    assert check.NO_POSITIONS in check.summary(county)


def test_distance_is_that_of_the_globe() -> None:
    here = Position(longitude=114.0, latitude=37.0)
    assert here.km_to(Position(longitude=114.0, latitude=38.0)) == pytest.approx(111.2, abs=0.1)
    assert here.km_to(Position(longitude=115.0, latitude=37.0)) == pytest.approx(88.8, abs=0.1)
