"""What we say, cut into frames that leave by the clock: no drift, no burst, silent at once."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from channels.phone.audio.media import FRAME_MS, MOST_QUEUED_S

FRAME_S = FRAME_MS / 1000
LATE_S = 0.08  # frames up to so late are sent after one another; later ones move the schedule
EARLY_S = 0.001  # a frame is due so much before its beat, lest rounding puts it off to the next


@dataclass(slots=True, kw_only=True, eq=False)
class _Speech:
    pcm: bytes
    heard: asyncio.Future[bool]
    sent: int = 0  # bytes


class Player:
    """Frame n is due at the beginning + n * 20 ms, whatever the frames before it cost.

    `step` sends what is due. `lead_ms` sends frames so much before they are due, for a receiver
    that keeps the beat itself; without `silence` nothing is sent while there is nothing to say.
    """

    def __init__(
        self,
        *,
        rate_hz: int,
        send: Callable[[bytes], None],
        elapsed: Callable[[], float],
        lead_ms: int = 0,
        silence: bool = True,
    ) -> None:
        self._send = send
        self._elapsed = elapsed
        self._lead_s = lead_ms / 1000
        self._silence = bytes(rate_hz * 2 * FRAME_MS // 1000)
        self._sends_silence = silence
        self._most_bytes = int(MOST_QUEUED_S * rate_hz) * 2
        self._origin_s = elapsed()
        self._frame = 0  # the next one
        self._speech: deque[_Speech] = deque()
        self._ending: deque[tuple[float, _Speech]] = deque()  # all sent, heard at the time given
        self._closed = False
        self.held = False  # the receiver asked us to wait; speech stays queued
        self.late_frames = 0  # sent more than a frame's length after they were due
        self.moved = 0  # times that the schedule had to move

    def align(self, beat_s: float) -> None:
        """`step` will be called at `beat_s` and every 20 ms from there: frames are due then."""
        self._origin_s = beat_s - EARLY_S - self._frame * FRAME_S

    async def play(self, pcm: bytes) -> bool:
        """See `media.Media.play`."""
        queued = sum(len(speech.pcm) - speech.sent for speech in self._speech)
        if self._closed or queued + len(pcm) > self._most_bytes:
            return False
        if not pcm:
            return True
        speech = _Speech(pcm=pcm, heard=asyncio.get_running_loop().create_future())
        self._speech.append(speech)
        try:
            return await speech.heard
        finally:
            if speech in self._speech:  # whoever waited was cancelled
                self._speech.remove(speech)

    def stop(self) -> None:
        """Forget all that was not heard; the next frame is silence."""
        for speech in (*self._speech, *(speech for _, speech in self._ending)):
            _settle(speech, heard=False)
        self._speech.clear()
        self._ending.clear()
        ahead_s = self._due_s() - self._elapsed()
        if ahead_s > FRAME_S:
            self._frame -= int(ahead_s / FRAME_S)

    def close(self) -> None:
        """Stop, and refuse what comes later."""
        self._closed = True
        self.stop()

    @property
    def speaking(self) -> bool:
        """Whether something is being said, or waits to be."""
        return bool(self._speech or self._ending)

    def step(self) -> float:
        """Send what is due; returns the seconds until the next frame is."""
        now_s = self._elapsed()
        if not self.held:
            self._send_due(now_s)
        while self._ending and self._ending[0][0] <= now_s:
            _settle(self._ending.popleft()[1], heard=True)
        if self.held or (self._lead_s and not self._speech):
            return FRAME_S
        return max(0.0, self._due_s() - self._lead_s - now_s)

    def _send_due(self, now_s: float) -> None:
        late_s = now_s - self._due_s()
        if late_s > LATE_S:
            self._origin_s += int(late_s / FRAME_S) * FRAME_S  # whole frames keep the beat
            if self.speaking or self._sends_silence:
                self.moved += 1
                self.late_frames += 1
        while self._due_s() <= now_s + (self._lead_s if self._speech else 0.0):
            if now_s - self._due_s() > FRAME_S:
                self.late_frames += 1
            self._send_frame()
            self._frame += 1

    def _send_frame(self) -> None:
        size = len(self._silence)
        frame = b""
        while self._speech and len(frame) < size:
            speech = self._speech[0]
            piece = speech.pcm[speech.sent : speech.sent + size - len(frame)]
            speech.sent += len(piece)
            frame = frame + piece if frame else piece
            if speech.sent >= len(speech.pcm):
                self._speech.popleft()
                self._ending.append((self._due_s() + FRAME_S, speech))
        if frame:
            self._send(frame if len(frame) == size else frame + self._silence[len(frame) :])
        elif self._sends_silence:
            self._send(self._silence)

    def _due_s(self) -> float:
        return self._origin_s + self._frame * FRAME_S


def _settle(speech: _Speech, *, heard: bool) -> None:
    if not speech.heard.done():
        speech.heard.set_result(heard)
