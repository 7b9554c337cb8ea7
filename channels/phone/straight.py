"""Whose calls a person takes at once (直接转人工): he is greeted, and asked nothing."""

import asyncio

import structlog

from channels.message import Reply
from channels.phone import number
from channels.phone.book import Began, CallBook, Purpose

LOOK_WITHIN_S = 1.0  # a book that does not answer holds up nobody
GREETING = Reply(key="phone_straight")

_log = structlog.get_logger(__name__)


async def is_wanted(book: CallBook, began: Began) -> bool:
    """Has somebody marked this caller? Not where the book does not say: he is served as anybody."""
    if began.purpose is not Purpose.INBOUND or not number.to_dial(began.contact):
        return False
    try:
        async with asyncio.timeout(LOOK_WITHIN_S):
            return await book.goes_straight(began.contact)
    except Exception:
        _log.exception("phone.marks_not_known", call=began.call_id)
        return False
