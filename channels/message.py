"""What travels between a channel and the front desk: messages in, replies out."""

import hashlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody who can be reached by a channel; written `wechat:oAbc` or `tel:+8613900000000`."""

    scheme: str
    path: str

    def __str__(self) -> str:
        return f"{self.scheme}:{self.path}"

    @property
    def hashed(self) -> str:
        """By what something that is kept of him is found, without writing down who he is."""
        return hashlib.sha256(str(self).encode()).hexdigest()

    @classmethod
    def parse(cls, text: str) -> "Contact":
        """The contact written as `scheme:path`; ValueError says what is missing."""
        scheme, separator, path = text.partition(":")
        if not (scheme and separator and path):
            raise ValueError(f"contact {text!r} must be written scheme:path, such as wechat:oAbc")
        return cls(scheme=scheme, path=path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A photo, voice note or file. `reference` is the platform's media id or URL, or `store:ID`
    once kept by us, empty where our store refused it.
    """

    kind: str  # image, voice, video, file, link
    reference: str
    media_type: str = ""
    size_bytes: int = 0
    caption: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A place pin, WGS-84 degrees, with the platform's own words for it, if it has any."""

    latitude: float
    longitude: float
    label: str = ""

    @property
    def words(self) -> str:
        """For those who go there: what the platform calls it, and always the degrees."""
        degrees = f"北纬 {self.latitude:.5f}，东经 {self.longitude:.5f}"
        return f"{self.label}（{degrees}）" if self.label else f"地图定位：{degrees}"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """One thing a resident sent. `(channel, external_id)` is unique for ever: the platform's
    retries share it.
    """

    channel: str
    external_id: str
    sender: Contact
    thread: str  # which conversation: usually str(sender)
    text: str
    received_at: datetime
    attachments: tuple[Attachment, ...] = ()
    point: Point | None = None
    confidence: float | None = None  # the recogniser's, for speech
    public: bool = False  # said in public (an @mention): a candidate until confirmed in private
    event: str = ""  # see docs/channels.md: follow, menu:KEY, progress:NUMBER, hangup, missed
    spoken: bool = False  # on the telephone: answers are heard, a ticket is read back first


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What to say, not how: a key of the county's replies and the values it needs."""

    key: str
    values: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[str, ...] = ()  # short answers offered as buttons where the channel has them


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the front desk made of a message; the same again for the same message.

    `person`: a person takes over from here, and `reason` says why in Chinese. `posted` is how many
    of the last replies the outbox sends: they are not told by whoever has the receipt. `asks`: we
    wait for more of him; `danger`: what he told last is one.
    """

    replies: tuple[Reply, ...] = ()
    ticket: str = ""
    duplicate: bool = False
    person: bool = False
    reason: str = ""
    posted: int = 0
    asks: bool = False
    danger: bool = False

    @property
    def at_once(self) -> tuple[Reply, ...]:
        """What is told to whoever waits for the receipt, however often he asks."""
        return self.replies[: len(self.replies) - self.posted]


Render = Callable[[Reply], str]
Fits = Callable[[Sequence[Reply]], int]  # how many of the replies an answer holds


def everything(replies: Sequence[Reply]) -> int:
    """Somebody waits who can be told all of it."""
    return len(replies)


def nothing(replies: Sequence[Reply]) -> int:
    """Nobody waits for an answer."""
    return 0


class Receive(Protocol):
    """Takes a message; see `intake.desk`."""

    def __call__(
        self, message: InboundMessage, fits: Fits = everything
    ) -> Coroutine[Any, Any, Receipt]:
        """The receipt. What the answer doesn't hold is in the outbox with it, or not at all."""


class SendError(Exception):
    """A platform did not take our message: is trying again of use, and when?"""

    def __init__(
        self, reason: str, *, permanent: bool = False, retry_after_s: float | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after_s = retry_after_s
