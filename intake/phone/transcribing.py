"""Recordings that wait to become text are heard, one after the other, and their tickets told.

One way for what is left on the recorder, for what a caller told while nobody understood him, and
for the voice notes of all other channels.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection

from channels.phone.book import Began
from config.runtime import Runtime
from intake.notes import Notes
from intake.phone import calls, hearing, transcripts, unheard
from intake.phone.hearing import Hearing, UnknownFormat
from intake.phone.recordings import Kind, Left, Recordings
from intake.phone.transcripts import State, Transcription
from intake.phone.unserved import Amends, Unserved
from intake.phone.vault import VaultFault
from nlp.speech.contract import SpeechFailed, Transcriber, Trouble
from routing.database import Database

PROBLEMS = {
    Trouble.TOO_SLOW: "识别太慢，没有转完",
    Trouble.BROKEN: "识别出错",
    Trouble.TOO_MANY: "同时识别的太多",
    Trouble.CANNOT: "这种识别引擎转不了录音",
}
AWAY = "录音现在取不到"
UNKNOWN_FORMAT = "这种语音格式不能自动转成文字"
GONE = "录音过了保存期限，已经删除"
OURS = "系统处理时出错"

_Write = Callable[[Connection, Transcription, str, datetime], None]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcribing:
    """`step` takes one, and may be long: calls come first; True if there was any."""

    recordings: Recordings
    hearing: Hearing
    amends: Amends
    notes: Notes
    database: Database
    runtime: Runtime

    async def step(self, of_calls: Transcriber | None) -> bool:
        """`of_calls`: the recogniser of the calls."""
        engine, now = await self.hearing.of(of_calls), self.runtime.now()
        hears = engine is not None
        job = await self.database.write(lambda c: transcripts.claim(c, now, hears=hears))
        if job is None:
            return False
        try:
            await self._take(job, engine)
        except (VaultFault, OSError) as fault:
            _log.warning("phone.transcription_waits", reason=str(fault), **_which(job))
            await self._write(transcripts.postpone, job, AWAY)
        except UnknownFormat as failure:
            _log.warning("phone.not_transcribed", reason=str(failure), **_which(job))
            problem = UNKNOWN_FORMAT if job.message else PROBLEMS[failure.trouble]
            await self._write(_for_good if job.message else transcripts.failed, job, problem)
        except SpeechFailed as failure:
            _log.warning("phone.not_transcribed", reason=str(failure), **_which(job))
            await self._write(transcripts.failed, job, PROBLEMS[failure.trouble])
        except Exception:
            _log.exception("phone.not_transcribed", **_which(job))
            await self._write(transcripts.failed, job, OURS)
        return True

    async def _take(self, job: Transcription, engine: Transcriber | None) -> None:
        text = job.text
        if job.state is State.WAITING and engine is not None:
            sound = await self._sound(job)
            if sound is None:
                await self._write(_for_good, job, GONE)
                return
            text = await hearing.words(engine, sound)
            now = self.runtime.now()
            await self.database.write(lambda c: transcripts.heard(c, job.recording, text, now))
        if text:
            await self._tell(job, text)
        now = self.runtime.now()
        await self.database.write(lambda c: transcripts.done(c, job.recording, now))

    async def _sound(self, job: Transcription) -> bytes | None:
        if job.message:
            return await self.notes.sound(job)
        sound = await self.recordings.sound(job.recording)
        return sound[0] if sound is not None else None

    async def _tell(self, job: Transcription, text: str) -> None:
        """His ticket; the same again changes nothing."""
        if job.message:
            await self.notes.tell(job, text)
            return
        began = await self.database.read(lambda c: calls.one(c, job.call_id))
        if began is None or not unheard.is_his(began.purpose, text):
            return
        known = await self.database.write(lambda c: calls.find(c, job.call_id))
        ticket = known.tickets[-1] if known.tickets else ""
        call = _unserved(began)
        if job.kind == Kind.MISSED and ticket:
            await self.amends.left_words(call, ticket, text)
        elif job.kind == Kind.CALLER and (ticket or not known.answered):
            await self.amends.heard_after(call, ticket, text)

    async def _write(self, write: _Write, job: Transcription, problem: str) -> None:
        now = self.runtime.now()
        await self.database.write(lambda c: write(c, job, problem, now))


def _for_good(connection: Connection, job: Transcription, problem: str, now: datetime) -> None:
    transcripts.give_up(connection, job.recording, problem, now)


def _which(job: Transcription) -> dict[str, str]:
    """For the log."""
    return {"message": job.message} if job.message else {"call": job.call_id}


def _unserved(began: Began) -> Unserved:
    return Unserved(
        call_id=began.call_id,
        contact=began.contact,
        at=began.at,
        stage="",
        left=Left.SOUND,
        purpose=began.purpose,
    )
