"""Whoever goes to a person has his ticket on the board first; nothing of ours holds him up."""

import asyncio
from types import SimpleNamespace

import pytest

from channels.phone import leaving
from channels.phone.exchange.exchange import Next
from channels.phone.leaving import Leaving


class Around:
    """Notes what is done, in order."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.book_hangs = False
        self.media = SimpleNamespace(call_id="c1", close=self._close)
        self.leaving = Leaving(
            exchange=SimpleNamespace(set_next=self._set_next),  # type: ignore[arg-type]
            book=SimpleNamespace(opened=self._opened),  # type: ignore[arg-type]
            elapsed=lambda: 0.0,
        )

    async def leave(self, where: Next, ticket: str) -> list[str]:
        async with asyncio.timeout(5):
            await self.leaving.leave(self.media, where, ticket)  # type: ignore[arg-type]
        return self.done

    async def _opened(self, call_id: str, ticket: str) -> None:
        if self.book_hangs:
            await asyncio.Event().wait()
        self.done.append(f"{ticket} shown")

    async def _set_next(self, call_id: str, where: Next, heard: str = "") -> bool:
        self.done.append(f"to {where} with {heard!r}")
        return True

    async def _close(self) -> None:
        self.done.append("closed")


async def test_operator_has_the_ticket_before_his_telephone_rings() -> None:
    done = await Around().leave(Next.OPERATORS, "20261124-0001")
    assert done == ["20261124-0001 shown", "to operators with '20261124-0001'", "closed"]


async def test_book_that_takes_nothing_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "SHOWN_WITHIN_S", 0.02)
    around = Around()
    around.book_hangs = True
    assert await around.leave(Next.OPERATORS, "1") == ["to operators with '1'", "closed"]


async def test_who_is_put_down_is_shown_to_nobody() -> None:
    assert await Around().leave(Next.BYE, "1") == ["to bye with '1'", "closed"]
