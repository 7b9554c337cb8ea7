"""A county folder -> County, or every fault of the folder at once; also as a report to read."""

import hashlib
from collections import Counter
from pathlib import Path

from config import replies, rules, tables, territory
from config.county import County, UnitKind
from config.faults import CountyFaults, Fault, Faults, suggestion

__all__ = ["FILES", "CountyFaults", "Fault", "load_county", "report", "summary"]

FILES = (
    "county.toml",
    "units.csv",
    "grids.csv",
    "workers.csv",
    "departments.toml",
    "mediation.toml",
    "places.csv",
    "aliases.csv",
    "categories.csv",
    "dispatch.csv",
    "deadlines.csv",
    "standards.toml",
    "replies.toml",
)


def load_county(folder: Path) -> County:
    """The county in `folder`, checked; raises CountyFaults with everything that is wrong."""
    faults = Faults()
    if not folder.is_dir():
        faults.add(str(folder), 0, "没有这个文件夹", "查一查路径；可从 config/nanhe 拷一份来改")
        raise CountyFaults(faults.found)
    _refuse_strange_files(folder, faults)
    land = territory.read(folder, faults)
    head = rules.read_head(folder, land.units, faults)
    categories = rules.read_categories(folder, faults)
    county = County(
        code=head.code,
        name=head.name,
        hotline=head.hotline,
        units=land.units,
        workers=land.workers,
        places=land.places,
        categories=categories,
        rules=rules.read_dispatch(folder, categories, land.units, faults),
        deadlines=rules.read_deadlines(folder, categories, faults),
        standards=rules.read_standards(folder, categories, faults),
        duties=head.duties,
        replies=replies.checked(tables.read_document(folder, "replies.toml", faults), faults),
        workday_overrides=head.workday_overrides,
        version=_version(folder),
    )
    if faults.found:
        raise CountyFaults(faults.found)
    return county


def report(folder: Path) -> str:
    """What `hotline check` prints: the county in numbers, or its faults."""
    try:
        return summary(load_county(folder))
    except CountyFaults as faults:
        return str(faults)


def summary(county: County) -> str:
    """A sound county in numbers, in Chinese."""
    kinds = Counter(unit.kind for unit in county.units.values())
    people = [worker for workers in county.workers.values() for worker in workers]
    grids = [w for w in people if county.units[w.unit].kind is UnitKind.GRID]
    levels = Counter(len(code) for code in county.categories)
    words = sum(len(category.words) for category in county.categories.values())
    counted = [(territory.KIND_NAMES[kind], kinds[kind]) for kind in UnitKind if kinds[kind]]
    urban = sum(1 for u in county.units.values() if u.kind is UnitKind.GRID and u.urban)
    lines = [
        f"{county.name}（{county.code}）的数据没有问题，版本 {county.version}。",
        "单位：" + "，".join(f"{name} {count}" for name, count in counted),
        f"网格：城区 {urban}，农村 {kinds[UnitKind.GRID] - urban}",
        (
            f"人员：网格员 {len(grids)}，其他负责人 {len(people) - len(grids)}，"
            f"其中占位 {sum(1 for worker in people if worker.placeholder)}"
        ),
        f"地点：{len(county.places)}，别名 {sum(len(place.aliases) for place in county.places)}",
        f"分类：一级 {levels[2]}，二级 {levels[4]}，三级 {levels[6]}，关键词 {words}",
        (
            f"规则：派单 {len(county.rules)}，时限 {len(county.deadlines)}，"
            f"工作标准 {len(county.standards)}，话术 {len(county.replies)}"
        ),
    ]
    return "\n".join(lines)


def _refuse_strange_files(folder: Path, faults: Faults) -> None:
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in (".csv", ".toml") and path.name not in FILES:
            remedy = suggestion(path.name, FILES, "改名或移到别处")
            faults.add(path.name, 0, "不认识的文件，里面的内容用不上", remedy)


def _version(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in FILES:
        path = folder / file
        if path.is_file():
            digest.update(file.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]
