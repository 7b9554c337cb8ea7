"""Lines are written in order, whatever the book is doing, and nobody waits for them."""

import asyncio

import pytest

from channels.phone import transcript
from channels.phone.book import SpokenLine, Voice
from channels.phone.transcript import Transcript
from tests.channels.phone.talking import said


class FakeBook:
    def __init__(self) -> None:
        self.free = asyncio.Event()
        self.lines: list[str] = []

    async def spoken(self, call_id: str, line: SpokenLine) -> None:
        await self.free.wait()
        if line.text == "broken":
            raise RuntimeError("no book")
        self.lines.append(line.text)


def line(text: str) -> SpokenLine:
    return SpokenLine(voice=Voice.LINE, text=text, start_ms=0, end_ms=1)


async def test_book_that_is_away_holds_nobody_up_and_gets_every_line_in_order() -> None:
    book = FakeBook()
    async with asyncio.timeout(5), Transcript(book=book, call_id="1") as notes:  # type: ignore[arg-type]
        notes.add(line("a"))
        notes.heard(said("b"))
        notes.add(line("broken"))
        notes.add(line("c"))
        assert book.lines == []
        asyncio.get_running_loop().call_later(0.05, book.free.set)
    assert book.lines == ["a", "b", "c"]


async def test_book_that_never_comes_back_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transcript, "FINISH_WITHIN_S", 0.05)
    async with asyncio.timeout(5), Transcript(book=FakeBook(), call_id="1") as notes:  # type: ignore[arg-type]
        notes.add(line("a"))


async def test_call_that_is_cut_short_leaves_nothing_running() -> None:
    async def cut() -> None:
        async with Transcript(book=FakeBook(), call_id="1") as notes:  # type: ignore[arg-type]
            notes.add(line("a"))

    running = asyncio.create_task(cut())
    await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await asyncio.sleep(0)
    assert [
        task.get_name() for task in asyncio.all_tasks() if "transcript" in task.get_name()
    ] == []
