"""The mouth stops when it is told to, also before its first sample, and never waits for a voice."""

import asyncio

import pytest

from channels.message import Reply
from channels.phone import mouth
from channels.phone.book import SpokenLine
from channels.phone.mouth import Mouth


class FakeMedia:
    rate_hz = 8000

    def __init__(self) -> None:
        self.played: list[bytes] = []
        self.stopped = asyncio.Event()

    async def play(self, pcm: bytes) -> bool:
        self.stopped.clear()
        self.played.append(pcm)
        try:
            async with asyncio.timeout(0.05):
                await self.stopped.wait()
        except TimeoutError:
            return True
        return False

    def stop(self) -> None:
        self.stopped.set()


class FakeVoice:
    def __init__(self) -> None:
        self.ready = asyncio.Event()

    async def start(self) -> None: ...

    async def say(self, text: str, rate_hz: int, *, slow: bool = False) -> bytes:
        await self.ready.wait()
        return text.encode()

    async def close(self) -> None: ...


class Stage:
    def __init__(self) -> None:
        self.media, self.voice = FakeMedia(), FakeVoice()
        self.notes: list[SpokenLine] = []
        self.mouth = Mouth(
            media=self.media,  # type: ignore[arg-type]
            voice=self.voice,
            speak=lambda reply: reply.key,
            note=self.notes.append,
            now_ms=lambda: 0,
        )


async def test_hush_while_the_words_are_prepared_is_not_lost() -> None:
    stage = Stage()
    saying = asyncio.create_task(stage.mouth.say(Reply(key="receipt")))
    await asyncio.sleep(0)
    stage.mouth.hush()
    stage.voice.ready.set()
    assert await saying is False
    assert (stage.media.played, stage.mouth.spoke, stage.notes) == ([], False, [])
    assert await stage.mouth.again()  # it can be said afterwards
    assert stage.media.played == [b"receipt"]


async def test_hush_while_we_speak_stops_at_once() -> None:
    stage = Stage()
    stage.voice.ready.set()
    saying = asyncio.create_task(stage.mouth.say(Reply(key="receipt")))
    while not stage.mouth.talking:
        await asyncio.sleep(0)
    stage.mouth.hush()
    assert await saying is False
    assert stage.mouth.spoke
    assert [line.text for line in stage.notes] == ["receipt"]


async def test_voice_that_hangs_makes_no_silent_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mouth, "VOICE_WITHIN_S", 0.05)
    stage = Stage()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2):
            await stage.mouth.say(Reply(key="receipt"))
    assert not stage.mouth.talking
