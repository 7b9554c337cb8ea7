"""What was said to the recorder becomes text, where a recogniser is there and understands it."""

import asyncio
from pathlib import Path

import soundfile
import structlog

from nlp.speech.contract import RATES_HZ, SpeechFailed, Transcriber

_log = structlog.get_logger(__name__)


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
