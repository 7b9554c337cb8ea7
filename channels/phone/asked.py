"""What the book is asked of a caller before he is greeted; one that does not answer holds up
nobody.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from channels.message import Contact
from channels.phone import number
from channels.phone.book import Began, Purpose

LOOK_WITHIN_S = 1.0
T = TypeVar("T")

_log = structlog.get_logger(__name__)


async def of_caller(answer: Callable[[Contact], Awaitable[T]], began: Began, otherwise: T) -> T:
    """The answer; `otherwise` of who shows no number or was rung by us, and where none comes."""
    if began.purpose is not Purpose.INBOUND or not number.to_dial(began.contact):
        return otherwise
    try:
        async with asyncio.timeout(LOOK_WITHIN_S):
            return await answer(began.contact)
    except Exception:
        _log.exception("phone.caller_not_known", call=began.call_id)
        return otherwise
