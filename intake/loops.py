"""Work that goes on beside the requests: each loop is a step, driven until the program stops."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

import structlog

from channels.message import InboundMessage
from config.runtime import Runtime
from intake import inbox, threads
from intake.desk import FrontDesk
from routing import writer
from routing.database import Database
from routing.resting import Resting

AFTER_FAILURE_S = 5.0
ABANDONED_AFTER_S = 60.0  # platforms stop retrying long before
BATCH = 20

_log = structlog.get_logger(__name__)


async def drive(step: Callable[[], Awaitable[bool]], *, idle_s: float, wake: asyncio.Event) -> None:
    """Run steps without a pause while they find work; else wait for `wake` or `idle_s`."""
    while True:
        wake.clear()
        try:
            busy = await step()
        except Exception:
            _log.exception("loop_failed", step=getattr(step, "__qualname__", repr(step)))
            await asyncio.sleep(AFTER_FAILURE_S)
            continue
        if not busy:
            try:
                async with asyncio.timeout(idle_s):
                    await wake.wait()
            except TimeoutError:
                pass


async def keep(work: Callable[[], Awaitable[None]], name: str) -> None:
    """Run a channel's own work, and again after a pause when it fails; done when it returns."""
    while True:
        try:
            return await work()
        except Exception:
            _log.exception("channel_failed", channel=name)
            await asyncio.sleep(AFTER_FAILURE_S)


class Unreadable(Exception):
    """A message of the inbox that can't be read; a person is shown that it is there."""


class Sweep:
    """Finds what was left lying: messages never finished, questions never answered."""

    def __init__(self, *, database: Database, runtime: Runtime, desk: FrontDesk) -> None:
        self._database = database
        self._runtime = runtime
        self._desk = desk
        self._resting = Resting()  # threads whose silence we could not make a ticket of

    async def step(self) -> bool:
        """One batch of each; True if there was any."""
        found = await self._abandoned()
        return await self._silent() or found

    async def _abandoned(self) -> bool:
        before = self._runtime.now() - timedelta(seconds=ABANDONED_AFTER_S)
        rows = await self._database.read(lambda c: inbox.waiting(c, before=before, limit=BATCH))
        done = [await self._finished(*each) for each in rows]
        return any(done)

    async def _finished(self, inbox_id: str, message: InboundMessage | None) -> bool:
        """Work on a message that was left lying; False where the database can't be used just now,
        which is no try of the message.
        """
        try:
            if message is None:
                raise Unreadable(inbox_id)
            await self._desk.settle(inbox_id, message, answer_later=True)
        except Exception as error:
            _log.exception("message_stuck", inbox=inbox_id)
            if writer.will_pass(error):
                return False
            await self._database.write(partial(inbox.count_attempt, inbox_id=inbox_id))
        return True

    async def _silent(self) -> bool:
        now = self._runtime.now()
        self._resting.wake(now)
        limit = BATCH + len(self._resting)
        silent = await self._database.read(lambda c: threads.silent(c, before=now, limit=limit))
        found = [thread for thread in silent if thread not in self._resting][:BATCH]
        done = [await self._expired(thread, now) for thread in found]
        return any(done)

    async def _expired(self, thread: str, now: datetime) -> bool:
        """What fails rests; False where it is the database's fault, and the thread's turn comes as
        soon as that is over.
        """
        try:
            await self._desk.expire(thread)
        except Exception as error:
            _log.exception("silence_stuck")
            if writer.will_pass(error):
                return False
            self._resting.rest(thread, now)
        return True
