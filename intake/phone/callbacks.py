"""Calls that an operator, or the program itself, wants made because of a ticket."""

from channels.message import Contact, Reply
from channels.phone import number
from channels.phone.book import Purpose
from intake.phone.errands import Plan
from routing.ticket import Status, Ticket

BY_SYSTEM = "system"
_TO_FOLLOW_UP = frozenset({Status.ANSWERED})
_TO_RING_BACK = frozenset({Status.DECIDING, Status.RETURNED})


def reachable(ticket: Ticket) -> Contact | None:
    """Whom to ring because of this ticket; None where there is no number."""
    reporter = Contact.parse(ticket.reporter) if ticket.reporter else None
    if reporter is not None and number.to_dial(reporter):
        return reporter
    if not ticket.reporter_phone:
        return None
    left = number.contact(ticket.reporter_phone, call_id="", area_code="")
    return left if number.to_dial(left) else None


def fitting(ticket: Ticket) -> Purpose | None:
    """回访 for what is answered, 回拨 for what nobody has understood yet; None: neither."""
    if ticket.status in _TO_FOLLOW_UP:
        return Purpose.FOLLOW_UP
    return Purpose.CALL_BACK if ticket.status in _TO_RING_BACK else None


def call_back(new_id: str, to: Contact, ticket: str, *, by_system: bool = False) -> Plan:
    """回拨: he is greeted and tells his matter.

    One that the program planned is not made any more once somebody has seen to the ticket.
    """
    by = {"planned_by": BY_SYSTEM} if by_system else {}
    reply = Reply(key="call_again", values={"number": ticket, **by})
    return Plan(id=new_id, to=to, purpose=Purpose.CALL_BACK, ticket=ticket, reply=reply)


def follow_up(new_id: str, to: Contact, ticket: str, result: Reply) -> Plan:
    """回访: he hears the result and is asked whether he is content."""
    return Plan(id=new_id, to=to, purpose=Purpose.FOLLOW_UP, ticket=ticket, reply=result)
