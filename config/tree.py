"""The county's tree of units: how codes look, what may stand above what, and the check."""

import re
from collections.abc import Iterable, Mapping

from config import tables
from config.county import UNIT_KIND_NAMES, VILLAGE_DIGITS, Unit, UnitKind
from config.faults import Faults, Need, suggestion
from config.tables import Entry

_ABOVE: Mapping[UnitKind, frozenset[UnitKind]] = {
    UnitKind.COUNTY: frozenset(),
    UnitKind.TOWNSHIP: frozenset({UnitKind.COUNTY}),
    UnitKind.VILLAGE: frozenset({UnitKind.TOWNSHIP}),
    UnitKind.COMMUNITY: frozenset({UnitKind.TOWNSHIP}),
    UnitKind.URBAN_AREA: frozenset({UnitKind.COUNTY}),
    UnitKind.URBAN_BLOCK: frozenset({UnitKind.URBAN_AREA}),
    UnitKind.GRID: frozenset({UnitKind.VILLAGE, UnitKind.COMMUNITY, UnitKind.URBAN_BLOCK}),
    UnitKind.DEPARTMENT: frozenset({UnitKind.COUNTY}),
    UnitKind.MEDIATION: frozenset({UnitKind.COUNTY}),
}
SLUG = (re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*"), "小写英文字母、数字和连字符")
_DIGITS = {count: (re.compile(rf"[0-9]{{{count}}}"), f"{count} 位数字") for count in (6, 9, 12, 15)}
CODE_FORMS = {
    UnitKind.COUNTY: _DIGITS[6],
    UnitKind.TOWNSHIP: _DIGITS[9],
    UnitKind.VILLAGE: _DIGITS[12],
    UnitKind.COMMUNITY: _DIGITS[12],
    UnitKind.GRID: _DIGITS[15],
}


def need(code: str) -> Need:
    """A unit's code that isn't there, and the files where one of its form could be."""
    if not code.isdigit():
        return Need(name=code, files=("units.csv", "departments.toml", "mediation.toml"))
    grid = CODE_FORMS[UnitKind.GRID][0].fullmatch(code)
    return Need(name=code, files=("grids.csv" if grid else "units.csv",))


def check(units: Mapping[str, Unit], entries: Mapping[str, Entry], faults: Faults) -> None:
    """Orphans, cycles, strange parents: each is a fault."""
    if not units:
        return
    roots = [unit for unit in units.values() if unit.kind is UnitKind.COUNTY]
    if not roots:
        faults.add("units.csv", 0, "没有县级网格管理中心", "加一行，类型写 county，上级空着")
    for extra in roots[1:]:
        entry = entries[extra.code]
        faults.add(entry.file, entry.line, "县级网格管理中心有两个", "只留一个")
    for code, unit in units.items():
        entry = entries[code]
        problem, remedy = _parent_fault(unit, units)
        if problem:
            needs = need(unit.parent) if unit.parent and unit.parent not in units else None
            faults.add(entry.file, entry.line, problem, remedy, needs=needs)
    for code in _looped(units):
        entry = entries[code]
        problem = f"{units[code].name}（{code}）的上级绕了一圈又回到自己"
        faults.add(entry.file, entry.line, problem, "把“parent”改成真正的上级")


def _parent_fault(unit: Unit, units: Mapping[str, Unit]) -> tuple[str, str]:
    above = units.get(unit.parent)
    told = f"{tables.shown(unit.name)}（{tables.shown(unit.code)}）"
    if unit.kind is UnitKind.COUNTY:
        wrong = "县级网格管理中心不该有上级" if unit.parent else ""
        return wrong, "把“parent”空着"
    if above is None:
        if unit.kind in (UnitKind.DEPARTMENT, UnitKind.MEDIATION):
            return "", ""  # the missing county centre is told once, where it is missing
        problem = f"{told}的上级 {tables.shown(unit.parent) or '空着'}，表里没有这个单位"
        return problem, suggestion(unit.parent, units, "补上这个上级，或改成已有的编码")
    if above.kind not in _ABOVE[unit.kind]:
        allowed = "或".join(sorted(UNIT_KIND_NAMES[kind] for kind in _ABOVE[unit.kind]))
        problem = f"{told}的上级 {above.code} 是{UNIT_KIND_NAMES[above.kind]}"
        return problem, f"{UNIT_KIND_NAMES[unit.kind]}的上级应是{allowed}"
    if unit.kind in CODE_FORMS and above.kind in CODE_FORMS:
        if not unit.code.startswith(above.code):
            return f"{told}的编码不以上级编码 {above.code} 开头", "改编码或改上级"
    elif unit.kind is UnitKind.GRID and unit.code[:VILLAGE_DIGITS] not in units:
        return f"网格{told}不属于任何村或社区", "编码前 12 位写它所在村（社区）的编码"
    return "", ""


def _looped(units: Mapping[str, Unit]) -> Iterable[str]:
    safe: set[str] = set()
    for start in units:
        path: dict[str, None] = {}
        code = start
        while code in units and code not in safe and code not in path:
            path[code] = None
            code = units[code].parent
        if code in path:
            yield code
        safe.update(path)
