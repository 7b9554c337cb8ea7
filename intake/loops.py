"""Work that goes on beside the requests: each loop is a step, driven until the program stops."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import structlog

from config.runtime import Runtime
from intake import inbox, threads
from intake.desk import FrontDesk
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
        for inbox_id, message in rows:
            try:
                await self._desk.settle(inbox_id, message, answer_later=True)
            except Exception:
                _log.exception("message_stuck", inbox=inbox_id, channel=message.channel)
                await self._database.write(partial(inbox.count_attempt, inbox_id=inbox_id))
        return bool(rows)

    async def _silent(self) -> bool:
        now = self._runtime.now()
        self._resting.wake(now)
        limit = BATCH + len(self._resting)
        silent = await self._database.read(lambda c: threads.silent(c, before=now, limit=limit))
        found = [thread for thread in silent if thread not in self._resting][:BATCH]
        for thread in found:
            try:
                await self._desk.expire(thread)
            except Exception:
                _log.exception("silence_stuck")
                self._resting.rest(thread, now)
        return bool(found)
