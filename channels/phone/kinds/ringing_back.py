"""Whom we ring back (回拨): he tells his matter; a machine, or who says nothing, is nobody."""

from dataclasses import dataclass
from typing import ClassVar

from channels.message import Reply
from channels.phone.book import Outcome, Purpose
from channels.phone.exchange.exchange import Next
from channels.phone.kinds import ordinary
from channels.phone.kinds.screening import Screened
from channels.phone.kinds.visit import Needs, Visit
from channels.phone.outgoing import Talk
from channels.phone.talk.call import GREETING

_SPOKE = frozenset({Outcome.SERVED, Outcome.PERSON})  # a machine that answers does neither
_CALL_AGAIN = Reply(key="call_again")


@dataclass(frozen=True, slots=True, kw_only=True)
class RingingBack:
    """One such call."""

    greeting: Reply
    needs: ClassVar = Needs()

    async def hold(self, visit: Visit) -> None:
        """See `Conversation`."""
        await visit.keep()
        screened = Screened(visit.parts.listens)

        async def lives(call_id: str) -> bool:
            return not screened.why and await visit.leaving.lives(call_id)

        ended = await ordinary.serve(visit.hearing(screened), self.greeting, lives=lives)
        if screened.why:
            await visit.leave(Next.BYE)
        spoke = not screened.why and (bool(ended.tickets) or ended.outcome in _SPOKE)
        visit.over(Talk(heard_out=spoke, why=screened.why))


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphaned:
    """Whom a program has rung that has died since: nobody knows any more what for."""

    purpose: Purpose
    needs: ClassVar = Needs()

    async def hold(self, visit: Visit) -> None:
        """See `Conversation`."""
        await visit.keep()
        is_back = self.purpose is Purpose.CALL_BACK
        await ordinary.serve(visit, _CALL_AGAIN if is_back else GREETING)
