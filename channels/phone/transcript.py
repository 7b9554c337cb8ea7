"""What is said in a call, line by line into the book; nobody who speaks waits for it."""

import asyncio
from types import TracebackType
from typing import Self

import structlog

from channels.phone import book, ear
from channels.phone.book import CallBook, SpokenLine

MOST_WAITING = 500  # lines; a book that takes none of them for a whole call is broken
FINISH_WITHIN_S = 30.0

_log = structlog.get_logger(__name__)


class Transcript:
    """Of one call; what is added inside `async with` is written in order, by its end at last."""

    def __init__(self, *, book: CallBook, call_id: str) -> None:
        self._book = book
        self._call_id = call_id
        self._lines: asyncio.Queue[SpokenLine | None] = asyncio.Queue(MOST_WAITING)
        self._writing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._writing = asyncio.create_task(self._write(), name=f"transcript {self._call_id}")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._writing is not None
        self._put(None)
        try:
            await asyncio.wait((self._writing,), timeout=FINISH_WITHIN_S)
        finally:
            if not self._writing.done():
                _log.error("phone.transcript_cut", call=self._call_id, lines=self._lines.qsize())
                self._writing.cancel()

    def add(self, line: SpokenLine) -> None:
        """One more line."""
        self._put(line)

    def heard(self, said: ear.Utterance) -> None:
        """What the caller said, for who reads and listens later."""
        self._put(_line_of(said))

    def _put(self, line: SpokenLine | None) -> None:
        try:
            self._lines.put_nowait(line)
        except asyncio.QueueFull:
            _log.error("phone.transcript_full", call=self._call_id)

    async def _write(self) -> None:
        while (line := await self._lines.get()) is not None:
            try:
                await self._book.spoken(self._call_id, line)
            except Exception:  # a line less is no reason to serve him worse
                _log.exception("phone.line_not_kept", call=self._call_id)


def _line_of(said: ear.Utterance) -> SpokenLine:
    """Words with their times in the call."""
    return SpokenLine(
        voice=book.Voice.CALLER,
        text=said.text,
        start_ms=said.start_ms,
        end_ms=said.end_ms,
        confidence=said.confidence,
        words=tuple(
            book.SpokenWord(
                text=word.text,
                start_ms=said.start_ms + word.start_ms,
                confidence=word.confidence,
            )
            for word in said.words
        ),
    )
