"""The call book on the program's database: what is written is durable when it returns."""

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import Connection

from channels.message import Contact, Reply
from channels.phone.book import Began, Ended, Errand, Judgement, Purpose, SpokenLine, Through
from config.runtime import Runtime
from intake.phone import blocks, calls, errands, followup, straight
from intake.phone.contacts import Keyed
from intake.phone.errands import Plan
from routing import command
from routing.database import Database
from routing.errors import StaleVersion

_PURPOSES = {
    "result": Purpose.FOLLOW_UP,
    "call_again": Purpose.CALL_BACK,
    command.REPLY: Purpose.ALARM,
}
MOST_OVERTAKEN = 50  # at a time
MOST_RETRIES = 5

_log = structlog.get_logger(__name__)


class DatabaseBook:
    """Implements `channels.phone.book.CallBook`.

    `judged` puts what a resident answered into his ticket; `unreached` that nobody answered;
    `contact` says whom a code leads to that somebody has keyed in.
    """

    def __init__(
        self,
        *,
        database: Database,
        runtime: Runtime,
        judged: Callable[[Connection, Errand, Judgement], None],
        unreached: Callable[[Connection, Errand, str], None],
        contact: Callable[[Connection, Keyed], Through],
    ) -> None:
        self._database = database
        self._runtime = runtime
        self._judged = judged
        self._unreached = unreached
        self._contact = contact

    async def began(self, call: Began) -> None:
        """See `CallBook`."""
        await self._database.write(lambda c: calls.began(c, call))

    async def limited(self, contact: Contact) -> Reply | None:
        """See `CallBook`."""
        now = self._runtime.now()
        found = await self._database.read(lambda c: blocks.standing(c, contact, now))
        return blocks.opening(found.until, now) if found else None

    async def goes_straight(self, contact: Contact) -> bool:
        """See `CallBook`."""
        now = self._runtime.now()
        return await self._database.read(lambda c: straight.is_marked(c, contact, now))

    async def contact(self, call_id: str, caller: Contact, code: str) -> Through:
        """See `CallBook`."""
        what = Keyed(
            id=self._runtime.new_id(),
            call_id=call_id,
            caller=caller,
            code=code,
            at=self._runtime.now(),
        )
        return await self._database.write(lambda c: self._contact(c, what))

    async def spoken(self, call_id: str, line: SpokenLine) -> None:
        """See `CallBook`."""
        now = self._runtime.now()
        await self._database.write(lambda c: calls.spoken(c, call_id, line, now))

    async def opened(self, call_id: str, ticket: str) -> None:
        """See `CallBook`."""
        await self._database.write(lambda c: calls.link(c, call_id, [ticket]))

    async def ended(self, call: Ended) -> None:
        """See `CallBook`."""
        await self._database.write(lambda c: calls.ended(c, call))

    async def queued(self, call_id: str) -> None:
        """See `CallBook`."""
        now = self._runtime.now()
        await self._database.write(lambda c: calls.queued(c, call_id, now))

    async def connected(self, call_id: str, operator: str) -> None:
        """See `CallBook`."""
        now = self._runtime.now()
        await self._database.write(lambda c: calls.connected(c, call_id, operator, now))

    async def hung_up(self, call_id: str) -> None:
        """See `CallBook`."""
        now = self._runtime.now()
        await self._database.write(lambda c: calls.hung_up(c, call_id, now))

    async def plan(self, to: Contact, reply: Reply) -> str:
        """See `CallBook`."""
        wanted = Plan(
            id=self._runtime.new_id(),
            to=to,
            purpose=_PURPOSES.get(reply.key, Purpose.NOTICE),
            ticket=reply.values.get("number", ""),
            reply=reply,
        )
        now = self._runtime.now()
        return await self._database.write(lambda c: errands.plan(c, wanted, now))

    async def next_errand(self, *, alarms_only: bool = False) -> Errand | None:
        """See `CallBook`."""
        now = self._runtime.now()
        try:
            await self._settled(lambda c: self._tell_of_lost(c, now))
        except Exception:  # what is wrong with one ticket must not keep all others from their calls
            _log.exception("phone.lost_errands_not_told")
        return await self._database.write(lambda c: _claimed(c, now, alarms_only))

    def _tell_of_lost(self, connection: Connection, now: datetime) -> None:
        """Whose last call no program has told the end of: a person goes on."""
        for lost in errands.give_up(connection, now):
            self._unreached(connection, lost, errands.result_of(connection, lost.id))

    async def answered(self, errand: Errand, judgement: Judgement) -> None:
        """See `CallBook`."""
        said = followup.words(judgement)
        await self._database.write(lambda c: errands.answered(c, errand, said))

    async def reached(self, errand: Errand, judgement: Judgement) -> None:
        """See `CallBook`."""
        now = self._runtime.now()

        def settle(connection: Connection) -> None:
            errands.done(connection, errand, now, "接通")
            self._judged(connection, errand, judgement)

        try:
            await self._settled(settle)
        except Exception:  # whatever is wrong with the ticket, he is not rung again
            await self._database.write(lambda c: errands.done(c, errand, now, "接通"))
            raise

    async def _settled(self, settle: Callable[[Connection], None]) -> None:
        """In one unit of work, so that no program dies between the call and its judgement."""
        for _ in range(MOST_RETRIES - 1):
            try:
                return await self._database.write(settle)
            except StaleVersion:
                continue
        return await self._database.write(settle)

    async def not_reached(self, errand: Errand, reason: str) -> None:
        """See `CallBook`."""

        def write(connection: Connection) -> None:
            last = errands.missed(connection, errand, self._runtime.now(), reason)
            if last:
                self._unreached(connection, errand, reason)

        await self._settled(write)


def _claimed(connection: Connection, now: datetime, alarms_only: bool) -> Errand | None:
    """The next call that is still worth making."""
    for _ in range(MOST_OVERTAKEN):
        errand = errands.claim(connection, now, alarms_only=alarms_only)
        why = followup.overtaken(connection, errand) if errand else ""
        if errand is None or not why:
            return errand
        errands.done(connection, errand, now, why)
    return None
