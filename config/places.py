"""What residents call the county's places: settled units with their aliases, streets, estates."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from config import positions, tables, tree
from config.county import NAMED, Place, Unit
from config.faults import Faults, suggestion
from config.positions import Positions
from config.tables import Entry, Sheet

ALIASES = Sheet(
    file="aliases.csv",
    columns={"unit": "单位编码", "alias": "别名", "note": "说明"},
    filled=frozenset({"unit", "alias"}),
    optional=True,
)
PLACES = Sheet(
    file="places.csv",
    columns={
        "code": "编码",
        "name": "名称",
        "unit": "单位编码",
        "kind": "类型",
        "aliases": "别名",
        "note": "说明",
        **positions.COLUMNS,
    },
    filled=frozenset({"code", "name", "unit", "kind"}),
    optional=True,
)
PLACE_KINDS = {"street": "街道", "estate": "小区", "landmark": "地标"}


def read(
    folder: Path, units: Mapping[str, Unit], located: Positions, faults: Faults
) -> tuple[Place, ...]:
    """Every place of the county: its units by their names and aliases, and places.csv, of which
    `located` notes where each lies.
    """
    aliases = _aliases(tables.read_sheet(folder, ALIASES, faults), units, faults)
    places = {
        code: Place(
            code=code,
            name=unit.short_name,
            unit=code,
            kind=unit.kind.value,
            aliases=tuple(aliases.get(code, ())),
        )
        for code, unit in units.items()
        if unit.kind in NAMED
    }
    kinds = {name: kind for kind, name in PLACE_KINDS.items()} | {
        kind: kind for kind in PLACE_KINDS
    }
    for entry in tables.read_sheet(folder, PLACES, faults):
        code, unit, kind = entry.text("code"), entry.text("unit"), entry.text("kind")
        if code in places or code in units:
            problem = f"地点编码 {tables.shown(code)} 重复"
            faults.add(entry.file, entry.line, problem, "换一个编码")
        if unit and unit not in units:
            problem = (
                f"地点 {tables.shown(entry.text('name'))} 的单位 {tables.shown(unit)} 表里没有"
            )
            remedy = suggestion(unit, units, "写一个已有单位的编码")
            faults.add(entry.file, entry.line, problem, remedy, needs=tree.need(unit))
        if kind and kind not in kinds:
            remedy = suggestion(kind, PLACE_KINDS, f"可用的类型：{'、'.join(PLACE_KINDS)}")
            faults.add(
                entry.file,
                entry.line,
                f"不认识的地点类型“{tables.shown(kind)}”",
                remedy,
            )
        located.add(code, entry, faults)
        places.setdefault(
            code,
            Place(
                code=code,
                name=entry.text("name"),
                unit=unit,
                kind=kinds.get(kind, kind),
                aliases=entry.parts("aliases"),
            ),
        )
    return tuple(places.values())


def _aliases(
    rows: Sequence[Entry], units: Mapping[str, Unit], faults: Faults
) -> dict[str, dict[str, None]]:
    aliases: dict[str, dict[str, None]] = {}
    for entry in rows:
        unit, alias = entry.text("unit"), entry.text("alias")
        known = units.get(unit)
        if unit and (known is None or known.kind not in NAMED):
            problem = f"别名“{tables.shown(alias)}”的单位 {tables.shown(unit)} 不是乡镇、村或社区"
            remedy = suggestion(unit, units, "街道、小区、地标写进 places.csv")
            needs = tree.need(unit) if known is None else None
            faults.add(entry.file, entry.line, problem, remedy, needs=needs)
        elif alias in aliases.get(unit, ()):
            problem = f"别名“{tables.shown(alias)}”写了两次"
            faults.add(entry.file, entry.line, problem, "删去一行")
        elif alias:
            aliases.setdefault(unit, {})[alias] = None
    return aliases
