"""What a department may see of a ticket: the one answer, for webhooks and for the API. Pure.

Never who reported it; of a confidential ticket neither words nor place, only what kind of matter it
is, whose and until when.
"""

from typing import Any

from config.county import County
from nlp import redact
from routing import permission
from routing.codes import Way
from routing.ticket import Ticket

WITHHELD = "居民要求保密，内容请向县网格管理中心当面了解。"


def to_department(
    county: County, ticket: Ticket, department: str, way: Way | None = None
) -> dict[str, Any]:
    """The ticket as JSON takes it; one that is no longer the department's has no words, and no
    `way` to its resident.
    """
    own = role(ticket, department) != "none"
    hidden = ticket.confidential
    by = f"department:{department}"
    return {
        "number": ticket.number,
        "version": ticket.version,
        "role": role(ticket, department),
        "status": ticket.status.value,
        "kind": ticket.kind.value,
        "urgency": ticket.urgency.value,
        "category": ticket.category,
        "category_path": county.category_path(ticket.category),
        "confidential": hidden,
        "place": "" if hidden else ticket.place,
        "place_name": "" if hidden else county.place_name(ticket.place),
        "address": words(ticket, department, ticket.address),
        "text": WITHHELD if hidden else words(ticket, department, ticket.text),
        "answer": words(ticket, department, ticket.answer),
        "unit": ticket.unit,
        "unit_name": county.unit_name(ticket.unit),
        "assisting": list(ticket.assisting),
        "opened_at": ticket.opened_at.isoformat(),
        "sign_due_at": ticket.sign_due_at.isoformat() if ticket.sign_due_at else None,
        "due_at": ticket.due_at.isoformat(),
        "due_provisional": ticket.due_provisional,
        "standard": list(ticket.standard),
        "contact": _contact(way) if own and not hidden else None,
        "actions": [action.value for action in permission.allowed(ticket, by)] if own else [],
    }


def _contact(way: Way | None) -> dict[str, str] | None:
    """How its resident is reached, whose number nobody sees."""
    return {"dial": way.dial, "code": way.code, "text": way.words} if way else None


def words(ticket: Ticket, department: str, said: str) -> str:
    """What was said about the ticket, masked; nothing of a confidential or a stranger's one."""
    if ticket.confidential or role(ticket, department) == "none":
        return ""
    return redact.mask(said)


def role(ticket: Ticket, department: str) -> str:
    """lead, assisting or none."""
    if department == ticket.unit:
        return "lead"
    return "assisting" if department in ticket.assisting else "none"
