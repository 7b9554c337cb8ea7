"""How a draft becomes a ticket: who gets it or why a person decides, and by when. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from config.county import County
from nlp.understanding import Urgency
from routing import entails, jurisdiction, lifecycle
from routing.route import Router
from routing.ticket import Action, Draft, Route, Status, Ticket, TicketEvent
from routing.worktime import Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a county knows that decides about a new matter."""

    county: County
    router: Router
    calendar: Calendar
    certain_above: float

    def decided(self, draft: Draft) -> tuple[Route | None, str]:
        """The route, and why a person has to decide; empty where it is certain."""
        route = self.router.route(
            draft.category,
            draft.place,
            kind=draft.kind,
            urgency=draft.urgency,
            confidence=draft.category_confidence,
            certain_above=self.certain_above,
            confidential=draft.confidential,
        )
        return route, entails.why_a_person(self.county, draft, route, self.certain_above)

    def preview(self, draft: Draft, now: datetime) -> tuple[Route | None, datetime]:
        """Who would have it (None: a person decides) and by when."""
        route, reason = self.decided(draft)
        due: datetime = self.first_due(draft, now)["due_at"]
        return (None if reason else route), due

    def ticket(
        self, draft: Draft, *, number: str, by: str, at: datetime
    ) -> tuple[Ticket, TicketEvent]:
        """The new ticket and the event that tells of it."""
        route, reason = self.decided(draft)
        changes: dict[str, Any] = {
            **self.first_due(draft, at),
            "standard": entails.standard(self.county, draft.category),
            "handover_reason": reason,
        }
        if reason or route is None:
            status, unit = Status.DECIDING, jurisdiction.centre(self.county).code
            note = f"建议：{route.reason}" if route else ""
        else:
            status, unit, note = Status.DISPATCHED, route.unit, route.reason
            changes |= {"assisting": route.assisting, "rule": route.rule, "certain": True}
        return lifecycle.opened(
            draft, number=number, status=status, unit=unit, note=note, by=by, at=at, **changes
        )

    def taken_up(
        self, ticket: Ticket, draft: Draft, at: datetime
    ) -> tuple[Action, str, dict[str, Any]]:
        """What a matter told only now makes of the ticket that waited for it.

        Action, note, changes. What is not told stays as it was. The clock begins now where nothing
        had been known.
        """
        whole = _both(ticket, draft)
        changes = {name: getattr(whole, name) for name in _TAKEN_UP}
        changes["standard"] = entails.standard(self.county, whole.category)
        known = replace(ticket, category=whole.category, urgency=whole.urgency)
        if ticket.category:
            changes |= entails.corrected_due(self.county, self.calendar, known, at)
        else:
            changes |= self.first_due(whole, at)
        route, reason = self.decided(whole)
        if ticket.status is not Status.DECIDING:
            return Action.CORRECT, "", changes
        if reason or route is None:
            note = f"建议：{route.reason}" if route else ""
            return Action.CORRECT, note, changes | {"handover_reason": reason}
        goes = {"unit": route.unit, "assisting": route.assisting, "rule": route.rule}
        changes |= goes | entails.sign_due(self.county, known, at)
        changes |= {"certain": True, "handover_reason": ""}
        return Action.DISPATCH, route.reason, changes

    def first_due(self, matter: Draft | Ticket, now: datetime) -> dict[str, Any]:
        """Both deadlines of a matter whose clock begins now."""
        return entails.first_due(self.county, self.calendar, matter.category, matter.urgency, now)


_TAKEN_UP = (
    *("kind", "urgency", "category", "category_confidence", "place", "address", "evidence"),
    "confidential",
)
_SEVERITY = (Urgency.NORMAL, Urgency.URGENT, Urgency.DANGER)


def _both(ticket: Ticket, draft: Draft) -> Draft:
    """The draft, and what the ticket knows where it says nothing; no danger is forgotten, and no
    wish for secrecy.
    """
    whole = replace(
        draft,
        place=draft.place or ticket.place,
        address=draft.address or ticket.address,
        urgency=max(draft.urgency, ticket.urgency, key=_SEVERITY.index),
        confidential=draft.confidential or ticket.confidential,
    )
    if draft.category:
        return whole
    return replace(
        whole,
        kind=ticket.kind,
        category=ticket.category,
        category_confidence=ticket.category_confidence,
        evidence=ticket.evidence,
    )
