"""The table of the life cycle, on one screen: which action, in which statuses, leads where, by
whom.

`lifecycle` applies it; docs/lifecycle.md draws it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from routing.ticket import Action, Status


class Actor(StrEnum):
    """The kinds of people and offices that act, as `by` begins; operators speak for the county
    centre.
    """

    SYSTEM = "system"  # the program itself
    OPERATOR = "operator"  # 话务员, operator:NAME
    LEADER = "leader"  # 领导, leader:NAME
    INSPECTOR = "inspector"  # 纪检监察, inspector:NAME
    GRID = "grid"  # 网格员, grid:CODE; this and the next four act for the unit CODE
    VILLAGE = "village"
    TOWNSHIP = "township"
    DEPARTMENT = "department"
    UNIT = "unit"  # any other office
    RESIDENT = "resident"


@dataclass(frozen=True, slots=True)
class Step:
    """A row of the table. `to` None: the status stays; `why`: what the note must say, if it
    must.
    """

    action: Action
    at: str  # letters of the statuses in which it may happen
    to: Status | None
    who: frozenset[Actor]
    why: str = ""
    needs: str = ""  # the change that must come along


_TERRITORY = frozenset({Actor.GRID, Actor.VILLAGE, Actor.TOWNSHIP, Actor.UNIT})
LEAD = _TERRITORY | {Actor.DEPARTMENT}  # only on the ticket of their own unit
_DESK = frozenset({Actor.OPERATOR})
_LINE = frozenset({Actor.SYSTEM})
_AUTO = _DESK | {Actor.SYSTEM}
_WE = _DESK | {Actor.RESIDENT}
_ANY = _AUTO | {Actor.RESIDENT}
_RULER = _DESK | {Actor.LEADER}
_ABOVE = _AUTO | {Actor.LEADER, Actor.INSPECTOR}
_URGE = _ANY | {Actor.LEADER}

# fmt: off
# d deciding, p dispatched, s signed, r returned, a answered, f followed up, c closed, w withdrawn
TABLE = (
    Step(Action.CORRECT,    "dpsraf", None,               _AUTO),
    Step(Action.DISPATCH,   "dps",    Status.DISPATCHED,  _AUTO,               needs="unit"),
    Step(Action.SIGN,       "p",      Status.SIGNED,      LEAD | _DESK),
    Step(Action.REPORT_UP,  "ps",     Status.DISPATCHED,  _TERRITORY | _AUTO,  "上报的原因", "unit"),
    Step(Action.RETURN,     "ps",     Status.RETURNED,    LEAD | _DESK,        "退单的理由"),
    Step(Action.RULE,       "r",      Status.DISPATCHED,  _RULER,              "裁定的理由", "unit"),
    Step(Action.EXTEND,     "ps",     None,               LEAD | _DESK,        "延期的理由", "due_at"),
    Step(Action.PROGRESS,   "d",      None,               _DESK,               "办到了哪一步"),
    Step(Action.PROGRESS,   "psr",    None,               LEAD | _DESK,        "办到了哪一步"),
    Step(Action.TELL,       "dpsraf", None,               _DESK,               "要对居民说的话"),
    Step(Action.CONTACT,    "dpsrafc", None,              _LINE,               "联系的结果"),
    Step(Action.SUPPLEMENT, "dpsraf", None,               _ANY),
    Step(Action.REMIND,     "dpsr",   None,               _URGE),
    Step(Action.SUPERVISE,  "dpsraf", None,               _ABOVE,              "督办的事由"),
    Step(Action.ANSWER,     "dp",     Status.ANSWERED,    _DESK,               needs="answer"),
    Step(Action.ANSWER,     "s",      Status.ANSWERED,    LEAD | _DESK,        needs="answer"),
    Step(Action.FOLLOW_UP,  "a",      Status.FOLLOWED_UP, _AUTO),
    Step(Action.EVALUATE,   "afc",    None,               _WE | _TERRITORY),
    Step(Action.CLOSE,      "af",     Status.CLOSED,      _AUTO),
    Step(Action.REOPEN,     "afc",    Status.DISPATCHED,  _URGE,               needs="due_at"),
    Step(Action.WITHDRAW,   "dpsr",   Status.WITHDRAWN,   _WE,                 "撤单的原因"),
)
# fmt: on

_LETTERS = MappingProxyType(dict(zip("dpsrafcw", Status, strict=True)))
STEPS: Mapping[tuple[Status, Action], Step] = MappingProxyType(
    {(_LETTERS[letter], step.action): step for step in TABLE for letter in step.at}
)

_GOES_TO = frozenset({"unit", "assisting", "rule", "certain", "standard"})
_DUE = frozenset({"due_at", "due_provisional", "sign_due_at"})
_KNOWN = frozenset({"kind", "urgency", "category", "category_confidence", "place", "evidence"})
_SAID = frozenset({"text", "address", "place", "reporter_name", "reporter_phone"})

# What may come along with an action, by the ticket's field names.
FIELDS: Mapping[Action, frozenset[str]] = MappingProxyType(
    {
        Action.OPEN: _GOES_TO | _DUE | {"handover_reason"},
        Action.CORRECT: _KNOWN
        | _DUE
        | {"address", "standard", "certain", "confidential", "handover_reason"},
        Action.DISPATCH: _GOES_TO | _DUE | _KNOWN | {"address", "confidential", "handover_reason"},
        Action.REPORT_UP: _GOES_TO | _DUE,
        Action.RULE: _GOES_TO | _DUE,
        Action.EXTEND: _DUE - {"sign_due_at"},
        Action.TELL: frozenset({"handover_reason"}),
        Action.SUPPLEMENT: _SAID | {"handover_reason"},
        Action.REMIND: frozenset({"handover_reason"}),
        Action.ANSWER: frozenset({"answer"}),
        Action.SUPERVISE: frozenset({"handover_reason"}),
        Action.EVALUATE: frozenset({"solved", "satisfied", "contacted", "handover_reason"}),
        Action.REOPEN: _GOES_TO | _DUE,
    }
)

# What is counted by itself.
COUNTERS: Mapping[Action, str] = MappingProxyType(
    {
        Action.RETURN: "returns",
        Action.EXTEND: "extensions",
        Action.REMIND: "reminders",
        Action.SUPERVISE: "supervisions",
        Action.REOPEN: "reopened",
    }
)
