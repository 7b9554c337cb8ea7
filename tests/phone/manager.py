"""A manager interface on loopback that does what a test wants, also what Asterisk never should."""

import asyncio
import hashlib
from collections import deque
from collections.abc import Callable
from types import TracebackType

SECRET = "the secret"
Fields = dict[str, str]


class Manager:
    """Answers as Asterisk does; `pieces` is how many bytes it sends at once (0: all).

    `frozen` answers nothing; `lists` are the packets of list actions; `answers` come instead of
    the usual ones, one for each action of that name.
    """

    def __init__(self) -> None:
        self.port = 0
        self.pieces = 0
        self.frozen = False
        self.between = ""  # what comes before each packet
        self.actions: list[Fields] = []
        self.received = bytearray()
        self.lists: dict[str, list[str]] = {}
        self.answers: dict[str, deque[str]] = {}
        self.connections = 0
        self.greeting = "Asterisk Call Manager/9.0.0\r\n"
        self.version = "22.10.1"
        self.now = 1_700_000_000.25
        self.on_action: Callable[[Fields], None] = lambda fields: None
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Manager":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Every connection ends with a reset."""
        for writer in self._writers:
            writer.transport.abort()

    async def tell(self, packet: str) -> None:
        """An event to everybody, exactly as given and an empty line."""
        for writer in set(self._writers):
            await self._send(writer, packet + "\r\n")

    async def raw(self, data: bytes) -> None:
        for writer in set(self._writers):
            writer.write(data)
            await writer.drain()

    def variables(self) -> list[tuple[str, str]]:
        return [(a["Variable"], a["Value"]) for a in self.actions if a["Action"] == "Setvar"]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self._writers.add(writer)
        try:
            writer.write(self.greeting.encode())
            while True:
                data = await reader.readuntil(b"\r\n\r\n")
                self.received += data
                pairs = [line.split(": ", 1) for line in data.decode().strip().split("\r\n")]
                fields = {pair[0]: pair[1] if len(pair) > 1 else "" for pair in pairs}
                self.actions.append(fields)
                self.on_action(fields)
                if not self.frozen:
                    for packet in self._answer(fields):
                        await self._send(writer, packet)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def _answer(self, fields: Fields) -> list[str]:
        name, key = fields["Action"], fields.get("ActionID", "")
        own = self.answers.get(name)
        if own:
            return [own.popleft().replace("@", key) + "\r\n"]
        more = {
            "Challenge": "Challenge: 4711\r\n",
            "Ping": f"Ping: Pong\r\nTimestamp: {self.now}\r\n",
            "CoreSettings": f"AsteriskVersion: {self.version}\r\n",
        }.get(name, "")
        if name == "Login":
            right = hashlib.md5(f"4711{SECRET}".encode(), usedforsecurity=False).hexdigest()
            if fields.get("Key") != right:
                return [f"Response: Error\r\nActionID: {key}\r\nMessage: no\r\n\r\n"]
        if name not in ("CoreShowChannels", "QueueStatus"):
            return [f"Response: Success\r\nActionID: {key}\r\n{more}\r\n"]
        listed = [f"{packet}ActionID: {key}\r\n\r\n" for packet in self.lists.get(name, [])]
        return [
            f"Response: Success\r\nActionID: {key}\r\nEventList: start\r\n\r\n",
            *listed,
            f"Event: {name}Complete\r\nActionID: {key}\r\nEventList: Complete\r\n\r\n",
        ]

    async def _send(self, writer: asyncio.StreamWriter, packet: str) -> None:
        data = (self.between + packet).encode()
        step = self.pieces or len(data)
        for start in range(0, len(data), step):
            writer.write(data[start : start + step])
            await writer.drain()
            if self.pieces:
                await asyncio.sleep(0)
