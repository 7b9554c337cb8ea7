"""The 派单目录 and the time limits: read, checked against categories and units, built."""

import re
from collections.abc import Mapping
from pathlib import Path

from config import catalogue, domains, tables, tree
from config.county import (
    UNIT_KIND_NAMES,
    Category,
    Deadline,
    DeadlineUnit,
    DispatchRule,
    Unit,
    UnitKind,
)
from config.faults import Faults, suggestion
from config.tables import Entry, Sheet

DISPATCH = Sheet(
    file="dispatch.csv",
    columns={
        "code": "编码",
        "category": "分类",
        "kinds": "诉求类型",
        "unit": "单位编码",
        "direct": "直派",
        "where": "问地点",
        "assisting": "协办",
        "reason": "依据",
    },
    filled=frozenset({"code", "unit", "reason"}),
)
DEADLINES = Sheet(
    file="deadlines.csv",
    columns={
        "category": "分类",
        "urgency": "紧急程度",
        "amount": "时限",
        "unit": "单位",
        "sign_within_minutes": "签收分钟",
        "note": "说明",
    },
    filled=frozenset({"urgency", "amount", "unit"}),
)
URGENCIES = {"danger": "危险", "urgent": "紧急", "normal": "一般"}
REQUEST_KINDS = {
    "help": "求助",
    "enquiry": "咨询",
    "complaint": "投诉",
    "report": "举报",
    "suggestion": "建议",
    "thanks": "感谢",
    "errand": "代办",
    "dispute": "纠纷调解",
}
MOST_AMOUNT = 1000
DEFAULT_SIGN_MINUTES = 120
_DEADLINE_UNITS = {"hours": "小时", "workdays": "工作日"}
_RULED_KINDS = frozenset({UnitKind.DEPARTMENT, UnitKind.MEDIATION, UnitKind.COUNTY})


def read_dispatch(
    folder: Path,
    categories: Mapping[str, Category],
    units: Mapping[str, Unit],
    faults: Faults,
) -> tuple[DispatchRule, ...]:
    """The 派单目录; every domain must be covered and no two lines may decide the same thing."""
    entries = tables.read_sheet(folder, DISPATCH, faults)
    rules: list[DispatchRule] = []
    decided: dict[tuple[str, str], Entry] = {}
    codes: dict[str, Entry] = {}
    for entry in entries:
        rule = _rule(entry, faults)
        if rule.code in codes:
            problem = f"规则编码 {tables.shown(rule.code)} 重复，第 {codes[rule.code].line} 行已有"
            faults.add(entry.file, entry.line, problem, "改其中一个")
        codes.setdefault(rule.code, entry)
        catalogue.check_category(entry, rule.category, categories, faults)
        _check_rule_units(entry, rule, units, faults)
        for kind in rule.kinds or ("",):
            earlier = decided.setdefault((rule.category, kind), entry)
            if earlier is not entry:
                problem = f"分类 {rule.category or '（全部）'} 在第 {earlier.line} 行已有规则"
                faults.add(entry.file, entry.line, problem, "删去一行，或用诉求类型分开")
        rules.append(rule)
    if entries and ("", "") not in decided:
        for code, category in categories.items():
            if len(code) == domains.DIGITS and (code, "") not in decided:
                problem = f"领域 {code} {tables.shown(category.name)}没有派单规则"
                faults.add(DISPATCH.file, 0, problem, "加一行，诉求类型空着")
    return tuple(rules)


def _rule(entry: Entry, faults: Faults) -> DispatchRule:
    known = {name: kind for kind, name in REQUEST_KINDS.items()} | {k: k for k in REQUEST_KINDS}
    kinds = entry.parts("kinds")
    for kind in kinds:
        if kind not in known:
            remedy = suggestion(kind, REQUEST_KINDS, f"可用的：{'、'.join(REQUEST_KINDS)}")
            faults.add(
                entry.file,
                entry.line,
                f"不认识的诉求类型“{tables.shown(kind)}”",
                remedy,
            )
    return DispatchRule(
        code=entry.text("code"),
        category=entry.text("category"),
        unit=entry.text("unit"),
        reason=entry.text("reason"),
        direct=tables.yes(entry, "direct", faults),
        where=tables.yes(entry, "where", faults),
        assisting=entry.parts("assisting"),
        kinds=tuple(known.get(kind, kind) for kind in kinds),
    )


def _check_rule_units(
    entry: Entry, rule: DispatchRule, units: Mapping[str, Unit], faults: Faults
) -> None:
    for column, code in [
        ("unit", rule.unit),
        *(("assisting", code) for code in rule.assisting),
    ]:
        unit = units.get(code)
        if code and unit is None:
            offices = [known.code for known in units.values() if known.kind in _RULED_KINDS]
            problem = f"“{column}”里的 {tables.shown(code)} 不是已有的单位"
            remedy = suggestion(code, offices, "写 departments.toml 或 mediation.toml 里的编码")
            faults.add(entry.file, entry.line, problem, remedy, needs=tree.need(code))
        elif unit is not None and unit.kind not in _RULED_KINDS:
            problem = f"“{column}”里的 {unit.code} 是{UNIT_KIND_NAMES[unit.kind]}"
            remedy = "派单规则只能写县直部门、专业调解室或县级中心，属地由系统自己找"
            faults.add(entry.file, entry.line, problem, remedy)
    if rule.unit and rule.unit in rule.assisting:
        faults.add(entry.file, entry.line, f"{rule.unit} 既主办又协办", "从协办里删去")


def read_deadlines(
    folder: Path, categories: Mapping[str, Category], faults: Faults
) -> tuple[Deadline, ...]:
    """Time limits; for every urgency there must be one that holds for any category."""
    entries = tables.read_sheet(folder, DEADLINES, faults)
    deadlines: list[Deadline] = []
    seen: dict[tuple[str, str], Entry] = {}
    urgencies = {name: key for key, name in URGENCIES.items()} | {key: key for key in URGENCIES}
    units = {name: key for key, name in _DEADLINE_UNITS.items()} | {
        key: key for key in _DEADLINE_UNITS
    }
    for entry in entries:
        category = entry.text("category")
        urgency = _word(entry, "urgency", urgencies, faults)
        unit = _word(entry, "unit", units, faults)
        amount = _count(entry, "amount", faults)
        minutes = _count(entry, "sign_within_minutes", faults, default=DEFAULT_SIGN_MINUTES)
        catalogue.check_category(entry, category, categories, faults)
        earlier = seen.setdefault((category, urgency), entry)
        if urgency and earlier is not entry:
            problem = f"分类 {category or '（全部）'}、{URGENCIES[urgency]}的时限写了两次"
            faults.add(entry.file, entry.line, problem, f"第 {earlier.line} 行已有，删去一行")
        if urgency and unit and amount:
            deadline = Deadline(
                category=category,
                urgency=urgency,
                amount=amount,
                unit=DeadlineUnit(unit),
                sign_within_minutes=minutes,
            )
            deadlines.append(deadline)
    for urgency, name in URGENCIES.items():
        if entries and ("", urgency) not in seen:
            problem = f"“{name}”没有通用的时限"
            remedy = f"加一行，分类空着，紧急程度写 {urgency}"
            faults.add(DEADLINES.file, 0, problem, remedy)
    return tuple(deadlines)


def _word(entry: Entry, key: str, known: Mapping[str, str], faults: Faults) -> str:
    said = entry.text(key)
    if said and said not in known:
        listed = "、".join(dict.fromkeys(known.values()))
        remedy = suggestion(said, known, f"可用的：{listed}")
        faults.add(entry.file, entry.line, f"“{key}”写的是“{tables.shown(said)}”", remedy)
    return known.get(said, "")


def _count(entry: Entry, key: str, faults: Faults, *, default: int = 0) -> int:
    said = entry.text(key)
    if not said:
        return default
    if not re.fullmatch(r"[0-9]{1,4}", said) or not 0 < int(said) <= MOST_AMOUNT:
        problem = f"“{key}”写的是“{tables.shown(said)}”"
        faults.add(entry.file, entry.line, problem, f"写 1 到 {MOST_AMOUNT} 的整数")
        return default
    return int(said)
