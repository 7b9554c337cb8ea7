"""The county as records: units, workers, places, categories and the rules that connect them.

Codes. A unit's code is its national statistics code where it has one: county 6 digits, township
9, village or community 12, grid 15 (village + 3). Urban areas and blocks, which have no national
code, and departments carry short ASCII codes (`urban-2`, `urban-2-1`, `water`). Codes of all units
are unique. A category's code has two digits a level: `05` domain, `0503` group, `050302` item;
prefixes are ancestors.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from config.positions import Position

VILLAGE_DIGITS = 12
COMMAND_DUTY = "command"  # 指挥值班: is told of every danger
FALLBACK_DUTY = "fallback"  # 兜底: takes what nobody else can


class UnitKind(StrEnum):
    """Every kind of office that can own a ticket."""

    COUNTY = "county"  # 县网格管理中心
    TOWNSHIP = "township"  # 乡镇（街道）网格管理中心
    VILLAGE = "village"  # 村网格站
    COMMUNITY = "community"  # 社区网格站
    URBAN_AREA = "urban_area"  # 城区一级网格, above blocks
    URBAN_BLOCK = "urban_block"  # 城区二级网格, above urban grids
    GRID = "grid"  # 网格, one worker
    DEPARTMENT = "department"  # 县直部门
    MEDIATION = "mediation"  # 专业调解室


HELPERS = frozenset({UnitKind.DEPARTMENT, UnitKind.MEDIATION})  # reached by webhook
SETTLED = frozenset({UnitKind.VILLAGE, UnitKind.COMMUNITY})  # where people live, a dot on maps
NAMED = SETTLED | {UnitKind.TOWNSHIP}  # what people say where something is by

UNIT_KIND_NAMES = {
    UnitKind.COUNTY: "县",
    UnitKind.TOWNSHIP: "乡镇",
    UnitKind.VILLAGE: "村",
    UnitKind.COMMUNITY: "社区",
    UnitKind.URBAN_AREA: "城区一级网格",
    UnitKind.URBAN_BLOCK: "城区二级网格",
    UnitKind.GRID: "网格",
    UnitKind.DEPARTMENT: "县直部门",
    UnitKind.MEDIATION: "专业调解室",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """An office that can own a ticket; `parent` is the unit above, empty for the county centre."""

    code: str
    name: str
    kind: UnitKind
    parent: str = ""
    short_name: str = ""
    urban: bool = False
    phone: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A grid worker (网格员) or who answers for a unit (责任人); `contact` is `scheme:path`."""

    unit: str
    name: str
    contact: str = ""
    deputy: bool = False
    placeholder: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A named place residents speak of: village, street, estate, landmark; `unit` answers."""

    code: str
    name: str
    unit: str
    kind: str = "village"  # township, village, community, street, estate, landmark
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One node of the three-level catalogue; `words` are the county's own key words for it."""

    code: str
    name: str
    words: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()  # of the top level: its names in `config.domains`, if others

    @property
    def parent(self) -> str:
        """The code one level up, empty for a domain."""
        return self.code[:-2]


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchRule:
    """A line of the 派单目录: what `category` (a prefix) goes where, and why.

    `unit` is a department or mediation room. `direct` sends it there at once, past the grid;
    otherwise the territory leads in the country and `unit` assists (先属地后属主). `where`: even
    a direct one is asked once where it is.
    """

    code: str
    category: str
    unit: str
    reason: str
    direct: bool = False
    where: bool = False
    assisting: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()  # request kinds this line is for; empty means all


class DeadlineUnit(StrEnum):
    """How a time limit counts."""

    HOURS = "hours"  # clock hours, day and night
    WORKDAYS = "workdays"  # working days of the Chinese calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A time limit for a category prefix (empty: any) at an urgency; the longest prefix wins."""

    category: str
    urgency: str
    amount: int
    unit: DeadlineUnit
    sign_within_minutes: int = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Which unit stands duty for what: COMMAND_DUTY or FALLBACK_DUTY."""

    role: str
    unit: str
    contact: str = ""  # `scheme:path`; where it is told, if not as its unit is


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkStandard:
    """What must be done for a category prefix before it may be closed (工作标准)."""

    category: str
    steps: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class County:
    """A whole county, checked by the loader; look-ups are dictionary reads.

    It is equal to itself alone, so that what is made of it can be kept, and its `repr` is short:
    most objects hold it, and logs and asyncio write out what an object holds.
    """

    code: str
    name: str
    hotline: str  # as people write it: 12345, 0311-12345678
    units: Mapping[str, Unit]
    workers: Mapping[str, Sequence[Worker]]  # by unit code, first the one in charge, then deputies
    places: Sequence[Place]
    categories: Mapping[str, Category]
    rules: Sequence[DispatchRule]
    deadlines: Sequence[Deadline]
    standards: Sequence[WorkStandard]
    duties: Mapping[str, Duty]
    replies: Mapping[str, str]  # reply key -> template in the county's words (话术)
    workday_overrides: Mapping[str, bool] = field(default_factory=dict)  # ISO date -> works?
    area_code: str = ""  # of local telephones: 0311
    positions: Mapping[str, Position] = field(default_factory=dict)  # by code of unit or place
    version: str = ""  # hash of the folder; kept with each decision

    def __repr__(self) -> str:
        return f"<County {self.code} {self.name} {self.version}>"

    @cached_property
    def children(self) -> Mapping[str, Sequence[Unit]]:
        """Units directly below each unit, in code order."""
        return _by(lambda unit: unit.parent, self.units.values())

    @cached_property
    def grids(self) -> Mapping[str, Sequence[Unit]]:
        """The grids of each village and community; in town a grid's parent is its block."""
        grids = (unit for unit in self.units.values() if unit.kind is UnitKind.GRID)
        return _by(lambda unit: unit.code[:VILLAGE_DIGITS], grids)

    @cached_property
    def places_by_code(self) -> Mapping[str, Place]:
        """Every place by its code."""
        return {place.code: place for place in self.places}

    @cached_property
    def command_desk(self) -> str:
        """Where it is told of a danger: its own contact, its department's `webhook:CODE`, else who
        answers for the unit; empty where it can't be reached.
        """
        duty = self.duties.get(COMMAND_DUTY)
        if duty is None or duty.contact:
            return duty.contact if duty else ""
        unit = self.units.get(duty.unit)
        is_helper = unit is not None and unit.kind in HELPERS
        return f"webhook:{duty.unit}" if is_helper else self.contact(duty.unit)

    def contact(self, unit: str) -> str:
        """How the one in charge of a unit, else a deputy, is reached; empty for nobody."""
        return next((each.contact for each in self.workers.get(unit, ()) if each.contact), "")

    def unit_name(self, code: str) -> str:
        """What a unit is called; of one that the county has no more, its code with a word."""
        unit = self.units.get(code)
        return unit.name if unit else f"已撤销的单位（{code}）"

    def matter_name(self, category: str) -> str:
        """The finest name of a category that says something, as 其他 doesn't; may be empty."""
        codes = (category[:length] for length in range(len(category), 0, -2))
        names = (self.categories[code].name for code in codes if code in self.categories)
        return next((name for name in names if not name.startswith("其他")), "")

    def township_name(self, place: str) -> str:
        """The short name of the township in which a place lies; empty for a township itself."""
        known = self.places_by_code.get(place)
        if known is None or known.unit not in self.units:
            return ""
        above = (unit for unit in self.chain(known.unit) if unit.kind is UnitKind.TOWNSHIP)
        name = next((township.short_name or township.name for township in above), "")
        return "" if name == known.name else name

    def place_name(self, code: str) -> str:
        """`和阳镇东韩村` for a place code; empty for none."""
        known, township = self.places_by_code.get(code), self.township_name(code)
        if known is None:
            return ""
        return known.name if township in known.name else township + known.name

    def chain(self, unit: str) -> Iterator[Unit]:
        """The unit and everything above it, ending with the county centre."""
        while unit:
            found = self.units[unit]
            yield found
            unit = found.parent

    def category_path(self, code: str) -> str:
        """`城乡建设 / 市政管理 / 路灯` for a code; unknown levels are left out."""
        prefixes = (code[:length] for length in range(2, len(code) + 1, 2))
        return " / ".join(self.categories[p].name for p in prefixes if p in self.categories)


def _by(key: Callable[[Unit], str], units: Iterable[Unit]) -> Mapping[str, Sequence[Unit]]:
    """Units by something about them, in code order."""
    found: dict[str, list[Unit]] = {}
    for unit in sorted(units, key=lambda unit: unit.code):
        found.setdefault(key(unit), []).append(unit)
    return found
