"""What every conversation on the line is given: who is there, his ear and mouth, where he goes."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol

from channels.channel import Desk
from channels.phone.audio.media import Media
from channels.phone.book import Ended, Outcome
from channels.phone.ear import Listens
from channels.phone.endpointing import Patience
from channels.phone.equipment import Parts
from channels.phone.exchange.exchange import Next
from channels.phone.kinds.pump import Pump
from channels.phone.leaving import Leaving
from channels.phone.mouth import Speaks
from channels.phone.outgoing import Talk
from channels.phone.partners import Telephone
from channels.phone.talk.call import Call
from channels.phone.talk.window import Caller
from channels.phone.transcript import Transcript
from nlp.understanding import Understanding, Urgency


@dataclass(slots=True, kw_only=True)
class Floor:
    """Who has the word with a caller: an ordinary call, a pump of his sounds, nobody yet."""

    call: Call | None = None
    pump: Pump | None = None

    def press(self, digit: str) -> None:
        """A key that the exchange tells of."""
        holder = self.call or self.pump
        if holder is not None:
            holder.press(digit)

    def waits(self, speaks: Speaks) -> bool:
        """Is it the caller's turn?"""
        return self.call.waiting if self.call is not None else not speaks.talking

    def asked(self) -> bool:
        """Does the caller answer something? Whom we have a result for does."""
        return self.call is None or self.call.asks


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Of one call that is with us. `over`: what came of it, for who owed it to somebody."""

    media: Media
    caller: Caller
    parts: Parts
    notes: Transcript
    floor: Floor
    desk: Desk
    telephone: Telephone
    leaving: Leaving
    over: Callable[[Talk], None]
    longest_ms: int

    def hearing(self, listens: Listens) -> "Visit":
        """The same with another ear."""
        return replace(self, parts=replace(self.parts, listens=listens))

    def anew(self) -> "Visit":
        """The same, and what he tells now has nothing to do with why we rang him."""
        return replace(self, caller=replace(self.caller, ticket=""))

    async def keep(self) -> None:
        """See `Leaving.keep`."""
        await self.leaving.keep(self.media)

    async def leave(self, where: Next, ticket: str = "") -> None:
        """See `Leaving.leave`."""
        await self.leaving.leave(self.media, where, ticket)

    async def lives(self) -> bool:
        """See `Leaving.lives`."""
        return await self.leaving.lives(self.caller.call_id)

    async def ended(self, outcome: Outcome, reason: str = "") -> None:
        """So it stands in the book."""
        now = self.desk.runtime.now()
        ended = Ended(call_id=self.caller.call_id, at=now, outcome=outcome, reason=reason)
        await self.telephone.book.ended(ended)

    async def understood(self, text: str) -> Understanding:
        """What words say."""
        return await asyncio.to_thread(self.telephone.understand, text)

    async def alarms(self, text: str) -> bool:
        """Whether words tell of a danger."""
        return (await self.understood(text)).urgency is Urgency.DANGER


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Of a conversation's ear. `words`: there is none where nobody recognises speech; `patience`:
    where it is not the usual one.
    """

    words: bool = True
    patience: Patience | None = None


class Conversation(Protocol):
    """One kind of conversation, for one call."""

    needs: ClassVar[Needs]

    async def hold(self, visit: Visit) -> None:
        """From its first sound until the dialplan goes on, and the book says how it ended."""
