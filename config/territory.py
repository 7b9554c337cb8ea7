"""Units, people and places of a county folder: read, checked against each other, built."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config import documents, people, places, positions, tables, tree
from config.county import UNIT_KIND_NAMES, VILLAGE_DIGITS, Place, Unit, UnitKind, Worker
from config.faults import Faults, suggestion
from config.positions import Position, Positions
from config.tables import Entry, Sheet

UNITS = Sheet(
    file="units.csv",
    columns={
        "code": "编码",
        "name": "名称",
        "kind": "类型",
        "parent": "上级",
        "short_name": "简称",
        "urban": "城区",
        "phone": "电话",
        "address": "地址",
        **positions.COLUMNS,
    },
    filled=frozenset({"code", "name", "kind"}),
)
GRIDS = Sheet(
    file="grids.csv",
    columns={"code": "编码", "name": "名称", "parent": "上级"},
    filled=frozenset({"code", "name"}),
)
OFFICE_KEYS = frozenset({"code", "name", "short_name", "phone", "address"})
_UNIT_KINDS = {name: kind for kind, name in UNIT_KIND_NAMES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Territory:
    """Everything in a county that has a code and can own or be somewhere."""

    units: Mapping[str, Unit]
    workers: Mapping[str, Sequence[Worker]]
    places: Sequence[Place]
    positions: Mapping[str, Position]


def read(folder: Path, faults: Faults) -> Territory:
    """Units, workers and places; every fault found on the way is in `faults`."""
    units, entries = _units(folder, faults)
    tree.check(units, entries, faults)
    workers = people.read(folder, units, entries, faults)
    located = Positions()
    for code, entry in entries.items():
        if entry.file == UNITS.file:
            located.add(code, entry, faults)
    named = places.read(folder, units, located, faults)
    lies = located.checked(faults)
    return Territory(units=units, workers=workers, places=named, positions=lies)


def _units(folder: Path, faults: Faults) -> tuple[dict[str, Unit], dict[str, Entry]]:
    units: dict[str, Unit] = {}
    entries: dict[str, Entry] = {}

    def add(entry: Entry, unit: Unit) -> None:
        if unit.code in units:
            first = entries[unit.code]
            problem = f"编码 {tables.shown(unit.code)} 重复，{first.file} 第 {first.line} 行已有"
            faults.add(entry.file, entry.line, problem, "编码在全县只能用一次，改其中一个")
        elif unit.code:
            units[unit.code], entries[unit.code] = unit, entry

    for entry in tables.read_sheet(folder, UNITS, faults):
        kind = _unit_kind(entry, faults)
        if kind:
            add(entry, _unit(entry, kind, entry.text("parent"), faults))
    centre = next((unit.code for unit in units.values() if unit.kind is UnitKind.COUNTY), "")
    for entry in tables.read_sheet(folder, GRIDS, faults):
        parent = entry.text("parent") or entry.text("code")[:VILLAGE_DIGITS]
        add(entry, _unit(entry, UnitKind.GRID, parent, faults))
    departments = documents.read(folder, "departments.toml", faults)
    mediation = documents.read(folder, "mediation.toml", faults, optional=True)
    for document, table, kind in (
        (departments, "department", UnitKind.DEPARTMENT),
        (mediation, "room", UnitKind.MEDIATION),
    ):
        document.refuse_unknown(frozenset({table}), faults)
        for entry in document.entries(table, OFFICE_KEYS, faults):
            _check_office(entry, faults)
            add(entry, _unit(entry, kind, centre, faults))
    urban = {code for code, unit in units.items() if unit.urban}
    for code, unit in units.items():
        if unit.kind is UnitKind.GRID and unit.parent in urban:
            units[code] = _urban(unit)
    return units, entries


def _unit_kind(entry: Entry, faults: Faults) -> UnitKind | None:
    said = entry.text("kind")
    kinds = {kind.value: kind for kind in UnitKind} | _UNIT_KINDS
    kind = kinds.get(said)
    if said and kind in (None, UnitKind.GRID, UnitKind.DEPARTMENT, UnitKind.MEDIATION):
        allowed = [known.value for known in UnitKind][:6]
        remedy = suggestion(said, allowed, f"可用的类型：{'、'.join(allowed)}")
        faults.add(entry.file, entry.line, f"不能用的类型“{tables.shown(said)}”", remedy)
        return None
    return kind


def _unit(entry: Entry, kind: UnitKind, parent: str, faults: Faults) -> Unit:
    code = entry.text("code")
    form, described = tree.CODE_FORMS.get(kind, tree.SLUG)
    if code and not form.fullmatch(code):
        problem = f"{UNIT_KIND_NAMES[kind]}的编码“{tables.shown(code)}”不对"
        remedy = f"应是{described}；表格软件写成 1.3E+11 时把这一列设成文本"
        faults.add(entry.file, entry.line, problem, remedy)
    urban = kind in (UnitKind.URBAN_AREA, UnitKind.URBAN_BLOCK) or tables.yes(
        entry, "urban", faults
    )
    return Unit(
        code=code,
        name=entry.text("name"),
        kind=kind,
        parent=parent,
        short_name=entry.text("short_name") or entry.text("name"),
        urban=urban,
        phone=entry.text("phone"),
        address=entry.text("address"),
    )


def _urban(unit: Unit) -> Unit:
    return Unit(
        code=unit.code,
        name=unit.name,
        kind=unit.kind,
        parent=unit.parent,
        short_name=unit.short_name,
        urban=True,
    )


def _check_office(entry: Entry, faults: Faults) -> None:
    for key in ("code", "name"):
        if not entry.text(key):
            remedy = f'写上 {key} = "…"'
            needs = entry.need(key)
            faults.add(entry.file, entry.line, f"缺“{key}”", remedy, needs=needs)
