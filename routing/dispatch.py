"""One method for each thing that can happen to a ticket, each a part of its caller's unit of work.

All have one shape: load, advance, save if the version is unchanged, append the event, post the
envelopes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from config.county import County
from config.runtime import LOCAL_ZONE, Runtime
from nlp.understanding import Urgency
from routing import deadline, jurisdiction, lifecycle, notices, outbox, store
from routing.errors import ActionRefused, UnknownUnit
from routing.notices import Occasion
from routing.route import Router
from routing.ticket import Action, Draft, Route, Status, Ticket
from routing.worktime import Calendar

BY_SYSTEM = "system"
BY_PERSON = "person"  # the rule of what no rule decided
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
        route = self.router.route(
            draft.category,
            draft.place,
            kind=draft.kind,
            urgency=draft.urgency,
            confidence=draft.category_confidence,
            certain_above=self.certain_above,
        )
        reason = self._why_a_person(draft, route)
        due = deadline.promise(self.county, draft.category, draft.urgency, now, self.calendar)
        number = store.next_number(connection, now.astimezone(LOCAL_ZONE).date())
        common: dict[str, Any] = {
            "number": number,
            "due_at": due.at,
            "sign_due_at": due.sign_at,
            "due_provisional": bool(due.provisional),
            "standard": self._standard(draft.category),
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
            changes["standard"] = self._standard(category)
        if place is not None:
            changes["place"] = place
        if urgency is not None:
            changes["urgency"] = Urgency(urgency)
        if category is not None or urgency is not None:
            matter = changes.get("category", ticket.category)
            changes |= self._new_due(ticket, matter, changes.get("urgency", ticket.urgency))
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
        changes = self._goes_to(unit, assisting) if unit else self._by_catalogue(ticket)
        changes |= {"handover_reason": "", "sign_due_at": self._sign_due(ticket)}
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
        changes = self._goes_to(above.code if above else ticket.unit, assisting)
        changes |= {"rule": f"report_up:{ticket.unit}", "sign_due_at": self._sign_due(ticket)}
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
        changes = self._goes_to(unit, assisting) | {"sign_due_at": self._sign_due(ticket)}
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
        now = self.runtime.now()
        due = deadline.promise(self.county, ticket.category, ticket.urgency, now, self.calendar)
        changes = {
            "due_at": due.at,
            "sign_due_at": due.sign_at,
            "due_provisional": bool(due.provisional),
        }
        return self._step(connection, ticket, Action.REOPEN, by=by, note=note, **changes)

    def withdraw(
        self, connection: Connection, number: str, *, version: int, by: str, note: str
    ) -> Ticket:
        """撤单."""
        ticket = self._seen(connection, number, version)
        return self._step(connection, ticket, Action.WITHDRAW, by=by, note=note)

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

    def _why_a_person(self, draft: Draft, route: Route | None) -> str:
        """Why a person has to decide; empty where the route is certain."""
        if draft.handover_reason:
            return draft.handover_reason
        if draft.confidential:
            return "居民要求保密"
        if draft.category not in self.county.categories:
            return "听不出是哪类事"
        if route is None:
            return "不知道在哪里"
        if draft.category_confidence < self.certain_above:
            return f"类别拿不准（把握 {draft.category_confidence:.0%}）"
        return "" if route.certain else "派单目录里没有这一类"

    def _by_catalogue(self, ticket: Ticket) -> dict[str, Any]:
        route = self.router.route(
            ticket.category, ticket.place, kind=ticket.kind, urgency=ticket.urgency
        )
        if route is None:
            raise ActionRefused("派单目录定不下来这件事归谁办，请指明主办单位。")
        return {
            "unit": route.unit,
            "assisting": route.assisting,
            "rule": route.rule,
            "certain": True,
            "standard": self._standard(ticket.category),
        }

    def _goes_to(self, unit: str, assisting: Sequence[str]) -> dict[str, Any]:
        for code in (unit, *assisting):
            if code not in self.county.units:
                raise UnknownUnit(f"没有编码为“{code}”的单位，请从单子里选。")
        others = tuple(dict.fromkeys(code for code in assisting if code != unit))
        return {"unit": unit, "assisting": others, "rule": BY_PERSON, "certain": True}

    def _new_due(self, ticket: Ticket, category: str, urgency: Urgency) -> dict[str, Any]:
        """From when the clock began; from now if that is past already, so that it can be kept."""
        now = self.runtime.now()
        start = ticket.started_at or ticket.opened_at
        due = deadline.promise(self.county, category, urgency, start, self.calendar)
        if due.at <= now:
            due = deadline.promise(self.county, category, urgency, now, self.calendar)
        return {"due_at": due.at, "due_provisional": bool(due.provisional)}

    def _sign_due(self, ticket: Ticket) -> datetime:
        now = self.runtime.now()
        return deadline.sign_due(self.county, ticket.category, ticket.urgency, now)

    def _standard(self, category: str) -> tuple[str, ...]:
        """The work standard for the longest prefix of the category, as it stands now."""
        matching = [s for s in self.county.standards if category.startswith(s.category)]
        best = max(matching, key=lambda standard: len(standard.category), default=None)
        return best.steps if best else ()
