"""Recorded calls out of Asterisk's folder: each is kept once, linked to its call, then forgotten.

What Asterisk left stays there until it is in the vault and in the database, so a program that dies
in between, or was away, finds it again. A call that the program never saw gets its row here.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import Connection

from channels.phone import number
from channels.phone.book import Began, Outcome, Purpose
from channels.phone.exchange import recorded
from channels.phone.exchange.recorded import RecordedCall
from config.runtime import Runtime
from intake.phone import calls
from intake.phone.calls import Told
from intake.phone.recordings import Kind, Recordings
from routing.database import Database

SETTLES = timedelta(seconds=60)  # after the call, for the program to say itself how it ended
_PURPOSES = {each.value.replace("_", "-"): each for each in Purpose}
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """`step` takes what is finished; True if there was any."""

    folder: Path
    area_code: str
    recordings: Recordings
    database: Database
    runtime: Runtime

    async def step(self) -> bool:
        """Take in every finished one; what fails is tried again at the next step."""
        try:
            found = await asyncio.to_thread(recorded.finished, self.folder, self.runtime.now())
        except OSError as error:
            _log.warning("phone.recordings_folder", reason=str(error))
            return False
        done = 0
        for each in found:
            try:
                done += await self._take(each)
            except Exception:
                _log.exception("phone.recording_not_taken", call=each.call_id)
        return done > 0

    async def _take(self, call: RecordedCall) -> bool:
        """False: the program may still be busy with what the caller said last."""
        now = self.runtime.now()
        fresh = call.ended_at is not None and now - call.ended_at < SETTLES
        if fresh and await self.database.read(lambda c: calls.is_open(c, call.call_id)):
            return False
        if call.recording is not None:
            await self.recordings.keep(call.call_id, Kind.CALL, call.recording, call.at)
        await self.database.write(lambda c: self._settle(c, call, now))
        await asyncio.to_thread(recorded.forget, call)
        return True

    def _settle(self, connection: Connection, call: RecordedCall, now: datetime) -> None:
        contact = number.contact(call.number, call_id=call.call_id, area_code=self.area_code)
        purpose = _PURPOSES.get(call.kind, Purpose.INBOUND)
        began = Began(call_id=call.call_id, contact=contact, purpose=purpose, at=call.at)
        calls.began(connection, began)
        calls.settled(connection, call.call_id, _told(call, now))


def _told(call: RecordedCall, now: datetime) -> Told:
    taken = bool(call.operator)
    connected_at = (call.queued_at or call.at) + timedelta(seconds=call.waited_s)
    return Told(
        ended_at=call.ended_at or now,
        outcome=_outcome(call),
        queued_at=call.queued_at,
        connected_at=connected_at if taken else None,
        operator=call.operator,
    )


def _outcome(call: RecordedCall) -> Outcome:
    if call.operator:
        return Outcome.PERSON
    if call.stage == recorded.BYE:
        return Outcome.SERVED
    if call.stage in (recorded.OPERATORS, recorded.MISSED):
        return Outcome.MISSED
    return Outcome.LOST
