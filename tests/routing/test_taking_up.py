"""A matter told only later goes into the ticket that waited for it, whatever either of them knows."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from nlp.understanding import Urgency
from routing import lifecycle
from routing.opening import Opening
from routing.order import BY_SYSTEM
from routing.route import Router
from routing.ticket import Action, Draft, Status
from routing.worktime import Calendar
from tests.routing import county as counties
from tests.routing import parts

COUNTY = parts.county()
OPENING = Opening(county=COUNTY, router=Router(COUNTY), calendar=Calendar(), certain_above=0.8)
SEVERITY = [Urgency.NORMAL, Urgency.URGENT, Urgency.DANGER]
CATEGORIES = st.sampled_from(["", "01", "0102", "010204", *sorted(COUNTY.categories)])
PLACES = st.sampled_from(["", counties.HAMLET, *sorted(COUNTY.places_by_code)])


def _drafts(*, waits: bool) -> st.SearchStrategy[Draft]:
    return st.builds(
        parts.draft,
        category=CATEGORIES,
        category_confidence=st.floats(0, 1),
        place=PLACES,
        address=st.sampled_from(["", "村口"]),
        urgency=st.sampled_from(SEVERITY),
        confidential=st.booleans(),
        handover_reason=st.just("未接来电，请回电")
        if waits
        else st.sampled_from(["", "没有听明白"]),
    )


@given(_drafts(waits=True), _drafts(waits=False), st.integers(0, 400), st.booleans())
def test_it_is_always_a_step_of_its_life_and_forgets_nothing(
    first: Draft, told: Draft, hours: int, returned: bool
) -> None:
    ticket, opened = OPENING.ticket(first, number="1", by=BY_SYSTEM, at=parts.START)
    events = [opened]
    assert ticket.status is Status.DECIDING
    if returned:
        for action, by, more in (
            (Action.DISPATCH, "operator:li", {"unit": "housing"}),
            (Action.RETURN, "department:housing", {}),
        ):
            ticket, event = lifecycle.advance(
                ticket, action, by=by, at=parts.START, note="不归我们", **more
            )
            events.append(event)
    at = parts.START + timedelta(hours=hours)
    action, note, changes = OPENING.taken_up(ticket, told, at)
    after, event = lifecycle.advance(ticket, action, by=BY_SYSTEM, at=at, note=note, **changes)
    assert lifecycle.replay([*events, event]) == after
    assert (after.number, after.unit != "") == (ticket.number, True)
    assert SEVERITY.index(after.urgency) >= SEVERITY.index(ticket.urgency)
    assert after.confidential == (told.confidential or ticket.confidential)
    assert after.category == (told.category or ticket.category)
    assert after.place == (told.place or ticket.place)
    assert after.due_at > at or after.due_at >= ticket.due_at
    if returned:
        assert (after.status, after.unit) == (Status.RETURNED, ticket.unit)
    elif told.handover_reason or after.confidential or not after.category:
        assert after.status is Status.DECIDING and after.handover_reason
    if after.status is Status.DISPATCHED:
        assert after.certain and after.handover_reason == "" and after.rule
        assert after.sign_due_at is not None and after.sign_due_at > at


def test_whoever_is_told_it_late_has_the_whole_time() -> None:
    missed = parts.draft(category="", category_confidence=0.0, place="", handover_reason="未接来电")
    ticket, _ = OPENING.ticket(missed, number="1", by=BY_SYSTEM, at=parts.START)
    at = parts.START + timedelta(days=30)
    action, _, changes = OPENING.taken_up(ticket, parts.draft(), at)
    assert action is Action.DISPATCH
    assert changes["due_at"] == OPENING.first_due(parts.draft(), at)["due_at"]
