"""What the conformance kit is made of: calls, the adapter of a platform, the channel under test."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import ClientSession
from yarl import URL

from channels.channel import Channel, Desk
from channels.message import Contact, InboundMessage
from tests.channels.desk import FakeDesk

LIMIT_BYTES = 64 * 1024
WAIT_S = 20.0  # a bound for what must happen, far above what it takes
TRICKY = "a]]>b<MsgType>image</MsgType>&amp;\"'{number}%s \U0001f600 村口的路灯\\坏了"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One HTTP request as the platform would make it."""

    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the channel's server answered."""

    status: int
    body: bytes

    @property
    def taken(self) -> bool:
        """Does the platform see that its message has arrived?"""
        return self.status < 400


class Adapter(Protocol):
    """How one platform says things. Ids are small numbers; the same id is the same message."""

    name: str  # in the registry
    abilities: frozenset[str]
    secrets: Sequence[str]  # must never show in errors or on the health page

    async def start(self, desk: Desk, *, patience_s: float | None) -> Channel:
        """Start the doubles and build the channel; with `patience_s` it answers within that."""

    async def stop(self) -> None:
        """Stop the doubles."""

    def contact(self, sender: int) -> Contact:
        """Who sender number 1, 2, ... is to the desk."""

    def text(self, words: str, *, number: int = 1, sender: int = 1) -> Call:
        """Somebody writes."""

    def image(self, *, number: int = 1) -> Call:
        """Somebody sends a photo."""

    def captioned(self, words: str, *, number: int = 1) -> Call:
        """Somebody sends a photo with words to it."""

    def voice(self, *, number: int = 1) -> Call:
        """Somebody speaks a message that the platform has not recognised."""

    def location(self, latitude: float, longitude: float, *, number: int = 1) -> Call:
        """Somebody sends a pin, WGS-84 degrees."""

    def follow(self, *, number: int = 1) -> Call:
        """Somebody follows the account."""

    def mention(self, words: str, *, number: int = 1) -> Call:
        """Somebody mentions us in public."""

    def unknown(self, *, number: int = 1) -> Call:
        """A kind of message that did not exist when we were written."""

    def signed(self, body: bytes) -> Call:
        """Any body, with a good proof of origin."""

    def forged(self, call: Call) -> Call:
        """The same call with the proof of origin spoiled."""

    def unsigned(self, call: Call) -> Call:
        """The same call without any proof of origin."""

    def hostile(self) -> Mapping[str, bytes]:
        """Bodies that harm careless programs, by name; each must be refused with a 400."""

    def told(self, answer: Answer) -> str:
        """The words that an answer to a callback carries; empty for a bare acknowledgement."""

    def sent(self) -> Sequence[str]:
        """The texts that the platform's API took from us."""

    def breaks(self, how: str) -> None:
        """From now on the API double answers `lost` (cut connection), `gone` (never again), `busy`
        (takes one notice, and not the next); its photo is `huge`. Empty: all is well again.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """A channel behind a real server, and both its neighbours."""

    adapter: Adapter
    channel: Channel
    desk: FakeDesk
    http: ClientSession
    url: str

    async def call(self, call: Call) -> Answer:
        """Make a request as the platform would."""
        url = URL(self.url + call.path).with_query(dict(call.query))
        async with self.http.request(
            call.method, url, data=call.body, headers=call.headers, allow_redirects=False
        ) as answer:
            return Answer(status=answer.status, body=await answer.read())

    async def raw(self, sent: bytes) -> bytes:
        """Write bytes to the server's port and read until it hangs up."""
        host, port = URL(self.url).host, URL(self.url).port
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(sent)
            writer.write_eof()
            async with asyncio.timeout(WAIT_S):
                return await reader.read()
        finally:
            writer.close()

    async def heard(self, call: Call) -> InboundMessage:
        """The one message that the desk gets out of a call."""
        before = len(self.desk.received)
        answer = await self.call(call)
        assert answer.taken, answer
        assert len(self.desk.received) == before + 1
        return self.desk.received[-1]

    async def still_works(self) -> None:
        """After whatever was tried, the next honest message arrives."""
        message = await self.heard(self.adapter.text("还在吗", number=990))
        assert message.text == "还在吗"
