"""The ticket (工单), its events, and the words of its life."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from nlp.understanding import RequestKind, Urgency


class Status(StrEnum):
    """Where a ticket is in its life."""

    DECIDING = "deciding"  # 待研判: a person at the hotline decides
    DISPATCHED = "dispatched"  # 已派单, not yet signed
    SIGNED = "signed"  # 已签收, being handled
    RETURNED = "returned"  # 退单待裁定
    ANSWERED = "answered"  # 已答复, waits for follow-up
    FOLLOWED_UP = "followed_up"  # 已回访
    CLOSED = "closed"  # 已办结
    WITHDRAWN = "withdrawn"  # 已撤单


STATUS_NAMES = {
    Status.DECIDING: "待研判",
    Status.DISPATCHED: "已派单",
    Status.SIGNED: "办理中",
    Status.RETURNED: "退单待裁定",
    Status.ANSWERED: "已答复",
    Status.FOLLOWED_UP: "已回访",
    Status.CLOSED: "已办结",
    Status.WITHDRAWN: "已撤单",
}


class Action(StrEnum):
    """Everything that can happen to a ticket."""

    OPEN = "open"  # 受理
    CORRECT = "correct"  # 更正 category, place or urgency
    DISPATCH = "dispatch"  # 派单
    SIGN = "sign"  # 签收
    REPORT_UP = "report_up"  # 上报
    RETURN = "return"  # 退单
    RULE = "rule"  # 裁定 a return
    EXTEND = "extend"  # 延期
    PROGRESS = "progress"  # 进展
    TELL = "tell"  # 回话: the hotline's words to the resident
    CONTACT = "contact"  # 联系: who handles it has rung the resident through the hotline
    SUPPLEMENT = "supplement"  # 补充, by the resident
    REMIND = "remind"  # 催办
    SUPERVISE = "supervise"  # 督办
    ANSWER = "answer"  # 答复
    FOLLOW_UP = "follow_up"  # 回访
    EVALUATE = "evaluate"  # 评价
    CLOSE = "close"  # 办结
    REOPEN = "reopen"  # 重新办理
    WITHDRAW = "withdraw"  # 撤单


ACTION_NAMES = {
    Action.OPEN: "受理",
    Action.CORRECT: "更正",
    Action.DISPATCH: "派单",
    Action.SIGN: "签收",
    Action.REPORT_UP: "上报",
    Action.RETURN: "退单",
    Action.RULE: "裁定",
    Action.EXTEND: "延期",
    Action.PROGRESS: "进展",
    Action.TELL: "回话",
    Action.CONTACT: "联系",
    Action.SUPPLEMENT: "补充",
    Action.REMIND: "催办",
    Action.SUPERVISE: "督办",
    Action.ANSWER: "答复",
    Action.FOLLOW_UP: "回访",
    Action.EVALUATE: "评价",
    Action.CLOSE: "办结",
    Action.REOPEN: "重新办理",
    Action.WITHDRAW: "撤单",
}


FINAL_STATUSES = frozenset({Status.CLOSED, Status.WITHDRAWN})
RUNNING_STATUSES = tuple(
    status
    for status in Status
    if status not in FINAL_STATUSES | {Status.ANSWERED, Status.FOLLOWED_UP}
)  # somebody still owes something by due_at
IN_HAND_STATUSES = frozenset({Status.DISPATCHED, Status.SIGNED})  # its owner is to act


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the front desk knows when it asks for a ticket."""

    text: str
    kind: RequestKind
    urgency: Urgency
    category: str = ""  # best guess, may be empty
    category_confidence: float = 0.0
    place: str = ""  # place code, may be empty
    address: str = ""  # the resident's own words for where
    evidence: tuple[str, ...] = ()  # the words that decided
    reporter: str = ""  # contact, `scheme:path`
    reporter_name: str = ""
    reporter_phone: str = ""
    confidential: bool = False
    channel: str = ""
    messages: tuple[str, ...] = ()  # inbox ids
    handover_reason: str = ""  # not empty: a person decides, and this is why


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One matter, one number, one owner, one deadline. Times are aware, UTC."""

    number: str  # 20261124-0001: date and at least four digits
    version: int
    status: Status
    text: str
    kind: RequestKind
    urgency: Urgency
    category: str
    category_confidence: float
    place: str
    address: str
    evidence: tuple[str, ...]
    unit: str  # 主办
    assisting: tuple[str, ...]  # 协办
    rule: str  # the rule that decided, with the county's version
    certain: bool
    handover_reason: str
    reporter: str
    reporter_name: str
    reporter_phone: str
    confidential: bool
    channel: str
    opened_at: datetime
    updated_at: datetime
    due_at: datetime
    sign_due_at: datetime | None
    standard: tuple[str, ...]  # work standard, as it stood at dispatch
    answer: str = ""
    returns: int = 0
    extensions: int = 0
    reopened: int = 0
    reminders: int = 0
    supervisions: int = 0
    started_at: datetime | None = None  # when the clock began: at opening, again at reopening
    due_provisional: bool = False  # due_at crosses days whose holidays are not yet published
    closed_at: datetime | None = None  # closed or withdrawn
    solved: bool | None = None  # the resident's three judgements, kept apart; None: not said
    satisfied: bool | None = None
    contacted: bool | None = None

    @property
    def supervision_number(self) -> str:
        """The number of the latest supervision letter (督办单号), empty where there is none."""
        return f"{self.number}-D{self.supervisions}" if self.supervisions else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEvent:
    """One step of a ticket's log: who did what when and why. `changes` holds the fields' new
    values as JSON.
    """

    ticket: str
    sequence: int  # equals the ticket's version after the step
    action: Action
    by: str  # operator:NAME, department:CODE, grid:CODE, resident, system; see steps.Actor
    at: datetime
    note: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a ticket goes: lead unit, assisting units, the rule that decided, and whether that
    is certain.
    """

    unit: str
    assisting: tuple[str, ...] = ()
    grid: str = ""
    rule: str = ""
    certain: bool = True
    reason: str = ""  # one Chinese sentence: why there


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """A step of a ticket: how it was before (None: not yet there), how it is, and the event."""

    before: Ticket | None
    after: Ticket
    event: TicketEvent
