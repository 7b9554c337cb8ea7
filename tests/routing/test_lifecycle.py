"""The life of a ticket: every legal walk through the table, and nothing else."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from nlp.understanding import RequestKind, Urgency
from routing import lifecycle, permission, record, steps
from routing.errors import ActionRefused
from routing.steps import Actor
from routing.ticket import ACTION_NAMES, FINAL_STATUSES, Action, Draft, Status, Ticket, TicketEvent

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
VILLAGE, TOWNSHIP, COUNTY = "130506100210", "130506100", "130506"
OPERATOR = "operator:lin"
BY_OPERATOR: dict[str, Any] = {"by": OPERATOR, "at": NOW}
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
WORDS = TEXTS.filter(str.strip)


def draft(**changes: Any) -> Draft:
    known: dict[str, Any] = {
        "text": "村口的路灯坏了三天了",
        "kind": RequestKind.HELP,
        "urgency": Urgency.NORMAL,
        "category": "010204",
        "category_confidence": 0.93,
        "place": VILLAGE,
        "evidence": ("路灯",),
        "reporter": "web:abc",
    }
    return Draft(**(known | changes))


def dispatched() -> tuple[Ticket, TicketEvent]:
    return lifecycle.opened(
        draft(),
        number="20261124-0001",
        status=Status.DISPATCHED,
        unit=VILLAGE,
        due_at=NOW + timedelta(days=7),
        by="system",
        at=NOW,
        assisting=("housing",),
        rule="dispatch:R1@v1",
        certain=True,
    )


def walk(*actions: tuple[Action, dict[str, Any]]) -> Ticket:
    """A dispatched ticket after these actions of an operator."""
    ticket, _ = dispatched()
    for action, changes in actions:
        ticket, _ = lifecycle.advance(ticket, action, **(BY_OPERATOR | changes))
    return ticket


SIGN: tuple[Action, dict[str, Any]] = (Action.SIGN, {})
RETURN: tuple[Action, dict[str, Any]] = (Action.RETURN, {"note": "不是我们管的"})
ANSWER: tuple[Action, dict[str, Any]] = (Action.ANSWER, {"answer": "灯换好了"})
CLOSE: tuple[Action, dict[str, Any]] = (Action.CLOSE, {})
FOLLOW_UP: tuple[Action, dict[str, Any]] = (Action.FOLLOW_UP, {})
WITHDRAW: tuple[Action, dict[str, Any]] = (Action.WITHDRAW, {"note": "已经自己修好"})
IN_STATUS: dict[Status, Callable[[], Ticket]] = {
    Status.DECIDING: lambda: replace(walk(), status=Status.DECIDING),
    Status.DISPATCHED: walk,
    Status.SIGNED: lambda: walk(SIGN),
    Status.RETURNED: lambda: walk(SIGN, RETURN),
    Status.ANSWERED: lambda: walk(SIGN, ANSWER),
    Status.FOLLOWED_UP: lambda: walk(SIGN, ANSWER, FOLLOW_UP),
    Status.CLOSED: lambda: walk(SIGN, ANSWER, CLOSE),
    Status.WITHDRAWN: lambda: walk(SIGN, WITHDRAW),
}
FITTING: dict[str, Any] = {
    "unit": TOWNSHIP,
    "due_at": NOW + timedelta(days=30),
    "answer": "已办好",
}


def fitting(action: Action, status: Status) -> dict[str, Any]:
    """The note and changes that make an action complete."""
    step = steps.STEPS[status, action]
    changes = {step.needs: FITTING[step.needs]} if step.needs else {}
    return {"note": "因为所以"} | changes


def test_every_status_is_reachable_by_actions_alone() -> None:
    reached = {Status.DECIDING, Status.DISPATCHED}  # a ticket begins in either
    while True:
        further = {step.to for (status, _), step in steps.STEPS.items() if status in reached}
        if further <= reached | {None}:
            break
        reached |= {status for status in further if status}
    assert reached == set(Status)


def test_from_every_open_status_some_way_leads_to_closed() -> None:
    ends = {Status.CLOSED}
    for _ in Status:
        ends |= {status for (status, _), step in steps.STEPS.items() if step.to in ends}
    assert ends == set(Status) - {Status.WITHDRAWN}


def test_operators_alone_can_bring_any_open_ticket_to_its_end() -> None:
    ends = {Status.CLOSED}
    for _ in Status:
        ends |= {
            status
            for (status, _), step in steps.STEPS.items()
            if step.to in ends and Actor.OPERATOR in step.who
        }
    assert ends == set(Status) - {Status.WITHDRAWN}


def test_nothing_happens_to_a_withdrawn_ticket() -> None:
    assert not [action for status, action in steps.STEPS if status is Status.WITHDRAWN]


def test_every_action_has_a_row_and_no_pair_has_two() -> None:
    assert {step.action for step in steps.TABLE} == set(Action) - {Action.OPEN}
    assert len(steps.STEPS) == sum(len(step.at) for step in steps.TABLE)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("action", Action)
def test_the_table_and_nothing_else_says_what_an_operator_may(
    status: Status, action: Action
) -> None:
    ticket = IN_STATUS[status]()
    assert ticket.status is status
    step = steps.STEPS.get((status, action))
    if step is None or Actor.OPERATOR not in step.who:
        assert action not in permission.allowed(ticket, OPERATOR)
        with pytest.raises(ActionRefused, match=ACTION_NAMES[action]):
            lifecycle.advance(ticket, action, by=OPERATOR, at=NOW)
        return
    assert action in permission.allowed(ticket, OPERATOR)
    after, event = lifecycle.advance(
        ticket, action, by=OPERATOR, at=NOW + timedelta(hours=1), **fitting(action, status)
    )
    assert after.status is (step.to or status)
    assert after.version == ticket.version + 1 == event.sequence
    assert event.action is action


@pytest.mark.parametrize(
    ("by", "status", "may"),
    [
        (f"village:{VILLAGE}", Status.DISPATCHED, "sign report_up return extend progress"),
        (f"grid:{VILLAGE}", Status.SIGNED, "report_up return extend progress answer"),
        (f"unit:{VILLAGE}", Status.SIGNED, "report_up return extend progress answer"),
        (f"department:{VILLAGE}", Status.SIGNED, "return extend progress answer"),
        (f"village:{TOWNSHIP}", Status.SIGNED, ""),  # somebody else's ticket
        ("department:housing", Status.SIGNED, "progress"),  # assisting
        ("department:water", Status.SIGNED, ""),
        ("resident", Status.DISPATCHED, "supplement remind withdraw"),
        ("resident", Status.ANSWERED, "supplement evaluate reopen"),
        ("resident", Status.CLOSED, "evaluate reopen"),
        ("resident", Status.WITHDRAWN, ""),
        ("inspector:wang", Status.SIGNED, "supervise"),
        ("inspector:wang", Status.CLOSED, ""),
        ("leader:zhao", Status.RETURNED, "rule remind supervise"),
        ("system", Status.ANSWERED, "correct contact supplement supervise follow_up close reopen"),
    ],
)
def test_each_kind_of_actor_may_do_its_own_part(by: str, status: Status, may: str) -> None:
    assert list(permission.allowed(IN_STATUS[status](), by)) == [Action(a) for a in may.split()]


@pytest.mark.parametrize("by", ["", "operator", "operator:", "grid", "burglar:x", "resident2"])
def test_an_unknown_actor_is_refused(by: str) -> None:
    with pytest.raises(ActionRefused, match="不认得操作人"):
        lifecycle.advance(walk(), Action.SIGN, by=by, at=NOW)
    with pytest.raises(ActionRefused, match="不认得操作人"):
        permission.allowed(walk(), by)


@pytest.mark.parametrize("action", [step.action for step in steps.TABLE if step.why])
@pytest.mark.parametrize("note", ["", "  \n"])
def test_what_needs_a_reason_asks_for_it(action: Action, note: str) -> None:
    status = next(status for (status, of), step in steps.STEPS.items() if of is action)
    complete = fitting(action, status) | {"note": note}
    by = OPERATOR if Actor.OPERATOR in steps.STEPS[status, action].who else "system"
    with pytest.raises(ActionRefused, match=r"需要写明.*请补上"):
        lifecycle.advance(IN_STATUS[status](), action, by=by, at=NOW, **complete)


def test_the_actions_that_change_somebodys_duty_need_a_reason() -> None:
    reasons = {step.action for step in steps.TABLE if step.why}
    assert reasons >= {
        Action.RETURN,
        Action.REPORT_UP,
        Action.EXTEND,
        Action.WITHDRAW,
        Action.SUPERVISE,
        Action.RULE,
    }


@pytest.mark.parametrize(
    ("ticket", "action", "changes", "why"),
    [
        (walk(), Action.DISPATCH, {}, "主办单位"),
        (walk(), Action.DISPATCH, {"unit": ""}, "主办单位"),
        (walk(), Action.REPORT_UP, {"unit": VILLAGE, "note": "难"}, "最上一级"),
        (walk(SIGN), Action.ANSWER, {"answer": "  "}, "不能是空的"),
        (walk(SIGN), Action.EXTEND, {"due_at": NOW, "note": "雨"}, "晚于"),
        (walk(SIGN), Action.EXTEND, {"note": "雨"}, "新的期限"),
        (walk(SIGN, ANSWER), Action.REOPEN, {"due_at": NOW}, "新的期限"),
        (walk(SIGN), Action.SIGN, {"status": Status.CLOSED}, "不能"),
        (walk(), Action.SIGN, {"unit": TOWNSHIP}, "不能改动"),
        (walk(), Action.CORRECT, {"answer": "好"}, "不能改动"),
        (walk(), Action.CORRECT, {"version": 9}, "不能改动"),
    ],
)
def test_an_incomplete_or_overreaching_step_is_refused(
    ticket: Ticket, action: Action, changes: dict[str, Any], why: str
) -> None:
    before = record.ticket_to_json(ticket)
    with pytest.raises(ActionRefused, match=why):
        lifecycle.advance(ticket, action, **(BY_OPERATOR | changes))
    assert record.ticket_to_json(ticket) == before


@pytest.mark.parametrize("by", [f"village:{VILLAGE}", f"department:{VILLAGE}"])
def test_a_third_extension_needs_the_county_centre(by: str) -> None:
    ticket = walk(SIGN)
    for days in (10, 20):
        ticket, _ = lifecycle.advance(
            ticket, Action.EXTEND, by=by, at=NOW, note="雨", due_at=NOW + timedelta(days=days)
        )
    later = NOW + timedelta(days=30)
    assert Action.EXTEND not in permission.allowed(ticket, by)
    with pytest.raises(ActionRefused, match="县网格管理中心决定"):
        lifecycle.advance(ticket, Action.EXTEND, by=by, at=NOW, note="雨", due_at=later)
    ticket, _ = lifecycle.advance(
        ticket, Action.EXTEND, by=OPERATOR, at=NOW, note="同意", due_at=later
    )
    assert (ticket.extensions, ticket.due_at) == (3, later)


def test_returned_ticket_waits_for_ruling_and_its_clock_runs_on() -> None:
    ticket = walk(SIGN, RETURN)
    assert (ticket.status, ticket.returns) == (Status.RETURNED, 1)
    assert ticket.due_at == walk().due_at
    ticket, _ = lifecycle.advance(
        ticket, Action.RULE, by="leader:zhao", at=NOW, note="由镇里办", unit=TOWNSHIP
    )
    assert (ticket.status, ticket.unit) == (Status.DISPATCHED, TOWNSHIP)


def test_supervision_letters_are_numbered() -> None:
    ticket = walk(SIGN)
    assert ticket.supervision_number == ""
    for _ in range(2):
        ticket, _ = lifecycle.advance(
            ticket, Action.SUPERVISE, by="inspector:wang", at=NOW, note="久拖不办"
        )
    assert ticket.supervision_number == "20261124-0001-D2"


def test_reopening_begins_a_new_clock_and_forgets_the_old_answer() -> None:
    done = walk(SIGN, ANSWER, (Action.EVALUATE, {"solved": False, "satisfied": True}), CLOSE)
    assert (done.closed_at, done.solved, done.satisfied, done.contacted) == (NOW, False, True, None)
    at, due_at = NOW + timedelta(days=3), NOW + timedelta(days=8)
    again, event = lifecycle.advance(done, Action.REOPEN, by="resident", at=at, due_at=due_at)
    assert again.status is Status.DISPATCHED
    assert (again.started_at, again.due_at, again.reopened) == (at, due_at, 1)
    assert (again.answer, again.solved, again.closed_at) == ("", None, None)
    assert event.changes["answer"] == ""


def test_a_resident_reopens_within_fifteen_days_and_an_operator_later_too() -> None:
    done, day = walk(SIGN, ANSWER, CLOSE), timedelta(days=1)
    in_time = NOW + 15 * day
    lifecycle.advance(done, Action.REOPEN, by="resident", at=in_time, due_at=in_time + day)
    late = in_time + timedelta(seconds=1)
    with pytest.raises(ActionRefused, match="超过 15 天"):
        lifecycle.advance(done, Action.REOPEN, by="resident", at=late, due_at=late + day)
    lifecycle.advance(done, Action.REOPEN, by=OPERATOR, at=late, due_at=late + day)


def test_a_new_ticket_is_deciding_or_dispatched_and_somebodys() -> None:
    due_at = NOW + timedelta(days=7)
    for status in set(Status) - {Status.DECIDING, Status.DISPATCHED}:
        with pytest.raises(ActionRefused, match="新工单"):
            lifecycle.opened(
                draft(), number="1", status=status, unit="x", due_at=due_at, by="system", at=NOW
            )
    with pytest.raises(ActionRefused, match="主办单位"):
        lifecycle.opened(
            draft(), number="1", status=Status.DECIDING, unit="", due_at=due_at, by="system", at=NOW
        )


def test_a_time_without_its_zone_never_enters_a_ticket() -> None:
    naive = datetime.fromisoformat("2026-12-24T10:00")
    with pytest.raises(ValueError, match="zone"):
        lifecycle.advance(walk(), Action.CORRECT, by=OPERATOR, at=NOW, due_at=naive)
    with pytest.raises(ValueError, match="zone"):
        lifecycle.advance(walk(), Action.SIGN, by=OPERATOR, at=naive)


def test_replay_refuses_a_log_with_a_gap() -> None:
    ticket, first = dispatched()
    ticket, second = lifecycle.advance(ticket, Action.SIGN, by=OPERATOR, at=NOW)
    _, third = lifecycle.advance(ticket, Action.ANSWER, by=OPERATOR, at=NOW, answer="好")
    for log in ([], [second], [first, third], [first, first], [first, second, second]):
        with pytest.raises(ValueError, match=r"event|opens"):
            lifecycle.replay(log)


def test_an_event_names_only_what_changed() -> None:
    _, event = lifecycle.advance(
        walk(), Action.CORRECT, by=OPERATOR, at=NOW, category="010204", urgency=Urgency.URGENT
    )
    assert event.changes == {"urgency": "urgent"}


def test_the_documented_table_is_the_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "lifecycle.md").read_text(encoding="utf-8")
    statuses = dict(zip("dpsrafcw", Status, strict=True))
    for step in steps.TABLE:
        cells = (
            f"`{step.action}` {ACTION_NAMES[step.action]}",
            " ".join(statuses[letter] for letter in step.at),
            step.to or "stays",
            " ".join(actor for actor in Actor if actor in step.who),
            step.why,
            step.needs,
        )
        assert f"| {' | '.join(cells)} |" in page
    for (status, _), step in steps.STEPS.items():
        if step.to:
            assert re.search(rf"{status} --> {step.to}: .*{step.action}", page)


@given(
    text=TEXTS,
    kind=st.sampled_from(RequestKind),
    evidence=st.lists(TEXTS, max_size=3).map(tuple),
    confidence=st.floats(0, 1),
    at=st.datetimes(timezones=st.just(UTC)),
)
def test_tickets_and_events_survive_json(
    text: str, kind: RequestKind, evidence: tuple[str, ...], confidence: float, at: datetime
) -> None:
    ticket, event = lifecycle.opened(
        draft(text=text, kind=kind, evidence=evidence, category_confidence=confidence),
        number="20261124-0001",
        status=Status.DECIDING,
        unit=COUNTY,
        due_at=at,
        by="system",
        at=at,
    )
    stored = json.loads(json.dumps(record.ticket_to_json(ticket)))
    assert record.ticket_from_json(stored) == ticket
    kept = record.event_from_json(json.loads(json.dumps(record.event_to_json(event))))
    assert kept == event
    assert lifecycle.replay([kept]) == ticket


CHANGES: dict[str, st.SearchStrategy[Any]] = {
    "unit": st.sampled_from([VILLAGE, TOWNSHIP, COUNTY, "housing"]),
    "assisting": st.lists(st.sampled_from(["housing", "water"]), unique=True).map(tuple),
    "rule": TEXTS,
    "certain": st.booleans(),
    "standard": st.lists(TEXTS, max_size=2).map(tuple),
    "due_at": st.integers(1, 10**6).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    "sign_due_at": st.none() | st.integers(0, 99).map(lambda h: NOW + timedelta(hours=h)),
    "due_provisional": st.booleans(),
    "kind": st.sampled_from(RequestKind),
    "urgency": st.sampled_from(Urgency),
    "category": st.sampled_from(["", "01", "010204"]),
    "category_confidence": st.floats(0, 1),
    "place": st.sampled_from(["", VILLAGE]),
    "evidence": st.lists(TEXTS, max_size=2).map(tuple),
    "text": WORDS,
    "address": TEXTS,
    "reporter_name": TEXTS,
    "reporter_phone": TEXTS,
    "confidential": st.booleans(),
    "handover_reason": TEXTS,
    "answer": WORDS,
    "solved": st.none() | st.booleans(),
    "satisfied": st.none() | st.booleans(),
    "contacted": st.none() | st.booleans(),
}
ACTORS = (
    "system",
    "resident",
    OPERATOR,
    "leader:zhao",
    "inspector:wang",
    f"grid:{VILLAGE}",
    f"village:{VILLAGE}",
    f"township:{TOWNSHIP}",
    f"unit:{COUNTY}",
    "department:housing",
    "department:water",
)


class LifeOfATicket(RuleBasedStateMachine):
    """Any actor tries anything; what is refused changes nothing, what is done is in the log."""

    ticket: Ticket
    log: list[TicketEvent]
    at: datetime

    @initialize(status=st.sampled_from([Status.DECIDING, Status.DISPATCHED]))
    def open(self, status: Status) -> None:
        self.at = NOW
        self.ticket, event = lifecycle.opened(
            draft(),
            number="20261124-0001",
            status=status,
            unit=VILLAGE,
            due_at=NOW + timedelta(days=7),
            by="system",
            at=NOW,
        )
        self.log = [event]

    @rule(data=st.data(), by=st.sampled_from(ACTORS), minutes=st.integers(0, 3000))
    def act(self, data: st.DataObject, by: str, minutes: int) -> None:
        """An actor tries an action that he may do now, with changes fitting or not."""
        self.at += timedelta(minutes=minutes)
        may = permission.allowed(self.ticket, by)
        if may:
            self.attempt(data, data.draw(st.sampled_from(may)), by)

    @rule(data=st.data(), action=st.sampled_from(Action), by=st.sampled_from(ACTORS))
    def try_anything(self, data: st.DataObject, action: Action, by: str) -> None:
        """An actor tries whatever comes to mind."""
        may = action in permission.allowed(self.ticket, by)
        done = self.attempt(data, action, by)
        assert may or not done

    def attempt(self, data: st.DataObject, action: Action, by: str) -> bool:
        fields = sorted(steps.FIELDS.get(action, frozenset()) & set(CHANGES))
        names = set(data.draw(st.lists(st.sampled_from(fields), unique=True))) if fields else set()
        step = steps.STEPS.get((self.ticket.status, action))
        if step and step.needs:
            names.add(step.needs)
        changes = {name: data.draw(CHANGES[name], label=name) for name in sorted(names)}
        before = record.ticket_to_json(self.ticket)
        try:
            after, event = lifecycle.advance(
                self.ticket, action, by=by, at=self.at, note=data.draw(TEXTS), **changes
            )
        except ActionRefused as refusal:
            assert str(refusal).endswith("。")
            assert record.ticket_to_json(self.ticket) == before
            return False
        assert after.version == self.ticket.version + 1 == event.sequence
        assert step is not None
        undecided = action is Action.REOPEN and not self.ticket.rule
        leads_to = Status.DECIDING if undecided else step.to or self.ticket.status
        assert after.status is leads_to
        self.ticket = after
        self.log.append(event)
        return True

    @invariant()
    def the_log_rebuilds_the_ticket(self) -> None:
        stored = json.loads(json.dumps([record.event_to_json(event) for event in self.log]))
        assert lifecycle.replay(record.event_from_json(event) for event in stored) == self.ticket
        assert lifecycle.replay(self.log) == self.ticket

    @invariant()
    def an_open_ticket_has_an_owner_and_a_deadline(self) -> None:
        assert self.ticket.due_at.utcoffset() == timedelta(0)
        assert self.ticket.unit
        assert (self.ticket.closed_at is not None) == (self.ticket.status in FINAL_STATUSES)

    @invariant()
    def an_open_ticket_is_never_stuck(self) -> None:
        if self.ticket.status not in FINAL_STATUSES:
            assert permission.allowed(self.ticket, OPERATOR)


LifeOfATicket.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestLifeOfATicket = LifeOfATicket.TestCase
