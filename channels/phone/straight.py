"""Whose calls a person takes at once (直接转人工): he is greeted, and asked nothing."""

from channels.message import Reply
from channels.phone import asked
from channels.phone.book import Began, CallBook

GREETING = Reply(key="phone_straight")


async def is_wanted(book: CallBook, began: Began) -> bool:
    """Has somebody marked this caller? Not where the book does not say: he is served as anybody."""
    return await asked.of_caller(book.goes_straight, began, False)
