"""What the page of a call offers to limit its number with (骚扰号码), or says of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from channels.phone import number
from channels.phone.book import Purpose
from config.sections import Phone
from intake.accounts import Session
from intake.phone import blocks, silent
from intake.phone.register import Entry
from intake.web import forms, sessions


def known(connection: Connection, call: Entry, now: datetime) -> dict[str, Any]:
    """Under which block it stands, and whether its caller has been silent again and again."""
    return {
        "block": blocks.standing(connection, call.contact, now),
        "silent": silent.calls(connection, call),
    }


def offered(
    call: Entry, session: Session, phone: Phone | None, typed: forms.Fields | None
) -> dict[str, Any]:
    """The form; `typed`: what was in it."""
    writes = session.account.role in sessions.MAY_WRITE
    return {
        "may_block": writes and phone is not None and call.purpose is Purpose.INBOUND,
        "has_number": bool(number.to_dial(call.contact)),
        "reasons": blocks.REASONS,
        "spans": blocks.spans(phone.most_block_hours) if phone is not None else {},
        "typing": typed is not None,
        "typed": {name: (typed or {}).get(name, "") for name in ("reason", "words", "hours")},
    }
