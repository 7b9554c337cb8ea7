"""One call: greeting, an open question, read-back, ticket or a person; nobody is dropped.

The conversation itself is the front desk's, the same for every channel. Here is only what a
telephone adds: silence, keys, saying it again, and handing the caller on.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from channels.message import Receipt, Receive, Reply
from channels.phone import book, contacting, ear, reasons
from channels.phone.audio.media import Ended
from channels.phone.book import Outcome
from channels.phone.contacting import Contacting, Verdict
from channels.phone.ear import Listens
from channels.phone.exchange.exchange import Next
from channels.phone.mouth import Speaks
from channels.phone.speaking import MURMURS, Speaking
from channels.phone.turns import PERSON_KEY, Keyed, Said, TooLong, Turn, Turns
from channels.phone.window import Caller, Window

MOST_UNHEARD = 2
SPEECH_MS = 800  # with what is heard before its beginning is certain; shorter ones are a cough

GREETING = Reply(key="phone_greeting")
_AGAIN = {"repeat": False, "slower": True}  # reply keys that mean: say the last thing again

_End = tuple[Outcome, str]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What every call works with."""

    receive: Receive
    note: Callable[[ear.Utterance], None]  # what the caller said, for who reads it later
    leave: Callable[[Next, str], Awaitable[None]]  # what the dialplan does, with which ticket
    lives: Callable[[str], Awaitable[bool]]  # does a call go on though its audio has ended?
    now: Callable[[], datetime]
    longest_ms: int
    contacting: Contacting | None = None  # codes that count; None: none does in this call


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
        self._caller = caller
        self._greeting = greeting
        self._straight = straight
        self._office = office
        self._turns = Turns(listens=listens, speaks=speaks, longest_ms=office.longest_ms)
        self._speaking = Speaking(speaks=speaks, turns=self._turns)
        self._window = Window(caller=caller, receive=office.receive, now=office.now)
        self._told = False  # he has told us something that the desk took
        self._served = False  # something came of the call: a ticket, an answer
        self._asked = False  # the desk waits for an answer
        self._in_danger = False
        self._asked_in_silence = False
        self._unheard = 0
        self._unclear = False  # he spoke last, and we did not understand him

    @property
    def waiting(self) -> bool:
        """Whether it is the caller's turn to speak."""
        return self._turns.waiting

    @property
    def asks(self) -> bool:
        """Whether the desk waits for an answer."""
        return self._asked

    def press(self, digit: str) -> None:
        """A key; 0 silences us at once."""
        self._turns.press(digit)

    async def run(self) -> book.Ended:
        """Serve the call; returns once it is settled what the dialplan does next."""
        listening = asyncio.create_task(self._turns.listen())
        try:
            outcome, reason = await self._answer()
        except Exception:  # no voice, no book: whatever it is, a person takes the caller
            _log.exception("phone.call_failed", call=self._caller.call_id)
            outcome, reason = await self._failed()
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        return book.Ended(
            call_id=self._caller.call_id,
            at=self._office.now(),
            outcome=outcome,
            reason=reason,
            tickets=self._tickets(outcome),
        )

    def _tickets(self, outcome: Outcome) -> tuple[str, ...]:
        through = self._office.contacting.through if self._office.contacting else None
        of_code = (through.ticket,) if through and outcome is Outcome.RELAYED else ()
        return (*self._window.tickets, *of_code)

    async def _answer(self) -> _End:
        await self._window.begin()
        if self._greeting is not None:
            await self._speaking.say(self._greeting)
        if self._straight:
            return await self._at_once()
        while True:
            end = await self._one(await self._turns.next())
            if end is not None:
                return end

    async def _one(self, turn: Turn) -> _End | None:
        match turn:
            case Said(utterance=said, broke_in=broke_in):
                return await self._said(said, broke_in)
            case ear.Silent():
                return await self._silence()
            case ear.Pressed(digit=digit):
                return await self._to_person(reasons.ASKED_BY_KEY) if digit == PERSON_KEY else None
            case Keyed(code=code) if self._office.contacting is not None:
                return await self._keyed(code, self._office.contacting)
            case ear.Deaf(text=text):
                return await self._deaf(text)
            case ear.Gone(reason=reason):
                return await self._gone(reason)
            case TooLong():
                await self._speaking.say(Reply(key="too_long_call"))
                return await self._to_person(reasons.TOO_LONG)
            case _:
                return None

    async def _at_once(self) -> _End:
        """Nothing is asked; what he has said into the greeting goes along with him."""
        while self._turns.come:
            match await self._turns.next():
                case ear.Gone(reason=reason):
                    return await self._gone(reason)
                case Said(utterance=said) if said.text:
                    self._office.note(said)
                    await self._window.words(said.text, said.confidence)
        await self._window.event(f"handover:{reasons.MARKED}")
        return await self._transfer(reasons.MARKED)

    async def _said(self, said: ear.Utterance, broke_in: bool) -> _End | None:
        if not said.text:
            self._unclear = self._unclear or said.end_ms - said.start_ms >= SPEECH_MS
        if broke_in and self._speaking.resumes(said.text):
            if not self._turns.hurries:
                await self._speaking.resume()
            return None
        if not said.text:
            return await self._not_heard()
        self._unheard, self._asked_in_silence, self._unclear = 0, False, False
        self._office.note(said)
        receipt = await self._window.words(said.text, said.confidence)
        if receipt is None:
            return await self._transfer(reasons.PROGRAM_FAILED)
        self._told = True
        return await self._answered(receipt)

    async def _not_heard(self) -> _End | None:
        self._unheard += 1
        if self._unheard >= MOST_UNHEARD:
            return await self._to_person(reasons.NOT_HEARD)
        await self._speaking.say(Reply(key="ask_again"))
        return None

    async def _answered(self, receipt: Receipt) -> _End | None:
        keys = [reply.key for reply in receipt.replies]
        again = next((slower for key, slower in _AGAIN.items() if key in keys), None)
        if again is not None:
            await self._speaking.again(slower=again)
            return None
        self._note(receipt, keys)
        if receipt.person:
            await self._speaking.say(*receipt.replies)
            return await self._transfer(receipt.reason)
        if self._turns.hurries:
            return None
        heard = await self._speaking.answer(receipt)
        if "goodbye" in keys and heard and self._turns.quiet:
            return await self._bye()
        return None

    def _note(self, receipt: Receipt, keys: list[str]) -> None:
        if receipt.ticket or any(key.startswith("progress") for key in keys):
            self._served = True
        self._asked = receipt.asks
        self._in_danger = self._in_danger or receipt.danger
        self._unclear = "ask_again" in keys

    async def _silence(self) -> _End | None:
        """A goodbye is only for who was served and is asked nothing more; never in a danger."""
        if self._in_danger:
            return await self._to_person(reasons.DANGER_SILENT)
        if self._served and not self._asked:
            heard = await self._speaking.say(Reply(key="goodbye"))
            return await self._bye() if heard and self._turns.quiet else None
        if self._asked_in_silence:
            return await self._to_person(reasons.NO_ANSWER if self._told else reasons.NO_SOUND)
        self._asked_in_silence = True
        if self._told:  # the question that stands, not the beginning of it all
            await self._speaking.again()
        else:
            await self._speaking.say(Reply(key="still_there"))
        return None

    async def _bye(self) -> _End:
        """Both have said goodbye; the line is ended once all that he told is settled."""
        if await self._window.event("hangup") is None and self._asked:
            return await self._transfer(reasons.PROGRAM_FAILED)
        await self._leave(Next.BYE, "")
        return self._over(), ""

    async def _keyed(self, code: str, codes: Contacting) -> _End | None:
        """He handles a ticket and is put through to its resident; 0 is a person still."""
        match await codes.keyed(code):
            case Verdict.RIGHT:
                return await self._connected(codes)
            case Verdict.WRONG:
                await self._speaking.say(contacting.WRONG)
                return None
            case Verdict.CLOSED:
                await self._speaking.say(contacting.CLOSED)
                return None
        if self._told:  # he is no mere guesser
            return await self._to_person(reasons.WRONG_CODES)
        heard = await self._speaking.say(contacting.REFUSED)
        if not (heard and self._turns.quiet):
            return None
        await self._leave(Next.BYE, "")
        return Outcome.HUNG_UP, reasons.WRONG_CODES

    async def _connected(self, codes: Contacting) -> _End | None:
        """Unless he has more to say than 嗯, or wants something else."""
        await self._speaking.say(contacting.CONNECTING)
        while not self._turns.quiet:
            turn = await self._turns.next()
            if not (isinstance(turn, Said) and turn.utterance.text in MURMURS):
                return await self._one(turn)
        return await self._relayed(codes)

    async def _relayed(self, codes: Contacting) -> _End | None:
        """Where it can't be done he is an operator's, unless he has gone."""
        if not await codes.go():
            return None if self._turns.come else await self._to_person(reasons.PROGRAM_FAILED)
        if self._told:
            await self._window.event("hangup")
        return Outcome.RELAYED, ""

    async def _deaf(self, text: str) -> _End:
        if text:
            await self._window.words(text, 0.0)
        return await self._to_person(reasons.DEAF)

    async def _gone(self, reason: Ended) -> _End:
        """He has put down, or we have lost him: what he told becomes a ticket all the same."""
        if reason is Ended.LOST and self._told:  # the dialplan goes on with him
            await self._window.event(f"handover:{reasons.TAKEN_AWAY}")
            return Outcome.LOST, reasons.TAKEN_AWAY
        if await self._office.lives(self._caller.call_id):  # the exchange took him from us
            await self._window.event(f"handover:{reasons.TAKEN_AWAY}")
            return Outcome.PERSON, reasons.TAKEN_AWAY
        why = reasons.NEVER_HEARD if self._unclear else ""
        settled = await self._window.event(f"handover:{why}" if why else "hangup") is not None
        return (Outcome.LOST if reason is Ended.LOST or not settled else self._over()), why

    def _over(self) -> Outcome:
        served = self._served and not self._asked
        return Outcome.SERVED if served else Outcome.HUNG_UP

    async def _to_person(self, reason: str) -> _End:
        """Our own wish to hand over: the desk keeps everything heard, then a person takes it."""
        receipt = await self._window.event(f"handover:{reason}")
        told = receipt.replies if receipt and not self._in_danger else ()  # no long words then
        await self._speaking.say(*(told or (Reply(key="transferring"),)))
        return await self._transfer(reason)

    async def _failed(self) -> _End:
        """We cannot go on; not a word more is said, and what was told is kept."""
        await self._window.event(f"handover:{reasons.PROGRAM_FAILED}")
        await self._transfer(reasons.PROGRAM_FAILED)
        return Outcome.FAILED, reasons.PROGRAM_FAILED

    async def _transfer(self, reason: str) -> _End:
        """The operators' screen is filled before this: the ticket is there with all he told."""
        heard = next(reversed(self._window.tickets), "")
        await self._leave(Next.OPERATORS, heard)
        return Outcome.PERSON, reason

    async def _leave(self, where: Next, heard: str) -> None:
        try:
            await self._office.leave(where, heard)
        except Exception:  # the dialplan's own default is a person
            _log.exception("phone.leave_failed", call=self._caller.call_id)
