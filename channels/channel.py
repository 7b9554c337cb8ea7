"""The contract that every channel fulfils."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from aiohttp import ClientSession, web

from channels.message import Attachment, Contact, InboundMessage, Receive, Render, Reply, SendError
from config.runtime import Runtime


class KeepMedia(Protocol):
    """Keeps bytes that a channel fetched or was sent."""

    async def __call__(self, content: bytes, media_type: str) -> str:
        """Store the bytes and return `store:ID`; MediaRefused says why not."""


class FindMedia(Protocol):
    """Finds what was kept."""

    async def __call__(self, reference: str) -> tuple[Path, str] | None:
        """The file and its media type for `store:ID`; None where there is none (any more)."""


class MediaRefused(Exception):
    """Too large, or not of a kind that we keep; the message is for the resident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something said in a conversation, by us or by the resident; `pictures` are `store:ID`.

    `choices` are short answers to what we asked; `pinned` says that a place pin came along.
    """

    at: datetime
    from_us: bool
    text: str
    ticket: str = ""
    pictures: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    pinned: bool = False


Leave = Callable[[InboundMessage], Awaitable[bool]]
History = Callable[[Contact], Awaitable[Sequence[Line]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """All that a channel is given: where messages go, how replies read, the HTTP client, the clock.

    `render` gives a reply's words for who reads. `leave` gives up waiting for a message that is
    being received: True when it is on disk and its answer will go by the outbox. `history` is what
    was said with somebody so far; `county` and `hotline` are its name and its number, for channels
    with pages of their own. `polls`: is it this process, of several, that asks platforms for news?
    """

    receive: Receive
    render: Render
    http: ClientSession
    runtime: Runtime
    keep: KeepMedia
    find: FindMedia
    leave: Leave
    history: History
    county: str = ""
    hotline: str = ""
    polls: bool = True


class Channel(ABC):
    """One way for residents to reach us; constructed by `channels.registry`, driven by the
    program.
    """

    name: str  # the key in the registry, the metrics and the inbox
    schemes: tuple[str, ...] = ()  # contact schemes it can send to

    @abstractmethod
    def routes(self) -> Sequence[web.RouteDef]:
        """The HTTP routes that the platform calls; may be empty."""

    async def run(self) -> None:  # noqa: B027 - most channels have no work of their own
        """Work of its own (polling, token renewal) until cancelled; returns at once where there
        is none.
        """

    @abstractmethod
    async def send(self, to: Contact, reply: Reply) -> str:
        """Send a reply and return the platform's id for it; raises SendError."""

    async def fetch(self, attachment: Attachment) -> tuple[bytes, str]:
        """The bytes and media type of what a resident sent here and we don't hold yet.

        Raises SendError: is trying again of use? A channel that gives files at once has none.
        """
        raise SendError("这个渠道没有可以补取的文件", permanent=True)

    def health(self) -> dict[str, Any]:
        """Small facts for the health page, without secrets."""
        return {}
