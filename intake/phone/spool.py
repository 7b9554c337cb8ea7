"""Missed calls (未接来电) out of Asterisk's folder: first each has its ticket, then what was said.

What Asterisk left stays there until all that it says is durable, so a program that dies in between,
or was away while somebody spoke to the recorder, finds it again.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog

from channels.phone.exchange import missed
from channels.phone.exchange.missed import MissedCall
from config.runtime import Runtime
from intake.phone import calls, recordings, unserved
from intake.phone.recordings import Kind, Left, Recordings
from intake.phone.unserved import Amends, Booked, Unserved
from routing.database import Database

SETTLES_S = 60  # so long the program may take for what was said last

Transcribe = Callable[[Path], Awaitable[str]]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spool:
    """`step` takes what is finished; True if there was any."""

    folder: Path
    amends: Amends
    transcribe: Transcribe  # empty where nothing can be, or was, understood
    recordings: Recordings
    database: Database
    runtime: Runtime
    tried: Counter[str] = field(default_factory=Counter)  # calls that failed, how often

    async def step(self) -> bool:
        """Take in every finished one; what fails is tried again, behind the others."""
        now = self.runtime.now()
        try:
            found = await asyncio.to_thread(missed.finished, self.folder, now, tried=self.tried)
        except OSError as error:
            _log.warning("phone.missed_folder", reason=str(error))
            return False
        booked = [(each, made) for each in found if (made := await self._booked(each)) is not None]
        done = [await self._taken_in(each, *made) for each, made in booked]
        return any(done)

    async def _booked(self, call: MissedCall) -> tuple[Unserved, Booked] | None:
        """His ticket is there at once, whatever keeps the recording from being kept."""
        try:
            if await self._is_busy(call):
                return None
            left = await asyncio.to_thread(recordings.look, call.recording)
            what = Unserved(
                call_id=call.call_id,
                contact=self.amends.contact(call.number, call.call_id),
                at=call.at,
                stage=call.stage,
                left=left,
            )
            return what, await self.amends.make(what)
        except Exception:
            self._failed(call)
            return None

    async def _taken_in(self, call: MissedCall, what: Unserved, made: Booked) -> bool:
        try:
            if call.recording is not None and what.left is not Left.NOTHING:
                await self.recordings.keep(call.call_id, Kind.MISSED, call.recording, call.at)
                if made.waits and what.left is Left.SOUND:
                    words = await self.transcribe(call.recording)
                    if words:
                        await self.amends.left_words(what, made.ticket, words)
            await asyncio.to_thread(missed.forget, call)
        except Exception:
            self._failed(call)
            return False
        del self.tried[call.call_id]
        return True

    def _failed(self, call: MissedCall) -> None:
        self.tried[call.call_id] += 1
        _log.exception("phone.missed_not_taken", call=call.call_id)

    async def _is_busy(self, call: MissedCall) -> bool:
        """The caller hung up while he talked with us, and we may still be settling what he said."""
        if call.stage != unserved.TALK or not _is_fresh(call.note, self.runtime.now()):
            return False
        return await self.database.read(lambda c: calls.is_open(c, call.call_id))


def _is_fresh(note: Path, now: datetime) -> bool:
    with suppress(OSError):
        return now.timestamp() - note.stat().st_mtime < SETTLES_S
    return False
