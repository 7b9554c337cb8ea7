"""A recogniser of recordings whose hearing is given, and what works with it."""

from collections.abc import Sequence

from intake.phone.hearing import Hearing
from intake.phone.spool import Spool
from intake.phone.transcribing import Transcribing
from nlp.speech.contract import Recognition, SpeechFailed, Transcript, Trouble


class Recogniser:
    """Hears `said` in whatever it is given; `failures` come before that, one a try."""

    name = "given"

    def __init__(self, said: str, failures: Sequence[BaseException] = ()) -> None:
        self.said = said
        self.failures = list(failures)
        self.seconds: list[float] = []  # of what it was given

    def listen(self, rate_hz: int, hints: Sequence[str] = ()) -> Recognition:
        raise SpeechFailed(Trouble.CANNOT, "it hears recordings")

    async def transcribe(self, pcm: bytes, rate_hz: int) -> Transcript:
        self.seconds.append(round(len(pcm) / 2 / rate_hz, 1))
        if self.failures:
            raise self.failures.pop(0)
        return Transcript(text=self.said, confidence=1.0)

    async def close(self) -> None:
        pass


def transcribing(spool: Spool) -> Transcribing:
    """With the spool's own parts."""
    return Transcribing(
        recordings=spool.recordings,
        hearing=Hearing(None),
        amends=spool.amends,
        database=spool.database,
        runtime=spool.runtime,
    )
