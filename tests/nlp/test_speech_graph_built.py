"""A graph built for other names, with the real library, in a process beside ours that recognises."""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile

from config import load
from config.county import County
from config.settings import PACKAGED_COUNTY
from nlp.speech import model_store
from nlp.speech import trial as speech_trial
from nlp.speech.training import extra, graph, measure
from nlp.speech.training.extra import ExtraMissing
from tests.phone import speak_calls

SPOKEN, NEW = "东韩村", "宋璟新村"  # in a committed call; in no county


@pytest.fixture(scope="module")
def county() -> County:
    """Two villages of one township, and what can be the matter with a lamp."""
    whole = load.load_county(PACKAGED_COUNTY)
    village = next(place for place in whole.places if place.name == SPOKEN)
    new = replace(village, code="new", name=NEW, aliases=(NEW[:-1],))
    lamps = {code: each for code, each in whole.categories.items() if "路灯" in each.words}
    return replace(whole, places=(village, new), categories=lamps)


@pytest.fixture(scope="module")
def model(county: County, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The committed acoustic model with a graph of this county's."""
    state = tmp_path_factory.mktemp("state")
    made = state / "own"
    shutil.copytree(speech_trial.unpack(state), made)
    (made / "graph" / "HCLG.fst").unlink()
    built = graph.build_aside(county, made, state / "cache")
    assert built.names < 30
    return made


def test_new_village_is_in_the_vocabulary_and_those_of_another_county_are_not(model: Path) -> None:
    words = (model / "graph" / "words.txt").read_text(encoding="utf-8").splitlines()
    known = {line.split()[0] for line in words}
    assert {SPOKEN, NEW, NEW[:-1]} <= known
    assert "程牌村" not in known


def test_graph_is_one_that_the_recogniser_hears_a_call_with(model: Path) -> None:
    model_store.inspect(model)
    recognise = measure.recogniser(model)
    call = next(call for call in speak_calls.calls() if call.path.stem == "lamp-f")
    sound, _ = soundfile.read(call.path, dtype="float32")
    assert measure.plain(recognise(sound)) == measure.plain(call.text)


def test_library_that_another_process_loads_is_looked_for_and_not_loaded() -> None:
    extra.look_for(graph.LIBRARY, "训练语音识别")
    assert graph.LIBRARY not in sys.modules
    with pytest.raises(ExtraMissing, match="训练语音识别"):
        extra.look_for("kaldifst_that_is_not_there", "训练语音识别")
