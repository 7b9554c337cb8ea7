"""One call's audio over whichever connection it came by: keeps what `media.Media` promises."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Protocol

import structlog

from channels.phone.audio import incoming, pacing
from channels.phone.audio.beat import Beat
from channels.phone.audio.media import Ended, Event

LEAVE_S = 2.0  # a connection that does not end so soon after our close is cut

_log = structlog.get_logger(__name__)


class Wire(Protocol):
    """The connection below a call."""

    def send(self, frame: bytes) -> None:
        """20 ms of samples to the caller."""

    def take_back(self) -> None:
        """What was sent and may wait to be heard is not to be heard."""

    def beat(self) -> str:
        """Every 20 ms; why the connection is of no use any more, empty while it is."""

    def end(self) -> None:
        """End in the normal way."""

    def cut(self) -> None:
        """End at once."""


class Line:
    """Implements `media.Media`; the connection tells it what came and when it is over."""

    def __init__(
        self,
        *,
        call_id: str,
        rate_hz: int,
        wire: Wire,
        elapsed: Callable[[], float],
        lead_ms: int = 0,
        silence: bool = True,
    ) -> None:
        self._call_id = call_id
        self._rate_hz = rate_hz
        self._wire = wire
        self._incoming = incoming.Incoming(rate_hz=rate_hz, elapsed=elapsed)
        self._player = pacing.Player(
            rate_hz=rate_hz, send=wire.send, elapsed=elapsed, lead_ms=lead_ms, silence=silence
        )
        self._closing = False
        self._gone = asyncio.Event()

    @property
    def call_id(self) -> str:
        """See `media.Media`."""
        return self._call_id

    @property
    def rate_hz(self) -> int:
        """See `media.Media`."""
        return self._rate_hz

    def events(self) -> AsyncIterator[Event]:
        """See `media.Media`."""
        return self._incoming.events()

    async def play(self, pcm: bytes) -> bool:
        """See `media.Media`."""
        return await self._player.play(pcm)

    def stop(self) -> None:
        """See `media.Media`."""
        self._player.stop()
        self._wire.take_back()

    async def close(self, reason: Ended = Ended.HANGUP) -> None:
        """See `media.Media`; LOST where it is we who fail the caller."""
        if not self._closing:
            self._end(reason)
        try:
            async with asyncio.timeout(LEAVE_S):
                await self._gone.wait()
        except TimeoutError:
            self._wire.cut()

    @property
    def late_frames(self) -> int:
        """Frames that left more than 20 ms after they were due."""
        return self._player.late_frames

    @property
    def lost_bytes(self) -> int:
        """Audio of the caller that its reader was too slow for."""
        return self._incoming.lost_bytes

    def begin(self, beat: Beat) -> None:
        """The call's time begins."""
        self._player.align(beat.join(self.beat))

    def beat(self) -> None:
        """Every 20 ms; a fault in it must not leave the caller in silence."""
        if self._closing:
            return
        try:
            self._beat()
        except Exception:
            _log.exception("phone.beat_failed", call=self._call_id)
            self.broken("its beat has failed")

    def _beat(self) -> None:
        problem = self._wire.beat()
        if not problem and not self._incoming.beat():
            problem = f"no audio for {incoming.SILENT_LINE_S} s"
        if problem:
            self.broken(problem)
            return
        self._player.step()

    def audio(self, samples: bytes) -> None:
        """The caller's samples came."""
        self._incoming.audio(samples)

    def digit(self, digit: str) -> None:
        """The caller pressed a key."""
        self._incoming.digit(digit)

    def hold(self, held: bool) -> None:
        """The other side asks us to wait with what we say, or to go on."""
        self._player.held = held

    def broken(self, problem: str) -> None:
        """The connection is of no use any more: the dialplan is to go on."""
        if not self._closing:
            _log.warning("phone.media_broken", call=self._call_id, problem=problem)
            self._end(Ended.LOST)

    def gone(self, reason: Ended, beat: Beat) -> None:
        """The connection is over; nothing comes after this."""
        self._closing = True
        self._player.close()
        self._incoming.end(reason)
        beat.leave(self.beat)
        self._gone.set()

    def _end(self, reason: Ended) -> None:
        self._closing = True
        self._player.close()
        self._incoming.end(reason)
        self._wire.end()
