"""Beside the calls: tickets for who was missed, and, apart from that, all that may take long."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from config.sections import Phone
from intake.notes import Notes
from intake.phone.hearing import Hearing
from intake.phone.recordings import Recordings
from intake.phone.shelf import Shelf
from intake.phone.spool import Spool
from intake.phone.transcribing import Transcribing
from intake.phone.unserved import Amends
from intake.room import RoomWatch
from intake.services import Services
from nlp.speech.contract import Transcriber

_log = structlog.get_logger(__name__)


class Housekeeping:
    """Missed calls into tickets, calls into the vault, old recordings away; is there room?"""

    def __init__(self, office: Services, phone: Phone, kept: Recordings) -> None:
        self._wake = office.wake
        self._transcribing = transcribing(office, kept, phone.whisper, area_code=phone.area_code)
        amends = self._transcribing.amends
        self._rounds: list[tuple[str, Callable[[], Awaitable[bool]]]] = []
        self._book: Callable[[], Awaitable[bool]] | None = None
        if phone.missed is not None:
            spool = Spool(
                folder=phone.missed,
                amends=amends,
                recordings=kept,
                database=office.database,
                runtime=office.runtime,
            )
            self._book = spool.book
            self._rounds.append(("missed", spool.step))
        if phone.recordings is not None:
            shelf = Shelf(
                folder=phone.recordings,
                amends=amends,
                recordings=kept,
                database=office.database,
                runtime=office.runtime,
            )
            self._rounds.append(("recordings", shelf.step))
        self._rounds.append(("purge", kept.step))
        room = RoomWatch(office.settings, office.runtime.now)
        self._rounds.append(("room", room.step))

    async def missed(self) -> bool:
        """Tickets and call-backs for whoever was missed; quick, and beside `step`."""
        return self._book is not None and await self._told("booking", self._book)

    async def transcribe(self, transcriber: Transcriber | None) -> bool:
        """One recording to text, with the recogniser of the calls; long, and beside all others."""
        return await self._told("transcribing", lambda: self._transcribing.step(transcriber))

    async def step(self) -> bool:
        """The rest, each once; True where one found something to do. What fails stops no other."""
        return any([await self._told(name, work) for name, work in self._rounds])

    async def _told(self, name: str, work: Callable[[], Awaitable[bool]]) -> bool:
        """False where it failed, which the log says."""
        try:
            busy = await work()
        except Exception:
            _log.exception("phone.housekeeping_failed", round=name)
            return False
        if busy:
            self._wake.set()  # tickets may have been opened
        return busy


def transcribing(
    office: Services, kept: Recordings, whisper: Path | None, *, area_code: str = ""
) -> Transcribing:
    """Makes recordings and voice notes text; `whisper` is the folder of its model."""
    desk, database = office.desk, office.database
    amends = Amends(
        area_code=area_code,
        receive=desk.receive,
        database=database,
        dispatcher=office.dispatcher,
        runtime=office.runtime,
    )
    return Transcribing(
        recordings=kept,
        hearing=Hearing(whisper),
        amends=amends,
        notes=Notes(media=office.media, receive=desk.receive, database=database),
        database=database,
        runtime=office.runtime,
    )
