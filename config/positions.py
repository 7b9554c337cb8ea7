"""Where units and places lie, as far as the county's tables say it: columns `lon` and `lat`."""

import math
import re
import statistics
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from config import tables
from config.faults import Faults
from config.tables import Entry

COLUMNS = {"lon": "经度", "lat": "纬度"}
EARTH_KM = 6371.0
FAR_KM = 60.0  # from the middle of all: in another county
_DEGREES = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,12})?")
_WITHIN = {"lon": (73.0, 136.0), "lat": (3.0, 54.0)}  # of China
_HOW = "写成小数的度，例如 {example}；不知道就两格都空着"
_EXAMPLES = {"lon": "114.6912", "lat": "37.0053"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """WGS-84 degrees."""

    longitude: float
    latitude: float

    def km_to(self, other: "Position") -> float:
        """As the crow flies; exact enough within a county."""
        north = math.radians(self.latitude - other.latitude)
        east = math.radians(self.longitude - other.longitude) * narrowing(other.latitude)
        return EARTH_KM * math.hypot(north, east)


def narrowing(latitude: float) -> float:
    """How much shorter a degree of longitude is there than one of latitude."""
    return math.cos(math.radians(latitude))


def middle(positions: Collection[Position]) -> Position:
    """The median of positions that there are."""
    return Position(
        longitude=statistics.median(each.longitude for each in positions),
        latitude=statistics.median(each.latitude for each in positions),
    )


@dataclass(slots=True)
class Positions:
    """The positions while the tables are read, each with the row that says it."""

    found: dict[str, tuple[Entry, Position]] = field(default_factory=dict)

    def add(self, code: str, entry: Entry, faults: Faults) -> None:
        """What the row says of where it is, if it says it soundly."""
        position = _read(entry, faults)
        if position is not None:
            self.found.setdefault(code, (entry, position))

    def checked(self, faults: Faults) -> Mapping[str, Position]:
        """All by their codes, after it was told which lie far from the others."""
        found = {code: position for code, (_, position) in self.found.items()}
        centre = middle(found.values()) if found else None
        for entry, position in self.found.values():
            away_km = position.km_to(centre) if centre else 0.0
            if away_km > FAR_KM:
                problem = f"坐标离别的地方 {away_km:.0f} 公里"
                faults.add(entry.file, entry.line, problem, "核对 lon、lat，不知道就两格都空着")
        return found


def _read(entry: Entry, faults: Faults) -> Position | None:
    if not any(entry.text(column) for column in COLUMNS):
        return None
    degrees = {column: _degrees(entry, column, faults) for column in COLUMNS}
    longitude, latitude = degrees["lon"], degrees["lat"]
    if longitude is None or latitude is None:
        return None
    wrong = list(_outside(degrees.items()))
    if not wrong:
        return Position(longitude=longitude, latitude=latitude)
    swapped = not list(_outside((("lon", latitude), ("lat", longitude))))
    bounds = "经度在 73 到 136 之间，纬度在 3 到 54 之间"
    remedy = "是不是把经度、纬度写反了" if swapped else f"中国的{bounds}；核对这两格"
    told = "、".join(f"“{column}”（{COLUMNS[column]}）{entry.text(column)}" for column in wrong)
    faults.add(entry.file, entry.line, f"{told}不在中国", remedy)
    return None


def _degrees(entry: Entry, column: str, faults: Faults) -> float | None:
    said, how = entry.text(column), _HOW.format(example=_EXAMPLES[column])
    if not said:
        other = next(each for each in COLUMNS if each != column)
        problem = f"只写了“{other}”，“{column}”（{COLUMNS[column]}）是空的"
        faults.add(entry.file, entry.line, problem, "两格都填，或都空着")
    elif _DEGREES.fullmatch(said):
        return float(said)
    else:
        problem = f"“{column}”（{COLUMNS[column]}）写的是“{tables.shown(said)}”"
        faults.add(entry.file, entry.line, problem, how)
    return None


def _outside(degrees: Iterable[tuple[str, float | None]]) -> Iterable[str]:
    for column, value in degrees:
        least, most = _WITHIN[column]
        if value is None or not least <= value <= most:
            yield column
