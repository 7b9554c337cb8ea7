"""A transaction goes first: who has mere computing to do waits while it works.

Other processes wait for the lock of SQLite's transaction, and beside a thread that computes, it
holds that nearly twice as long. PostgreSQL's wait for their server, which leaves us time anyhow.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

LONGEST_S = 0.2  # somebody waits for what is computed too


class RightOfWay:
    """Of the transactions of one event loop, which run in a thread of their own."""

    def __init__(self) -> None:
        self._taken = False
        self._waiting: list[asyncio.Future[None]] = []

    @contextmanager
    def taken(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        """While a transaction works, in its thread."""
        self._taken = True
        try:
            yield
        finally:
            self._taken = False
            if self._waiting:
                with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                    loop.call_soon_threadsafe(self._let_pass)

    async def give(self) -> None:
        """Wait while one works, or the next, `LONGEST_S` at most; on the event loop."""
        loop = asyncio.get_running_loop()
        until = loop.time() + LONGEST_S
        while self._taken and (left := until - loop.time()) > 0:
            passed = loop.create_future()
            self._waiting.append(passed)
            if not self._taken:  # it ended before it could see us
                self._let_pass()
            await asyncio.wait([passed], timeout=left)

    def _let_pass(self) -> None:
        waiting, self._waiting = self._waiting, []
        for passed in waiting:
            if not passed.done():
                passed.set_result(None)
