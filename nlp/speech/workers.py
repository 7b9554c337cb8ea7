"""A few threads that take urgent work first, in short pieces: how recognition shares the cores."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar

JOIN_WITHIN_S = 2.0
CLOSED = "the threads of recognition have been ended"

Piece = Callable[[], None]
T = TypeVar("T")


class Answer(Generic[T]):
    """A result that a thread gives to who waits for it on the event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._future: asyncio.Future[T] = self._loop.create_future()

    async def wait(self) -> T:
        """The result, or the exception."""
        return await self._future

    def give(self, work: Callable[[], T]) -> None:
        """In a thread: do the work and give what comes of it; never raises."""
        try:
            result = work()
        except Exception as error:
            self.fail(error)
        else:
            self._tell(lambda: self._settle(lambda: self._future.set_result(result)))

    def fail(self, error: Exception) -> None:
        """From any thread: there is no result."""
        self._tell(lambda: self._settle(lambda: self._future.set_exception(error)))

    def _tell(self, news: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(news)

    def _settle(self, news: Callable[[], None]) -> None:
        if not self._future.done():
            news()


class Workers:
    """Runs short pieces of work; whoever submits bounds how many of its pieces wait."""

    def __init__(self, threads: int) -> None:
        self._count = threads
        self._threads: list[threading.Thread] = []
        self._wake = threading.Condition()
        self._urgent: deque[Piece] = deque()
        self._patient: deque[Piece] = deque()
        self._begun: dict[int, float] = {}  # thread, when it began its piece
        self._awaited: set[Answer[Any]] = set()
        self._closing = False

    def start(self) -> None:
        """Start the threads; they end with the program if nothing else ends them."""
        for number in range(self._count):
            thread = threading.Thread(
                target=self._run, args=(number,), name=f"recogniser-{number}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def submit(self, piece: Piece, *, urgent: bool) -> None:
        """Have `piece` run after what waits already; it must not raise."""
        with self._wake:
            if not self._closing:
                (self._urgent if urgent else self._patient).append(piece)
                self._wake.notify()

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises, when nothing urgent waits; RuntimeError once closed."""
        answer: Answer[T] = Answer()
        self._awaited.add(answer)
        try:
            self.submit(lambda: answer.give(work), urgent=False)
            if self._closing:
                answer.fail(RuntimeError(CLOSED))
            return await answer.wait()
        finally:
            self._awaited.discard(answer)

    @property
    def stuck_s(self) -> float:
        """For how long every thread has been at one and the same piece; 0 where one is free."""
        with self._wake:
            begun = tuple(self._begun.values())
        return time.monotonic() - max(begun) if begun and len(begun) == self._count else 0.0

    def close(self) -> None:
        """Drop what waits and end the threads; one that hangs in its piece is left behind."""
        with self._wake:
            self._closing = True
            self._urgent.clear()
            self._patient.clear()
            self._wake.notify_all()
        for answer in tuple(self._awaited):
            answer.fail(RuntimeError(CLOSED))
        for thread in self._threads:
            thread.join(JOIN_WITHIN_S)

    def _run(self, number: int) -> None:
        while True:
            piece = self._next(number)
            if piece is None:
                return
            piece()
            del piece  # a closed call's recogniser is freed now and not with the next piece

    def _next(self, number: int) -> Piece | None:
        with self._wake:
            self._begun.pop(number, None)
            while not (self._urgent or self._patient or self._closing):
                self._wake.wait()
            if self._closing:
                return None
            self._begun[number] = time.monotonic()
            return (self._urgent or self._patient).popleft()
