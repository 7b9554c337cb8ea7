"""Everything that can happen to a ticket, each a part of its caller's unit of work.

`act` does what needs no more than an order; what brings something along has a method of its own.
All have one shape: load, advance, save if the version is unchanged, append the event, post the
envelopes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection

from config.county import County
from config.runtime import LOCAL_ZONE, Runtime
from nlp.understanding import Urgency
from routing import command, entails, heard_back, jurisdiction, lifecycle, notices, outbox, store
from routing.codes import Codes, Way
from routing.errors import ActionRefused
from routing.heard_back import Owner
from routing.opening import Opening
from routing.order import BY_SYSTEM, Order
from routing.route import Router
from routing.ticket import ACTION_NAMES, Action, Draft, Occasion, Route, Ticket
from routing.worktime import Calendar

BRING_ALONG = frozenset(
    {Action.OPEN, Action.CORRECT, Action.DISPATCH, Action.RULE}
    | {Action.EXTEND, Action.ANSWER, Action.EVALUATE}
)  # each has a method of its own

_Entailed = Callable[[Ticket], dict[str, Any]]  # the changes that come along with a step


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatcher:
    """Methods are synchronous; the first argument is the connection.

    They raise StaleVersion if the ticket has changed since the order saw it, TicketNotFound,
    ActionRefused and UnknownUnit, each with a Chinese sentence.
    """

    county: County
    router: Router
    calendar: Calendar
    runtime: Runtime
    certain_above: float = 0.8
    unreached: frozenset[str] = frozenset()  # units that nothing of ours gets to
    codes: Codes | None = None  # without a phone line nobody is put through

    def reaches(self, unit: str) -> bool:
        """Can who answers for the unit be told of anything?"""
        return unit not in self.unreached

    def way(self, connection: Connection, ticket: Ticket) -> Way | None:
        """How the ticket's resident is reached by who handles it; None: not so."""
        return self.codes.way(connection, ticket, self.runtime.now()) if self.codes else None

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
        return self._opening().preview(draft, self.runtime.now())

    def act(self, connection: Connection, action: Action, order: Order) -> Ticket:
        """Any step that needs no more than the order; the others are refused."""
        if action in BRING_ALONG:
            raise ActionRefused(f"{ACTION_NAMES[action]}要另填内容，请用它自己的表单办理。")
        return self._step(connection, action, order, lambda it: self._along(action, it, order))

    def correct(
        self,
        connection: Connection,
        order: Order,
        *,
        category: str | None = None,
        place: str | None = None,
        address: str | None = None,
        urgency: Urgency | str | None = None,
        confidential: bool | None = None,
        look: str | None = None,
    ) -> Ticket:
        """更正: put category, place, urgency or 保密 right; the deadline follows.

        `look`: why a person at the hotline must look at it; his next step ends that.
        """
        said: dict[str, Any] = {"category": category, "place": place, "urgency": urgency}
        said |= {"address": address, "confidential": confidential, "handover_reason": look}
        return self._step(
            connection,
            Action.CORRECT,
            order,
            lambda it: entails.corrected(self.county, self.calendar, it, self.runtime.now(), said),
        )

    def dispatch(
        self,
        connection: Connection,
        order: Order,
        *,
        unit: str = "",
        assisting: Sequence[str] = (),
    ) -> Ticket:
        """派单 to `unit`; without one, where the catalogue sends a category that is certain."""
        chosen = entails.goes_to(self.county, unit, assisting) if unit else None
        return self._step(
            connection,
            Action.DISPATCH,
            order,
            lambda it: (
                (chosen or entails.by_catalogue(self.router, it))
                | self._sign_due(it)
                | {"handover_reason": ""}
            ),
        )

    def rule(
        self, connection: Connection, order: Order, *, unit: str, assisting: Sequence[str] = ()
    ) -> Ticket:
        """裁定: who has to take a returned ticket."""
        to = entails.goes_to(self.county, unit, assisting)
        return self._step(connection, Action.RULE, order, lambda it: to | self._sign_due(it))

    def extend(self, connection: Connection, order: Order, *, due_at: datetime) -> Ticket:
        """延期 to a later time, with the reason."""
        now, by = self.runtime.now(), order.by
        return self._step(
            connection,
            Action.EXTEND,
            order,
            lambda it: entails.extended(self.county, self.calendar, it, now, by=by, due_at=due_at),
        )

    def recount(self, connection: Connection, order: Order) -> Ticket:
        """更正 of a date that was provisional, now that its holidays are published."""
        now = self.runtime.now()
        anew = partial(entails.corrected_due, self.county, self.calendar, now=now)
        return self._step(connection, Action.CORRECT, order, anew)

    def answer(self, connection: Connection, order: Order, *, text: str) -> Ticket:
        """答复, in the words that the resident will read."""
        return self._step(connection, Action.ANSWER, order, lambda _: {"answer": text})

    def evaluate(
        self,
        connection: Connection,
        order: Order,
        *,
        solved: bool | None = None,
        satisfied: bool | None = None,
        contacted: bool | None = None,
    ) -> Ticket:
        """评价: three judgements, of which only those that were said are changed."""
        judged = {"solved": solved, "satisfied": satisfied, "contacted": contacted}
        said = {name: value for name, value in judged.items() if value is not None}
        return self._step(connection, Action.EVALUATE, order, lambda _: said)

    def supplement(
        self, connection: Connection, order: Order, *, phone: str = "", name: str = ""
    ) -> Ticket:
        """补充: the resident's further words, perhaps with his own telephone or name."""
        said = {"reporter_phone": phone, "reporter_name": name}
        left = {field: value for field, value in said.items() if value}
        return self._step(
            connection,
            Action.SUPPLEMENT,
            order,
            lambda it: self._along(Action.SUPPLEMENT, it, order) | left,
        )

    def take_up(self, connection: Connection, order: Order, draft: Draft, *, text: str) -> Ticket:
        """What its resident tells only now goes into the ticket that waited for it, as `text`.

        Like a new one it is then dispatched where a rule is certain, else a person decides.
        """
        said = {"text": text} if len(text) <= entails.LONGEST_TEXT else {}
        ticket = self._step(connection, Action.SUPPLEMENT, order, lambda _: said)
        action, why, taken = self._opening().taken_up(ticket, draft, self.runtime.now())
        by_system = Order.on(ticket, by=BY_SYSTEM, note=why)
        return self._step(connection, action, by_system, lambda _: taken)

    def remark(self, connection: Connection, ticket: Ticket, note: str) -> Ticket:
        """A note of the program's own in the log; whoever has the ticket reads it."""
        return self.act(connection, Action.SUPPLEMENT, Order.on(ticket, by=BY_SYSTEM, note=note))

    def remind_overdue(self, connection: Connection, order: Order) -> Ticket:
        """催办 past the deadline: the unit above the owner is told as well."""
        ticket, now = self.act(connection, Action.REMIND, order), self.runtime.now()
        told = notices.overdue(self.county, ticket, now, self.runtime.new_id)
        outbox.post(connection, told, now)
        return ticket

    def remind_danger(self, connection: Connection, order: Order) -> Ticket:
        """催办 of a danger that nobody has seen to: the command desk is told once more."""
        ticket = self.act(connection, Action.REMIND, order)
        self.tell_command(connection, ticket)
        return ticket

    def tell_command(self, connection: Connection, ticket: Ticket) -> None:
        """The command desk is told of a danger as it is known now."""
        now = self.runtime.now()
        told = command.told(self.county, ticket, now, self.runtime.new_id)
        outbox.post(connection, told, now)

    def _along(self, action: Action, ticket: Ticket, order: Order) -> dict[str, Any]:
        now = self.runtime.now()
        return entails.along(self.county, self.calendar, ticket, action, order, now=now)

    def _opening(self) -> Opening:
        return Opening(
            county=self.county,
            router=self.router,
            calendar=self.calendar,
            certain_above=self.certain_above,
        )

    def _step(
        self, connection: Connection, action: Action, order: Order, entailed: _Entailed
    ) -> Ticket:
        ticket = order.known or store.seen(connection, order.number, order.version)
        changes = entailed(ticket)
        changes |= heard_back.called_for(
            ticket,
            action,
            order,
            changes,
            owner=self._owner(ticket.unit),
            log=partial(store.events, connection, ticket.number),
        )
        after, event = lifecycle.advance(
            ticket, action, by=order.by, at=self.runtime.now(), note=order.note, **changes
        )
        store.save(connection, after, event)
        self._post(connection, Occasion(before=ticket, after=after, event=event))
        return after

    def _owner(self, unit: str) -> Owner:
        if unit == jurisdiction.centre(self.county).code:
            return Owner.HERE
        return Owner.TOLD if self.reaches(unit) else Owner.UNREACHED

    def _post(self, connection: Connection, occasion: Occasion) -> None:
        at = occasion.event.at
        before, after = occasion.before, occasion.after
        way = self.codes.give(connection, before, after, at) if self.codes else None
        told = notices.of(self.county, occasion, self.runtime.new_id, way)
        outbox.post(connection, told, at)

    def _sign_due(self, ticket: Ticket) -> dict[str, Any]:
        return entails.sign_due(self.county, ticket, self.runtime.now())
