"""Units, people and places of a county folder: read, checked against each other, built."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config import tables
from config.county import Place, Unit, UnitKind, Worker
from config.faults import Faults, suggestion
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
    },
    filled=frozenset({"code", "name", "kind"}),
)
GRIDS = Sheet(
    file="grids.csv",
    columns={"code": "编码", "name": "名称", "parent": "上级"},
    filled=frozenset({"code", "name"}),
)
WORKERS = Sheet(
    file="workers.csv",
    columns={
        "unit": "单位编码",
        "name": "姓名",
        "contact": "联系",
        "deputy": "副手",
        "placeholder": "占位",
    },
    filled=frozenset({"unit", "name"}),
)
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
    },
    filled=frozenset({"code", "name", "unit", "kind"}),
    optional=True,
)
OFFICE_KEYS = frozenset({"code", "name", "short_name", "phone", "address"})
KIND_NAMES = {
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
PLACE_KINDS = {"street": "街道", "estate": "小区", "landmark": "地标"}
_UNIT_KINDS = {name: kind for kind, name in KIND_NAMES.items()}
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
_SLUG = (re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*"), "小写英文字母、数字和连字符")
_DIGITS = {count: (re.compile(rf"[0-9]{{{count}}}"), f"{count} 位数字") for count in (6, 9, 12, 15)}
_CODE_FORMS = {
    UnitKind.COUNTY: _DIGITS[6],
    UnitKind.TOWNSHIP: _DIGITS[9],
    UnitKind.VILLAGE: _DIGITS[12],
    UnitKind.COMMUNITY: _DIGITS[12],
    UnitKind.GRID: _DIGITS[15],
}
_CONTACT = re.compile(r"[a-z][a-z0-9+.-]*:[^\s]{1,200}")
_SETTLED = frozenset({UnitKind.TOWNSHIP, UnitKind.VILLAGE, UnitKind.COMMUNITY})
_YES = frozenset({"1", "是", "true", "yes", "y"})
_NO = frozenset({"", "0", "否", "false", "no", "n"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Territory:
    """Everything in a county that has a code and can own or be somewhere."""

    units: Mapping[str, Unit]
    workers: Mapping[str, Sequence[Worker]]
    places: Sequence[Place]


def read(folder: Path, faults: Faults) -> Territory:
    """Units, workers and places; every fault found on the way is in `faults`."""
    units, entries = _units(folder, faults)
    _check_tree(units, entries, faults)
    workers = _workers(tables.read_sheet(folder, WORKERS, faults), units, entries, faults)
    return Territory(units=units, workers=workers, places=_places(folder, units, faults))


def yes(entry: Entry, key: str, faults: Faults) -> bool:
    """A cell or key that says yes (1, 是) or no (0, 否, empty)."""
    value = entry.values.get(key, "")
    said = "1" if value is True else "" if value is False else str(value).strip().lower()
    if said not in _YES | _NO:
        problem = f"“{key}”写的是“{tables.shown(said)}”"
        faults.add(entry.file, entry.line, problem, "是就写 1，否就空着")
    return said in _YES


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
        parent = entry.text("parent") or entry.text("code")[:12]
        add(entry, _unit(entry, UnitKind.GRID, parent, faults))
    departments = tables.read_document(folder, "departments.toml", faults)
    mediation = tables.read_document(folder, "mediation.toml", faults, optional=True)
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
    form, described = _CODE_FORMS.get(kind, _SLUG)
    if code and not form.fullmatch(code):
        problem = f"{KIND_NAMES[kind]}的编码“{tables.shown(code)}”不对"
        remedy = f"应是{described}；表格软件写成 1.3E+11 时把这一列设成文本"
        faults.add(entry.file, entry.line, problem, remedy)
    urban = kind in (UnitKind.URBAN_AREA, UnitKind.URBAN_BLOCK) or yes(entry, "urban", faults)
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
            faults.add(entry.file, entry.line, f"缺“{key}”", f'写上 {key} = "…"')


def _check_tree(units: Mapping[str, Unit], entries: Mapping[str, Entry], faults: Faults) -> None:
    if not units:
        return
    roots = [unit for unit in units.values() if unit.kind is UnitKind.COUNTY]
    if not roots:
        faults.add(UNITS.file, 0, "没有县级网格管理中心", "加一行，类型写 county，上级空着")
    for extra in roots[1:]:
        entry = entries[extra.code]
        faults.add(entry.file, entry.line, "县级网格管理中心有两个", "只留一个")
    for code, unit in units.items():
        entry = entries[code]
        problem, remedy = _parent_fault(unit, units)
        if problem:
            faults.add(entry.file, entry.line, problem, remedy)
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
        allowed = "或".join(sorted(KIND_NAMES[kind] for kind in _ABOVE[unit.kind]))
        problem = f"{told}的上级 {above.code} 是{KIND_NAMES[above.kind]}"
        return problem, f"{KIND_NAMES[unit.kind]}的上级应是{allowed}"
    if unit.kind in _CODE_FORMS and above.kind in _CODE_FORMS:
        if not unit.code.startswith(above.code):
            return f"{told}的编码不以上级编码 {above.code} 开头", "改编码或改上级"
    elif unit.kind is UnitKind.GRID and unit.code[:12] not in units:
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


def _workers(
    rows: Sequence[Entry],
    units: Mapping[str, Unit],
    entries: Mapping[str, Entry],
    faults: Faults,
) -> dict[str, Sequence[Worker]]:
    leading: dict[str, Entry] = {}
    workers: dict[str, list[Worker]] = {}
    for entry in rows:
        worker = _worker(entry, faults)
        if worker.unit and worker.unit not in units:
            remedy = suggestion(worker.unit, units, "补上这个单位，或删去这个人")
            problem = f"{tables.shown(worker.name)}的单位 {tables.shown(worker.unit)} 表里没有"
            faults.add(entry.file, entry.line, problem, remedy)
        elif not worker.deputy and worker.unit in leading:
            problem = (
                f"{units[worker.unit].name}（{worker.unit}）已有"
                f"{'网格员' if units[worker.unit].kind is UnitKind.GRID else '负责人'}，"
                f"在第 {leading[worker.unit].line} 行"
            )
            faults.add(entry.file, entry.line, problem, "只留一个，或在“deputy”填 1 作副手")
        elif not worker.deputy:
            leading[worker.unit] = entry
        workers.setdefault(worker.unit, []).append(worker)
    for code, unit in units.items():
        if unit.kind is UnitKind.GRID and code not in leading and rows:
            entry = entries[code]
            problem = f"网格 {tables.shown(unit.name)}（{tables.shown(code)}）没有网格员"
            faults.add(entry.file, entry.line, problem, "在 workers.csv 加一行")
    return {
        code: tuple(sorted(found, key=lambda worker: worker.deputy))
        for code, found in workers.items()
    }


def _worker(entry: Entry, faults: Faults) -> Worker:
    contact = entry.text("contact")
    if contact and not _CONTACT.fullmatch(contact):
        remedy = "写成 渠道:账号，例如 wechat:oAbc123、tel:+8613900000000，没有就空着"
        faults.add(entry.file, entry.line, "“contact”的写法不对", remedy)
    return Worker(
        unit=entry.text("unit"),
        name=entry.text("name"),
        contact=contact,
        deputy=yes(entry, "deputy", faults),
        placeholder=yes(entry, "placeholder", faults),
    )


def _places(folder: Path, units: Mapping[str, Unit], faults: Faults) -> tuple[Place, ...]:
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
        if unit.kind in _SETTLED
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
            faults.add(entry.file, entry.line, problem, remedy)
        if kind and kind not in kinds:
            remedy = suggestion(kind, PLACE_KINDS, f"可用的类型：{'、'.join(PLACE_KINDS)}")
            faults.add(
                entry.file,
                entry.line,
                f"不认识的地点类型“{tables.shown(kind)}”",
                remedy,
            )
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
        if unit and (known is None or known.kind not in _SETTLED):
            problem = f"别名“{tables.shown(alias)}”的单位 {tables.shown(unit)} 不是乡镇、村或社区"
            remedy = suggestion(unit, units, "街道、小区、地标写进 places.csv")
            faults.add(entry.file, entry.line, problem, remedy)
        elif alias in aliases.get(unit, ()):
            problem = f"别名“{tables.shown(alias)}”写了两次"
            faults.add(entry.file, entry.line, problem, "删去一行")
        elif alias:
            aliases.setdefault(unit, {})[alias] = None
    return aliases
