"""What was said to the recorder becomes text, where a recogniser is there and understands it."""

import asyncio
from pathlib import Path

import soundfile
import structlog

from nlp.speech.contract import RATES_HZ, SpeechFailed, Transcriber
from nlp.speech.model_store import ModelMissing
from nlp.speech.whisper import WhisperTranscriber

_log = structlog.get_logger(__name__)


class Hearing:
    """Understands the recorder: by Whisper where its model is set and can be loaded, else by the
    recogniser of the calls.
    """

    def __init__(self, whisper: Path | None) -> None:
        self._folder = whisper
        self._whisper: Transcriber | None = None

    async def words(self, transcriber: Transcriber | None, path: Path) -> str:
        """See `words`; `transcriber` is that of the calls."""
        if self._folder is not None and self._whisper is None:
            self._whisper = await _loaded(self._folder)
            self._folder = None  # whatever came of it: it is not tried with each recording
        return await words(self._whisper or transcriber, path)


async def _loaded(folder: Path) -> Transcriber | None:
    engine = WhisperTranscriber(folder)
    try:
        await engine.start()
    except ModelMissing as missing:
        _log.error("phone.no_whisper", remedy=str(missing))
        return None
    return engine


async def words(transcriber: Transcriber | None, path: Path) -> str:
    """The text of a WAV file; empty where nothing could be understood, whatever the reason."""
    if transcriber is None:
        return ""
    try:
        pcm, rate_hz = await asyncio.to_thread(_samples, path)
        if rate_hz not in RATES_HZ:
            return ""
        return (await transcriber.transcribe(pcm, rate_hz)).text
    except (SpeechFailed, soundfile.LibsndfileError, OSError) as failure:
        # The message would name the file, and that the caller's number.
        _log.warning("phone.note_not_understood", reason=type(failure).__name__)
        return ""


def _samples(path: Path) -> tuple[bytes, int]:
    samples, rate_hz = soundfile.read(path, dtype="int16", always_2d=True)
    return samples[:, 0].astype("<i2").tobytes(), int(rate_hz)
