"""A recorded caller who speaks slowly, through everything that hears a call but the exchange."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import soundfile

from channels.phone import equipment
from channels.phone.audio.media import FRAME_MS, Closed, Ended, Event, Pcm
from channels.phone.ear import Utterance
from config import load
from config.settings import PACKAGED_COUNTY
from nlp import understand
from nlp.speech import trial as speech_trial
from nlp.speech.contract import Recognition
from nlp.speech.listening import VoskTranscriber
from nlp.understand import Understander

CALLS = Path(__file__).parents[2] / "phone" / "calls"
RATE_HZ = 8000
FRAME_BYTES = 2 * RATE_HZ * FRAME_MS // 1000


@dataclass(kw_only=True)
class Prompt:
    """A recogniser that is never behind: a frame comes when all before it are decoded, so that the
    words so far are those so far, however busy the machine is. It is a call's audio, too.
    """

    transcriber: VoskTranscriber
    pcm: bytes
    recognition: Any = None
    call_id: str = "c1"
    rate_hz: int = RATE_HZ

    def listen(self, rate_hz: int, hints: Sequence[str] = ()) -> Recognition:
        self.recognition = self.transcriber.listen(rate_hz, hints)
        made: Recognition = self.recognition
        return made

    async def events(self) -> AsyncIterator[Event]:
        for number, at in enumerate(range(0, len(self.pcm), FRAME_BYTES)):
            while self.recognition.behind_ms:
                await asyncio.sleep(0.001)
            piece = self.pcm[at : at + FRAME_BYTES]
            yield Pcm(samples=piece, rate_hz=RATE_HZ, at_ms=number * FRAME_MS)
        yield Closed(reason=Ended.HANGUP)


@pytest.fixture(scope="module")
def understander(tmp_path_factory: pytest.TempPathFactory) -> Understander:
    return understand.build(load.load_county(PACKAGED_COUNTY), tmp_path_factory.mktemp("jieba"))


@pytest.fixture
async def transcriber(tmp_path: Path) -> AsyncIterator[VoskTranscriber]:
    made = VoskTranscriber(speech_trial.unpack(tmp_path))
    await made.start()
    yield made
    await made.close()


async def _heard(
    transcriber: VoskTranscriber, understander: Understander, *pieces: str | float
) -> list[str]:
    """The utterances of recorded sentences, with seconds of silence between them."""
    pcm = b"".join(map(_sound, pieces))
    line = Prompt(transcriber=transcriber, pcm=pcm)
    telephone: Any = SimpleNamespace(
        understand=lambda text: understander(text, heard=True), voice=None, speak=None
    )
    parts = equipment.of(
        line,  # type: ignore[arg-type]
        line,  # type: ignore[arg-type]
        telephone,
        SimpleNamespace(add=None),  # type: ignore[arg-type]
        waiting=lambda speaks: True,
        asked=lambda: False,
    )
    assert parts is not None
    sounds = [sound async for sound in parts.listens.hear()]
    return [each.text for each in sounds if isinstance(each, Utterance)]


def _sound(piece: str | float) -> bytes:
    if isinstance(piece, float):
        return bytes(2 * int(piece * RATE_HZ))
    samples, rate_hz = soundfile.read(CALLS / f"{piece}.flac", dtype="int16")
    assert rate_hz == RATE_HZ
    made: bytes = samples.astype("<i2").tobytes()
    return made


async def test_who_speaks_slowly_with_pauses_is_heard_out(
    transcriber: VoskTranscriber, understander: Understander
) -> None:
    (said,) = await _heard(transcriber, understander, 0.5, "slow-f", 3.0)
    assert _in_order(said, "喂", "你好", "郄庄村", "路灯", "坏了", "没人修"), said


async def test_two_sentences_with_a_long_pause_between_are_two(
    transcriber: VoskTranscriber, understander: Understander
) -> None:
    """So the test above can fail: the ear does not wait for ever."""
    said = await _heard(transcriber, understander, 0.5, "slow-f", 1.5, "lamp-f", 3.0)
    assert len(said) == 2


def _in_order(text: str, *words: str) -> bool:
    places = [text.find(word) for word in words]
    return places[0] >= 0 and all(a < b for a, b in itertools.pairwise(places))
