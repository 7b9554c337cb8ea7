"""Contact codes that are keyed in (联系码): who handles a ticket is put through to its resident."""

import asyncio

from channels.message import Reply
from channels.phone import reasons
from channels.phone.book import Through
from channels.phone.talk.ending import End, Ending
from channels.phone.talk.office import Codes
from channels.phone.talk.speaking import MURMURS, Speaking
from channels.phone.talk.standing import Standing
from channels.phone.talk.turns import Said, Turns

MOST_WRONG = 3  # codes of one call
LOOK_WITHIN_S = 2.0

CONNECTING = Reply(key="contact_connecting")
WRONG = Reply(key="contact_wrong")
CLOSED = Reply(key="contact_closed")
REFUSED = Reply(key="contact_refused")


class Contacting:
    """What a code leads to in one call."""

    def __init__(
        self,
        *,
        codes: Codes,
        turns: Turns,
        speaking: Speaking,
        standing: Standing,
        ending: Ending,
    ) -> None:
        self._codes = codes
        self._turns = turns
        self._speaking = speaking
        self._standing = standing
        self._ending = ending
        self._wrong = 0

    async def keyed(self, code: str) -> End | None:
        """A code; None: the call goes on. Raises where nobody can say whose it is."""
        async with asyncio.timeout(LOOK_WITHIN_S):
            found = await self._codes.look(code)
        if found.to:
            return await self._connect(found)
        if found.closed:
            await self._speaking.say(CLOSED)
            return None
        self._wrong += 1
        if found.refused or self._wrong >= MOST_WRONG:
            return await self._refuse()
        await self._speaking.say(WRONG)
        return None

    async def _connect(self, through: Through) -> End | None:
        """Unless he has more to say than 嗯, or wants something else: that is next then."""
        await self._speaking.say(CONNECTING)
        while not self._turns.quiet:
            turn = await self._turns.next()
            if not (isinstance(turn, Said) and turn.utterance.text in MURMURS):
                self._turns.put_back(turn)
                return None
        if await self._codes.relay(through.to):
            return await self._ending.relayed(through.ticket)
        if self._turns.come:  # he has gone
            return None
        return await self._ending.to_person(reasons.PROGRAM_FAILED)

    async def _refuse(self) -> End | None:
        """No code counts any more; who has told a matter is no mere guesser."""
        if self._standing.told:
            return await self._ending.to_person(reasons.WRONG_CODES)
        heard = await self._speaking.say(REFUSED)
        if not (heard and self._turns.quiet):
            return None
        return await self._ending.put_down(reasons.WRONG_CODES)
