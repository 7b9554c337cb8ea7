"""What the program gives to the phone line beside the desk that every channel has."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from channels.message import Render
from channels.phone.book import CallBook
from nlp.speech.contract import Transcriber
from nlp.understanding import Understanding


class LineVoice(Protocol):
    """The voice of the line; see `prompts.Voice`."""

    async def start(self) -> None:
        """To be called once before anything is said; VoiceFailed where nothing can be."""

    async def say(self, text: str, rate_hz: int, *, slow: bool = False) -> bytes:
        """16-bit samples of one channel; VoiceFailed."""

    async def close(self) -> None:
        """Free what it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telephone:
    """Made by the program; one for the line.

    `transcriber` loads the recogniser, None where there is no model: the line then works with
    people alone. `answers` returns once the book can be written. `speak` gives a reply's words for
    who listens. `housekeeping` takes in what Asterisk has recorded and forgets what was kept long
    enough, `transcribe` makes one recording text; True where there was something to do.
    """

    book: CallBook
    voice: LineVoice
    speak: Render
    transcriber: Callable[[], Awaitable[Transcriber | None]]
    answers: Callable[[], Awaitable[None]]
    understand: Callable[[str], Understanding]
    missed: Callable[[], Awaitable[bool]]
    housekeeping: Callable[[], Awaitable[bool]]
    transcribe: Callable[[Transcriber | None], Awaitable[bool]]
