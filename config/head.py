"""county.toml: who the county is, who stands duty, which days differ from the national calendar."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from config import documents, people, tables, tree
from config.county import COMMAND_DUTY, FALLBACK_DUTY, UNIT_KIND_NAMES, Duty, Unit, UnitKind
from config.documents import Document
from config.faults import Faults, Need, suggestion

COUNTY_KEYS = frozenset({"code", "name", "hotline", "area_code", "duty", "calendar"})
DUTY_KEYS = frozenset({"role", "unit", "contact"})
DUTY_ROLES = {FALLBACK_DUTY: "兜底", COMMAND_DUTY: "指挥值班"}
DUTY_KINDS = frozenset({UnitKind.COUNTY, UnitKind.DEPARTMENT})
_FORMS = {
    "hotline": (re.compile(r"[0-9][0-9 -]{1,17}[0-9]"), "只写数字，例如 12345"),
    "area_code": (re.compile(r"0[0-9]{2,3}"), "写本地的电话区号，0 开头"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What county.toml says."""

    code: str
    name: str
    hotline: str
    area_code: str
    duties: Mapping[str, Duty]
    workday_overrides: Mapping[str, bool]


def read(folder: Path, units: Mapping[str, Unit], faults: Faults) -> Head:
    """county.toml: who we are, who stands duty, which days differ from the national calendar."""
    document = documents.read(folder, "county.toml", faults)
    document.refuse_unknown(COUNTY_KEYS, faults)
    said: dict[str, str] = {}
    for key in ("code", "name", "hotline", "area_code"):
        value = document.data.get(key, "")
        said[key] = value.strip() if isinstance(value, str) else ""
        if document.text and not said[key]:
            faults.add(
                document.file,
                document.line_of("", key),
                f"缺“{key}”",
                f'写上 {key} = "…"',
                needs=Need(name=key, files=(document.file,)),
            )
        elif said[key] and key in _FORMS and not _FORMS[key][0].fullmatch(said[key]):
            problem = f"“{key}”写的是“{tables.shown(said[key])}”"
            faults.add(document.file, document.line_of("", key), problem, _FORMS[key][1])
    centre = units.get(said["code"])
    if said["code"] and units and (centre is None or centre.kind is not UnitKind.COUNTY):
        problem = f"县编码 {tables.shown(said['code'])} 不是 units.csv 里县级中心的编码"
        place = (document.file, document.line_of("", "code"))
        needs = tree.need(said["code"]) if centre is None else None
        faults.add(*place, problem, "两处写成一样", needs=needs)
    return Head(
        code=said["code"],
        name=said["name"],
        hotline=said["hotline"],
        area_code=said["area_code"],
        duties=_duties(document, units, faults),
        workday_overrides=_overrides(document, faults),
    )


def _duties(document: Document, units: Mapping[str, Unit], faults: Faults) -> dict[str, Duty]:
    duties: dict[str, Duty] = {}
    for entry in document.entries("duty", DUTY_KEYS, faults):
        role, unit = entry.text("role"), entry.text("unit")
        if role not in DUTY_ROLES:
            remedy = suggestion(role, DUTY_ROLES, f"可用的：{'、'.join(DUTY_ROLES)}；别的删去整段")
            faults.add(entry.file, entry.line, f"不认识的值班“{tables.shown(role)}”", remedy)
        elif role in duties:
            faults.add(entry.file, entry.line, f"值班“{role}”写了两次", "只留一个")
        if unit not in units:
            problem = f"值班“{tables.shown(role)}”的单位 {tables.shown(unit) or '空着'} 表里没有"
            remedy = suggestion(unit, units, "写已有单位的编码")
            needs = tree.need(unit) if unit else entry.need("unit")
            faults.add(entry.file, entry.line, problem, remedy, needs=needs)
        elif units[unit].kind not in DUTY_KINDS:
            kind = UNIT_KIND_NAMES[units[unit].kind]
            problem = f"值班“{tables.shown(role)}”的单位 {unit} 是{kind}"
            faults.add(entry.file, entry.line, problem, "写县级中心或县直部门的编码")
        contact = people.contact(entry, faults)
        if contact and role == FALLBACK_DUTY:
            problem = "兜底单位的“contact”用不上"
            remedy = "删去；它和别的单位一样，照 workers.csv 里的联系方式或部门的推送地址通知"
            faults.add(entry.file, entry.line, problem, remedy)
        duties.setdefault(role, Duty(role=role, unit=unit, contact=contact))
    if document.text and FALLBACK_DUTY not in duties:
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
