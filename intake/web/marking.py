"""What the page of a call, or of a ticket, says and offers of taking a caller straight to a person
(下次直接转人工).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from channels.message import Contact
from channels.phone import number
from channels.phone.book import Purpose
from config.runtime import LOCAL_ZONE
from intake.accounts import Role
from intake.phone import callbacks, straight
from intake.phone.register import Entry
from intake.phone.straight import Mark
from intake.services import Services
from intake.web import sessions
from routing.ticket import Ticket

MAY_MARK = sessions.MAY_WRITE


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """`address`: of the form; `stands`: the mark that holds; `past`: those that are over."""

    address: str
    stands: Mark | None
    past: Sequence[Mark]
    suggestion: str  # why he might be marked; empty: nothing speaks for it by itself
    years: str
    may: frozenset[Role] = MAY_MARK


def of_call(connection: Connection, services: Services, call: Entry) -> Marking | None:
    """None where there is nobody to mark."""
    if call.purpose is not Purpose.INBOUND:
        return None
    why = straight.SUGGESTED if straight.suggested(call) else ""
    return _of(connection, services, call.contact, f"/console/calls/{call.id}/straight", why)


def of_ticket(connection: Connection, services: Services, ticket: Ticket) -> Marking | None:
    """None where there is nobody to mark."""
    contact = callbacks.reachable(ticket)
    if contact is None:
        return None
    return _of(connection, services, contact, f"/console/tickets/{ticket.number}/straight", "")


def date(at: datetime) -> str:
    """`2028年11月29日`, in the county's time."""
    local = at.astimezone(LOCAL_ZONE)
    return f"{local.year}年{local.month}月{local.day}日"


def _of(
    connection: Connection, services: Services, contact: Contact, address: str, why: str
) -> Marking | None:
    phone, now = services.settings.phone, services.runtime.now()
    if phone is None or not number.to_dial(contact):
        return None
    found = straight.of_caller(connection, contact)
    stands = next((each for each in found if each.stands(now)), None)
    return Marking(
        address=address,
        stands=stands,
        past=[each for each in found if not each.stands(now)],
        suggestion="" if stands else why,
        years=_length(phone.straight_days),
    )


def _length(days: int) -> str:
    years, rest = divmod(days, 365)
    return f"{years} 年" if years and not rest else f"{days} 天"
