"""Packets of the manager interface: asterisk-ami's client, its faults guarded.

Both ways no value can become a header: what we send with a line break is refused, what comes with
one (a caller's name may hold U+2028) loses it before the library cuts lines.
"""

import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from asterisk.ami import Action, AMIClient, Event, Response

READ_S = 20.0  # we ping more often than this: silence means a dead connection
CONNECT_S = 3.0
MOST_LINE_BYTES = 1000  # Asterisk cuts lines after 1024
MOST_PACKET_BYTES = 256 * 1024
END = b"\r\n\r\n"
NOISE = frozenset({"TestEvent"})  # of Debian's build; each is followed by a line break too many
_BREAKS = re.compile("[\x00\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")

Answer = Mapping[str, str]


class AmiFailed(Exception):
    """Asterisk did not do what was asked; the message says what and why."""


class AmiLost(AmiFailed):
    """The connection is not there, or can't be trusted any more."""


class AmiRefused(AmiFailed):
    """Asterisk answered, and said no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """An event (its name) or a response (its status, as `Success`, `Error`)."""

    name: str
    fields: Answer
    is_response: bool = False


def lines(action: str, fields: Mapping[str, str]) -> bytes:
    """An action as it goes over the wire; ValueError for what would become more than one line."""
    for name, value in fields.items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"{action}: {name!r} is no header's name")
        if _BREAKS.search(value):
            raise ValueError(f"{action}: {name} holds a line break")
        if len(f"{name}: {value}".encode()) > MOST_LINE_BYTES:
            raise ValueError(f"{action}: {name} is longer than {MOST_LINE_BYTES} bytes")
    return f"{Action(action, dict(fields))}\r\n".encode()


def unbroken(pack: str) -> str:
    """A packet whose only line breaks are those of the protocol."""
    return "\r\n".join(_BREAKS.sub(" ", line) for line in pack.split("\r\n"))


class Client(AMIClient):  # type: ignore[misc]
    """The library's reader. Callbacks come on its thread; `ended` comes once and is the last."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        greeted: Callable[[str], None],
        deliver: Callable[[Packet], None],
        ended: Callable[[str], None],
    ) -> None:
        super().__init__(address=host, port=port, timeout=READ_S, buffer_size=64 * 1024)
        self._greeted = greeted
        self._deliver = deliver
        self._ended = ended
        self._stopped = threading.Event()

    def connect(self) -> None:
        """Connect and start reading; OSError where nobody listens."""
        self._socket = socket.create_connection((self._address, self._port), timeout=CONNECT_S)
        self._socket.settimeout(READ_S)
        self.finished = threading.Event()
        if self._stopped.is_set():
            self._socket.close()
            return
        self._thread = threading.Thread(target=self.listen, name="ami-reader", daemon=True)
        self._thread.start()

    def send(self, pack: bytes) -> None:
        """All of it. For one writer."""
        self._socket.sendall(pack)

    def end(self) -> None:
        """Stop both threads at once."""
        self._stopped.set()
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            if self._thread is None:
                self._socket.close()

    def listen(self) -> None:
        """The reader thread."""
        reason = "Asterisk ended the connection"
        try:
            packs = self._next_pack()
            greeting = next(packs, "")
            if not self.asterisk_start_regex.match(greeting):
                raise AmiLost("this is not a manager interface" if greeting else reason)
            self._greeted(greeting)
            for pack in packs:
                self.fire_recv_pack(pack)
        except TimeoutError:
            reason = f"nothing came for {READ_S:g} s"
        except Exception as error:
            reason = str(error) or type(error).__name__
        finally:
            self.finished.set()
            self._socket.close()
            self._ended(reason)

    def fire_recv_pack(self, pack: str) -> None:
        """A packet; one behind a line break too many is found all the same."""
        whole = unbroken(pack.lstrip("\r\n"))
        if Response.match(whole):
            response = Response.read(whole)
            self._give(response.status, response.keys, is_response=True)
        elif Event.match(whole):
            event = Event.read(whole)
            if event.name not in NOISE:
                self._give(event.name, event.keys, is_response=False)

    def _give(self, name: str, keys: Mapping[str, object], *, is_response: bool) -> None:
        fields = {key: value for key, value in keys.items() if isinstance(value, str)}
        self._deliver(Packet(name=name, fields=fields, is_response=is_response))

    def _next_pack(self) -> Iterator[str]:
        data = bytearray()
        end: bytes = b"\r\n"  # the greeting is one line
        start = 0
        while chunk := self._socket.recv(self._buffer_size):
            data += chunk
            while (found := data.find(end, start)) >= 0:
                yield data[:found].decode("utf-8", errors="replace")
                del data[: found + len(end)]
                start, end = 0, END
            start = max(0, len(data) - len(END) + 1)
            if len(data) > MOST_PACKET_BYTES:
                raise AmiLost("a packet has no end")
