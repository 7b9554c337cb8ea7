"""Contact codes that are keyed in (联系码): who handles a ticket is put through to its resident."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from channels.message import Reply
from channels.phone.book import Through

MOST_WRONG = 3  # codes of one call
LOOK_WITHIN_S = 2.0

CONNECTING = Reply(key="contact_connecting")
WRONG = Reply(key="contact_wrong")
CLOSED = Reply(key="contact_closed")
REFUSED = Reply(key="contact_refused")


class Verdict(StrEnum):
    """What becomes of a code."""

    RIGHT = "right"
    WRONG = "wrong"  # he may key it in once more
    CLOSED = "closed"  # nobody is rung at this hour
    REFUSED = "refused"  # no code counts any more


@dataclass(slots=True, kw_only=True)
class Contacting:
    """Of one call: `look` asks whose a code is, `relay` gives the caller on to a number."""

    look: Callable[[str], Awaitable[Through]]
    relay: Callable[[str], Awaitable[bool]]
    through: Through | None = None  # whom he is put through to
    _wrong: int = 0

    async def keyed(self, code: str) -> Verdict:
        """What becomes of this code; raises where nobody can say."""
        async with asyncio.timeout(LOOK_WITHIN_S):
            found = await self.look(code)
        if found.to:
            self.through = found
            return Verdict.RIGHT
        if found.closed:
            return Verdict.CLOSED
        self._wrong += 1
        refused = found.refused or self._wrong >= MOST_WRONG
        return Verdict.REFUSED if refused else Verdict.WRONG

    async def go(self) -> bool:
        """Put him through; False: the exchange could not be told, or he has gone."""
        return self.through is not None and await self.relay(self.through.to)
