"""The line's voice: any text as speech, from recordings where there are any, else synthesised."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import structlog

from channels.phone.voice import clips, levels, phrasing, reading
from channels.phone.voice.cache import Cache
from channels.phone.voice.phrasing import Piece, Recorded
from channels.phone.voice.synthesis import Synthesis, SynthesisFailed

SLOW = 0.8
RATES_HZ = (8000, 16000)
MOST_SECONDS = 110  # less than may wait to be played in a call

NO_VOICE = (
    "电话没有可用的语音，来电会直接转人工。请安装 espeak-ng（apt install espeak-ng，"
    "或 pip install nanhe-hotline[voice]），或者在设置 phone.clips 里写上录音文件夹。"
)

_log = structlog.get_logger(__name__)


class VoiceFailed(Exception):
    """Nothing can be said; the message says why. The caller is to go to a person."""


class Voice:
    """Says texts. Start it once; safe for all calls at the same time."""

    def __init__(
        self, *, folders: Sequence[Path], cache: Cache, synthesis: Synthesis | None = None
    ) -> None:
        self._folders = tuple(folders)
        self._cache = cache
        self._synthesis = synthesis
        self._speaks = False  # the synthesis does
        self._clips: dict[str, clips.Clip] = {}
        self._recorded = Recorded(texts=frozenset())

    async def start(self) -> None:
        """Read the lists of recordings and start the synthesis; VoiceFailed with neither."""
        try:
            self._clips = dict(await asyncio.to_thread(clips.shelf, self._folders))
        except clips.ClipFault as fault:
            _log.error("phone.clips_unusable", problem=str(fault))
        self._recorded = Recorded(texts=frozenset(self._clips))
        if self._synthesis is not None:
            try:
                await self._synthesis.start()
                self._speaks = True
            except SynthesisFailed as failure:
                _log.error("phone.no_synthesis", problem=str(failure))
        if not self._clips and not self._speaks:
            raise VoiceFailed(NO_VOICE)

    async def close(self) -> None:
        """End the synthesis."""
        if self._synthesis is not None:
            await self._synthesis.close()

    async def say(self, text: str, rate_hz: int, *, slow: bool = False) -> bytes:
        """16-bit samples of one channel; silence for nothing to say. Raises VoiceFailed."""
        if rate_hz not in RATES_HZ:
            raise ValueError(f"speech is made at {RATES_HZ} Hz, not at {rate_hz}")
        said, pause_ms = bytearray(), 0
        for piece in phrasing.cut(reading.read(text), self._recorded):
            pcm = await self._piece(piece, rate_hz, slow)
            _join(said, pcm, int(pause_ms * rate_hz / 1000 / (SLOW if slow else 1)))
            pause_ms = piece.pause_ms
            if len(said) > MOST_SECONDS * rate_hz * 2:
                _log.warning("phone.speech_cut", characters=len(text))
                break
        return bytes(said[: MOST_SECONDS * rate_hz * 2])

    async def _piece(self, piece: Piece, rate_hz: int, slow: bool) -> bytes:
        clip = self._clips.get(piece.text) if piece.recorded else None
        if clip is not None:
            try:
                return await self._recording(clip, rate_hz, slow)
            except (clips.ClipFault, OSError) as fault:
                _log.error("phone.clip_unusable", clip=clip.path.name, problem=str(fault))
        return await self._synthesised(piece.text, rate_hz, slow)

    async def _recording(self, clip: clips.Clip, rate_hz: int, slow: bool) -> bytes:
        quick = f"{clip.text}|{rate_hz}|{slow}"
        held = self._cache.held(quick)
        if held is None:
            held = await asyncio.to_thread(self._made, clip, rate_hz, slow)
            self._cache.hold(quick, held)
        return held

    def _made(self, clip: clips.Clip, rate_hz: int, slow: bool) -> bytes:
        key = f"{clip.mark}|{rate_hz}|{slow}"
        filed = self._cache.filed(key)
        if filed is None:
            sound = clips.ready(clip, rate_hz)
            filed = levels.pcm(levels.slowed(sound, rate_hz, SLOW) if slow else sound)
            self._cache.file(key, filed)
        return filed

    async def _synthesised(self, text: str, rate_hz: int, slow: bool) -> bytes:
        """Kept in memory only: it may be a resident's own words."""
        key = f"synthesis|{text}|{rate_hz}|{slow}"
        held = self._cache.held(key)
        if held is not None:
            return held
        if self._synthesis is None or not self._speaks:
            raise VoiceFailed("there is no recording of a text and no synthesis")
        try:
            sound, from_hz = await self._synthesis.say(text, slow=slow)
        except SynthesisFailed as failure:
            raise VoiceFailed(str(failure)) from failure
        pcm = await asyncio.to_thread(_fit, sound, from_hz, rate_hz)
        self._cache.hold(key, pcm)
        return pcm


def _fit(sound: levels.Sound, from_hz: int, rate_hz: int) -> bytes:
    made = levels.trimmed(levels.resampled(sound, from_hz, rate_hz), rate_hz)
    return levels.pcm(levels.levelled(made, rate_hz))


def _join(said: bytearray, pcm: bytes, pause: int) -> None:
    """`pause` samples of silence between; negative: half of it from the edge of each."""
    if pause >= 0 or not said:
        said += bytes(2 * max(0, pause)) + pcm
        return
    shorter = -pause // 2 * 2
    del said[-shorter:]
    said += pcm[shorter:]
