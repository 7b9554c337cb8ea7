"""The front desk as one call reaches it: messages in order, in one thread, answered in time."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from channels.message import Contact, InboundMessage, Receipt, Receive

CHANNEL = "phone"
DESK_WITHIN_S = 3.5  # nobody holds the line for longer: with a person after five seconds
FAILED_WITHIN_S = 0.5  # once it has not answered

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whose call it is, as was known at its beginning."""

    call_id: str
    contact: Contact
    ticket: str = ""  # because of which we rang him


def thread_of(call_id: str) -> str:
    """The conversation that a call is, for the front desk."""
    return f"call:{call_id}"


class Window:
    """Takes what one caller tells."""

    def __init__(
        self,
        *,
        caller: Caller,
        receive: Receive,
        now: Callable[[], datetime],
    ) -> None:
        self._caller = caller
        self._receive = receive
        self._now = now
        self._within_s = DESK_WITHIN_S
        self._until_s = math.inf
        self._messages = 0
        self._tickets: dict[str, None] = {}

    @property
    def tickets(self) -> tuple[str, ...]:
        """The tickets that came of the call, the oldest first."""
        return tuple(self._tickets)

    def hurry(self, until_s: float) -> None:
        """By then, in the loop's time, nobody holds the line for the desk any more; a message that
        comes later still has a moment.
        """
        self._until_s = until_s

    async def begin(self) -> None:
        """Tell the desk which ticket waits for what it will hear; nothing for who rang us."""
        if self._caller.ticket:
            await self.event(f"called_back:{self._caller.ticket}")

    async def words(self, text: str, confidence: float) -> Receipt | None:
        """What he said; see `event`."""
        return await self._take(text=text, confidence=confidence)

    async def event(self, name: str) -> Receipt | None:
        """The desk's receipt; None where it could not answer in time, or at all."""
        return await self._take(event=name)

    async def _take(
        self, *, text: str = "", confidence: float | None = None, event: str = ""
    ) -> Receipt | None:
        self._messages += 1
        message = InboundMessage(
            channel=CHANNEL,
            external_id=f"{self._caller.call_id}:{self._messages}",
            sender=self._caller.contact,
            thread=thread_of(self._caller.call_id),
            text=text,
            received_at=self._now(),
            confidence=confidence,
            event=event,
            spoken=True,
        )
        try:
            async with asyncio.timeout(self._patience_s()):
                receipt = await self._receive(message)
        except Exception:  # it is in the inbox, or will be: the desk goes on when it can
            _log.exception("phone.desk_failed", call=self._caller.call_id)
            self._within_s = FAILED_WITHIN_S
            return None
        self._within_s = DESK_WITHIN_S
        if receipt.ticket:
            self._tickets[receipt.ticket] = None
        return receipt

    def _patience_s(self) -> float:
        left_s = self._until_s - asyncio.get_running_loop().time()
        return min(self._within_s, max(FAILED_WITHIN_S, left_s))
