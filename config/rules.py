"""Categories, dispatch rules, deadlines, standards and duties: read, checked, built."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from config import tables, territory
from config.county import (
    Category,
    Deadline,
    DeadlineUnit,
    DispatchRule,
    Duty,
    Unit,
    UnitKind,
    WorkStandard,
)
from config.faults import Faults, suggestion
from config.tables import Document, Entry, Sheet

CATEGORIES = Sheet(
    file="categories.csv",
    columns={"code": "编码", "name": "名称", "words": "关键词"},
    filled=frozenset({"code", "name"}),
)
DISPATCH = Sheet(
    file="dispatch.csv",
    columns={
        "code": "编码",
        "category": "分类",
        "kinds": "诉求类型",
        "unit": "单位编码",
        "direct": "直派",
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
COUNTY_KEYS = frozenset({"code", "name", "hotline", "duty", "calendar"})
DUTY_KEYS = frozenset({"role", "unit", "phone"})
DUTY_ROLES = {
    "fallback": "兜底",
    "command": "指挥值班",
    "operator": "坐席值班",
    "service": "便民服务",
    "stability": "综治维稳",
}
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
STANDARD_KEYS = frozenset({"category", "steps"})
MOST_AMOUNT = 1000
DEFAULT_SIGN_MINUTES = 120
_CATEGORY = re.compile(r"(?:[0-9]{2}){1,3}")
_DEADLINE_UNITS = {"hours": "小时", "workdays": "工作日"}
_RULED_KINDS = frozenset({UnitKind.DEPARTMENT, UnitKind.MEDIATION, UnitKind.COUNTY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What county.toml says."""

    code: str
    name: str
    hotline: str
    duties: Mapping[str, Duty]
    workday_overrides: Mapping[str, bool]


def read_head(folder: Path, units: Mapping[str, Unit], faults: Faults) -> Head:
    """county.toml: who we are, who stands duty, which days differ from the national calendar."""
    document = tables.read_document(folder, "county.toml", faults)
    document.refuse_unknown(COUNTY_KEYS, faults)
    said: dict[str, str] = {}
    for key in ("code", "name", "hotline"):
        value = document.data.get(key, "")
        said[key] = value.strip() if isinstance(value, str) else ""
        if document.text and not said[key]:
            faults.add(
                document.file,
                document.line_of("", key),
                f"缺“{key}”",
                f'写上 {key} = "…"',
            )
    centre = units.get(said["code"])
    if said["code"] and units and (centre is None or centre.kind is not UnitKind.COUNTY):
        problem = f"县编码 {tables.shown(said['code'])} 不是 units.csv 里县级中心的编码"
        faults.add(document.file, document.line_of("", "code"), problem, "两处写成一样")
    return Head(
        code=said["code"],
        name=said["name"],
        hotline=said["hotline"],
        duties=_duties(document, units, faults),
        workday_overrides=_overrides(document, faults),
    )


def _duties(document: Document, units: Mapping[str, Unit], faults: Faults) -> dict[str, Duty]:
    duties: dict[str, Duty] = {}
    for entry in document.entries("duty", DUTY_KEYS, faults):
        role, unit = entry.text("role"), entry.text("unit")
        if role not in DUTY_ROLES:
            remedy = suggestion(role, DUTY_ROLES, f"可用的：{'、'.join(DUTY_ROLES)}")
            faults.add(entry.file, entry.line, f"不认识的值班“{tables.shown(role)}”", remedy)
        elif role in duties:
            faults.add(entry.file, entry.line, f"值班“{role}”写了两次", "只留一个")
        if unit not in units:
            problem = f"值班“{tables.shown(role)}”的单位 {tables.shown(unit) or '空着'} 表里没有"
            faults.add(
                entry.file,
                entry.line,
                problem,
                suggestion(unit, units, "写已有单位的编码"),
            )
        duties.setdefault(role, Duty(role=role, unit=unit, phone=entry.text("phone")))
    if document.text and "fallback" not in duties:
        problem = "没有兜底单位，派不出去的工单会没人接"
        remedy = '加一段 [[duty]]，role = "fallback"，unit 写县级中心的编码'
        faults.add(document.file, 0, problem, remedy)
    return duties


def _overrides(document: Document, faults: Faults) -> dict[str, bool]:
    calendar = document.data.get("calendar", {})
    if not isinstance(calendar, dict):
        line = document.line_of("", "calendar")
        faults.add(document.file, line, "“calendar”的写法不对", "用 [calendar] 开头，一天一行")
        return {}
    overrides: dict[str, bool] = {}
    for day, works in calendar.items():
        line = document.line_of("calendar", day)
        try:
            date.fromisoformat(day)
        except ValueError:
            problem = f"日期“{tables.shown(day)}”不对"
            faults.add(document.file, line, problem, '写成 "2027-02-20" = true')
            continue
        if isinstance(works, bool):
            overrides[day] = works
        else:
            faults.add(
                document.file,
                line,
                f"{day} 后面要写 true 或 false",
                "上班 true，放假 false",
            )
    return overrides


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
                code=code, name=entry.text("name"), words=entry.parts("words")
            )
            entries[code] = entry
    for code, category in categories.items():
        if category.parent and category.parent not in categories:
            entry = entries[code]
            problem = f"分类 {code} {tables.shown(category.name)}没有上一级 {category.parent}"
            faults.add(
                entry.file,
                entry.line,
                problem,
                f"加一行 {category.parent}，或改这个编码",
            )
    return categories


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
        _check_category(entry, rule.category, categories, faults)
        _check_rule_units(entry, rule, units, faults)
        for kind in rule.kinds or ("",):
            earlier = decided.setdefault((rule.category, kind), entry)
            if earlier is not entry:
                problem = f"分类 {rule.category or '（全部）'} 在第 {earlier.line} 行已有规则"
                faults.add(entry.file, entry.line, problem, "删去一行，或用诉求类型分开")
        rules.append(rule)
    if entries and ("", "") not in decided:
        for code, category in categories.items():
            if len(code) == 2 and (code, "") not in decided:
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
        direct=territory.yes(entry, "direct", faults),
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
            faults.add(entry.file, entry.line, problem, remedy)
        elif unit is not None and unit.kind not in _RULED_KINDS:
            problem = f"“{column}”里的 {unit.code} 是{territory.KIND_NAMES[unit.kind]}"
            remedy = "派单规则只能写县直部门、专业调解室或县级中心，属地由系统自己找"
            faults.add(entry.file, entry.line, problem, remedy)
    if rule.unit and rule.unit in rule.assisting:
        faults.add(entry.file, entry.line, f"{rule.unit} 既主办又协办", "从协办里删去")


def _check_category(
    entry: Entry, code: str, categories: Mapping[str, Category], faults: Faults
) -> None:
    if code and categories and code not in categories:
        problem = f"分类 {tables.shown(code)} 不在 categories.csv 里"
        remedy = suggestion(code, categories, "改成已有的分类编码")
        faults.add(entry.file, entry.line, problem, remedy)


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
        _check_category(entry, category, categories, faults)
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


def read_standards(
    folder: Path, categories: Mapping[str, Category], faults: Faults
) -> tuple[WorkStandard, ...]:
    """Work standards by category prefix."""
    document = tables.read_document(folder, "standards.toml", faults)
    document.refuse_unknown(frozenset({"standard"}), faults)
    standards: dict[str, WorkStandard] = {}
    for entry in document.entries("standard", STANDARD_KEYS, faults):
        category = entry.text("category")
        _check_category(entry, category, categories, faults)
        steps = entry.values.get("steps")
        if not _are_sentences(steps):
            remedy = 'steps = ["第一步", "第二步"]'
            faults.add(entry.file, entry.line, f"分类 {category} 没有工作步骤", remedy)
        if category in standards:
            faults.add(entry.file, entry.line, f"分类 {category} 的标准写了两次", "删去一段")
        standards.setdefault(category, WorkStandard(category=category, steps=entry.parts("steps")))
    return tuple(standards.values())


def _are_sentences(steps: object) -> bool:
    if not isinstance(steps, Sequence) or isinstance(steps, str) or not steps:
        return False
    return all(isinstance(step, str) and step.strip() for step in steps)
