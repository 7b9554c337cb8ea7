"""What serves one call: an ear that recognises and a mouth that speaks."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from channels.phone import completeness
from channels.phone.audio.media import Media
from channels.phone.dictation import Dictation
from channels.phone.ear import Ear, Listens
from channels.phone.endpointing import Endpointer, Patience
from channels.phone.mouth import Mouth, Speaks
from channels.phone.partners import Telephone
from channels.phone.transcript import Transcript
from nlp.speech.contract import Recognition, SpeechFailed, Transcriber, Trouble
from nlp.speech.contract import Transcript as Heard
from nlp.speech.voice import VoiceGate

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Of one call."""

    listens: Listens
    speaks: Speaks


def of(
    media: Media,
    transcriber: Transcriber | None,
    telephone: Telephone,
    notes: Transcript,
    *,
    waiting: Callable[[Speaks], bool],
    asked: Callable[[], bool],
    patience: Patience | None = None,
) -> Parts | None:
    """None where nobody recognises speech.

    `waiting`: is it the caller's turn to speak? `asked`: to answer something? `patience`: where it
    is not the usual one.
    """
    if transcriber is None:
        return None
    try:
        recognition = transcriber.listen(media.rate_hz)
    except SpeechFailed as failure:
        _log.warning("phone.no_recognition", call=media.call_id, reason=str(failure))
        return None
    endpointer = Endpointer(patience)
    return _made(
        media, recognition, telephone, notes, waiting=waiting, asked=asked, endpointer=endpointer
    )


def for_keys(
    media: Media, telephone: Telephone, notes: Transcript, *, waiting: Callable[[Speaks], bool]
) -> Parts:
    """Where nobody recognises speech, and something is to be told all the same."""
    recognition = _NoRecognition()
    return _made(
        media,
        recognition,
        telephone,
        notes,
        waiting=waiting,
        asked=lambda: False,
        endpointer=Endpointer(),
    )


class _NoRecognition:
    """An engine that can do nothing; see `Recognition`."""

    async def feed(self, pcm: bytes) -> str:
        raise SpeechFailed(Trouble.CANNOT, "there is none")

    async def settle(self) -> str:
        raise SpeechFailed(Trouble.CANNOT, "there is none")

    async def finish(self) -> Heard:
        raise SpeechFailed(Trouble.CANNOT, "there is none")

    def close(self) -> None:
        """Nothing to free."""


def _made(
    media: Media,
    recognition: Recognition,
    telephone: Telephone,
    notes: Transcript,
    *,
    waiting: Callable[[Speaks], bool],
    asked: Callable[[], bool],
    endpointer: Endpointer,
) -> Parts:
    async def complete(text: str) -> bool:
        """In a thread: understanding takes as long as two frames, and frames must not wait."""
        said = await asyncio.to_thread(telephone.understand, text)
        return completeness.stands(said, asked=asked())

    listens = Ear(
        media=media,
        dictation=Dictation(recognition=recognition, complete=complete),
        gate=VoiceGate(media.rate_hz),
        endpointer=endpointer,
        waiting=lambda: waiting(speaks),
    )
    speaks = Mouth(
        media=media,
        voice=telephone.voice,
        speak=telephone.speak,
        note=notes.add,
        now_ms=lambda: listens.now_ms,
    )
    return Parts(listens=listens, speaks=speaks)
