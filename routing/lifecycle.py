"""The only two ways in which a ticket comes about and changes, by the table in `steps`.

`opened` makes a ticket, `advance` changes one; both give the new ticket and the event that tells
of it, and
`replay` rebuilds the ticket from its events. All are pure. `by` says who acts, as `kind` or
`kind:NAME`
(see `steps.Actor`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from routing import record, steps
from routing.errors import ActionRefused
from routing.steps import Actor, Step
from routing.ticket import (
    ACTION_NAMES,
    FINAL_STATUSES,
    STATUS_NAMES,
    Action,
    Draft,
    Status,
    Ticket,
    TicketEvent,
)

REOPENED_UNDECIDED = "没有派过单，要求重新办理"
OWN_EXTENSIONS = 2  # a unit extends twice by itself; from then on the county centre decides
# For residents, after closing: long enough for a mended thing to break again, short enough that the
# same people still know of it. Afterwards it is a new matter with a new deadline.
REOPEN_WITHIN = timedelta(days=15)


def opened(
    draft: Draft,
    *,
    number: str,
    status: Status,
    unit: str,
    due_at: datetime,
    by: str,
    at: datetime,
    note: str = "",
    **changes: Any,
) -> tuple[Ticket, TicketEvent]:
    """A new ticket, version 1, and its first event.

    `status` is DECIDING (a person decides) or DISPATCHED; `changes` may hold sign_due_at, assisting, rule,
    certain, standard, due_provisional and handover_reason.
    """
    actor_of(by)
    if status not in (Status.DECIDING, Status.DISPATCHED) or not unit:
        raise ActionRefused("新工单只能是“待研判”或“已派单”，并且要有主办单位。")
    _only_fields(Action.OPEN, changes)
    values: dict[str, Any] = {
        name: getattr(draft, name) for name in Draft.__slots__ if name != "messages"
    }
    values |= {
        "assisting": (),
        "rule": "",
        "certain": False,
        "standard": (),
        "sign_due_at": None,
    }
    values |= changes
    values |= {
        "status": status,
        "unit": unit,
        "due_at": due_at,
        "opened_at": at,
        "started_at": at,
    }
    encoded = {name: record.encode(value) for name, value in values.items()}
    event = TicketEvent(
        ticket=number,
        sequence=1,
        action=Action.OPEN,
        by=by,
        at=record.utc(at),
        note=note,
        changes=encoded,
    )
    return _first(event), event


def advance(
    ticket: Ticket,
    action: Action,
    *,
    by: str,
    at: datetime,
    note: str = "",
    **changes: Any,
) -> tuple[Ticket, TicketEvent]:
    """The ticket one version on and the event that says so; ActionRefused (in Chinese) where it
    may not be.

    Counters, closing time and clock start are set here; all else that changes comes in `changes`.
    """
    step = _permitted(ticket, action, by)
    if step.why and not note.strip():
        raise ActionRefused(f"{ACTION_NAMES[action]}需要写明{step.why}，请补上一句再提交。")
    _only_fields(action, changes)
    _complete(ticket, step, at, changes)
    if action is Action.REOPEN:
        _in_time_to_reopen(ticket, by, at)
    if action is Action.EVALUATE and actor_of(by) in steps.LEAD:
        _opinion_only(changes, note)
    values = changes | _consequences(ticket, step, at)
    if actor_of(by) in _DECIDES and values["status"] is not Status.DECIDING:
        values["handover_reason"] = ""  # somebody has looked
    encoded = {name: record.encode(value) for name, value in values.items()}
    kept = {
        name: value
        for name, value in encoded.items()
        if value != record.encode(getattr(ticket, name))
    }
    event = TicketEvent(
        ticket=ticket.number,
        sequence=ticket.version + 1,
        action=action,
        by=by,
        at=record.utc(at),
        note=note,
        changes=kept,
    )
    return _then(ticket, event), event


def replay(events: Iterable[TicketEvent]) -> Ticket:
    """The ticket that these events tell of, first to last; ValueError where one is missing or
    foreign.
    """
    ticket: Ticket | None = None
    for event in events:
        if ticket is None:
            ticket = _first(event)
        elif (event.ticket, event.sequence) == (ticket.number, ticket.version + 1):
            ticket = _then(ticket, event)
        else:
            raise ValueError(f"event {event.sequence} does not follow version {ticket.version}")
    if ticket is None:
        raise ValueError("a ticket without events")
    return ticket


def allowed(ticket: Ticket, by: str) -> tuple[Action, ...]:
    """What `by` may do now, in the order of Action: for buttons on screens and for webhooks."""
    return tuple(action for action in Action if not _refusal(ticket, action, by))


def actor_of(by: str) -> Actor:
    """The kind of actor that `by` names; ActionRefused if there is no such kind or it needs a
    name.
    """
    kind, _, name = by.partition(":")
    if kind not in _KINDS or not (name or kind in (Actor.SYSTEM, Actor.RESIDENT)):
        raise ActionRefused(
            f"不认得操作人“{kind}”，请写成 operator:姓名、department:编码 这样的形式。"
        )
    return Actor(kind)


_KINDS = frozenset(actor.value for actor in Actor)
_DECIDES = frozenset({Actor.OPERATOR, Actor.LEADER})


def _permitted(ticket: Ticket, action: Action, by: str) -> Step:
    refusal = _refusal(ticket, action, by)
    if refusal:
        can = "、".join(ACTION_NAMES[other] for other in allowed(ticket, by))
        now = f"您现在可以：{can}。" if can else "需要处理请联系县网格管理中心。"
        raise ActionRefused(f"工单 {ticket.number} {refusal}{now}")
    return steps.STEPS[ticket.status, action]


def _refusal(ticket: Ticket, action: Action, by: str) -> str:
    """Why not, as the rest of a sentence; empty if it may be."""
    actor = actor_of(by)
    step = steps.STEPS.get((ticket.status, action))
    if step is None:
        return f"现在是“{STATUS_NAMES[ticket.status]}”，不能{ACTION_NAMES[action]}。"
    if actor not in step.who:
        return f"不能由您{ACTION_NAMES[action]}。"
    if actor in steps.LEAD and not _own_ticket(ticket, action, by):
        return f"不归您主办，不能由您{ACTION_NAMES[action]}。"
    if action is Action.EXTEND and actor in steps.LEAD and ticket.extensions >= OWN_EXTENSIONS:
        return f"已经延期 {ticket.extensions} 次，再延期要由县网格管理中心决定。"
    return ""


def _own_ticket(ticket: Ticket, action: Action, by: str) -> bool:
    """Units act on their own tickets; an assisting unit tells its progress."""
    unit = by.partition(":")[2]
    return unit == ticket.unit or (action is Action.PROGRESS and unit in ticket.assisting)


def _only_fields(action: Action, changes: Mapping[str, Any]) -> None:
    foreign = sorted(set(changes) - steps.FIELDS.get(action, frozenset()))
    if foreign:
        raise ActionRefused(f"{ACTION_NAMES[action]}不能改动这些内容：{'、'.join(foreign)}。")


def _complete(ticket: Ticket, step: Step, at: datetime, changes: Mapping[str, Any]) -> None:
    """What must come along is there and makes sense."""
    name = ACTION_NAMES[step.action]
    if step.needs and not changes.get(step.needs):
        raise ActionRefused(f"{name}需要{_NEEDED[step.needs]}。")
    if "unit" in changes and not changes["unit"]:
        raise ActionRefused(f"{name}不能没有主办单位。")
    if step.action is Action.ANSWER and not str(changes["answer"]).strip():
        raise ActionRefused("答复不能是空的，请写明办理结果。")
    if step.action is Action.REPORT_UP and changes["unit"] == ticket.unit:
        raise ActionRefused("已经是最上一级，不能再上报，请办理后答复。")
    if step.action is Action.EXTEND and changes["due_at"] <= max(ticket.due_at, at):
        raise ActionRefused("延期后的期限要晚于现在的期限，也要晚于此刻。")
    if step.action is Action.REOPEN and changes["due_at"] <= at:
        raise ActionRefused("重新办理需要一个新的期限，要晚于此刻。")


_NEEDED = MappingProxyType(
    {"unit": "指明主办单位", "due_at": "给出新的期限", "answer": "写明办理结果"}
)


def _in_time_to_reopen(ticket: Ticket, by: str, at: datetime) -> None:
    late = ticket.closed_at is not None and at > ticket.closed_at + REOPEN_WITHIN
    if late and actor_of(by) is Actor.RESIDENT:
        raise ActionRefused(
            f"工单 {ticket.number} 办结已超过 {REOPEN_WITHIN.days} 天，请重新说一次，我们另开一张工单。"
        )


def _opinion_only(changes: Mapping[str, Any], note: str) -> None:
    """The three judgements are the resident's; who has handled it tells what he saw."""
    if changes:
        raise ActionRefused("解决、满意、联系这三项由居民评，办理单位只能写核实的情况。")
    if not note.strip():
        raise ActionRefused("评价需要写明核实的情况，请补上一句再提交。")


def _consequences(ticket: Ticket, step: Step, at: datetime) -> dict[str, Any]:
    """What follows from the step itself."""
    values: dict[str, Any] = {"status": step.to or ticket.status}
    counter = steps.COUNTERS.get(step.action)
    if counter:
        values[counter] = getattr(ticket, counter) + 1
    if values["status"] in FINAL_STATUSES and ticket.closed_at is None:
        values["closed_at"] = at
    if step.action is Action.REOPEN and not ticket.rule:
        values |= {"status": Status.DECIDING, "handover_reason": REOPENED_UNDECIDED}
    if step.action is Action.REOPEN:
        values |= {"closed_at": None, "started_at": at, "answer": ""}
        values |= {"solved": None, "satisfied": None, "contacted": None}
    return values


def _first(event: TicketEvent) -> Ticket:
    if event.action is not Action.OPEN or event.sequence != 1:
        raise ValueError("the first event of a ticket opens it")
    values = {name: record.decode(name, value) for name, value in event.changes.items()}
    return Ticket(number=event.ticket, version=1, updated_at=event.at, **values)


def _then(ticket: Ticket, event: TicketEvent) -> Ticket:
    values = {name: record.decode(name, value) for name, value in event.changes.items()}
    return replace(ticket, version=event.sequence, updated_at=event.at, **values)
