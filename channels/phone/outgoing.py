"""Calls that we make: one at a time, whoever we owe one, and what came of it into the book.

Alarms have a time of their own: none of them waits until another call is over.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from channels.phone import number
from channels.phone.book import CallBook, Errand, Judgement
from channels.phone.exchange.dialling import Outcome
from channels.phone.exchange.packets import AmiFailed, AmiLost

RING_S = 45.0
MEDIA_WITHIN_S = 10.0  # between the answer and its audio
TALK_S = 600.0  # where nothing else is said

REASONS = {
    Outcome.BUSY: "占线",
    Outcome.NO_ANSWER: "无人接听",
    Outcome.REFUSED: "拒接",
    Outcome.FAILED: "线路或号码不通",
    Outcome.ANSWERED: "接通后没有听完",
}
NOT_MADE = "呼叫失败"  # by us, or its audio has not come
NO_NUMBER = "没有可以拨打的号码"

_log = structlog.get_logger(__name__)


class Dials(Protocol):
    """The exchange, as far as we ring somebody."""

    @property
    def up(self) -> bool:
        """Is it there?"""

    async def originate(
        self, number: str, call_id: str, kind: str, timeout_s: float = RING_S
    ) -> Outcome:
        """See `exchange.Exchange`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What came of a call that was answered."""

    heard_out: bool
    judgement: Judgement = field(default_factory=Judgement)
    why: str = ""  # he was not heard out, where that is known


@dataclass(slots=True, kw_only=True)
class _Made:
    errand: Errand
    began: asyncio.Event
    over: asyncio.Future[Talk]


class Outgoing:
    """`step` makes the next call; the answered one comes to the channel, which finds it here."""

    def __init__(
        self,
        *,
        exchange: Dials,
        book: CallBook,
        new_call_id: Callable[[], str],
        talk_s: float = TALK_S,
    ) -> None:
        self._talk_s = talk_s
        self._exchange = exchange
        self._book = book
        self._new_call_id = new_call_id
        self._made: dict[str, _Made] = {}

    def errand(self, call_id: str) -> Errand | None:
        """What an answered call is for; None for a call that we did not make."""
        made = self._made.get(call_id)
        if made is None:
            return None
        made.began.set()
        return made.errand

    def over(self, call_id: str, talk: Talk) -> None:
        """The call has been held."""
        made = self._made.get(call_id)
        if made is not None and not made.over.done():
            made.over.set_result(talk)

    async def step(self, *, alarms_only: bool = False) -> bool:
        """Make one call; False where there is none to make."""
        if not self._exchange.up:
            return False
        errand = await self._book.next_errand(alarms_only=alarms_only)
        if errand is None:
            return False
        to = number.to_dial(errand.to)
        if not to:
            await self._book.not_reached(errand, NO_NUMBER)
            return True
        talk, reason = await self._call(errand, to)
        if talk is not None and talk.heard_out:
            await self._book.reached(errand, talk.judgement)
        else:
            why = talk.why if talk is not None else ""
            await self._book.not_reached(errand, why or reason)
        return True

    async def _call(self, errand: Errand, to: str) -> tuple[Talk | None, str]:
        call_id = self._new_call_id()
        made = _Made(
            errand=errand,
            began=asyncio.Event(),
            over=asyncio.get_running_loop().create_future(),
        )
        self._made[call_id] = made
        try:
            outcome = await self._rung(made, to, call_id, errand.purpose.kind)
            if outcome is not Outcome.ANSWERED:
                return None, REASONS[outcome]
            await _began(made, MEDIA_WITHIN_S)
            async with asyncio.timeout(self._talk_s):
                return await made.over, REASONS[Outcome.ANSWERED]
        except (AmiFailed, TimeoutError) as failure:
            _log.warning("phone.errand_failed", errand=errand.id, reason=str(failure))
            return None, NOT_MADE
        finally:
            del self._made[call_id]

    async def _rung(self, made: _Made, to: str, call_id: str, kind: str) -> Outcome:
        """The telephone may go on ringing though nobody tells us of it any more: whoever answers in
        time is there, and is not rung a second time.
        """
        try:
            return await self._exchange.originate(to, call_id, kind, RING_S)
        except AmiLost as lost:
            _log.info("phone.rings_unseen", errand=made.errand.id, reason=str(lost))
            await _began(made, RING_S + MEDIA_WITHIN_S)
            return Outcome.ANSWERED


async def _began(made: _Made, within_s: float) -> None:
    """Until its audio is here; TimeoutError."""
    async with asyncio.timeout(within_s):
        await made.began.wait()
