"""Recorded calls out of Asterisk's folder: each is kept once, linked to its call, then forgotten.

What Asterisk left stays there until it is in the vault and in the database, so a program that dies
in between, or was away, finds it again. A call that the program never saw gets its row here, and
whoever was not served his ticket, also where the folder of missed calls says nothing of him.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import Connection

from channels.phone.book import Began, Outcome, Purpose
from channels.phone.exchange import recorded
from channels.phone.exchange.recorded import RecordedCall
from config.runtime import Runtime
from intake.phone import calls, contacts, recordings, unheard, unserved
from intake.phone.calls import Told
from intake.phone.recordings import Kind, Left, Recordings
from intake.phone.unserved import Amends, Unserved
from intake.phone.vault import VaultFault
from routing.database import Database

SETTLES = timedelta(seconds=60)  # after the call, for the program to say itself how it ended
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """`step` takes what is finished; True if there was any."""

    folder: Path
    amends: Amends
    recordings: Recordings
    database: Database
    runtime: Runtime
    tried: Counter[str] = field(default_factory=Counter)  # calls that failed, how often

    async def step(self) -> bool:
        """Take in every finished one; what fails is tried again, behind the others."""
        now = self.runtime.now()
        try:
            found = await asyncio.to_thread(recorded.finished, self.folder, now, tried=self.tried)
        except OSError as error:
            _log.warning("phone.recordings_folder", reason=str(error))
            return False
        booked = [each for each in found if await self._booked(each)]
        return any([await self._taken(each) for each in booked])

    async def _booked(self, call: RecordedCall) -> bool:
        """False: it failed, or the program may still be busy with what the caller said last."""
        try:
            if await self._is_busy(call):
                return False
            await self._book(call)
        except Exception:
            self._failed(call)
            return False
        return True

    async def _taken(self, call: RecordedCall) -> bool:
        try:
            if call.recording is not None:
                await self.recordings.keep(call.call_id, Kind.CALL, call.recording, call.at)
            await self._keep_for_text(call)
            await asyncio.to_thread(recorded.forget, call)
        except VaultFault as fault:
            self._waits(call, fault)
            return False
        except Exception:
            self._failed(call)
            return False
        del self.tried[call.call_id]
        return True

    async def _keep_for_text(self, call: RecordedCall) -> None:
        """What he said and nobody understood while he said it; nothing of a call that was."""
        if call.dialled is not None:  # no resident's words to us
            return
        if call.caller is None or recordings.look(call.caller) is not Left.SOUND:
            return
        from_ms = await self.database.read(lambda c: unheard.missing_from_ms(c, call.call_id))
        if from_ms is not None:
            await self.recordings.keep(
                call.call_id, Kind.CALLER, call.caller, call.at, from_ms=from_ms
            )

    def _waits(self, call: RecordedCall, fault: VaultFault) -> None:
        """Where it is to be kept is away: no fault of ours to be traced, once and again."""
        self.tried[call.call_id] += 1
        _log.error("phone.recording_not_taken", call=call.call_id, reason=str(fault))

    def _failed(self, call: RecordedCall) -> None:
        self.tried[call.call_id] += 1
        _log.exception("phone.recording_not_taken", call=call.call_id)

    async def _is_busy(self, call: RecordedCall) -> bool:
        now = self.runtime.now()
        fresh = call.ended_at is not None and now - call.ended_at < SETTLES
        return fresh and await self.database.read(lambda c: calls.is_open(c, call.call_id))

    async def _book(self, call: RecordedCall) -> None:
        """How it ended, and the ticket of who was not served: before anything that may be slow."""
        contact = self.amends.contact(call.number, call.call_id)
        purpose = Purpose.of(call.kind)
        began = Began(call_id=call.call_id, contact=contact, purpose=purpose, at=call.at)
        told = _told(call, self.runtime.now())
        await self.database.write(lambda c: self._settle(c, began, told, call))
        if _was_not_served(call, purpose):
            lost = Unserved(
                call_id=call.call_id,
                contact=contact,
                at=call.at,
                stage=call.stage or unserved.TALK,  # Asterisk died: the book knows whether he was
                purpose=purpose,
            )
            await self.amends.make(lost)

    def _settle(self, connection: Connection, began: Began, told: Told, call: RecordedCall) -> None:
        calls.began(connection, began)
        calls.settled(connection, began.call_id, told)
        if call.dialled is not None:
            contacts.settle(connection, self.amends.dispatcher, began.call_id, call.dialled)


def _was_not_served(call: RecordedCall, purpose: Purpose) -> bool:
    """Did nobody take it from us, or did Asterisk die in it? Of a talk with us the book knows more.

    Whom we had rung ourselves, and who was given to nobody, is rung again by who owes him the call.
    """
    if call.operator or call.stage == recorded.BYE:
        return False
    return purpose is Purpose.INBOUND or call.stage in (recorded.OPERATORS, recorded.MISSED)


def _told(call: RecordedCall, now: datetime) -> Told:
    taken = bool(call.operator)
    connected_at = (call.queued_at or call.at) + timedelta(seconds=call.waited_s)
    return Told(
        ended_at=call.ended_at or now,
        outcome=_outcome(call),
        queued_at=call.first_queued_at or call.queued_at,
        twice=call.first_queued_at is not None,
        picked_up_at=call.first_taken_at,
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
    return Outcome.RELAYED if call.stage == recorded.RELAY else Outcome.LOST
