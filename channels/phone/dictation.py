"""What a recogniser makes of one utterance after the other, and whether the words can stand."""

from collections.abc import Awaitable, Callable

from channels.phone.audio.media import FRAME_MS
from nlp.speech.contract import Recognition, Transcript

BATCH_FRAMES = 5  # fed to the recogniser at a time
UNSURE_AFTER_MS = 120  # of quiet, after which it is asked whether the words can stand by themselves
SETTLE_AFTER_MS = 300  # of quiet, after which a brief utterance's words are asked for
BRIEF_MS = 2000  # a 对 is over before an engine that waits for more audio tells it


class Dictation:
    """Feeds a recogniser. Every method raises SpeechFailed where recognition has failed."""

    def __init__(
        self, *, recognition: Recognition, complete: Callable[[str], Awaitable[bool]]
    ) -> None:
        """`complete`: whether words can stand by themselves."""
        self._recognition = recognition
        self._complete = complete
        self._batch: list[bytes] = []
        self._length_ms = 0
        self._settled = False  # in this pause
        self._judged: tuple[str, bool] = ("", False)
        self.text = ""  # of the utterance so far

    def begin(self, lead: list[bytes]) -> None:
        """An utterance; `lead` are the frames before its beginning was certain."""
        self._batch = lead
        self._length_ms = len(lead) * FRAME_MS
        self._settled, self._judged, self.text = False, ("", False), ""

    async def take(self, frame: bytes) -> None:
        """The next frame of the utterance."""
        self._batch.append(frame)
        self._length_ms += FRAME_MS
        if len(self._batch) >= BATCH_FRAMES:
            await self._feed()

    async def stands(self, quiet_ms: int) -> bool:
        """Whether the words so far are complete; asked once for the same words, in a pause."""
        if quiet_ms < UNSURE_AFTER_MS:
            self._settled = False
            return False
        if await self._stand():
            return True
        if self._settled or quiet_ms < SETTLE_AFTER_MS or self._length_ms > BRIEF_MS:
            return False
        self._settled = True
        await self._feed()
        self.text = await self._recognition.settle()
        return await self._stand()

    async def finish(self) -> Transcript:
        """The utterance is over."""
        await self._feed()
        return await self._recognition.finish()

    def close(self) -> None:
        """The call is over."""
        self._recognition.close()

    async def _stand(self) -> bool:
        if self._judged[0] != self.text:
            self._judged = (self.text, await self._complete(self.text))
        return self._judged[1]

    async def _feed(self) -> None:
        pcm, self._batch = b"".join(self._batch), []
        self.text = await self._recognition.feed(pcm)
