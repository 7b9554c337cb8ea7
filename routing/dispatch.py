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
from routing import entails, lifecycle, notices, outbox, store
from routing.notices import Occasion
from routing.opening import Opening
from routing.route import Router
from routing.ticket import Action, Draft, Route, Ticket
from routing.worktime import Calendar

BY_SYSTEM = "system"
BY_RESIDENT = "resident"
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
        number = store.next_number(connection, now.astimezone(LOCAL_ZONE).date())
        ticket, event = self._opening().ticket(draft, number=number, by=BY_SYSTEM, at=now)
        store.insert(connection, ticket, event)
        self._post(connection, Occasion(before=None, after=ticket, event=event))
        return ticket

    def preview(self, draft: Draft) -> tuple[Route | None, datetime]:
        """Who would have it (None: a person decides) and by when; nothing is written."""
        opening = self._opening()
        route, reason = opening.decided(draft)
        due: datetime = opening.first_due(draft, self.runtime.now())["due_at"]
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
        ticket = store.seen(connection, number, version)
        said = {"category": category, "place": place, "urgency": urgency}
        changes = entails.corrected(self.county, self.calendar, ticket, self.runtime.now(), said)
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
        ticket = store.seen(connection, number, version)
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
        return self._plain(connection, number, Action.SIGN, version=version, by=by, note=note)

    def report_up(
        self, connection: Connection, number: str, *, version: int, by: str, note: str
    ) -> Ticket:
        """上报 to the next office above where somebody is named."""
        ticket = store.seen(connection, number, version)
        changes = entails.goes_up(self.county, ticket) | self._sign_due(ticket)
        return self._step(connection, ticket, Action.REPORT_UP, by=by, note=note, **changes)

    def return_(
        self, connection: Connection, number: str, *, version: int, by: str, note: str
    ) -> Ticket:
        """退单 with the reason; somebody rules on it while the clock runs on."""
        return self._plain(connection, number, Action.RETURN, version=version, by=by, note=note)

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
        ticket = store.seen(connection, number, version)
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
        ticket = store.seen(connection, number, version)
        changes = {"due_at": due_at, "due_provisional": False}
        return self._step(connection, ticket, Action.EXTEND, by=by, note=note, **changes)

    def progress(
        self, connection: Connection, number: str, *, version: int, by: str, note: str
    ) -> Ticket:
        """进展: how far it has come."""
        return self._plain(connection, number, Action.PROGRESS, version=version, by=by, note=note)

    def supplement(
        self, connection: Connection, number: str, *, version: int, by: str, note: str
    ) -> Ticket:
        """补充: what the resident adds is read by whoever has the ticket."""
        ticket = store.seen(connection, number, version)
        text = f"{ticket.text}\n补充：{note}"
        changes = {"text": text} if note and len(text) <= LONGEST_TEXT else {}
        return self._step(connection, ticket, Action.SUPPLEMENT, by=by, note=note, **changes)

    def take_up(
        self,
        connection: Connection,
        number: str,
        *,
        version: int,
        draft: Draft,
        text: str,
        note: str,
    ) -> Ticket:
        """What its resident tells only now goes into the ticket that waited for it, as `text`.

        Like a new one it is then dispatched where a rule is certain, else a person decides.
        """
        ticket = store.seen(connection, number, version)
        changes = {"text": text} if len(text) <= LONGEST_TEXT else {}
        ticket = self._step(
            connection, ticket, Action.SUPPLEMENT, by=BY_RESIDENT, note=note, **changes
        )
        action, why, taken = self._opening().taken_up(ticket, draft, self.runtime.now())
        return self._step(connection, ticket, action, by=BY_SYSTEM, note=why, **taken)

    def remark(self, connection: Connection, number: str, *, version: int, note: str) -> Ticket:
        """A note of the program's own in the log; whoever has the ticket reads it."""
        return self._plain(
            connection, number, Action.SUPPLEMENT, version=version, by=BY_SYSTEM, note=note
        )

    def remind(
        self, connection: Connection, number: str, *, version: int, by: str, note: str = ""
    ) -> Ticket:
        """催办."""
        return self._plain(connection, number, Action.REMIND, version=version, by=by, note=note)

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
        return self._plain(connection, number, Action.SUPERVISE, version=version, by=by, note=note)

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
        ticket = store.seen(connection, number, version)
        return self._step(connection, ticket, Action.ANSWER, by=by, note=note, answer=text)

    def follow_up(
        self, connection: Connection, number: str, *, version: int, by: str, note: str = ""
    ) -> Ticket:
        """回访."""
        return self._plain(connection, number, Action.FOLLOW_UP, version=version, by=by, note=note)

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
        ticket = store.seen(connection, number, version)
        said = {"solved": solved, "satisfied": satisfied, "contacted": contacted}
        changes = {name: value for name, value in said.items() if value is not None}
        return self._step(connection, ticket, Action.EVALUATE, by=by, note=note, **changes)

    def close(
        self, connection: Connection, number: str, *, version: int, by: str, note: str = ""
    ) -> Ticket:
        """办结."""
        return self._plain(connection, number, Action.CLOSE, version=version, by=by, note=note)

    def reopen(
        self, connection: Connection, number: str, *, version: int, by: str, note: str = ""
    ) -> Ticket:
        """重新办理 by the same unit under the same number, with a new deadline."""
        ticket = store.seen(connection, number, version)
        changes = self._opening().first_due(ticket, self.runtime.now())
        return self._step(connection, ticket, Action.REOPEN, by=by, note=note, **changes)

    def withdraw(
        self, connection: Connection, number: str, *, version: int, by: str, note: str
    ) -> Ticket:
        """撤单."""
        return self._plain(connection, number, Action.WITHDRAW, version=version, by=by, note=note)

    def _plain(
        self,
        connection: Connection,
        number: str,
        action: Action,
        *,
        version: int,
        by: str,
        note: str,
    ) -> Ticket:
        """A step that brings nothing along."""
        ticket = store.seen(connection, number, version)
        return self._step(connection, ticket, action, by=by, note=note)

    def _opening(self) -> Opening:
        return Opening(
            county=self.county,
            router=self.router,
            calendar=self.calendar,
            certain_above=self.certain_above,
        )

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

    def _sign_due(self, ticket: Ticket) -> dict[str, Any]:
        return entails.sign_due(self.county, ticket, self.runtime.now())
