"""The catalogue of categories and the work standards that hold for them: read, checked, built."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from config import documents, domains, tables
from config.county import Category, WorkStandard
from config.faults import Faults, Need, suggestion
from config.tables import Entry, Sheet

CATEGORIES = Sheet(
    file="categories.csv",
    columns={"code": "编码", "name": "名称", "words": "关键词", "domain": "领域"},
    filled=frozenset({"code", "name"}),
)
STANDARD_KEYS = frozenset({"category", "steps"})
_CATEGORY = re.compile(r"(?:[0-9]{2}){1,3}")


def read_categories(folder: Path, faults: Faults) -> dict[str, Category]:
    """The catalogue by code; a group needs its domain, an item its group."""
    categories: dict[str, Category] = {}
    entries: dict[str, Entry] = {}
    for entry in tables.read_sheet(folder, CATEGORIES, faults):
        code = entry.text("code")
        if code and not _CATEGORY.fullmatch(code):
            problem = f"分类编码“{tables.shown(code)}”不对"
            remedy = "一级 2 位、二级 4 位、三级 6 位数字；丢了前面的 0 就把这一列设成文本"
            faults.add(entry.file, entry.line, problem, remedy)
        elif code in categories:
            problem = f"分类编码 {code} 重复，第 {entries[code].line} 行已有"
            faults.add(entry.file, entry.line, problem, "改其中一个")
        elif code:
            categories[code] = Category(
                code=code,
                name=entry.text("name"),
                words=entry.parts("words"),
                domains=entry.parts("domain"),
            )
            entries[code] = entry
    for code, category in categories.items():
        if category.parent and category.parent not in categories:
            entry = entries[code]
            problem = f"分类 {code} {tables.shown(category.name)}没有上一级 {category.parent}"
            remedy = f"加一行 {category.parent}，或改这个编码"
            faults.add(entry.file, entry.line, problem, remedy, needs=_need(category.parent))
    _check_domains(categories, entries, faults)
    return categories


def _check_domains(
    categories: Mapping[str, Category], entries: Mapping[str, Entry], faults: Faults
) -> None:
    """A domain is known, stands at the top level, and belongs to one category."""
    first: dict[str, str] = {}
    known = domains.NAMES.values()
    for code, category in categories.items():
        entry = entries[code]
        if category.domains and len(code) != domains.DIGITS:
            problem = f"分类 {code} 不是一级，写了“domain”（领域）"
            faults.add(entry.file, entry.line, problem, "写到它的一级分类那一行，这里空着")
        for name in category.domains:
            if name not in known:
                problem = f"不认识的领域“{tables.shown(name)}”"
                remedy = suggestion(name, known, f"可用的：{'、'.join(known)}")
                faults.add(entry.file, entry.line, problem, remedy)
        for name in domains.meant(category):
            if name in first:
                problem = f"领域“{tables.shown(name)}”已有分类 {first[name]}"
                remedy = "一个领域只归一个一级分类，改其中一行的名称或“domain”"
                faults.add(entry.file, entry.line, problem, remedy)
            first.setdefault(name, code)


def read_standards(
    folder: Path, categories: Mapping[str, Category], faults: Faults
) -> tuple[WorkStandard, ...]:
    """Work standards by category prefix."""
    document = documents.read(folder, "standards.toml", faults)
    document.refuse_unknown(frozenset({"standard"}), faults)
    standards: dict[str, WorkStandard] = {}
    for entry in document.entries("standard", STANDARD_KEYS, faults):
        category = entry.text("category")
        check_category(entry, category, categories, faults)
        steps = entry.values.get("steps")
        if not _are_sentences(steps):
            remedy = 'steps = ["第一步", "第二步"]'
            problem = f"分类 {category or '（没写）'} 没有工作步骤"
            needs = None if "steps" in entry.values else entry.need("steps")
            faults.add(entry.file, entry.line, problem, remedy, needs=needs)
        if category in standards:
            faults.add(entry.file, entry.line, f"分类 {category} 的标准写了两次", "删去一段")
        standards.setdefault(category, WorkStandard(category=category, steps=entry.parts("steps")))
    return tuple(standards.values())


def _are_sentences(steps: object) -> bool:
    if not isinstance(steps, Sequence) or isinstance(steps, str) or not steps:
        return False
    return all(isinstance(step, str) and step.strip() for step in steps)


def check_category(
    entry: Entry, code: str, categories: Mapping[str, Category], faults: Faults
) -> None:
    """A fault where the catalogue has no such category."""
    if code and categories and code not in categories:
        problem = f"分类 {tables.shown(code)} 不在 categories.csv 里"
        remedy = suggestion(code, categories, "改成已有的分类编码")
        faults.add(entry.file, entry.line, problem, remedy, needs=_need(code))


def _need(code: str) -> Need:
    return Need(name=code, files=(CATEGORIES.file,))
