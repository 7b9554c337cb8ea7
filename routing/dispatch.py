"""One method for each thing that can happen to a ticket, each a part of its caller's unit of work.

All have one shape: load, advance, save if the version is unchanged, append the event, post the
envelopes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from config.county import County
from config.runtime import LOCAL_ZONE, Runtime
from nlp.understanding import Urgency
from routing import entails, jurisdiction, lifecycle, notices, outbox, store
from routing.notices import Occasion
from routing.route import Router
from routing.ticket import Action, Draft, Route, Status, Ticket
from routing.worktime import Calendar

BY_SYSTEM = "system"
LONGEST_TEXT = 8000  # characters, with supplements; beyond that they are in the log only


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatcher:
    """Methods are synchronous; the first argument is the connection.

    `version` is the version that the caller saw: StaleVersion if the ticket has changed since. They
    raise TicketNotFound, ActionRefused and UnknownUnit, each with a Chinese sentence.
    """

    county: County
    router: Router
    calendar: Calendar
    runtime: Runtime
    certain_above: float = 0.8

    def open(self, connection: Connection, draft: Draft) -> Ticket:
        """A new ticket: dispatched where a rule is certain, else waiting for a person."""
        now = self.runtime.now()
        route, reason = self._decided(draft)
        number = store.next_number(connection, now.astimezone(LOCAL_ZONE).date())
        common: dict[str, Any] = {
            "number": number,
            **self._first_due(draft, now),
            "standard": entails.standard(self.county, draft.category),
            "handover_reason": reason,
            "by": BY_SYSTEM,
            "at": now,
        }
        if reason or route is None:
            proposal = f"建议：{route.reason}" if route else ""
            unit = jurisdiction.centre(self.county).code
            ticket, event = lifecycle.opened(
                draft, status=Status.DECIDING, unit=unit, note=proposal, **common
            )
        else:
            ticket, event = lifecycle.opened(
                draft,
                status=Status.DISPATCHED,
                unit=route.unit,
                assisting=route.assisting,
                rule=route.rule,
                certain=True,
                note=route.reason,
                **common,
            )
        store.insert(connection, ticket, event)
        self._post(connection, Occasion(before=None, after=ticket, event=event))
        return ticket

    def preview(self, draft: Draft) -> tuple[Route | None, datetime]:
        """Who would have it (None: a person decides) and by when; nothing is written."""
        route, reason = self._decided(draft)
        due: datetime = self._first_due(draft, self.runtime.now())["due_at"]
        return (None if reason else route), due

    def correct(
        self,
        connection: Connection,
        number: str,
        *,
        version: int,
        by: str,
        note: str = "",
        category: str | None = None,
        place: str | None = None,
        urgency: Urgency | str | None = None,
    ) -> Ticket:
        """Put category, place or urgency right; the deadline follows."""
        ticket = self._seen(connection, number, version)
        changes: dict[str, Any] = {}
        if category is not None:
            changes |= {"category": category, "category_confidence": 1.0}
            changes["standard"] = entails.standard(self.county, category)
        if place is not None:
            changes["place"] = place
        if urgency is not None:
            changes["urgency"] = Urgency(urgency)
        if category is not None or urgency is not None:
            corrected, now = replace(ticket, **changes), self.runtime.now()
            changes |= entails.corrected_due(self.county, self.calendar, corrected, now)
        return self._step(connection, ticket, Action.CORRECT, by=by, note=note, **changes)

    def dispatch(
        self,
        connection: Connection,
        number: str,
        *,
        version: int,
        by: str,
        unit: str = "",
        assisting: Sequence[str] = (),
        note: str = "",
    ) -> Ticket:
        """To `unit`; without one, where the catalogue sends a matter whose category is certain."""
        ticket = self._seen(connection, number, version)
        changes = (
            entails.goes_to(self.county, unit, assisting)
            if unit
            else entails.by_catalogue(self.router, ticket)
        )
        changes |= self._sign_due(ticket) | {"handover_reason": ""}
        return self._step(connection, ticket, Action.DISPATCH, by=by, note=note, **changes)

    def sign(
        self, connection: Connection, number: str, *, version: int, by: str, note: str = ""
    ) -> Ticket:
        """签收."""
        ticket = self._seen(connection, number, version)
        return self._step(connection, ticket, Action.SIGN, by=by, note=note)

    def report_up(
        self, connection: Connection, number: str, *, version: int, by: str, note: str
    ) -> Ticket:
        """上报 to the next office above where somebody is named."""
        ticket = self._seen(connection, number, version)
        above = jurisdiction.above(self.county, ticket.unit)
        assisting = [code for code in ticket.assisting if above is None or code != above.code]
        lead = above.code if above else ticket.unit
        changes = entails.goes_to(self.county, lead, assisting) | self._sign_due(ticket)
        changes["rule"] = f"report_up:{ticket.unit}"
        return self._step(connection, ticket, Action.REPORT_UP, by=by, note=note, **changes)

    def return_(
        self, connection: Connection, number: str, *, version: int, by: str, note: str
    ) -> Ticket:
        """退单 with the reason; somebody rules on it while the clock runs on."""
        ticket = self._seen(connection, number, version)
        return self._step(connection, ticket, Action.RETURN, by=by, note=note)

    def rule(
        self,
        connection: Connection,
        number: str,
        *,
        version: int,
        by: str,
        unit: str,
        assisting: Sequence[str] = (),
        note: str,
    ) -> Ticket:
        """裁定: who has to take a returned ticket."""
        ticket = self._seen(connection, number, version)
        changes = entails.goes_to(self.county, unit, assisting) | self._sign_due(ticket)
        return self._step(connection, ticket, Action.RULE, by=by, note=note, **changes)

    def extend(
        self,
        connection: Connection,
        number: str,
        *,
        version: int,
        by: str,
        due_at: datetime,
        note: str,
    ) -> Ticket:
        """延期 to a later time, with the reason."""
        ticket = self._seen(connection, number, version)
        changes = {"due_at": due_at, "due_provisional": False}
        return self._step(connection, ticket, Action.EXTEND, by=by, note=note, **changes)

    def progress(
        self, connection: Connection, number: str, *, version: int, by: str, note: str
    ) -> Ticket:
        """进展: how far it has come."""
        ticket = self._seen(connection, number, version)
        return self._step(connection, ticket, Action.PROGRESS, by=by, note=note)

    def supplement(
        self, connection: Connection, number: str, *, version: int, by: str, note: str
    ) -> Ticket:
        """补充: what the resident adds is read by whoever has the ticket."""
        ticket = self._seen(connection, number, version)
        text = f"{ticket.text}\n补充：{note}"
        changes = {"text": text} if note and len(text) <= LONGEST_TEXT else {}
        return self._step(connection, ticket, Action.SUPPLEMENT, by=by, note=note, **changes)

    def remark(self, connection: Connection, number: str, *, version: int, note: str) -> Ticket:
        """A note of the program's own in the log; whoever has the ticket reads it."""
        ticket = self._seen(connection, number, version)
        return self._step(connection, ticket, Action.SUPPLEMENT, by=BY_SYSTEM, note=note)

    def remind(
        self, connection: Connection, number: str, *, version: int, by: str, note: str = ""
    ) -> Ticket:
        """催办."""
        ticket = self._seen(connection, number, version)
        return self._step(connection, ticket, Action.REMIND, by=by, note=note)

    def remind_overdue(
        self, connection: Connection, number: str, *, version: int, note: str
    ) -> Ticket:
        """催办 by the program, past the deadline: the unit above the owner is told as well."""
        ticket = self.remind(connection, number, version=version, by=BY_SYSTEM, note=note)
        now = self.runtime.now()
        told = notices.overdue(self.county, ticket, now, self.runtime.new_id)
        outbox.post(connection, told, now)
        return ticket

    def supervise(
        self, connection: Connection, number: str, *, version: int, by: str, note: str
    ) -> Ticket:
        """督办 with the cause; the letter has a number."""
        ticket = self._seen(connection, number, version)
        return self._step(connection, ticket, Action.SUPERVISE, by=by, note=note)

    def answer(
        self,
        connection: Connection,
        number: str,
        *,
        version: int,
        by: str,
        text: str,
        note: str = "",
    ) -> Ticket:
        """答复, in the words that the resident will read."""
        ticket = self._seen(connection, number, version)
        return self._step(connection, ticket, Action.ANSWER, by=by, note=note, answer=text)

    def follow_up(
        self, connection: Connection, number: str, *, version: int, by: str, note: str = ""
    ) -> Ticket:
        """回访."""
        ticket = self._seen(connection, number, version)
        return self._step(connection, ticket, Action.FOLLOW_UP, by=by, note=note)

    def evaluate(
        self,
        connection: Connection,
        number: str,
        *,
        version: int,
        by: str,
        solved: bool | None = None,
        satisfied: bool | None = None,
        contacted: bool | None = None,
        note: str = "",
    ) -> Ticket:
        """评价: three judgements, of which only those that were said are changed."""
        ticket = self._seen(connection, number, version)
        said = {"solved": solved, "satisfied": satisfied, "contacted": contacted}
        changes = {name: value for name, value in said.items() if value is not None}
        return self._step(connection, ticket, Action.EVALUATE, by=by, note=note, **changes)

    def close(
        self, connection: Connection, number: str, *, version: int, by: str, note: str = ""
    ) -> Ticket:
        """办结."""
        ticket = self._seen(connection, number, version)
        return self._step(connection, ticket, Action.CLOSE, by=by, note=note)

    def reopen(
        self, connection: Connection, number: str, *, version: int, by: str, note: str = ""
    ) -> Ticket:
        """重新办理 by the same unit under the same number, with a new deadline."""
        ticket = self._seen(connection, number, version)
        changes = self._first_due(ticket, self.runtime.now())
        return self._step(connection, ticket, Action.REOPEN, by=by, note=note, **changes)

    def withdraw(
        self, connection: Connection, number: str, *, version: int, by: str, note: str
    ) -> Ticket:
        """撤单."""
        ticket = self._seen(connection, number, version)
        return self._step(connection, ticket, Action.WITHDRAW, by=by, note=note)

    def _decided(self, draft: Draft) -> tuple[Route | None, str]:
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

    def _seen(self, connection: Connection, number: str, version: int) -> Ticket:
        ticket = store.load(connection, number)
        if ticket.version != version:
            raise store.stale(number)
        return ticket

    def _step(
        self,
        connection: Connection,
        ticket: Ticket,
        action: Action,
        *,
        by: str,
        note: str,
        **changes: Any,
    ) -> Ticket:
        now = self.runtime.now()
        after, event = lifecycle.advance(ticket, action, by=by, at=now, note=note, **changes)
        store.save(connection, after, event)
        self._post(connection, Occasion(before=ticket, after=after, event=event))
        return after

    def _post(self, connection: Connection, occasion: Occasion) -> None:
        told = notices.of(self.county, occasion, self.runtime.new_id)
        outbox.post(connection, told, occasion.event.at)

    def _first_due(self, matter: Draft | Ticket, now: datetime) -> dict[str, Any]:
        return entails.first_due(self.county, self.calendar, matter.category, matter.urgency, now)

    def _sign_due(self, ticket: Ticket) -> dict[str, Any]:
        return entails.sign_due(self.county, ticket, self.runtime.now())
