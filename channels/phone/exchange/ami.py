"""One connection to Asterisk's manager interface: asterisk-ami, guarded, bridged to asyncio.

The library's reader thread parses; what it finds is handed to the event loop in order and bounded.
One writer sends. Whatever is in doubt ends the connection: nobody repairs one, a fresh one is
opened and the state is read anew (see `exchange`).
"""

import asyncio
import hashlib
import itertools
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import structlog

from channels.phone.exchange import packets
from channels.phone.exchange.packets import AmiLost, AmiRefused, Answer, Packet

CONNECT_S = 3.0
ANSWER_S = 3.0  # Asterisk answers in milliseconds; later than this it is frozen
LIST_S = 10.0
MOST_INBOX = 10_000  # packets that came and were not looked at
MOST_LISTED = 10_000  # packets of one list
AT_ONCE = 200  # packets looked at before the loop gets its turn

_log = structlog.get_logger(__name__)


class Link:
    """From `open` to `lost`; made for one connection and never used again."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        on_event: Callable[[Packet], None],
        answer_s: float = ANSWER_S,
    ) -> None:
        self._answer_s = answer_s
        self._host = host
        self._port = port
        self._on_event = on_event
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="ami-writer")
        self._ids = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[Packet]] = {}
        self._lists: dict[str, _Listed] = {}
        self._lock = threading.Lock()
        self._inbox: deque[Packet] = deque()
        self._client: packets.Client | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._greeted: asyncio.Future[None] | None = None
        self._end: asyncio.Future[str] | None = None

    async def open(self, user: str, secret: str) -> None:
        """Connect and log in. AmiLost: nobody there or no Asterisk; AmiRefused: not let in."""
        self._loop = asyncio.get_running_loop()
        self._end = self._loop.create_future()
        self._greeted = self._loop.create_future()
        self._client = packets.Client(
            host=self._host,
            port=self._port,
            greeted=partial(self._call, self._on_greeted),
            deliver=self._deliver,
            ended=partial(self._call, self._on_end),
        )
        connecting = self._loop.run_in_executor(self._writer, self._client.connect)
        try:
            async with asyncio.timeout(CONNECT_S):
                await asyncio.shield(connecting)
                await self._greeted
        except (OSError, TimeoutError) as error:
            raise AmiLost(f"{self._host}:{self._port}: {error or 'no answer'}") from error
        # By challenge, so that the secret is in no action, no log and no packet.
        challenge = await self.ask("Challenge", AuthType="MD5")
        key = hashlib.md5((challenge["Challenge"] + secret).encode(), usedforsecurity=False)
        await self.ask("Login", AuthType="MD5", Username=user, Key=key.hexdigest())

    async def ask(self, action: str, /, **fields: str) -> Answer:
        """Do an action. AmiRefused: Asterisk says no; AmiLost: it says nothing in time."""
        key, answer = await self._send(action, fields)
        try:
            return await self._answer(action, answer)
        finally:
            self._waiting.pop(key, None)

    async def ask_list(self, action: str, /, **fields: str) -> tuple[Packet, ...]:
        """Do an action that answers with a list of packets; errors as with `ask`."""
        listed = _Listed(done=asyncio.get_running_loop().create_future())
        key, answer = await self._send(action, fields, listed)
        try:
            await self._answer(action, answer)
            async with asyncio.timeout(LIST_S):
                await listed.done
        except TimeoutError as error:
            raise AmiLost(f"{action}: the list had no end after {LIST_S:g} s") from error
        finally:
            self._waiting.pop(key, None)
            self._lists.pop(key, None)
        return tuple(listed.packets)

    async def lost(self) -> str:
        """Waits until the connection has ended; says why."""
        assert self._end is not None
        return await asyncio.shield(self._end)

    async def close(self) -> None:
        """End the connection and its threads; harmless when it has ended already."""
        if self._client is not None:
            self._client.end()
        self._writer.shutdown(wait=False, cancel_futures=True)
        self._on_end("closed by us")

    async def _send(
        self, action: str, fields: dict[str, str], listed: "_Listed | None" = None
    ) -> tuple[str, asyncio.Future[Packet]]:
        assert self._client is not None and self._loop is not None and self._end is not None
        if self._end.done():
            raise AmiLost(f"{action}: {self._end.result()}")
        key = f"hotline-{next(self._ids)}"
        lines = packets.lines(action, {**fields, "ActionID": key})
        answer: asyncio.Future[Packet] = self._loop.create_future()
        self._waiting[key] = answer
        if listed is not None:
            self._lists[key] = listed
        try:
            sending = self._loop.run_in_executor(self._writer, self._client.send, lines)
            async with asyncio.timeout(self._answer_s):
                await asyncio.shield(sending)
        except (OSError, RuntimeError, TimeoutError) as error:
            self._waiting.pop(key, None)
            self._lists.pop(key, None)
            raise AmiLost(f"{action}: could not be sent") from error
        return key, answer

    async def _answer(self, action: str, answer: asyncio.Future[Packet]) -> Answer:
        try:
            async with asyncio.timeout(self._answer_s):
                packet = await answer
        except TimeoutError as error:
            raise AmiLost(f"{action}: no answer within {self._answer_s:g} s") from error
        if packet.name.lower() == "error":
            raise AmiRefused(f"{action}: {packet.fields.get('Message', 'refused')}")
        return packet.fields

    def _call(self, function: Callable[[str], None], text: str) -> None:
        """From the reader thread."""
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(function, text)
        except RuntimeError:
            return  # the loop has ended, and with it everybody who wanted to know

    def _deliver(self, packet: Packet) -> None:
        """From the reader thread; AmiLost ends it."""
        with self._lock:
            if len(self._inbox) >= MOST_INBOX:
                raise AmiLost("events come faster than they are read")
            sleeping = not self._inbox
            self._inbox.append(packet)
        if sleeping:
            self._call(self._drain, "")

    def _drain(self, _: str) -> None:
        with self._lock:
            batch = [self._inbox.popleft() for _ in range(min(AT_ONCE, len(self._inbox)))]
            more = bool(self._inbox)
        for packet in batch:
            self._take(packet)
        if more and self._loop is not None:
            self._loop.call_soon(self._drain, "")

    def _take(self, packet: Packet) -> None:
        key = packet.fields.get("ActionID", "")
        listed = self._lists.get(key)
        if packet.is_response:
            answer = self._waiting.pop(key, None)
            if answer is not None and not answer.done():
                answer.set_result(packet)
        elif listed is not None:
            listed.take(packet)
        else:
            try:
                self._on_event(packet)
            except Exception:  # a fault in a listener must not cost the connection
                _log.exception("ami_event_failed", packet=packet.name)

    def _on_greeted(self, _: str) -> None:
        if self._greeted is not None and not self._greeted.done():
            self._greeted.set_result(None)

    def _on_end(self, reason: str) -> None:
        if self._end is None or self._end.done():
            return
        self._end.set_result(reason)
        lost = AmiLost(reason)
        for answer in self._waiting.values():
            _fail(answer, lost)
        for listed in self._lists.values():
            _fail(listed.done, lost)
        if self._greeted is not None:
            _fail(self._greeted, lost)


class _Listed:
    """The packets of a list until its last."""

    def __init__(self, *, done: asyncio.Future[None]) -> None:
        self.done = done
        self.packets: list[Packet] = []

    def take(self, packet: Packet) -> None:
        if packet.fields.get("EventList", "").lower().startswith(("complete", "cancelled")):
            if not self.done.done():
                self.done.set_result(None)
        elif len(self.packets) < MOST_LISTED:
            self.packets.append(packet)


def _fail(waiting: asyncio.Future[Any], lost: AmiLost) -> None:
    if not waiting.done():
        waiting.set_exception(lost)
        waiting.exception()  # looked at here: who waits sees it, nobody else must
