"""How a draft becomes a ticket: who gets it or why a person decides, and by when. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.county import County
from routing import entails, jurisdiction, lifecycle
from routing.route import Router
from routing.ticket import Draft, Route, Status, Ticket, TicketEvent
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
        )
        return route, entails.why_a_person(self.county, draft, route, self.certain_above)

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

    def first_due(self, matter: Draft | Ticket, now: datetime) -> dict[str, Any]:
        """Both deadlines of a matter whose clock begins now."""
        return entails.first_due(self.county, self.calendar, matter.category, matter.urgency, now)
