"""One call: greeting, an open question, read-back, ticket or a person; nobody is dropped.

The conversation itself is the front desk's, the same for every channel. Here is only what a
telephone adds: turns of speech, silence, keys, saying it again, and handing the caller on.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from channels.message import Contact, Receipt, Receive, Reply
from channels.phone import book, ear, transcript
from channels.phone.audio.media import Ended
from channels.phone.book import CallBook, Outcome
from channels.phone.ear import Listens, Sound
from channels.phone.exchange.exchange import Next
from channels.phone.mouth import Speaks
from channels.phone.window import Caller, Window

PERSON_KEY = "0"
MOST_UNHEARD = 2
MOST_RESUMED = 3
_MURMURS = frozenset({"", "嗯", "嗯嗯", "啊", "哦", "噢", "哎", "唉", "呃", "额"})

ASKED_BY_KEY = "居民按 0 要求人工服务"
NO_SOUND = "居民没有说话"
NO_ANSWER = "复述或追问后，居民没有回答"
NOT_HEARD = "两次没有听清居民的话"
DEAF = "语音识别出错，后面的话没有听到"
TOO_LONG = "通话时间太长"
PROGRAM_FAILED = "系统处理时出错"

GREETING = Reply(key="phone_greeting")
_AGAIN = {"repeat": False, "slower": True}  # reply keys that mean: say the last thing again

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What every call works with."""

    receive: Receive
    book: CallBook
    leave: Callable[[str, Next, str], Awaitable[None]]  # call, what the dialplan does, why
    now: Callable[[], datetime]
    longest_ms: int
    who: Callable[[Caller], Contact] = lambda caller: caller.contact  # as is known by now


@dataclass(frozen=True, slots=True, kw_only=True)
class _TooLong:
    """The call has reached its bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """Something was said; `broke_in`: while we spoke."""

    utterance: ear.Utterance
    broke_in: bool


_Turn = Sound | _TooLong | _Said


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
    ) -> None:
        """`greeting`: nothing is said first where there is none, he has spoken already."""
        self._caller = caller
        self._greeting = greeting
        self._ear = listens
        self._mouth = speaks
        self._office = office
        self._turns: asyncio.Queue[_Turn] = asyncio.Queue()
        self._busy = True  # it is our turn: nobody's silence counts
        self._served = False  # something came of the call: a ticket, an answer
        self._asked_in_silence = False
        self._unheard = 0
        self._told = False  # he has told us something that the desk took
        self._resumed = 0  # times that we went on after a murmur
        self._broke_in = False
        self._hurries = False  # he wants a person, and no more words of ours
        self._window = Window(caller=caller, receive=office.receive, now=office.now, who=office.who)

    @property
    def waiting(self) -> bool:
        """Whether it is the caller's turn to speak."""
        return not self._busy and self._turns.empty()

    def press(self, digit: str) -> None:
        """A key; 0 silences us at once."""
        if digit == PERSON_KEY:
            self._hurries = True
            self._mouth.hush()
        self._turns.put_nowait(ear.Pressed(digit=digit))

    async def run(self) -> book.Ended:
        """Serve the call; returns once it is settled what the dialplan does next."""
        listening = asyncio.create_task(self._listen())
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
            tickets=self._window.tickets,
        )

    async def _listen(self) -> None:
        """Put every sound into the queue; a caller who breaks in silences us at once."""
        ended = False
        try:
            async for sound in self._ear.hear():
                self._take(sound)
                if self._ear.now_ms > self._office.longest_ms and not ended:
                    ended = True
                    self._turns.put_nowait(_TooLong())
        except Exception:  # whatever broke our ear, the caller goes on to a person
            _log.exception("phone.ear_failed", call=self._caller.call_id)
            self._turns.put_nowait(ear.Deaf(problem="failed", text=""))

    def _take(self, sound: Sound) -> None:
        match sound:
            case ear.Began():
                self._broke_in = self._mouth.talking
                self._mouth.hush()
            case ear.Utterance():
                self._turns.put_nowait(_Said(utterance=sound, broke_in=self._broke_in))
            case ear.Pressed(digit=digit):
                self.press(digit)
            case _:
                self._turns.put_nowait(sound)

    async def _answer(self) -> tuple[Outcome, str]:
        await self._window.begin()
        if self._greeting is not None:
            await self._mouth.say(self._greeting)
        while True:
            self._busy = False
            turn = await self._turns.get()
            self._busy = True
            end = await self._one(turn)
            if end is not None:
                return end

    async def _one(self, turn: _Turn) -> tuple[Outcome, str] | None:
        match turn:
            case _Said(utterance=said, broke_in=broke_in):
                return await self._said(said, broke_in)
            case ear.Silent():
                return await self._silence()
            case ear.Pressed(digit=digit):
                return await self._to_person(ASKED_BY_KEY) if digit == PERSON_KEY else None
            case ear.Deaf(text=text):
                return await self._deaf(text)
            case ear.Gone(reason=reason):
                return await self._gone(reason)
            case _TooLong():
                await self._mouth.say(Reply(key="too_long_call"))
                return await self._to_person(TOO_LONG)
            case _:
                return None

    async def _said(self, said: ear.Utterance, broke_in: bool) -> tuple[Outcome, str] | None:
        if broke_in and said.text in _MURMURS and self._resumed < MOST_RESUMED:
            self._resumed += 1  # a cough, or 嗯 to what he has not heard to its end
            await self._mouth.again()
            return None
        if not said.text:
            self._unheard += 1
            if self._unheard >= MOST_UNHEARD:
                return await self._to_person(NOT_HEARD)
            await self._mouth.say(Reply(key="ask_again"))
            return None
        self._unheard, self._asked_in_silence = 0, False
        await self._note(said)
        receipt = await self._window.words(said.text, said.confidence)
        if receipt is None:
            return await self._transfer(PROGRAM_FAILED)
        self._told = True
        return await self._answered(receipt)

    async def _answered(self, receipt: Receipt) -> tuple[Outcome, str] | None:
        keys = [reply.key for reply in receipt.replies]
        again = next((slower for key, slower in _AGAIN.items() if key in keys), None)
        if again is not None:
            await self._mouth.again(slower=again)
            return None
        if receipt.ticket or any(key.startswith("progress") for key in keys):
            self._served = True
        if receipt.person:
            await self._mouth.say(*receipt.replies)
            return await self._transfer(receipt.reason)
        if self._hurries:
            return None
        heard = await self._mouth.say(*receipt.replies)
        if "goodbye" in keys and heard and self._turns.empty():
            return await self._bye()
        return None

    async def _silence(self) -> tuple[Outcome, str] | None:
        if self._served:
            heard = await self._mouth.say(Reply(key="goodbye"))
            return await self._bye() if heard and self._turns.empty() else None
        if self._asked_in_silence:
            return await self._to_person(NO_ANSWER if self._told else NO_SOUND)
        self._asked_in_silence = True
        if self._told:  # the question that stands, not the beginning of it all
            await self._mouth.again()
        else:
            await self._mouth.say(Reply(key="still_there"))
        return None

    async def _bye(self) -> tuple[Outcome, str]:
        """Both have said goodbye."""
        await self._leave(Next.BYE, "")
        await self._settle_hangup()
        return (Outcome.SERVED if self._served else Outcome.HUNG_UP), ""

    async def _deaf(self, text: str) -> tuple[Outcome, str] | None:
        if text:
            await self._window.words(text, 0.0)
        return await self._to_person(DEAF)

    async def _gone(self, reason: Ended) -> tuple[Outcome, str]:
        """The caller has put down: what he told becomes a ticket all the same."""
        settled = await self._settle_hangup()
        if reason is Ended.LOST or not settled:
            return Outcome.LOST, ""
        return (Outcome.SERVED if self._served else Outcome.HUNG_UP), ""

    async def _settle_hangup(self) -> bool:
        return await self._window.event("hangup") is not None

    async def _to_person(self, reason: str) -> tuple[Outcome, str]:
        """Our own wish to hand over: the desk keeps everything heard, then a person takes it."""
        receipt = await self._window.event(f"handover:{reason}")
        replies = receipt.replies if receipt else ()
        await self._mouth.say(*(replies or (Reply(key="transferring"),)))
        return await self._transfer(reason)

    async def _failed(self) -> tuple[Outcome, str]:
        """We cannot go on; not a word more is said, and what was told is kept."""
        await self._window.event(f"handover:{PROGRAM_FAILED}")
        await self._transfer(PROGRAM_FAILED)
        return Outcome.FAILED, PROGRAM_FAILED

    async def _transfer(self, reason: str) -> tuple[Outcome, str]:
        """The operators' screen is filled before this: the ticket is there with all he told."""
        heard = next(reversed(self._window.tickets), "")
        await self._leave(Next.OPERATORS, heard)
        return Outcome.PERSON, reason

    async def _leave(self, where: Next, heard: str) -> None:
        try:
            await self._office.leave(self._caller.call_id, where, heard)
        except Exception:  # the dialplan's own default is a person
            _log.exception("phone.leave_failed", call=self._caller.call_id)

    async def _note(self, said: ear.Utterance) -> None:
        await self._office.book.spoken(self._caller.call_id, transcript.line_of(said))
