"""Who computes waits while a transaction works, and never for long."""

import asyncio
import threading

import pytest

from routing import right_of_way
from routing.right_of_way import RightOfWay


class Transaction:
    """One in a thread of its own, which works until it is let go."""

    def __init__(self, way: RightOfWay) -> None:
        self.begun, self.goes_on = threading.Event(), threading.Event()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._work, args=[way])
        self._thread.start()
        self.begun.wait()

    def _work(self, way: RightOfWay) -> None:
        with way.taken(self._loop):
            self.begun.set()
            self.goes_on.wait()

    def end(self) -> None:
        self.goes_on.set()
        self._thread.join()


async def test_all_wait_and_all_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(right_of_way, "LONGEST_S", 60.0)
    way = RightOfWay()
    transaction = Transaction(way)
    waiting = [asyncio.create_task(way.give()) for _ in range(3)]
    await asyncio.sleep(0.01)
    assert not any(task.done() for task in waiting)
    transaction.end()
    await asyncio.wait_for(asyncio.gather(*waiting), 10)


async def test_one_that_ends_unseen_keeps_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(right_of_way, "LONGEST_S", 60.0)
    way = RightOfWay()
    transaction = Transaction(way)

    class Late(list[asyncio.Future[None]]):
        """Whoever begins to wait does so just after the end."""

        def append(self, passed: asyncio.Future[None]) -> None:
            transaction.end()
            super().append(passed)

    way._waiting = Late()
    await asyncio.wait_for(way.give(), 10)


async def test_nobody_waits_where_none_works() -> None:
    way = RightOfWay()
    task = asyncio.create_task(way.give())
    await asyncio.sleep(0)
    assert task.done()


async def test_one_that_never_ends_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(right_of_way, "LONGEST_S", 0.02)
    way = RightOfWay()
    transaction = Transaction(way)
    await way.give()
    transaction.end()


async def test_what_fails_keeps_nobody() -> None:
    way, loop = RightOfWay(), asyncio.get_running_loop()
    with pytest.raises(ZeroDivisionError), way.taken(loop):
        raise ZeroDivisionError
    task = asyncio.create_task(way.give())
    await asyncio.sleep(0)
    assert task.done()


def test_the_end_of_the_loop_ends_no_transaction() -> None:
    way, loop = RightOfWay(), asyncio.new_event_loop()

    async def wait() -> None:
        waiting = asyncio.create_task(way.give())
        await asyncio.sleep(0)
        waiting.cancel()

    with way.taken(loop):
        loop.run_until_complete(wait())
        loop.close()
