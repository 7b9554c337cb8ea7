"""Tickets and events as JSON and back, without loss: what the store keeps and what a log's
changes hold.

Enums travel as their values, times as ISO 8601 in UTC, tuples as lists.
`ticket_from_json(ticket_to_json(t))`
equals `t`, and the same for events.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from enum import Enum
from types import MappingProxyType
from typing import Any

from nlp.understanding import RequestKind, Urgency
from routing.ticket import Action, Status, Ticket, TicketEvent

TICKET_FIELDS = frozenset(field.name for field in fields(Ticket))


def encode(value: Any) -> Any:
    """One field's value as JSON; TypeError for what no ticket field holds."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):
        return utc(value).isoformat()
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    raise TypeError(f"a ticket holds no {type(value).__name__}")


def decode(name: str, value: Any) -> Any:
    """The value of the ticket field `name` from its JSON; ValueError or TypeError where it does
    not fit.
    """
    if value is None:
        if name not in _OPTIONAL:
            raise ValueError(f"{name} is never empty")
        return None
    decoder = _DECODERS.get(name)
    return decoder(value) if decoder else value


def ticket_to_json(ticket: Ticket) -> dict[str, Any]:
    """Every field of a ticket by its name."""
    return {field.name: encode(getattr(ticket, field.name)) for field in fields(ticket)}


def ticket_from_json(values: Mapping[str, Any]) -> Ticket:
    """The ticket that `ticket_to_json` wrote; fields added since then take their defaults."""
    return Ticket(**{name: decode(name, value) for name, value in values.items()})


def event_to_json(event: TicketEvent) -> dict[str, Any]:
    """Every field of an event by its name; `changes` is JSON already."""
    return {
        "ticket": event.ticket,
        "sequence": event.sequence,
        "action": event.action.value,
        "by": event.by,
        "at": utc(event.at).isoformat(),
        "note": event.note,
        "changes": dict(event.changes),
    }


def event_from_json(values: Mapping[str, Any]) -> TicketEvent:
    """The event that `event_to_json` wrote."""
    return TicketEvent(
        ticket=values["ticket"],
        sequence=values["sequence"],
        action=Action(values["action"]),
        by=values["by"],
        at=_time(values["at"]),
        note=values["note"],
        changes=dict(values["changes"]),
    )


def utc(moment: datetime) -> datetime:
    """The same moment in UTC; ValueError for a time without its zone."""
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment.astimezone(UTC)


def _time(value: str) -> datetime:
    return utc(datetime.fromisoformat(value))


def _texts(value: list[str]) -> tuple[str, ...]:
    if isinstance(value, str):
        raise TypeError("a list of texts is needed")
    return tuple(value)


_OPTIONAL = frozenset(
    {"sign_due_at", "started_at", "closed_at", "solved", "satisfied", "contacted"}
)

_DECODERS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "status": Status,
        "kind": RequestKind,
        "urgency": Urgency,
        "opened_at": _time,
        "updated_at": _time,
        "due_at": _time,
        "sign_due_at": _time,
        "started_at": _time,
        "closed_at": _time,
        "evidence": _texts,
        "assisting": _texts,
        "standard": _texts,
    }
)
