"""The ear feeds only speech to the recogniser, loses no first syllable, and never hides a failure."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

import pytest

from channels.phone import ear
from channels.phone.audio.media import Closed, Digit, Ended, Event, Pcm
from channels.phone.dictation import BRIEF_MS, Dictation
from channels.phone.ear import Ear, Sound
from channels.phone.endpointing import Endpointer
from nlp.speech.contract import SpeechFailed, Transcript, Trouble

RATE_HZ = 8000
FRAME_BYTES = 320
LOUD, QUIET = b"\x01\x10", b"\x00\x00"


class FakeMedia:
    """Gives a script of (loud?, milliseconds) and other events."""

    call_id = "c1"
    rate_hz = RATE_HZ

    def __init__(self, script: Sequence[tuple[bool, int] | Event], piece_ms: int = 20) -> None:
        self._script = script
        self._piece_ms = piece_ms

    async def events(self) -> AsyncIterator[Event]:
        at_ms = 0
        for step in self._script:
            if not isinstance(step, tuple):
                yield step
                continue
            loud, length_ms = step
            for start in range(0, length_ms, self._piece_ms):
                size = min(self._piece_ms, length_ms - start)
                samples = (LOUD if loud else QUIET) * (size * RATE_HZ // 1000)
                yield Pcm(samples=samples, rate_hz=RATE_HZ, at_ms=at_ms)
                at_ms += size
        yield Closed(reason=Ended.HANGUP)


class FakeRecognition:
    """Counts what it is fed; says how many milliseconds of loud audio there were."""

    def __init__(
        self,
        fails_at_ms: int | None = None,
        trouble_at_end: bool = False,
        keeps_back: str | None = None,
    ) -> None:
        """`keeps_back`: what is told while more audio may come."""
        self.fed = bytearray()
        self.settled = 0
        self._keeps_back = keeps_back
        self.closed = False
        self._fails_at_ms = fails_at_ms
        self._trouble_at_end = trouble_at_end

    async def feed(self, pcm: bytes) -> str:
        self.fed += pcm
        if self._fails_at_ms is not None and len(self.fed) / 16 > self._fails_at_ms:
            raise SpeechFailed(Trouble.TOO_SLOW, "in the test")
        return self._keeps_back or "路灯"

    async def settle(self) -> str:
        self.settled += 1
        self._keeps_back = None
        return "路灯"

    async def finish(self) -> Transcript:
        if self._trouble_at_end:
            raise SpeechFailed(Trouble.BROKEN, "in the test")
        self.fed_at_end = bytes(self.fed)
        loud_ms = self.fed.count(LOUD[1:]) * 1000 // RATE_HZ
        self.fed.clear()
        return Transcript(text=f"{loud_ms} ms", confidence=0.9)

    def close(self) -> None:
        self.closed = True


class LoudIsSpeech:
    def feed(self, pcm: bytes) -> bool:
        return LOUD in pcm


def listen(
    script: Sequence[tuple[bool, int] | Event],
    recognition: FakeRecognition,
    *,
    piece_ms: int = 20,
    complete: Callable[[str], bool] = lambda text: False,
    waiting: bool = True,
) -> list[Sound]:
    async def judged(text: str) -> bool:
        return complete(text)

    async def collect() -> list[Sound]:
        made = Ear(
            media=FakeMedia(script, piece_ms),  # type: ignore[arg-type]
            dictation=Dictation(recognition=recognition, complete=judged),
            gate=LoudIsSpeech(),
            endpointer=Endpointer(),
            waiting=lambda: waiting,
        )
        return [sound async for sound in made.hear()]

    return asyncio.run(collect())


def test_an_utterance_is_heard_whole_and_silence_is_not_decoded() -> None:
    recognition = FakeRecognition()
    sounds = listen([(False, 3000), (True, 1000), (False, 3000)], recognition)
    assert isinstance(sounds[0], ear.Began)
    (said,) = (sound for sound in sounds if isinstance(sound, ear.Utterance))
    assert said.text == "1000 ms"
    assert said.start_ms <= 3000 <= said.end_ms
    assert said.end_ms == 4000
    assert isinstance(sounds[-1], ear.Gone)
    assert recognition.closed


@pytest.mark.parametrize("piece_ms", [20, 10, 30, 60, 200])
def test_however_the_audio_is_cut_the_same_is_heard(piece_ms: int) -> None:
    script: list[tuple[bool, int] | Event] = [(False, 600), (True, 1200), (False, 1800)]
    sounds = listen(script, FakeRecognition(), piece_ms=piece_ms)
    whole = listen(script, FakeRecognition())
    assert sounds == whole


def test_what_is_complete_is_given_sooner() -> None:
    script: list[tuple[bool, int] | Event] = [
        (True, 1000),
        (False, 700),
        (True, 400),
        (False, 2000),
    ]
    told = [s for s in listen(script, FakeRecognition()) if isinstance(s, ear.Utterance)]
    sooner = [
        s
        for s in listen(script, FakeRecognition(), complete=lambda text: True)
        if isinstance(s, ear.Utterance)
    ]
    assert (len(told), len(sooner)) == (1, 2)


BACK = " "  # words that an engine has not told yet


def ended_at_ms(recognition: FakeRecognition, spoken_ms: int) -> int:
    """How much audio came until the utterance was over."""
    script: list[tuple[bool, int] | Event] = [(True, spoken_ms), (False, 3000)]
    sounds = listen(script, recognition, complete=lambda text: text == "路灯")
    assert [type(sound) for sound in sounds] == [ear.Began, ear.Utterance, ear.Gone]
    return len(recognition.fed_at_end) // 16


def test_a_brief_answer_that_the_engine_keeps_back_is_asked_for() -> None:
    told, kept_back = FakeRecognition(), FakeRecognition(keeps_back=BACK)
    assert ended_at_ms(kept_back, 400) == ended_at_ms(told, 400)
    assert (told.settled, kept_back.settled) == (0, 1)


def test_a_long_sentence_is_not_taken_apart() -> None:
    recognition = FakeRecognition(keeps_back=BACK)
    assert ended_at_ms(recognition, BRIEF_MS) > BRIEF_MS + 1000
    assert recognition.settled == 0


def test_brief_words_that_can_not_stand_are_gone_on_with() -> None:
    recognition = FakeRecognition()
    script: list[tuple[bool, int] | Event] = [(True, 400), (False, 600), (True, 400), (False, 600)]
    sounds = listen(script, recognition)
    assert [type(sound) for sound in sounds] == [ear.Began, ear.Utterance, ear.Gone]
    assert recognition.settled == 2  # once in each pause


def test_hanging_up_in_mid_sentence_still_gives_what_was_said() -> None:
    sounds = listen([(True, 700)], FakeRecognition())
    assert [type(sound) for sound in sounds] == [ear.Began, ear.Utterance, ear.Gone]


def test_keys_come_in_their_place() -> None:
    sounds = listen([(False, 100), Digit(digit="0"), (False, 100)], FakeRecognition())
    assert sounds[0] == ear.Pressed(digit="0")


def test_silence_is_told_only_in_the_callers_turn() -> None:
    script: list[tuple[bool, int] | Event] = [(False, 20_000)]
    assert any(isinstance(s, ear.Silent) for s in listen(script, FakeRecognition()))
    patient = listen(script, FakeRecognition(), waiting=False)
    assert not any(isinstance(s, ear.Silent) for s in patient)


def test_a_recogniser_that_falls_behind_is_told_once_with_what_it_had() -> None:
    script: list[tuple[bool, int] | Event] = [(True, 3000), (False, 2000), (True, 2000)]
    sounds = listen(script, FakeRecognition(fails_at_ms=1000))
    deaf = [sound for sound in sounds if isinstance(sound, ear.Deaf)]
    assert [each.text for each in deaf] == ["路灯"]
    assert not any(isinstance(sound, ear.Utterance) for sound in sounds)


def test_a_recogniser_that_breaks_at_the_end_is_told() -> None:
    sounds = listen([(True, 1000), (False, 2000)], FakeRecognition(trouble_at_end=True))
    assert any(isinstance(sound, ear.Deaf) for sound in sounds)
