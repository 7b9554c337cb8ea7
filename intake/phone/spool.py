"""Missed calls (未接来电) out of Asterisk's folder: each has its ticket first, then its recording
is kept, and waits to become text (`transcribing`).

What Asterisk left stays there until all that it says is durable, so a program that dies in between,
or was away while somebody spoke to the recorder, finds it again.
"""

import asyncio
from collections import Counter
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
from intake.phone.unserved import Amends, Unserved
from intake.phone.vault import VaultFault
from routing.database import Database

SETTLES_S = 60  # so long the program may take for what was said last

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Booked:
    """A call whose ticket is there, and what is still to be taken in of it."""

    files: MissedCall
    call: Unserved


@dataclass(frozen=True, slots=True, kw_only=True)
class Spool:
    """`book` gives tickets and is quick; `step` takes in what was left, and may be slow.

    Each may go on while the other does. What fails is tried again, behind the others.
    """

    folder: Path
    amends: Amends
    recordings: Recordings
    database: Database
    runtime: Runtime
    tried: Counter[str] = field(default_factory=Counter)  # calls that failed, how often
    booked: dict[str, _Booked] = field(default_factory=dict)  # not yet taken in

    async def book(self) -> bool:
        """A ticket for every finished one; True if there was any."""
        now = self.runtime.now()
        behind = self.tried + Counter(self.booked.keys())
        try:
            found = await asyncio.to_thread(missed.finished, self.folder, now, tried=behind)
        except OSError as error:
            _log.warning("phone.missed_folder", reason=str(error))
            return False
        fresh = (each for each in found if each.call_id not in self.booked)
        return any([await self._book(each) for each in fresh])

    async def step(self) -> bool:
        """Recordings of those that have their tickets; True if there was any."""
        waiting = sorted(self.booked.values(), key=lambda each: self.tried[each.call.call_id])
        return any([await self._take_in(each) for each in waiting])

    async def _book(self, files: MissedCall) -> bool:
        """His ticket is there at once, whatever keeps the recording from being kept."""
        try:
            if await self._is_busy(files):
                return False
            left = await asyncio.to_thread(_left, files)
            if left is None:
                return False
            call = Unserved(
                call_id=files.call_id,
                contact=self.amends.contact(files.number, files.call_id),
                at=files.at,
                stage=files.stage,
                left=left,
            )
            await self.amends.make(call)
        except Exception:
            self._failed(files)
            return False
        self.booked[files.call_id] = _Booked(files=files, call=call)
        return True

    async def _take_in(self, one: _Booked) -> bool:
        files, call = one.files, one.call
        try:
            if files.recording is not None and call.left is not Left.NOTHING:
                await self.recordings.keep(files.call_id, Kind.MISSED, files.recording, files.at)
            await asyncio.to_thread(missed.forget, files)
        except VaultFault as fault:  # where it is to be kept is away
            self.tried[call.call_id] += 1
            _log.error("phone.missed_not_taken", call=call.call_id, reason=str(fault))
            return False
        except Exception:
            self._failed(files)
            return False
        del self.tried[files.call_id], self.booked[files.call_id]
        return True

    def _failed(self, call: MissedCall) -> None:
        self.tried[call.call_id] += 1
        _log.exception("phone.missed_not_taken", call=call.call_id)

    async def _is_busy(self, call: MissedCall) -> bool:
        """The caller hung up while he talked with us, and we may still be settling what he said."""
        if call.stage != unserved.TALK or not _is_fresh(call.note, self.runtime.now()):
            return False
        return await self.database.read(lambda c: calls.is_open(c, call.call_id))


def _left(files: MissedCall) -> Left | None:
    """None: it has been taken in since it was found."""
    if not files.note.exists() and not (files.recording and files.recording.exists()):
        return None
    if files.recording is not None and not files.recording.exists():
        return None
    return recordings.look(files.recording)


def _is_fresh(note: Path, now: datetime) -> bool:
    with suppress(OSError):
        return now.timestamp() - note.stat().st_mtime < SETTLES_S
    return False
