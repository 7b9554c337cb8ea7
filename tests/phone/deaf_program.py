"""`hotline` whose recogniser breaks in mid-call: `python -m tests.phone.deaf_program run ...`.

It takes two seconds of what a caller says, then it is broken for this call; recordings it still hears.
"""

from collections.abc import Sequence
from typing import Any

from intake import __main__ as hotline
from nlp.speech import listening
from nlp.speech.contract import SpeechFailed, Trouble

TAKES_BYTES = 2 * 8000 * 2


class _Breaks:
    def __init__(self, recognition: Any) -> None:
        self._recognition = recognition
        self._taken = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._recognition, name)

    async def feed(self, pcm: bytes) -> Any:
        self._taken += len(pcm)
        if self._taken > TAKES_BYTES:
            raise SpeechFailed(Trouble.BROKEN, "as the test wants it")
        return await self._recognition.feed(pcm)


_listen = listening.VoskTranscriber.listen


def _breaking(of: Any, rate_hz: int, hints: Sequence[str] = (), **more: Any) -> Any:
    return _Breaks(_listen(of, rate_hz, hints, **more))


listening.VoskTranscriber.listen = _breaking  # type: ignore[method-assign]
hotline.main()
