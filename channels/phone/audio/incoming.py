"""What came from the caller and was not read yet: in order, bounded, with no hole in its time."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from channels.phone.audio.media import FRAME_MS, Closed, Digit, Ended, Event, Pcm

MOST_WAITING_S = 20  # audio that a slow reader may leave; the oldest goes first
MOST_DIGITS = 64  # keys that a slow reader may leave
GAP_MS = 100  # nothing came for so long: a gap, not the network's unevenness
SLACK_MS = 60  # a gap is filled up to here, so that late frames still find their place
SILENT_LINE_S = 60  # no frame at all for so long: nobody is there


@dataclass(frozen=True, slots=True, kw_only=True)
class _Audio:
    at: int  # samples since the call's beginning
    samples: bytes
    filled: bool = False


class Incoming:
    """A queue between the connection, which must never wait, and the one reader of `events`."""

    def __init__(self, *, rate_hz: int, elapsed: Callable[[], float]) -> None:
        self._rate_hz = rate_hz
        self._elapsed = elapsed
        self._began_s = elapsed()
        self._last_s = self._began_s
        self._written = 0  # samples
        self._read = 0
        self._waiting_bytes = 0
        self._digits = 0
        self._queue: deque[_Audio | Digit | Closed] = deque()
        self._wake = asyncio.Event()
        self._ended = False
        self.lost_bytes = 0  # audio that the reader was too slow for

    def audio(self, samples: bytes) -> None:
        """Samples that came now."""
        if samples and not self._ended:
            self._last_s = self._elapsed()
            self._append(samples, filled=False)

    def digit(self, digit: str) -> None:
        """A key that was pressed now."""
        if self._ended or self._digits >= MOST_DIGITS:
            return
        self._digits += 1
        self._queue.append(Digit(digit=digit))
        self._wake.set()

    def end(self, reason: Ended) -> None:
        """The last event; later ones, and later ends, are not heard."""
        if self._ended:
            return
        self._ended = True
        self._queue.append(Closed(reason=reason))
        self._wake.set()

    def beat(self) -> bool:
        """To be called every 20 ms: fills a gap with silence.

        False when nothing has come for SILENT_LINE_S.
        """
        if self._ended:
            return True
        now_s = self._elapsed()
        passed = int((now_s - self._began_s) * self._rate_hz)
        per_ms = self._rate_hz // 1000
        if passed - self._written > GAP_MS * per_ms:
            frame = FRAME_MS * per_ms
            missing = passed - self._written - SLACK_MS * per_ms
            # A long stall of ours is bounded too: one second at a beat catches up soon enough.
            frames = min(-(-missing // frame), 1000 // FRAME_MS)
            for _ in range(frames):
                self._append(bytes(2 * frame), filled=True)
        return now_s - self._last_s < SILENT_LINE_S

    async def events(self) -> AsyncIterator[Event]:
        """See `media.Media.events`."""
        while True:
            while not self._queue:
                self._wake.clear()
                await self._wake.wait()
            item = self._queue.popleft()
            if isinstance(item, _Audio):
                self._waiting_bytes -= len(item.samples)
                while item.at > self._read:
                    yield self._silence(item.at - self._read)
                yield self._pcm(item.samples, filled=item.filled)
                continue
            if isinstance(item, Digit):
                self._digits -= 1
            yield item
            if isinstance(item, Closed):
                return

    def _append(self, samples: bytes, *, filled: bool) -> None:
        self._queue.append(_Audio(at=self._written, samples=samples, filled=filled))
        self._written += len(samples) // 2
        self._waiting_bytes += len(samples)
        if self._waiting_bytes > MOST_WAITING_S * self._rate_hz * 2:
            self._drop_oldest()
        self._wake.set()

    def _drop_oldest(self) -> None:
        for index, item in enumerate(self._queue):
            if isinstance(item, _Audio):
                del self._queue[index]
                self._waiting_bytes -= len(item.samples)
                self.lost_bytes += len(item.samples)
                return

    def _silence(self, samples: int) -> Pcm:
        """Silence for audio that was dropped, a second at most."""
        return self._pcm(bytes(2 * min(samples, self._rate_hz)), filled=True)

    def _pcm(self, samples: bytes, *, filled: bool) -> Pcm:
        at_ms = self._read * 1000 // self._rate_hz
        self._read += len(samples) // 2
        return Pcm(samples=samples, rate_hz=self._rate_hz, at_ms=at_ms, filled=filled)
