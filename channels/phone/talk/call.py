"""One call: greeting, an open question, read-back, ticket or a person; nobody is dropped.

The conversation itself is the front desk's, the same for every channel. Here is only what a
telephone adds: silence, keys, saying it again, and handing the caller on.
"""

import asyncio

import structlog

from channels.message import Receipt, Reply
from channels.phone import book, ear, reasons
from channels.phone.ear import Listens
from channels.phone.mouth import Speaks
from channels.phone.talk import straight
from channels.phone.talk.contacting import Contacting
from channels.phone.talk.ending import End, Ending
from channels.phone.talk.office import Office
from channels.phone.talk.speaking import Speaking
from channels.phone.talk.standing import Standing
from channels.phone.talk.turns import PERSON_KEY, Keyed, Said, TooLong, Turn, Turns
from channels.phone.talk.window import Caller, Window

MOST_UNHEARD = 2

GREETING = Reply(key="phone_greeting")
_NOTED = frozenset(  # who is given on hears as much by it, and tells his person where it is
    {"danger", "danger_alone", "danger_again", "danger_at"}
)
_AGAIN = {"repeat": False, "slower": True}  # reply keys that mean: say the last thing again

_log = structlog.get_logger(__name__)


class Call:
    """Serves one call from its first sound to its last."""

    def __init__(
        self,
        *,
        caller: Caller,
        listens: Listens,
        speaks: Speaks,
        office: Office,
        greeting: Reply | None = GREETING,
        straight: bool = False,
    ) -> None:
        """`greeting`: nothing is said first where there is none, he has spoken already. `straight`:
        a person is to have him at once.
        """
        self._call_id = caller.call_id
        self._greeting = greeting
        self._straight = straight
        self._office = office
        self._standing = standing = Standing()
        self._turns = turns = Turns(listens=listens, speaks=speaks, longest_ms=office.longest_ms)
        self._speaking = speaking = Speaking(speaks=speaks, turns=turns)
        self._window = Window(caller=caller, receive=office.receive, now=office.now)
        self._ending = ending = Ending(
            caller=caller, office=office, window=self._window, speaking=speaking, standing=standing
        )
        self._contacting = (
            Contacting(
                codes=office.codes, turns=turns, speaking=speaking, standing=standing, ending=ending
            )
            if office.codes
            else None
        )
        self._asked_in_silence = False
        self._unheard = 0

    @property
    def waiting(self) -> bool:
        """Whether it is the caller's turn to speak."""
        return self._turns.waiting

    @property
    def asks(self) -> bool:
        """Whether the desk waits for an answer."""
        return self._standing.asked

    def press(self, digit: str) -> None:
        """A key; 0 silences us at once."""
        self._turns.press(digit)

    async def run(self) -> book.Ended:
        """Serve the call; returns once it is settled what the dialplan does next."""
        listening = asyncio.create_task(self._turns.listen())
        try:
            end = await self._served()
        except Exception:  # no voice, no book: whatever it is, a person takes the caller
            _log.exception("phone.call_failed", call=self._call_id)
            end = await self._ending.failed()
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        return self._ending.written(end)

    async def _served(self) -> End:
        await self._window.begin()
        if self._greeting is not None:
            await self._speaking.say(self._greeting)
        if self._straight:
            return await straight.give_on(
                turns=self._turns,
                office=self._office,
                window=self._window,
                ending=self._ending,
                standing=self._standing,
            )
        end = None
        while end is None:
            end = await self._take(await self._turns.next())
        return end

    async def _take(self, turn: Turn) -> End | None:
        match turn:
            case Said(utterance=said, broke_in=broke_in):
                return await self._said(said, broke_in)
            case ear.Silent():
                return await self._silence()
            case ear.Pressed(digit=digit) if digit == PERSON_KEY:
                return await self._ending.to_person(reasons.ASKED_BY_KEY)
            case Keyed(code=code) if self._contacting is not None:
                return await self._contacting.keyed(code)
            case ear.Deaf(text=text):
                return await self._deaf(text)
            case ear.Gone(reason=reason):
                return await self._ending.gone(reason)
            case TooLong():
                await self._speaking.say(Reply(key="too_long_call"))
                return await self._ending.to_person(reasons.TOO_LONG)
        return None

    async def _said(self, said: ear.Utterance, broke_in: bool) -> End | None:
        resumes = broke_in and self._speaking.resumes(said.text)
        if not (resumes and said.text):  # 嗯 tells nothing of what was not understood before it
            self._standing.heard(said)
        if resumes:
            if not self._turns.hurries:
                await self._speaking.resume()
            return None
        if not said.text:
            return await self._not_heard()
        self._unheard, self._asked_in_silence = 0, False
        self._office.note(said)
        receipt = await self._window.words(said.text, said.confidence)
        if receipt is None:
            return await self._ending.handed_on(reasons.PROGRAM_FAILED)
        self._standing.told = True
        return await self._answer(receipt)

    async def _not_heard(self) -> End | None:
        self._unheard += 1
        if self._unheard >= MOST_UNHEARD:
            return await self._ending.to_person(reasons.NOT_HEARD)
        await self._speaking.say(Reply(key="ask_again"))
        return None

    async def _answer(self, receipt: Receipt) -> End | None:
        keys = [reply.key for reply in receipt.replies]
        again = next((slower for key, slower in _AGAIN.items() if key in keys), None)
        if again is not None:
            await self._speaking.again(slower=again)
            return None
        self._standing.answered(receipt)
        if receipt.person:
            await self._speaking.say(*(each for each in receipt.replies if each.key not in _NOTED))
            return await self._ending.handed_on(receipt.reason)
        if self._turns.hurries:
            return None
        heard = await self._speaking.answer(receipt)
        if "goodbye" in keys and heard and self._turns.quiet:
            return await self._ending.bye()
        return None

    async def _silence(self) -> End | None:
        """A goodbye is only for who was served and is asked nothing more; never in a danger."""
        told = self._standing.told
        if self._standing.in_danger:
            return await self._ending.to_person(reasons.DANGER_SILENT)
        if self._standing.settled:
            heard = await self._speaking.say(Reply(key="goodbye"))
            return await self._ending.bye() if heard and self._turns.quiet else None
        if self._asked_in_silence:
            return await self._ending.to_person(reasons.NO_ANSWER if told else reasons.NO_SOUND)
        self._asked_in_silence = True
        if told:  # the question that stands, not the beginning of it all
            await self._speaking.again()
        else:
            await self._speaking.say(Reply(key="still_there"))
        return None

    async def _deaf(self, text: str) -> End:
        """What was understood of it so far is not lost."""
        if text:
            await self._window.words(text, 0.0)
        return await self._ending.to_person(reasons.DEAF)
