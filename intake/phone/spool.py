"""Missed calls (未接来电) out of Asterisk's folder: each becomes a ticket, or a word in one, once.

What Asterisk left stays there until all that it says is durable, so a program that dies in between,
or was away while somebody spoke to the recorder, finds it again. Whose matter is not known is rung
back by the program.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import Connection

from channels.message import Attachment, Contact, InboundMessage, Receive
from channels.phone import number, window
from channels.phone.book import Began, Purpose
from channels.phone.exchange import missed
from channels.phone.exchange.missed import MissedCall
from config.runtime import Runtime
from intake import attachments
from intake.phone import callbacks, calls, errands
from intake.phone.calls import Known
from intake.phone.recordings import Kind, Recordings
from intake.talk import reasons
from routing import heard_back, permission, store
from routing.database import Database
from routing.dispatch import Dispatcher
from routing.errors import StaleVersion
from routing.order import BY_SYSTEM
from routing.ticket import Action, Ticket

NOT_ANSWERED = "转人工后没有接通坐席，请回电"
NOTE_LEFT = "，居民留了言，请听录音"
TALK = "talk"  # he hung up while he talked with the program
SETTLES_S = 60  # so long the program may take for what was said last

Transcribe = Callable[[Path], Awaitable[str]]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spool:
    """`step` takes what is finished; True if there was any."""

    folder: Path
    area_code: str
    receive: Receive
    transcribe: Transcribe  # empty where nothing can be, or was, understood
    recordings: Recordings
    database: Database
    dispatcher: Dispatcher
    runtime: Runtime

    async def step(self) -> bool:
        """Take in every finished one; what fails is tried again at the next step."""
        try:
            found = await asyncio.to_thread(missed.finished, self.folder, self.runtime.now())
        except OSError as error:
            _log.warning("phone.missed_folder", reason=str(error))
            return False
        done = 0
        for each in found:
            try:
                if await self._is_busy(each):
                    continue
                await self._take(each)
                await asyncio.to_thread(missed.forget, each)
                done += 1
            except Exception:
                _log.exception("phone.missed_not_taken", call=each.call_id)
        return done > 0

    async def _is_busy(self, call: MissedCall) -> bool:
        """The caller hung up while he talked with us, and we may still be settling what he said."""
        if call.stage != TALK or not _is_fresh(call.note, self.runtime.now()):
            return False
        return await self.database.read(lambda c: calls.is_open(c, call.call_id))

    async def _take(self, call: MissedCall) -> None:
        contact = number.contact(call.number, call_id=call.call_id, area_code=self.area_code)
        known = await self.database.write(lambda c: _known(c, _began(call, contact)))
        reference = ""
        if call.recording is not None:
            kept = await self.recordings.keep(call.call_id, Kind.MISSED, call.recording, call.at)
            reference = attachments.RECORDED + kept.id if kept else ""
        # Who went on to the queue was not served by us, whatever we thought when he left us.
        served = known.answered or (known.served and call.stage == TALK)
        if served and not reference:
            return
        if known.tickets:
            ticket = known.tickets[-1]
            await self.database.write(lambda c: self._note(c, ticket, reference))
        else:
            words = await self.transcribe(call.recording) if call.recording and reference else ""
            receipt = await self.receive(self._message(call, contact, reference, words))
            ticket = receipt.ticket
        if ticket:
            await self.database.write(lambda c: self._settle(c, call.call_id, contact, ticket))

    def _settle(
        self, connection: Connection, call_id: str, contact: Contact, ticket_number: str
    ) -> None:
        """His call, with what he left on the recorder, belongs to his ticket from now on."""
        calls.link(connection, call_id, [ticket_number])
        if number.to_dial(contact):
            self._owe(connection, contact, ticket_number)

    def _owe(self, connection: Connection, contact: Contact, ticket_number: str) -> None:
        """We ring him back, once, where nothing tells what he wanted."""
        ticket = store.load(connection, ticket_number)
        unknown = _waits(ticket) and ticket.text in reasons.NOTHING_KNOWN
        if not unknown or errands.were_planned(connection, ticket_number, Purpose.CALL_BACK):
            return
        wanted = callbacks.call_back(self.runtime.new_id(), contact, ticket_number, by_system=True)
        errands.plan(connection, wanted, self.runtime.now())

    def _message(
        self, call: MissedCall, contact: Contact, reference: str, words: str
    ) -> InboundMessage:
        voice = Attachment(kind="voice", reference=reference, media_type="audio/ogg")
        return InboundMessage(
            channel=window.CHANNEL,
            external_id=f"{call.call_id}:missed",
            sender=contact,
            thread=window.thread_of(call.call_id),
            text=words,
            received_at=self.runtime.now(),
            attachments=(voice,) if reference else (),
            event="missed",
            spoken=True,
        )

    def _note(self, connection: Connection, ticket_number: str, reference: str) -> None:
        """His ticket is there: whoever has it learns that nobody answered, once."""
        note = NOT_ANSWERED + (NOTE_LEFT if reference else "")
        if any(event.note == note for event in store.events(connection, ticket_number)):
            return
        ticket = store.load(connection, ticket_number)
        known = _waits(ticket)  # it was opened because of this call
        if known or Action.SUPPLEMENT not in permission.allowed(ticket, BY_SYSTEM):
            return
        try:
            self.dispatcher.remark(connection, ticket, note)
        except StaleVersion:
            _log.info("phone.missed_note_later", ticket=ticket_number)
            raise


def _waits(ticket: Ticket) -> bool:
    """Was it opened because nobody answered, and has nobody looked since?"""
    return heard_back.without(ticket.handover_reason) == reasons.MISSED


def _is_fresh(note: Path, now: datetime) -> bool:
    with suppress(OSError):
        return now.timestamp() - note.stat().st_mtime < SETTLES_S
    return False


def _known(connection: Connection, call: Began) -> Known:
    """In the book from now on, if it was not; and what the book says of it."""
    calls.began(connection, call)
    return calls.find(connection, call.call_id)


def _began(call: MissedCall, contact: Contact) -> Began:
    return Began(call_id=call.call_id, contact=contact, purpose=Purpose.INBOUND, at=call.at)
