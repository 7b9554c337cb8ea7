"""Recordings that wait to become text are heard, one after the other, and their tickets told.

One way for what is left on the recorder and for what a caller told while nobody understood him.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection

from channels.phone.book import Began
from config.runtime import Runtime
from intake.phone import calls, hearing, transcripts
from intake.phone.hearing import Hearing
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
OURS = "系统处理时出错"

_Write = Callable[[Connection, Transcription, str, datetime], None]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcribing:
    """`step` takes one, and may be long: calls come first; True if there was any."""

    recordings: Recordings
    hearing: Hearing
    amends: Amends
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
        except VaultFault as fault:
            _log.warning("phone.transcription_waits", call=job.call_id, reason=str(fault))
            await self._write(transcripts.postpone, job, AWAY)
        except SpeechFailed as failure:
            _log.warning("phone.not_transcribed", call=job.call_id, reason=str(failure))
            await self._write(transcripts.failed, job, PROBLEMS[failure.trouble])
        except Exception:
            _log.exception("phone.not_transcribed", call=job.call_id)
            await self._write(transcripts.failed, job, OURS)
        return True

    async def _take(self, job: Transcription, engine: Transcriber | None) -> None:
        text = job.text
        if job.state is State.WAITING and engine is not None:
            sound = await self.recordings.sound(job.recording)
            if sound is None:
                raise SpeechFailed(Trouble.BROKEN, "the recording is not there any more")
            text = await hearing.words(engine, sound[0])
            now = self.runtime.now()
            await self.database.write(lambda c: transcripts.heard(c, job.recording, text, now))
        if text:
            await self._tell(job, text)
        now = self.runtime.now()
        await self.database.write(lambda c: transcripts.done(c, job.recording, now))

    async def _tell(self, job: Transcription, text: str) -> None:
        """His ticket; the same again changes nothing."""
        began = await self.database.read(lambda c: calls.one(c, job.call_id))
        if began is None:
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


def _unserved(began: Began) -> Unserved:
    return Unserved(
        call_id=began.call_id,
        contact=began.contact,
        at=began.at,
        stage="",
        left=Left.SOUND,
        purpose=began.purpose,
    )
