"""A recorder's WAV, as it is kept: small, or as it is where it can't be opened."""

import io
from dataclasses import dataclass
from pathlib import Path

import soundfile

LEAST_S = 0.5  # a shorter one holds nothing
MOST_S = 3 * 3600  # the rest of a longer one is not kept
MEDIA_TYPE = "audio/ogg"
UNREADABLE = "application/octet-stream"
HEADER_BYTES = 44  # of a WAV; a file that is no longer holds no sound, whatever else is wrong
MOST_RAW_BYTES = 64 * 1024 * 1024  # of what can't be opened; the rest is not kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """As it goes into the vault."""

    content: bytes
    seconds: float
    media_type: str = MEDIA_TYPE
    suffix: str = "ogg"


def pack(path: Path, from_ms: int) -> Packed | None:
    """A WAV as Ogg Opus: two kilobytes a second; None for what is empty. OSError."""
    try:
        with soundfile.SoundFile(path) as file:
            seconds = file.frames / file.samplerate - from_ms / 1000
            if seconds < LEAST_S:
                return None
            file.seek(from_ms * file.samplerate // 1000)
            return Packed(content=_opus(file), seconds=min(seconds, float(MOST_S)))
    except soundfile.LibsndfileError:
        return _as_it_is(path)


def _opus(file: soundfile.SoundFile) -> bytes:
    packed = io.BytesIO()
    with soundfile.SoundFile(
        packed,
        "w",
        samplerate=file.samplerate,
        channels=file.channels,
        format="OGG",
        subtype="OPUS",
    ) as target:
        most = MOST_S * file.samplerate
        for block in file.blocks(file.samplerate * 10, frames=most, dtype="float32"):
            target.write(block)
    return packed.getvalue()


def _as_it_is(path: Path) -> Packed | None:
    """OSError where we may not even read it: then it stays where it is."""
    with path.open("rb") as file:
        content = file.read(MOST_RAW_BYTES)
    if len(content) <= HEADER_BYTES:
        return None
    return Packed(content=content, seconds=0.0, media_type=UNREADABLE, suffix="wav")
