"""A front desk for tests of channels: it keeps what it hears and answers what it is told to."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import ClientSession

from channels import message as messages
from channels.channel import Desk, Line, MediaRefused
from channels.message import Contact, Fits, InboundMessage, Receipt, Reply
from config.runtime import Runtime

START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
LONGEST_MEDIA_BYTES = 1024 * 1024


class FakeDesk:
    """Like the real one it takes each `(channel, external_id)` once and answers retries the same.

    `replies` is what everybody is told; a reply shows as its value `words`, else as its key.
    While `disk` is closed nothing is written down, while `gate` is nothing is answered; `failures`
    is how often receiving still fails, `breakdowns` how often it does after the writing down.
    """

    def __init__(self) -> None:
        self.now = START
        self.replies: tuple[Reply, ...] = (said("收到了，单号 20261124-0001"),)
        self.received: list[InboundMessage] = []
        self.later: list[tuple[Contact, tuple[Reply, ...]]] = []
        self.posted = asyncio.Event()
        self.entered = asyncio.Event()
        self.disk, self.gate = asyncio.Event(), asyncio.Event()
        self.disk.set()
        self.gate.set()
        self.failures = 0
        self.breakdowns = 0
        self.kept: list[tuple[bytes, str]] = []
        self.files: dict[str, tuple[Path, str]] = {}
        self.lines: list[Line] = []
        self._receipts: dict[tuple[str, str], asyncio.Future[Receipt]] = {}
        self._left: set[tuple[str, str]] = set()

    def desk(self, http: ClientSession) -> Desk:
        """What a channel is given."""
        runtime = Runtime(now=lambda: self.now, new_id=lambda: "0" * 32, chance=lambda: 0.5)
        return Desk(
            receive=self.receive,
            leave=self.leave,
            render=self.render,
            http=http,
            runtime=runtime,
            keep=self.keep,
            find=self.find,
            history=self.history,
        )

    async def receive(self, message: InboundMessage, fits: Fits = messages.everything) -> Receipt:
        self.entered.set()
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the database is away")
        key = _key(message)
        known = self._receipts.get(key)
        if known is not None:
            return replace(await asyncio.shield(known), duplicate=True)
        await self.disk.wait()
        promised: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._receipts[key] = promised
        self.received.append(message)
        if self.breakdowns:
            self.breakdowns -= 1
            raise RuntimeError("it is written down, and nothing more")
        await self.gate.wait()
        promised.set_result(self._settled(message, fits))
        return promised.result()

    async def leave(self, message: InboundMessage) -> bool:
        """Like the real one: only what is written down, and not yet answered."""
        known = self._receipts.get(_key(message))
        if known is None or known.done():
            return False
        self._left.add(_key(message))
        return True

    def _settled(self, message: InboundMessage, fits: Fits) -> Receipt:
        told = 0 if _key(message) in self._left else fits(self.replies)
        if later := self.replies[told:]:
            self.later.append((message.sender, later))
            self.posted.set()
        return Receipt(replies=self.replies, ticket="20261124-0001", posted=len(later))

    def render(self, reply: Reply) -> str:
        return reply.values.get("words", reply.key)

    async def keep(self, content: bytes, media_type: str) -> str:
        if len(content) > LONGEST_MEDIA_BYTES:
            raise MediaRefused("文件太大")
        self.kept.append((content, media_type))
        return f"store:{len(self.kept)}"

    async def find(self, reference: str) -> tuple[Path, str] | None:
        return self.files.get(reference)

    async def history(self, contact: Contact) -> Sequence[Line]:
        return self.lines

    def told_later(self) -> str:
        """Everything that was left to the outbox, as words."""
        return "\n".join(self.render(reply) for _, replies in self.later for reply in replies)


def said(words: str) -> Reply:
    """A reply that shows as these words."""
    return Reply(key="receipt", values={"words": words})


def _key(message: InboundMessage) -> tuple[str, str]:
    return message.channel, message.external_id
