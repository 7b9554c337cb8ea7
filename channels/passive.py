"""Replies within the answer to a callback, as long as the platform waits; else by the outbox."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from channels.channel import Later
from channels.message import InboundMessage, Receipt, Receive, Reply

MOST_AT_ONCE = 2000
MOST_REMEMBERED = 10_000
DRAIN_S = 5.0
AFTER_FAILURE_S = (1.0, 5.0, 30.0, 120.0, 600.0)

Fits = Callable[[Sequence[Reply]], int]

_log = structlog.get_logger(__name__)


class Overloaded(Exception):
    """Too many messages are being worked on; the platform may try again."""


@dataclass(slots=True, kw_only=True)
class _Work:
    """One message being received, and all the callers that wait for its replies."""

    message: InboundMessage
    answered: "asyncio.Future[Sequence[Reply]]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    late: bool = False  # somebody was told "success" without a reply: all that is said goes later


class PassiveReplies:
    """Receives messages once each, however often and however many at a time the platform asks.

    `fits` says how many of the replies one answer holds; the others go by `later`, the outbox.
    """

    def __init__(
        self,
        *,
        receive: Receive,
        later: Later,
        fits: Fits,
        patience_s: float,
        pauses_s: Sequence[float] = AFTER_FAILURE_S,
    ) -> None:
        self._receive = receive
        self._later = later
        self._fits = fits
        self._patience_s = patience_s
        self._pauses_s = pauses_s
        self._working: dict[str, _Work] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._went_later: OrderedDict[str, None] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many messages are being worked on."""
        return len(self._working)

    async def answer(self, message: InboundMessage) -> Sequence[Reply]:
        """What to say in this answer; nothing where it comes later. Raises `receive`'s errors."""
        work = self._working.get(message.external_id) or self._start(message)
        try:
            async with asyncio.timeout(self._patience_s):
                return await asyncio.shield(work.answered)
        except TimeoutError:
            if work.answered.done():
                return work.answered.result()
            work.late = True
            return ()

    async def drain(self) -> None:
        """Give what is still being worked on a little time, before the program stops."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=DRAIN_S)

    def _start(self, message: InboundMessage) -> _Work:
        if len(self._working) >= MOST_AT_ONCE:
            raise Overloaded(f"{MOST_AT_ONCE} messages are being worked on")
        work = _Work(message=message)
        self._working[message.external_id] = work
        task = asyncio.create_task(self._carry_out(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return work

    async def _carry_out(self, work: _Work) -> None:
        try:
            receipt, first_try = await self._received(work)
            at_once, later = self._shared_out(work, receipt, first_try)
            work.answered.set_result(at_once)
        except BaseException as error:
            _fail(work, error)
            return
        finally:
            del self._working[work.message.external_id]
        if later:
            await self._post(work, later)

    async def _received(self, work: _Work) -> tuple[Receipt, bool]:
        """The receipt, and whether it was had at the first try.

        Once the platform was told "success" it won't try again, so we do.
        """
        for tries, pause_s in enumerate(self._pauses_s):
            try:
                return await self._receive(work.message), tries == 0
            except Exception:
                if not work.late:
                    raise
                _log.exception("message_not_received", channel=work.message.channel)
                await asyncio.sleep(pause_s)
        return await self._receive(work.message), False

    def _shared_out(
        self, work: _Work, receipt: Receipt, first_try: bool
    ) -> tuple[Sequence[Reply], Sequence[Reply]]:
        """What is said now and what later. What went later once is not said again in a retry."""
        key = work.message.external_id
        if key in self._went_later:
            return (), ()
        somebody_else_answers = receipt.duplicate and first_try
        if work.late:
            self._remember(key)
            return (), () if somebody_else_answers else receipt.replies
        count = self._fits(receipt.replies)
        return receipt.replies[:count], () if somebody_else_answers else receipt.replies[count:]

    def _remember(self, key: str) -> None:
        self._went_later[key] = None
        while len(self._went_later) > MOST_REMEMBERED:
            self._went_later.popitem(last=False)

    async def _post(self, work: _Work, replies: Sequence[Reply]) -> None:
        message = work.message
        for pause_s in self._pauses_s:
            try:
                return await self._later(message.sender, replies)
            except Exception:
                _log.exception("reply_not_posted", channel=message.channel)
                await asyncio.sleep(pause_s)
        _log.error("reply_given_up", channel=message.channel)
        return None


def _fail(work: _Work, error: BaseException) -> None:
    """Hand the error to whoever waits; where nobody does, say it here."""
    if work.late:
        _log.error("message_lost", channel=work.message.channel, error=type(error).__name__)
    if isinstance(error, Exception):
        work.answered.set_exception(error)
        work.answered.exception()  # waiting callers raise it; without any it was logged above
    else:
        work.answered.cancel()
        raise error
