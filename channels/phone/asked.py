"""What the book is asked of a caller before he is greeted; one that does not answer holds up
nobody.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from channels.message import Contact, Reply
from channels.phone import number
from channels.phone.book import Began, CallBook, Purpose

LOOK_WITHIN_S = 1.0
T = TypeVar("T")

_log = structlog.get_logger(__name__)


async def limits(book: CallBook, began: Began) -> Reply | None:
    """What he hears first whose calls are limited; None for anybody else."""
    return await _of_caller(book.limited, began, None)


async def goes_straight(book: CallBook, began: Began) -> bool:
    """Has somebody marked this caller, so that a person takes him at once?"""
    return await _of_caller(book.goes_straight, began, False)


async def _of_caller(answer: Callable[[Contact], Awaitable[T]], began: Began, otherwise: T) -> T:
    """The answer; `otherwise` of who shows no number or was rung by us, and where none comes."""
    if began.purpose is not Purpose.INBOUND or not number.to_dial(began.contact):
        return otherwise
    try:
        async with asyncio.timeout(LOOK_WITHIN_S):
            return await answer(began.contact)
    except Exception:
        _log.exception("phone.caller_not_known", call=began.call_id)
        return otherwise
