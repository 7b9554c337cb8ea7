"""The AudioSocket protocol of Asterisk, pure: bytes in any pieces to frames, frames to bytes.

A frame is its kind (1 byte), the length of its payload (2 bytes, big-endian) and the payload.
Source: Asterisk's `include/asterisk/res_audiosocket.h`; 0x11-0x18 came with 20.17 and 22.7.
"""

import struct
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

HEADER_BYTES = 3
MOST_BUFFERED_BYTES = HEADER_BYTES + 0xFFFF  # a decoder never keeps more than one frame

_HANGUP, _ID, _DIGIT, _ERROR = 0x00, 0x01, 0x03, 0xFF
RATES_HZ: Mapping[int, int] = {
    0x10: 8_000,
    0x11: 12_000,
    0x12: 16_000,
    0x13: 24_000,
    0x14: 32_000,
    0x15: 44_100,
    0x16: 48_000,
    0x17: 96_000,
    0x18: 192_000,
}
_KINDS = {rate_hz: kind for kind, rate_hz in RATES_HZ.items()}
_LENGTHS = {_HANGUP: (0, 0), _ID: (16, 16), _DIGIT: (1, 1), _ERROR: (0, 16)}
_KEYS = frozenset(b"0123456789*#ABCDabcd")
_HEADER = struct.Struct(">BH")


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """Samples, 16-bit little-endian, one channel."""

    rate_hz: int
    samples: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The id that the dialplan gave to the call; the first frame of a connection."""

    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key that the caller pressed."""

    digit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hangup:
    """The other side ends the connection in the normal way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Asterisk reports an error of its own; the code is its business."""

    code: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """What came is not AudioSocket; nothing after it is read."""

    problem: str


Frame = Audio | Identity | Key | Hangup | Failure | Broken


class Decoder:
    """Bytes as the network cut them -> frames; the same frames however they are cut."""

    def __init__(self) -> None:
        self._rest = b""
        self._broken = False

    def feed(self, data: bytes) -> list[Frame]:
        """Every frame that is complete now; after `Broken` there are none."""
        frames: list[Frame] = []
        if self._broken:
            return frames
        data = self._rest + data if self._rest else data
        start, size = 0, len(data)
        while size - start >= HEADER_BYTES:
            kind, length = _HEADER.unpack_from(data, start)
            problem = _problem(kind, length)
            if problem:
                return self._stop(frames, problem)
            end = start + HEADER_BYTES + length
            if end > size:
                break
            frame = _frame(kind, data[start + HEADER_BYTES : end])
            if isinstance(frame, Broken):
                return self._stop(frames, frame.problem)
            frames.append(frame)
            start = end
        self._rest = data[start:]
        return frames

    @property
    def buffered_bytes(self) -> int:
        """Bytes of a frame that is not complete yet."""
        return len(self._rest)

    def _stop(self, frames: list[Frame], problem: str) -> list[Frame]:
        self._broken = True
        self._rest = b""
        frames.append(Broken(problem=problem))
        return frames


def audio_header(rate_hz: int, size_bytes: int) -> bytes:
    """What goes before `size_bytes` of samples; ValueError where the protocol has no such frame."""
    if rate_hz not in _KINDS:
        raise ValueError(f"AudioSocket has no frames of {rate_hz} Hz")
    if size_bytes % 2 or not 0 < size_bytes <= 0xFFFF:
        raise ValueError(f"an audio frame cannot hold {size_bytes} bytes")
    return _HEADER.pack(_KINDS[rate_hz], size_bytes)


def encode(frame: Frame) -> bytes:
    """A frame as it goes over the wire; ValueError for one that the protocol cannot carry."""
    match frame:
        case Audio(rate_hz=rate_hz, samples=samples):
            return audio_header(rate_hz, len(samples)) + samples
        case Identity(call_id=call_id):
            return _HEADER.pack(_ID, 16) + uuid.UUID(call_id).bytes
        case Key(digit=digit):
            if len(digit) != 1 or ord(digit) not in _KEYS:
                raise ValueError(f"no telephone has a key {digit!r}")
            return _HEADER.pack(_DIGIT, 1) + digit.encode("ascii")
        case Hangup():
            return _HEADER.pack(_HANGUP, 0)
        case Failure(code=code):
            return _HEADER.pack(_ERROR, len(code)) + code
        case Broken():
            raise ValueError("what is not AudioSocket is not sent")


def _problem(kind: int, length: int) -> str:
    """Why a header cannot be right; empty when it can."""
    if kind in RATES_HZ:
        return "" if length % 2 == 0 else f"audio of {length} bytes: half a sample"
    least_most = _LENGTHS.get(kind)
    if least_most is None:
        return f"unknown kind 0x{kind:02x}"
    least, most = least_most
    return "" if least <= length <= most else f"kind 0x{kind:02x} of {length} bytes"


def _frame(kind: int, payload: bytes) -> Frame:
    rate_hz = RATES_HZ.get(kind)
    if rate_hz is not None:
        return Audio(rate_hz=rate_hz, samples=payload)
    if kind == _ID:
        return Identity(call_id=str(uuid.UUID(bytes=payload)))
    if kind == _DIGIT:
        if payload[0] not in _KEYS:
            return Broken(problem=f"no telephone has a key 0x{payload[0]:02x}")
        return Key(digit=payload.decode("ascii").upper())
    return Hangup() if kind == _HANGUP else Failure(code=payload)
