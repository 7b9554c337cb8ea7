"""Who reported a ticket, as its page shows him to whoever has not asked to see him. Pure."""

from collections.abc import Iterable

from nlp import redact
from routing.ticket import Ticket

NOBODY = "没有留姓名和电话"
_ON_OUR_PAGE = "web:"


def masked(ticket: Ticket) -> str:
    """Enough to know that there is somebody, not who."""
    if not ticket.reporter_phone and not ticket.reporter_name:
        return NOBODY
    phone = redact.mask_phone(ticket.reporter_phone) if ticket.reporter_phone else "没有留电话"
    return f"已隐去（{phone}）"


def is_hidden(ticket: Ticket, said: Iterable[str]) -> bool:
    """Is there anything to see for who asks: name, number, account, or words of what was `said`?"""
    named = ticket.reporter_name or ticket.reporter_phone
    account = not ticket.reporter.startswith(_ON_OUR_PAGE)
    return bool(named or account) or any(redact.mask(each) != each for each in said)
