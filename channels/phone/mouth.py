"""What we say in a call: replies as speech, remembered so that they can be said again."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from channels.message import Render, Reply
from channels.phone import book
from channels.phone.audio.media import Media
from channels.phone.partners import LineVoice


class Speaks(Protocol):
    """What a call needs of its mouth."""

    @property
    def talking(self) -> bool:
        """Whether something is being said."""

    async def say(self, *replies: Reply) -> bool:
        """See `Mouth`."""

    async def again(self, *, slower: bool = False) -> bool:
        """See `Mouth`."""

    def hush(self) -> None:
        """See `Mouth`."""


class Mouth:
    """Speaks in one call."""

    def __init__(
        self,
        *,
        media: Media,
        voice: LineVoice,
        speak: Render,
        note: Callable[[book.SpokenLine], Awaitable[None]],
        now_ms: Callable[[], int],
    ) -> None:
        self._media = media
        self._voice = voice
        self._speak = speak
        self._note = note
        self._now_ms = now_ms
        self._last = ""
        self._slow = False
        self.talking = False

    async def say(self, *replies: Reply) -> bool:
        """Say the replies one after the other; False where the caller broke in or is gone."""
        text = "\n".join(self._speak(reply) for reply in replies)
        keys = ",".join(reply.key for reply in replies)
        self._last = text or self._last
        return await self._utter(text, keys)

    async def again(self, *, slower: bool = False) -> bool:
        """Say the last thing once more."""
        self._slow = self._slow or slower
        return await self._utter(self._last, "repeat")

    def hush(self) -> None:
        """Stop at once: the caller speaks."""
        self._media.stop()

    async def _utter(self, text: str, keys: str) -> bool:
        if not text:
            return True
        self.talking = True
        try:
            pcm = await self._voice.say(text, self._media.rate_hz, slow=self._slow)
            start_ms = self._now_ms()
            heard = await self._media.play(pcm)
        finally:
            self.talking = False
        line = book.SpokenLine(
            voice=book.Voice.LINE, text=text, start_ms=start_ms, end_ms=self._now_ms(), key=keys
        )
        await self._note(line)
        return heard
