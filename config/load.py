"""A county folder -> County, or every fault of the folder at once."""

import hashlib
from pathlib import Path

from config import catalogue, documents, head, replies, roots, rules, territory
from config.county import County, Unit
from config.faults import CountyFaults, Fault, Faults, suggestion

__all__ = ["FILES", "CountyFaults", "Fault", "load_county"]

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
    said = head.read(folder, land.units, faults)
    categories = catalogue.read_categories(folder, faults)
    county = County(
        code=said.code,
        name=said.name,
        hotline=said.hotline,
        area_code=said.area_code,
        units=land.units,
        workers=land.workers,
        places=land.places,
        positions=land.positions,
        categories=categories,
        rules=rules.read_dispatch(folder, categories, land.units, faults),
        deadlines=rules.read_deadlines(folder, categories, faults),
        standards=catalogue.read_standards(folder, categories, faults),
        duties=said.duties,
        replies=_replies(folder, said, land.units.get(said.code), faults),
        workday_overrides=said.workday_overrides,
        version=_version(folder),
    )
    if faults.found:
        raise CountyFaults(roots.told_once(faults.found))
    return county


def _replies(folder: Path, said: head.Head, centre: Unit | None, faults: Faults) -> dict[str, str]:
    own = replies.own_words(said.name, said.hotline, centre)
    return replies.checked(documents.read(folder, "replies.toml", faults), own, faults)


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
