"""The ordinary call: whoever is there tells his matter to the desk, see `talk.call`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from channels.message import Reply
from channels.phone.book import Ended
from channels.phone.kinds.visit import Needs, Visit
from channels.phone.talk.call import GREETING, Call
from channels.phone.talk.office import Codes, Office


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordinary:
    """Of who has rung us: contact codes count. `straight`: a person is to have him at once."""

    greeting: Reply = GREETING
    straight: bool = False
    needs: ClassVar = Needs()

    async def hold(self, visit: Visit) -> None:
        """See `Conversation`."""
        await serve(visit, self.greeting, straight=self.straight, codes=_codes(visit))


async def serve(
    visit: Visit,
    greeting: Reply | None,
    *,
    straight: bool = False,
    codes: Codes | None = None,
    lives: Callable[[str], Awaitable[bool]] | None = None,
) -> Ended:
    """Any call in which he tells his matter, for whatever reason he is there. `lives`: see
    `Office`, where it is not the exchange's word alone.
    """
    office = Office(
        receive=visit.desk.receive,
        note=visit.notes.heard,
        leave=visit.leave,
        alarms=visit.alarms,
        lives=lives or visit.leaving.lives,
        now=visit.desk.runtime.now,
        longest_ms=visit.longest_ms,
        codes=codes,
    )
    call = visit.floor.call = Call(
        caller=visit.caller,
        listens=visit.parts.listens,
        speaks=visit.parts.speaks,
        office=office,
        greeting=greeting,
        straight=straight,
    )
    try:
        ended = await call.run()
    finally:
        visit.floor.call = None
    await visit.telephone.book.ended(ended)
    return ended


def _codes(visit: Visit) -> Codes:
    look = visit.telephone.book.contact
    return Codes(
        look=partial(look, visit.caller.call_id, visit.caller.contact),
        relay=partial(visit.leaving.relay, visit.media),
    )
