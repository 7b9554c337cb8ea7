"""How a call ends: who has him next, what the desk is told of it, and what stands in the book."""

from dataclasses import dataclass

import structlog

from channels.message import Reply
from channels.phone import book, reasons
from channels.phone.audio.media import Ended
from channels.phone.book import Outcome
from channels.phone.exchange.exchange import Next
from channels.phone.talk.office import Office
from channels.phone.talk.speaking import Speaking
from channels.phone.talk.standing import Standing
from channels.phone.talk.window import Caller, Window

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """`ticket`: the call belongs to it, beside those that came of what he told."""

    outcome: Outcome
    reason: str = ""
    ticket: str = ""


class Ending:
    """Each method but `written` ends the call for us, and says how."""

    def __init__(
        self,
        *,
        caller: Caller,
        office: Office,
        window: Window,
        speaking: Speaking,
        standing: Standing,
    ) -> None:
        self._call_id = caller.call_id
        self._office = office
        self._window = window
        self._speaking = speaking
        self._standing = standing

    def written(self, end: End) -> book.Ended:
        """As it stands in the book."""
        return book.Ended(
            call_id=self._call_id,
            at=self._office.now(),
            outcome=end.outcome,
            reason=end.reason,
            tickets=(*self._window.tickets, *([end.ticket] if end.ticket else [])),
        )

    async def to_person(self, reason: str) -> End:
        """Our own wish to hand over: the desk keeps everything heard, then a person takes it."""
        receipt = await self._window.event(f"handover:{reason}")
        in_danger = self._standing.in_danger
        told = receipt.replies if receipt and not in_danger else ()  # no long words then
        await self._speaking.say(*(told or (Reply(key="transferring"),)))
        return await self.handed_on(reason)

    async def in_silence(self, reason: str) -> End:
        """As `to_person`; not a word more is said."""
        await self._window.event(f"handover:{reason}")
        return await self.handed_on(reason)

    async def handed_on(self, reason: str) -> End:
        """The operators' screen is filled before this: the ticket is there with all he told."""
        heard = next(reversed(self._window.tickets), "")
        await self._leave(Next.OPERATORS, heard)
        return End(outcome=Outcome.PERSON, reason=reason)

    async def failed(self) -> End:
        """We cannot go on; what was told is kept."""
        await self.in_silence(reasons.PROGRAM_FAILED)
        return End(outcome=Outcome.FAILED, reason=reasons.PROGRAM_FAILED)

    async def bye(self) -> End:
        """Both have said goodbye; the line is ended once all that he told is settled."""
        if await self._window.event("hangup") is None and self._standing.asked:
            return await self.handed_on(reasons.PROGRAM_FAILED)
        await self._leave(Next.BYE, "")
        return End(outcome=self._over())

    async def put_down(self, reason: str) -> End:
        """The line is ended; there is nothing that he told."""
        await self._leave(Next.BYE, "")
        return End(outcome=Outcome.HUNG_UP, reason=reason)

    async def relayed(self, ticket: str) -> End:
        """He has been put through to the resident of a ticket."""
        if self._standing.told:
            await self._window.event("hangup")
        return End(outcome=Outcome.RELAYED, ticket=ticket)

    async def gone(self, reason: Ended) -> End:
        """He has put down, or we have lost him: what he told becomes a ticket all the same."""
        if reason is Ended.LOST and self._standing.told:  # the dialplan goes on with him
            return await self._taken_away(Outcome.LOST)
        if await self._office.lives(self._call_id):  # the exchange took him from us
            return await self._taken_away(Outcome.PERSON)
        why = reasons.NEVER_HEARD if self._standing.unclear else ""
        settled = await self._window.event(f"handover:{why}" if why else "hangup") is not None
        lost = reason is Ended.LOST or not settled
        return End(outcome=Outcome.LOST if lost else self._over(), reason=why)

    async def _taken_away(self, outcome: Outcome) -> End:
        await self._window.event(f"handover:{reasons.TAKEN_AWAY}")
        return End(outcome=outcome, reason=reasons.TAKEN_AWAY)

    def _over(self) -> Outcome:
        return Outcome.SERVED if self._standing.settled else Outcome.HUNG_UP

    async def _leave(self, where: Next, heard: str) -> None:
        try:
            await self._office.leave(where, heard)
        except Exception:  # the dialplan's own default is a person
            _log.exception("phone.leave_failed", call=self._call_id)
