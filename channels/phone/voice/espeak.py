"""espeak-ng in a process of its own: `python -m channels.phone.voice.espeak`.

espeak-ng is free software under the GPL; the program speaks with it through pipes only. A request
on standard input is a header and UTF-8 text, an answer on standard output a header and samples.
The first answer says the rate; without espeak-ng the process ends and says why on standard error.
"""

import ctypes
import ctypes.util
import importlib.util
import struct
import sys
from pathlib import Path
from typing import BinaryIO

REQUEST = struct.Struct(">HI")  # words a minute, bytes of text
ANSWER = struct.Struct(">I")  # bytes of samples, 16-bit, one channel
VOICE = b"cmn"
MOST_TEXT_BYTES = 4096
MOST_SECONDS = 90

_RETRIEVAL, _UTF8, _RATE = 1, 1, 1
_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class _Engine:
    """The library, once it is loaded."""

    def __init__(self, library: ctypes.CDLL, data: bytes | None) -> None:
        self._library = library
        self._samples = bytearray()
        self._most_bytes = 0
        self.rate_hz: int = library.espeak_Initialize(_RETRIEVAL, 200, data, 0)
        if self.rate_hz <= 0:
            raise OSError("espeak-ng finds no data")
        self._callback = _Callback(self._collect)  # kept: the library calls it
        library.espeak_SetSynthCallback(self._callback)
        if library.espeak_SetVoiceByName(VOICE) != 0:
            raise OSError("espeak-ng has no Mandarin voice")

    def say(self, text: bytes, words_a_minute: int) -> bytes:
        """Samples of the text, at most MOST_SECONDS of them."""
        self._samples = bytearray()
        self._most_bytes = MOST_SECONDS * self.rate_hz * 2
        self._library.espeak_SetParameter(_RATE, words_a_minute, 0)
        self._library.espeak_Synth(text, len(text) + 1, 0, 0, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        return bytes(self._samples)

    def _collect(self, samples: "ctypes._Pointer[ctypes.c_short]", count: int, _: int) -> int:
        if samples and count > 0:
            self._samples += ctypes.string_at(samples, count * 2)
        return int(len(self._samples) > self._most_bytes)


def main() -> None:
    """Answer requests until standard input ends."""
    try:
        engine = _found()
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(1) from error
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    _answer(sink, struct.pack(">I", engine.rate_hz))
    while header := source.read(REQUEST.size):
        words_a_minute, size = REQUEST.unpack(header)
        text = source.read(min(size, MOST_TEXT_BYTES))
        _answer(sink, engine.say(text, words_a_minute))


def _found() -> _Engine:
    """The system's library, else the one of the `espeakng-loader` package; OSError for none."""
    problems = [
        "espeak-ng is not installed (apt install espeak-ng, or pip install espeakng-loader)"
    ]
    name = ctypes.util.find_library("espeak-ng")
    if name:
        try:
            return _Engine(ctypes.CDLL(name), None)
        except OSError as error:
            problems.append(str(error))
    package = importlib.util.find_spec("espeakng_loader")
    if package is not None and package.origin:
        folder = Path(package.origin).parent
        for library in sorted(folder.glob("*espeak-ng*")):
            if library.is_file():
                return _Engine(ctypes.CDLL(str(library)), str(folder / "espeak-ng-data").encode())
    raise OSError("; ".join(problems))


def _answer(sink: BinaryIO, content: bytes) -> None:
    sink.write(ANSWER.pack(len(content)) + content)
    sink.flush()


if __name__ == "__main__":
    main()
