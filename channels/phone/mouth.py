"""What we say in a call: replies as speech, remembered so that they can be said again."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from channels.message import Render, Reply
from channels.phone import book
from channels.phone.audio.media import Media
from channels.phone.partners import LineVoice

VOICE_WITHIN_S = 4.0  # for all of what is said: TimeoutError, and a person takes the call


class Speaks(Protocol):
    """What a call needs of its mouth."""

    @property
    def talking(self) -> bool:
        """Whether something is being said."""

    @property
    def spoke(self) -> bool:
        """Whether anything at all of what was said last went out."""

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
        note: Callable[[book.SpokenLine], None],
        now_ms: Callable[[], int],
    ) -> None:
        self._media = media
        self._voice = voice
        self._speak = speak
        self._note = note
        self._now_ms = now_ms
        self._last = ""
        self._slow = False
        self._hushed = False
        self.talking = False
        self.spoke = False

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
        """Stop at once; what is still being prepared is not begun."""
        self._hushed = True
        self._media.stop()

    async def _utter(self, text: str, keys: str) -> bool:
        if not text:
            return True
        self._hushed = self.spoke = False
        async with asyncio.timeout(VOICE_WITHIN_S):
            pcm = await self._voice.say(text, self._media.rate_hz, slow=self._slow)
        if self._hushed:
            return False
        self.talking = self.spoke = True
        start_ms = self._now_ms()
        try:
            heard = await self._media.play(pcm)
        finally:
            self.talking = False
        line = book.SpokenLine(
            voice=book.Voice.LINE, text=text, start_ms=start_ms, end_ms=self._now_ms(), key=keys
        )
        self._note(line)
        return heard
