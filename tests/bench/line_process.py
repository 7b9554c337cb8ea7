"""The whole program with threads that bear their names, and if wanted without recognition.

`python -m tests.bench.line_process run ...` is `python -m intake run ...`. Where `BENCH_SAID` holds
sentences with `|` between, they are what every caller says, one after another, at no cost: all that
is left is our own part.
"""

import ctypes
import os
import threading
from collections.abc import Sequence

from config.sections import Phone
from config.settings import Settings
from nlp.speech.contract import Transcript

SAID = "BENCH_SAID"
_SET_NAME = 15  # of prctl, which keeps 15 letters


class Knows:
    """See `speech.Recognition`: it knows what is said."""

    def __init__(self, said: Sequence[str]) -> None:
        self._said = list(said)

    async def feed(self, pcm: bytes) -> str:
        return self._said[0]

    async def settle(self) -> str:
        return self._said[0]

    async def finish(self) -> Transcript:
        text = self._said[0] if len(self._said) == 1 else self._said.pop(0)
        return Transcript(text=text, confidence=0.9)

    def close(self) -> None:
        """Nothing to free."""


class AllKnow:
    """See `speech.Transcriber`."""

    name = "none, the bench tells what is said"

    def __init__(self, said: Sequence[str]) -> None:
        self._said = said

    def listen(self, rate_hz: int, hints: Sequence[str] = ()) -> Knows:
        return Knows(self._said)

    async def transcribe(self, pcm: bytes, rate_hz: int) -> Transcript:
        return Transcript(text="", confidence=0.0)

    async def close(self) -> None:
        """Nothing to free."""


def _name_threads() -> None:
    """The system sees the names that we gave, so that it tells what each thread costs."""
    run, system = threading.Thread.run, ctypes.CDLL(None)

    def named(thread: threading.Thread) -> None:
        system.prctl(_SET_NAME, thread.name.encode()[:15], 0, 0, 0)
        run(thread)

    setattr(threading.Thread, "run", named)  # noqa: B010


def main() -> None:
    import nanhe_hotline
    from intake.phone import line

    async def knows(settings: Settings, phone: Phone) -> AllKnow:
        return AllKnow(os.environ[SAID].split("|"))

    if os.environ.get(SAID):
        setattr(line, "transcriber", knows)  # noqa: B010
    _name_threads()
    nanhe_hotline.main()


if __name__ == "__main__":
    main()
