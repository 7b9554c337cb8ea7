"""An order: who wants something done to a ticket, and which version of it he saw."""

from dataclasses import dataclass
from typing import Self

from routing.ticket import Ticket

BY_SYSTEM = "system"
BY_RESIDENT = "resident"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Who wants something done to a ticket, which version of it he saw, and what he says to it."""

    number: str
    version: int
    by: str  # see steps.Actor
    note: str = ""
    ticket: Ticket | None = None  # as he saw it, where it need not be read once more

    @classmethod
    def on(cls, ticket: Ticket, *, by: str, note: str = "") -> Self:
        """On the ticket as it was seen here; saving it tells whether it has changed since."""
        return cls(number=ticket.number, version=ticket.version, by=by, note=note, ticket=ticket)

    @property
    def known(self) -> Ticket | None:
        """The ticket in the version that is meant; None where it has to be read."""
        same = self.ticket is not None and self.ticket.version == self.version
        return self.ticket if same else None
