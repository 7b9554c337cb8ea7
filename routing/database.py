"""One database, many writers: units of work are grouped into durable commits.

A unit of work is a plain function of a SQLAlchemy connection. It may run more than once (a deadlock
retries the group), so it changes nothing but the database, and it neither commits nor rolls back.

A process has one writer, on both databases. Two would hold each other up: whatever opens a ticket
takes its number from one row, which stays locked until the group is committed.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, Engine

from routing import connections
from routing.right_of_way import RightOfWay
from routing.writer import Queue, Unit, Writer

MOST_WAITING = 2_000  # units of work in the queue; further callers wait before they enter it
READERS = 4

T = TypeVar("T")


class Database:
    """Reads and writes of one event loop; several processes may each have one on the same
    database.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._queue = Queue()
        self._way = RightOfWay()
        self._room = asyncio.Semaphore(MOST_WAITING)
        self._writer: threading.Thread | None = None
        self._write_engine: Engine | None = None
        self._read_engine: Engine | None = None
        self._readers: ThreadPoolExecutor | None = None

    async def start(self) -> None:
        """Connect and start the threads; DatabaseUnreachable (in Chinese) where that fails."""
        await asyncio.to_thread(self._start)

    async def close(self) -> None:
        """Finish what waits, then let go of everything. May be called twice."""
        self._queue.close()
        await asyncio.to_thread(self._stop)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns, from one consistent look at the database; it can't change
        anything.
        """
        if self._readers is None:
            raise RuntimeError("the database is not started")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._read, work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """What `work` returned, once it is durably committed; what it raised, once it is undone.

        A caller who is cancelled leaves the work to be done all the same.
        """
        if self._writer is None:
            raise RuntimeError("the database is not started")
        async with self._room:
            loop = asyncio.get_running_loop()
            future: asyncio.Future[T] = loop.create_future()
            self._queue.put(Unit(work=work, future=future, loop=loop))
            return await future

    async def give_way(self) -> None:
        """Before much computing: a moment for the transaction that works, on SQLite."""
        if self._write_engine is not None and connections.is_sqlite(self._write_engine):
            await self._way.give()

    def _start(self) -> None:
        engine = connections.write_engine(self._url, 1)
        connections.check(engine)
        self._write_engine = engine
        self._read_engine = connections.read_engine(self._url, READERS)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="database-read")
        target = Writer(engine, self._queue, self._way).run
        self._writer = threading.Thread(target=target, name="database-write", daemon=True)
        self._writer.start()

    def _stop(self) -> None:
        if self._writer is not None:
            self._writer.join()
            self._writer = None
        if self._readers is not None:
            self._readers.shutdown()
            self._readers = None
        for engine in (self._read_engine, self._write_engine):
            if engine is not None:
                engine.dispose()

    def _read(self, work: Callable[[Connection], T]) -> T:
        assert self._read_engine is not None
        try:
            return self._read_once(self._read_engine, work)
        except Exception as error:
            if not connections.is_passing(error):
                raise
            return self._read_once(self._read_engine, work)

    def _read_once(self, engine: Engine, work: Callable[[Connection], T]) -> T:
        with engine.connect() as connection:
            return work(connection)
