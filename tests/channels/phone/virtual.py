"""An event loop whose time is a number: it goes on to the next timer as soon as nothing is left to do."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Stuck(AssertionError):
    """Nothing is left to do and no timer runs: in the world it would wait for ever."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """For what neither waits for threads nor for the network."""

    def __init__(self) -> None:
        super().__init__()
        self._now_s = 0.0
        self._selector.select = self._select  # type: ignore[attr-defined]

    def time(self) -> float:
        return self._now_s

    def _select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise Stuck
        self._now_s += timeout
        return []


def run(story: Coroutine[Any, Any, T]) -> T:
    """The story to its end, in no time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(story)
