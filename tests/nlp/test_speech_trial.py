"""The committed trial recogniser: it unpacks, knows the county's names, and hears spoken calls."""

import asyncio
import multiprocessing
from pathlib import Path

import pytest
import soundfile

from config import load
from nlp.speech import model_store
from nlp.speech import trial as speech_trial
from nlp.speech.listening import VoskTranscriber
from nlp.speech.training import measure, sayings
from nlp.speech.trial import TrialModelBroken
from tests.phone import speak_calls

MOST_PACKED_BYTES = 5_000_000
MOST_ERRORS = 0.1  # of the characters of all committed calls together
PIECE = 8000 * 2 // 10  # 100 ms


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return speech_trial.unpack(tmp_path_factory.mktemp("state"))


def test_first_line_of_the_card_says_what_the_model_is_not_for() -> None:
    card = speech_trial.PACKED.with_name("MODEL_CARD.md").read_text(encoding="utf-8")
    assert "trial and tests" in card.splitlines()[0]
    assert "not for residents" in card.splitlines()[0]
    assert speech_trial.PACKED.stat().st_size <= MOST_PACKED_BYTES


def test_unpacked_model_is_whole_and_takes_both_rates_of_the_telephone(model: Path) -> None:
    facts = model_store.inspect(model)
    assert facts.rate_hz == 8000
    assert facts.downsamples


def test_second_unpacking_gives_the_same_folder_untouched(model: Path) -> None:
    mark = model / "mark"
    mark.touch()
    assert speech_trial.unpack(model.parent) == model
    assert mark.exists()
    mark.unlink()
    assert [path.name for path in model.parent.iterdir()] == [model.name]


def test_processes_that_unpack_at_once_agree(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        folders = pool.map(speech_trial.unpack, [tmp_path] * 6)
    assert len(set(folders)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [folders[0].name]


def test_packing_again_gives_the_same_bytes(model: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "1.tar.xz", tmp_path / "2.tar.xz"
    speech_trial.pack(model, first)
    speech_trial.pack(model, second)
    assert first.read_bytes() == second.read_bytes() == speech_trial.PACKED.read_bytes()


def test_missing_package_is_told_in_chinese(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech_trial, "PACKED", tmp_path / "gone")
    with pytest.raises(TrialModelBroken, match="找不到试用语音模型"):
        speech_trial.unpack(tmp_path)


def test_damaged_package_is_told_in_chinese(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged = tmp_path / "model.tar.xz"
    damaged.write_bytes(speech_trial.PACKED.read_bytes()[:5000])
    monkeypatch.setattr(speech_trial, "PACKED", damaged)
    with pytest.raises(TrialModelBroken, match="试用语音模型"):
        speech_trial.unpack(tmp_path / "state")
    assert list((tmp_path / "state").iterdir()) == []


def test_vocabulary_holds_every_name_of_the_county(model: Path) -> None:
    words = (model / "graph" / "words.txt").read_text(encoding="utf-8").splitlines()
    known = {line.split()[0] for line in words}
    names = sayings.names_of(load.load_county(Path("config/nanhe")))
    assert [name for name in (*names.towns, *names.all_places) if name not in known] == []


def test_vocabulary_holds_the_answers_to_what_is_asked_after_a_result(model: Path) -> None:
    words = (model / "graph" / "words.txt").read_text(encoding="utf-8").splitlines()
    known = {line.split()[0] for line in words}
    assert {"联系过", "没来", "来过", "没来过", "打过", "没解决", "不满意", "凑合"} <= known


@pytest.fixture(scope="module")
def heard(model: Path) -> dict[str, tuple[str, str]]:
    recognise = measure.recogniser(model)
    found = {}
    for call in speak_calls.calls():
        sound, rate_hz = soundfile.read(call.path, dtype="float32")
        assert rate_hz == 8000
        found[call.path.stem] = (call.text, recognise(sound))
    return found


def test_calls_by_voices_that_training_never_heard_are_understood(
    heard: dict[str, tuple[str, str]],
) -> None:
    found = measure.errors(heard.values())
    assert found.rate <= MOST_ERRORS, heard


@pytest.mark.parametrize(
    "name",
    [
        "lamp-f", "lamp-m", "yes-f", "yes-m", "no-f", "no-m", "correct-f", "correct-m", "person-f",
        "person-m", "again-f", "again-m", "progress-f", "progress-m",
    ],
)  # fmt: skip
def test_what_the_story_of_a_call_rests_on_is_heard_exactly(
    heard: dict[str, tuple[str, str]], name: str
) -> None:
    said, got = heard[name]
    assert measure.plain(got) == measure.plain(said)


async def test_the_programs_own_engine_hears_the_same_call_live(model: Path) -> None:
    transcriber = VoskTranscriber(model)
    await transcriber.start()
    try:
        call = next(call for call in speak_calls.calls() if call.path.stem == "lamp-f")
        samples, _ = soundfile.read(call.path, dtype="int16")
        pcm = samples.astype("<i2").tobytes()
        recognition = transcriber.listen(8000)
        for at in range(0, len(pcm), PIECE):
            await recognition.feed(pcm[at : at + PIECE])
            while recognition.behind_ms > 1000:
                await asyncio.sleep(0.01)
        transcript = await recognition.finish()
        recognition.close()
    finally:
        await transcriber.close()
    assert transcript.text == call.text
    assert transcript.confidence > 0.5
    ends = [word.end_ms for word in transcript.words]
    assert ends == sorted(ends)
    assert 0 < ends[-1] <= len(pcm) / 16 + 100
