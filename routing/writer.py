"""Group commit: a thread that takes units of work from a queue, runs them in one transaction,
and tells.

Nearly always all units of a group succeed, so they first run one after the other without more ado.
Where one fails, all is rolled back and they run again, each with a savepoint of its own, so that
the failing one harms no other. Futures resolve after COMMIT only.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine

from routing import connections
from routing.right_of_way import RightOfWay

LARGEST_GROUP = 100  # units of work
PAUSES_S = (0.0, 0.05, 0.2, 0.5, 1.0)  # before each try of a unit on its own


class CommitUnknown(Exception):
    """The server went away during COMMIT: nobody knows whether the work was done. Read before
    trying again.
    """


def will_pass(error: BaseException) -> bool:
    """Is it the database's fault and not the work's, so that the same may succeed later?"""
    unknown = isinstance(error, CommitUnknown)
    return unknown or connections.is_passing(error) or connections.is_out_of_order(error)


@dataclass(slots=True, kw_only=True)
class Unit:
    """A unit of work, who waits for it, and what came of it."""

    work: Callable[[Connection], Any]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    value: Any = None
    error: BaseException | None = None


class Queue:
    """Units waiting for a writer; closed once, after which writers finish what is there."""

    def __init__(self) -> None:
        self._waiting: deque[Unit] = deque()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, unit: Unit) -> None:
        """Add a unit; RuntimeError after closing."""
        with self._changed:
            if self._closed:
                raise RuntimeError("the database is closed")
            self._waiting.append(unit)
            self._changed.notify()

    def take(self, most: int) -> list[Unit]:
        """All that wait, up to `most`, first come first; waits for one. Empty: closed and done."""
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            number = min(most, len(self._waiting))
            return [self._waiting.popleft() for _ in range(number)]

    def close(self) -> None:
        """No more units; those waiting are still done."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class Writer:
    """What one writing thread does, with its own connection."""

    def __init__(self, engine: Engine, queue: Queue, way: RightOfWay) -> None:
        self._engine = engine
        self._queue = queue
        self._way = way
        self._connection: Connection | None = None

    def run(self) -> None:
        """Work until the queue is closed and empty."""
        while group := self._queue.take(LARGEST_GROUP):
            try:
                self._carry_out(group)
            except Exception as error:
                for unit in group:
                    unit.error = unit.error or error
            _tell(group)
        self._disconnect()

    def _carry_out(self, group: Sequence[Unit]) -> None:
        passing = self._tried(group, apart=False)
        if passing is None:
            return
        if not passing and len(group) > 1 and self._tried(group, apart=True) is None:
            return
        for unit in group:
            self._on_its_own(unit)

    def _tried(self, group: Sequence[Unit], *, apart: bool) -> bool | None:
        """None when the group is committed; else whether what stopped it may pass.

        A lone unit's own failure, and not knowing whether a COMMIT was done, are raised.
        """
        try:
            self._in_one_transaction(group, apart=apart)
        except CommitUnknown:
            raise
        except Exception as error:
            passing = connections.is_passing(error)
            if len(group) == 1 and not passing:
                raise
            for unit in group:
                unit.value = unit.error = None
            return passing
        return None

    def _on_its_own(self, unit: Unit) -> None:
        for pause_s in PAUSES_S:
            time.sleep(pause_s)
            try:
                self._in_one_transaction([unit], apart=False)
                return
            except Exception as error:
                unit.error = error
                if not connections.is_passing(error):
                    return
            unit.value = None

    def _in_one_transaction(self, group: Sequence[Unit], *, apart: bool) -> None:
        """Run and commit. `apart`: a failing unit keeps its error, and the others are done.

        Else what makes a unit fail is raised, as is whatever makes the whole group fail.
        """
        connection = self._connected()
        try:
            transaction = connection.begin()
            with self._way.taken(group[0].loop):
                _run(connection, group, apart=apart)
        except BaseException:
            self._roll_back(connection)
            raise
        try:
            transaction.commit()
        except BaseException as error:
            connection.invalidate()  # what it has begun must not outlive this
            self._disconnect()
            if connections.is_lost(error):
                raise CommitUnknown("the connection was lost during COMMIT") from error
            raise

    def _roll_back(self, connection: Connection) -> None:
        try:
            transaction = connection.get_transaction()
            if transaction is not None:
                transaction.rollback()
        except Exception:
            connection.invalidate()
        if connection.invalidated:
            self._disconnect()

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.close()


def _run(connection: Connection, group: Sequence[Unit], *, apart: bool) -> None:
    for unit in group:
        if apart:
            _run_apart(connection, unit)
        else:
            unit.value, unit.error = unit.work(connection), None


def _run_apart(connection: Connection, unit: Unit) -> None:
    """Run a unit so that its failure undoes nothing but its own work."""
    connection.exec_driver_sql("SAVEPOINT unit")
    try:
        unit.value = unit.work(connection)
    except Exception as error:
        if connections.is_passing(error):
            raise
        unit.error = error
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT unit")
    connection.exec_driver_sql("RELEASE SAVEPOINT unit")


def _tell(group: Sequence[Unit]) -> None:
    """Resolve the futures on their own event loops, one call for each loop."""
    for loop in {unit.loop for unit in group}:
        mine = [unit for unit in group if unit.loop is loop]
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_resolve, mine)


def _resolve(group: Sequence[Unit]) -> None:
    for unit in group:
        if unit.future.done():  # its caller was cancelled
            continue
        if unit.error is None:
            unit.future.set_result(unit.value)
        elif isinstance(unit.error, StopIteration):  # a future refuses this one
            unit.future.set_exception(RuntimeError("a unit of work raised StopIteration"))
        else:
            unit.future.set_exception(unit.error)
