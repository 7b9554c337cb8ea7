"""A recogniser of recordings whose hearing is given, and what works with it."""

from collections.abc import Sequence
from pathlib import Path

from intake.media import MediaStore
from intake.notes import Notes
from intake.phone.hearing import Hearing
from intake.phone.shelf import Shelf
from intake.phone.spool import Spool
from intake.phone.transcribing import Transcribing
from intake.phone.unserved import Amends
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


def transcribing(spool: Spool | Shelf) -> Transcribing:
    """With the parts of what takes the recordings in."""
    return Transcribing(
        recordings=spool.recordings,
        hearing=Hearing(None),
        amends=spool.amends,
        notes=no_notes(spool.amends),
        database=spool.database,
        runtime=spool.runtime,
    )


def no_notes(amends: Amends) -> Notes:
    """Nobody has sent any."""
    database, runtime = amends.database, amends.runtime
    nothing = MediaStore(folder=Path("nowhere"), database=database, runtime=runtime, limit_bytes=0)
    return Notes(media=nothing, receive=amends.receive, database=database)
