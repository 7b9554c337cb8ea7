"""Grid workers and persons in charge: read, checked against the units, ordered."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from config import tables, tree
from config.county import Unit, UnitKind, Worker
from config.faults import Faults, suggestion
from config.tables import Entry, Sheet

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
_CONTACT = re.compile(r"[a-z][a-z0-9+.-]*:[^\s]{1,200}")


def read(
    folder: Path,
    units: Mapping[str, Unit],
    entries: Mapping[str, Entry],
    faults: Faults,
) -> dict[str, Sequence[Worker]]:
    """Who answers for each unit, first the one in charge, then deputies."""
    rows = tables.read_sheet(folder, WORKERS, faults)
    leading: dict[str, Entry] = {}
    workers: dict[str, list[Worker]] = {}
    for entry in rows:
        worker = _worker(entry, faults)
        if worker.unit and worker.unit not in units:
            remedy = suggestion(worker.unit, units, "补上这个单位，或删去这个人")
            problem = f"{tables.shown(worker.name)}的单位 {tables.shown(worker.unit)} 表里没有"
            faults.add(entry.file, entry.line, problem, remedy, needs=tree.need(worker.unit))
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


def contact(entry: Entry, faults: Faults) -> str:
    """Who is reached how, `scheme:path`; may be empty."""
    contact = entry.text("contact")
    if contact and not _CONTACT.fullmatch(contact):
        remedy = "写成 渠道:账号，例如 wechat:oAbc123、tel:+8613900000000，没有就空着"
        faults.add(entry.file, entry.line, "“contact”的写法不对", remedy)
    return contact


def _worker(entry: Entry, faults: Faults) -> Worker:
    return Worker(
        unit=entry.text("unit"),
        name=entry.text("name"),
        contact=contact(entry, faults),
        deputy=tables.yes(entry, "deputy", faults),
        placeholder=tables.yes(entry, "placeholder", faults),
    )
