"""The map of the county as a small drawing, from the coordinates in its own tables. All of it pure.

North is up, one degree of latitude is as long as it is there (equirectangular). Drawing units are
pixels at WIDTH; y grows downwards, as in SVG.
"""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from config.county import SETTLED, County, UnitKind
from config.positions import EARTH_KM, FAR_KM, Position, middle, narrowing
from intake.web.labels import Label, Labels

WIDTH = 300  # narrower than any telephone shows it, so that letters stay as large as they are
SIDE, TOP, BOTTOM = 18.0, 26.0, 34.0  # around the dots: for the north and the scale
HIGHEST, LOWEST = 280.0, 90.0  # of what is between top and bottom
NARROWEST_KM = 2.0
FEWEST_DOTS, MOST_DOTS = 2, 400
CLOSE_KM, AROUND = 3.0, 2.0  # several marks: what is so near their middle, or so many times as far
MOST_NAMES = 40  # of townships
COUNTIES = 2  # whose dots are kept; a process has one
_SCALES_KM = (50, 20, 10, 5, 2, 1)
_LONGEST_SCALE = 100.0
_NORTH = (WIDTH - 60.0, 0.0, float(WIDTH), 22.0)  # says where it is
_KM_OF_DEGREE = math.radians(EARTH_KM)


class Sort(StrEnum):
    """What a mark says."""

    SURE = "sure"  # it is there
    ASKED = "asked"  # it may be there
    PIN = "pin"  # the resident has sent this spot


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Something to mark: where it is, what it is called, and the sign that the text has for it."""

    sort: Sort
    position: Position
    name: str
    sign: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A spot in the drawing."""

    sort: Sort
    x: float
    y: float
    name: str
    sign: str
    label: Label | None  # None: there is no room for its name


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A bar of so many kilometres, `length` long."""

    km: int
    length: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The drawing; `dots` and `within` (the villages of the township that is meant) are paths."""

    width: int
    height: int
    dots: str
    within: str
    townships: tuple[Label, ...]
    marks: tuple[Mark, ...]
    scale: Scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Which part of the earth is drawn, and how large."""

    west: float
    north: float
    narrowing: float
    per_degree: float  # of latitude
    left: float
    top: float
    height: int

    def point(self, position: Position) -> tuple[float, float]:
        """Where a position is drawn."""
        east = (position.longitude - self.west) * self.narrowing
        x = self.left + east * self.per_degree
        return round(x, 1), round(self.top + (self.north - position.latitude) * self.per_degree, 1)


def position(county: County, place: str) -> Position | None:
    """Where a place is: its own coordinates, its village's, of a township the middle of its
    villages; None where the county's tables don't say it.
    """
    known = county.places_by_code.get(place)
    if known is None or place in county.positions:
        return county.positions.get(place)
    for unit in county.chain(known.unit) if known.unit in county.units else ():
        if unit.kind is UnitKind.TOWNSHIP:
            return _mean(_inside(county, unit.code)) if unit.code == place else None
        if unit.code in county.positions:
            return county.positions[unit.code]
    return None


def draw(county: County, spots: Sequence[Spot], *, within: str = "") -> Chart | None:
    """The county with this spot, or what is around these; None where its tables give too little to
    draw, or nothing is to be marked. `within`: the place that is meant; of a township its villages
    stand out.
    """
    dots = _dots(county)
    near = [spot for spot in spots if dots and spot.position.km_to(middle(dots)) <= FAR_KM]
    if len(dots) < FEWEST_DOTS or not near:
        return None
    marked = [spot.position for spot in near]
    dots = _around(dots, marked) if len(marked) > 1 else dots
    frame, shown = fitted([*dots, *marked]), frozenset(dots)
    labels = Labels(width=WIDTH, height=frame.height - BOTTOM, taken=[_NORTH])
    marks = _marks(frame, near, labels)
    named = {spot.name for spot in near}
    return Chart(
        width=WIDTH,
        height=frame.height,
        dots=_path(frame, dots),
        within=_path(frame, [each for each in _inside(county, within) if each in shown]),
        townships=tuple(_townships(county, frame, labels, named)),
        marks=marks,
        scale=_scale(frame),
    )


def fitted(positions: Collection[Position]) -> Frame:
    """The frame that holds them all, as large as it may be."""
    west, east = _ends(each.longitude for each in positions)
    south, north = _ends(each.latitude for each in positions)
    narrow = narrowing((south + north) / 2)
    least = NARROWEST_KM / _KM_OF_DEGREE
    across, down = max((east - west) * narrow, least), max(north - south, least)
    per_degree = min((WIDTH - 2 * SIDE) / across, HIGHEST / down)
    inner = max((north - south) * per_degree, LOWEST)
    return Frame(
        west=west,
        north=north,
        narrowing=narrow,
        per_degree=per_degree,
        left=(WIDTH - (east - west) * narrow * per_degree) / 2,
        top=TOP + (inner - (north - south) * per_degree) / 2,
        height=math.ceil(TOP + inner + BOTTOM),
    )


@lru_cache(maxsize=COUNTIES)
def _dots(county: County) -> tuple[Position, ...]:
    """Villages and communities; of very many evenly some."""
    settled = (code for code, unit in county.units.items() if unit.kind in SETTLED)
    found = [county.positions[code] for code in settled if code in county.positions]
    return tuple(found[:: max(1, math.ceil(len(found) / MOST_DOTS))])


def _around(dots: Sequence[Position], marked: Sequence[Position]) -> tuple[Position, ...]:
    """Those near what is marked: neighbouring villages must be told apart."""
    centre = middle(marked)
    reach_km = max(CLOSE_KM, AROUND * max(each.km_to(centre) for each in marked))
    return tuple(each for each in dots if each.km_to(centre) <= reach_km)


def _inside(county: County, township: str) -> list[Position]:
    """The villages and communities of a township, as far as they have coordinates."""
    codes = (unit.code for unit in county.children.get(township, ()) if unit.kind in SETTLED)
    return [county.positions[code] for code in codes if code in county.positions][:MOST_DOTS]


def _marks(frame: Frame, spots: Sequence[Spot], labels: Labels) -> tuple[Mark, ...]:
    points = [frame.point(spot.position) for spot in spots]
    for point in points:
        labels.keep_free(point)
    return tuple(
        Mark(
            sort=spot.sort,
            x=x,
            y=y,
            name=spot.name,
            sign=spot.sign,
            label=labels.beside((x, y), spot.name),
        )
        for spot, (x, y) in zip(spots, points, strict=True)
    )


def _townships(
    county: County, frame: Frame, labels: Labels, named: Collection[str]
) -> Iterable[Label]:
    """The names that there is room for."""
    townships = [unit for unit in county.units.values() if unit.kind is UnitKind.TOWNSHIP]
    for unit in townships[:MOST_NAMES]:
        lies = position(county, unit.code)
        if lies is None or unit.short_name in named:
            continue
        label = labels.over(frame.point(lies), unit.short_name)
        if label is not None:
            yield label


def _scale(frame: Frame) -> Scale:
    per_km = frame.per_degree / _KM_OF_DEGREE
    km = next((km for km in _SCALES_KM if km * per_km <= _LONGEST_SCALE), _SCALES_KM[-1])
    return Scale(km=km, length=round(km * per_km, 1))


def _path(frame: Frame, positions: Iterable[Position]) -> str:
    """A dot for each, once where they fall together; empty for none."""
    points = dict.fromkeys(frame.point(each) for each in positions)
    return "".join(f"M{x:g} {y:g}h0" for x, y in points)


def _mean(positions: Collection[Position]) -> Position | None:
    if not positions:
        return None
    return Position(
        longitude=sum(each.longitude for each in positions) / len(positions),
        latitude=sum(each.latitude for each in positions) / len(positions),
    )


def _ends(values: Iterable[float]) -> tuple[float, float]:
    listed = list(values)
    return min(listed), max(listed)
