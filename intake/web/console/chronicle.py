"""The log of a ticket as people read it: who did what, what he wrote, and what changed from what to
what. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from config.county import County
from intake.web import pages
from nlp.understanding import URGENCY_NAMES, Urgency
from routing.ticket import Action, TicketEvent

_LABELS = MappingProxyType(
    {
        "category": "类别",
        "place": "地点",
        "address": "具体位置",
        "urgency": "紧急程度",
        "confidential": "保密",
        "due_at": "期限",
        "unit": "主办",
    }
)
_TELLING: Mapping[Action, tuple[str, ...]] = MappingProxyType(
    {
        Action.CORRECT: ("category", "place", "address", "urgency", "confidential"),
        Action.DISPATCH: ("category", "place", "address", "urgency", "unit"),
        Action.REPORT_UP: ("unit",),
        Action.RULE: ("unit",),
        Action.EXTEND: ("due_at",),
    }
)  # what of a step is worth a line
_ADDED = MappingProxyType({"category": "补上", "place": "补上", "address": "补上", "unit": ""})
_WHO = MappingProxyType({"resident": "居民", "system": "系统"})
_NOTHING = "空"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A step of the log; `lines` are what was written and what changed, in this order."""

    at: datetime
    action: Action
    who: str
    lines: tuple[str, ...]


def of(county: County, events: Sequence[TicketEvent], people: Mapping[str, str]) -> list[Line]:
    """Every step, the oldest first; `people` gives the names of those who work with the console."""
    known: dict[str, Any] = {}
    lines = []
    for event in events:
        said = [event.note, _answer(event), *_changes(county, known, event)]
        who = _who(county, people, event.by)
        told = tuple(each for each in said if each)
        lines.append(Line(at=event.at, action=event.action, who=who, lines=told))
        known |= event.changes
    return lines


def _who(county: County, people: Mapping[str, str], by: str) -> str:
    kind, _, name = by.partition(":")
    if name in county.units:
        return county.unit_name(name)
    return _WHO.get(kind) or people.get(name, name)


def _answer(event: TicketEvent) -> str:
    return str(event.changes["answer"]) if event.action is Action.ANSWER else ""


def _changes(county: County, known: Mapping[str, Any], event: TicketEvent) -> list[str]:
    told = (name for name in _TELLING.get(event.action, ()) if name in event.changes)
    return [_change(county, name, known.get(name), event.changes[name]) for name in told]


def _change(county: County, name: str, before: Any, after: Any) -> str:
    """`地点：东韩村 改成 西韩村`; what was not there before has been added, not changed."""
    label, now = _LABELS[name], _named(county, name, after)
    if before in (None, "") and name in _ADDED:
        return f"{_ADDED[name]}{label}：{now}"
    return f"{label}：{_named(county, name, before)} 改成 {now}"


def _named(county: County, name: str, value: Any) -> str:
    """A field's value in words."""
    match name:
        case "confidential":
            return "要" if value else "不要"
        case "urgency" if value:
            return URGENCY_NAMES[Urgency(value)]
        case "due_at" if value:
            return pages.clock(datetime.fromisoformat(value))
        case "category":
            said = county.category_path(value or "")
        case "place":
            said = county.place_name(value or "")
        case "unit" if value:
            said = county.unit_name(value)
        case _:
            said = ""
    return said or value or _NOTHING
