"""Recordings become text, where a recogniser is there."""

import asyncio
import io
from pathlib import Path

import soundfile
import soxr
import structlog

from nlp.speech.contract import LONGEST_RECORDING_S, RATES_HZ, SpeechFailed, Transcriber, Trouble
from nlp.speech.model_store import ModelMissing
from nlp.speech.whisper import WhisperTranscriber

_log = structlog.get_logger(__name__)


class UnknownFormat(SpeechFailed):
    """Nobody here can open such a sound: no later try will."""


class Hearing:
    """Understands recordings: by Whisper where its model is set and can be loaded, else by the
    recogniser of the calls.
    """

    def __init__(self, whisper: Path | None) -> None:
        self._folder = whisper
        self._whisper: Transcriber | None = None

    async def of(self, calls: Transcriber | None) -> Transcriber | None:
        """Who understands recordings; `calls` is the recogniser of the calls."""
        if self._folder is not None:
            self._whisper = await _loaded(self._folder)
            self._folder = None  # whatever came of it: it is not tried with each recording
        return self._whisper or calls


async def _loaded(folder: Path) -> Transcriber | None:
    engine = WhisperTranscriber(folder)
    try:
        await engine.start()
    except ModelMissing as missing:
        _log.error("phone.no_whisper", remedy=str(missing))
        return None
    return engine


async def words(transcriber: Transcriber, sound: bytes) -> str:
    """The text of a recording; empty where nothing was understood. SpeechFailed."""
    try:
        pcm, rate_hz = await asyncio.to_thread(_samples, sound)
    except soundfile.LibsndfileError:
        raise UnknownFormat(Trouble.BROKEN, "the recording can't be opened") from None
    return (await transcriber.transcribe(pcm, rate_hz)).text


def _samples(sound: bytes) -> tuple[bytes, int]:
    with soundfile.SoundFile(io.BytesIO(sound)) as file:
        rate_hz = file.samplerate
        samples = file.read(LONGEST_RECORDING_S * rate_hz, dtype="int16", always_2d=True)
    first = samples[:, 0]
    if rate_hz not in RATES_HZ:
        first, rate_hz = soxr.resample(first, rate_hz, RATES_HZ[-1]), RATES_HZ[-1]
    return first.astype("<i2").tobytes(), int(rate_hz)
