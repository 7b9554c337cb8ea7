"""May this step be taken: by whom, in which status, with what beside it? All of it pure.

Every refusal is one Chinese sentence that says why not and, where there is something, what can be
done instead.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from routing import steps
from routing.errors import ActionRefused
from routing.steps import Actor, Step
from routing.ticket import ACTION_NAMES, STATUS_NAMES, Action, Ticket

OWN_EXTENSIONS = 2  # a unit extends twice by itself; from then on the county centre decides
# For residents, after closing: long enough for a mended thing to break again, short enough that the
# same people still know of it. Afterwards it is a new matter with a new deadline.
REOPEN_WITHIN = timedelta(days=15)

_KINDS = frozenset(actor.value for actor in Actor)
_NEEDED = MappingProxyType(
    {"unit": "指明主办单位", "due_at": "给出新的期限", "answer": "写明办理结果"}
)


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


def allowed(ticket: Ticket, by: str) -> tuple[Action, ...]:
    """What `by` may do now, in the order of Action: for buttons on screens and for webhooks."""
    return tuple(action for action in Action if not _refusal(ticket, action, by))


def permitted(
    ticket: Ticket, action: Action, *, by: str, at: datetime, note: str, changes: Mapping[str, Any]
) -> Step:
    """The row of the table that applies, if all that it asks for is there; ActionRefused."""
    refusal = _refusal(ticket, action, by)
    if refusal:
        can = "、".join(ACTION_NAMES[other] for other in allowed(ticket, by))
        now = f"您现在可以：{can}。" if can else "需要处理请联系县网格管理中心。"
        raise ActionRefused(f"工单 {ticket.number} {refusal}{now}")
    step = steps.STEPS[ticket.status, action]
    if step.why and not note.strip():
        raise ActionRefused(f"{ACTION_NAMES[action]}需要写明{step.why}，请补上一句再提交。")
    only_fields(action, changes)
    _complete(ticket, step, at, changes)
    if action is Action.REOPEN:
        _in_time_to_reopen(ticket, by, at)
    if action is Action.EVALUATE and actor_of(by) in steps.LEAD:
        _opinion_only(changes, note)
    return step


def only_fields(action: Action, changes: Mapping[str, Any]) -> None:
    """ActionRefused where a change comes along that is none of this action's."""
    foreign = sorted(set(changes) - steps.FIELDS.get(action, frozenset()))
    if foreign:
        raise ActionRefused(f"{ACTION_NAMES[action]}不能改动这些内容：{'、'.join(foreign)}。")


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


def _in_time_to_reopen(ticket: Ticket, by: str, at: datetime) -> None:
    late = ticket.closed_at is not None and at > ticket.closed_at + REOPEN_WITHIN
    if late and actor_of(by) is Actor.RESIDENT:
        days = REOPEN_WITHIN.days
        raise ActionRefused(
            f"工单 {ticket.number} 办结已超过 {days} 天，请重新说一次，我们另开一张工单。"
        )


def _opinion_only(changes: Mapping[str, Any], note: str) -> None:
    """The three judgements are the resident's; who has handled it tells what he saw."""
    if changes:
        raise ActionRefused("解决、满意、联系这三项由居民评，办理单位只能写核实的情况。")
    if not note.strip():
        raise ActionRefused("评价需要写明核实的情况，请补上一句再提交。")
