"""A folder holds a model or it is said what is wrong; the first place with one is used."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nlp.speech import model_store
from nlp.speech.model_store import ModelMissing, Origin
from tests.nlp.recognisers import FST, model_folder


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda f: (f / "am/final.mdl").unlink(), "缺少声学模型"),
        (lambda f: (f / "am/final.mdl").write_bytes(b""), "缺少声学模型"),
        (lambda f: (f / "conf/mfcc.conf").unlink(), "缺少特征设置"),
        (lambda f: (f / "graph/HCLG.fst").unlink(), "缺少解码图"),
        (lambda f: (f / "graph/HCLG.fst").write_bytes(b"<html>"), "已损坏"),
        (lambda f: (f / "graph/words.txt").unlink(), "缺少词表"),
        (lambda f: (f / "graph/HCLr.fst").write_bytes(FST), "缺少解码图"),  # without Gr.fst
    ],
)
def test_a_damaged_model_is_told_with_what_to_do(
    tmp_path: Path, damage: Callable[[Path], object], said: str
) -> None:
    folder = model_folder(tmp_path / "cn")
    damage(folder)
    with pytest.raises(ModelMissing, match=said) as fault:
        model_store.inspect(folder)
    assert "hotline model get cn" in str(fault.value)


def test_an_official_model_says_its_rate_and_whether_it_takes_hints(tmp_path: Path) -> None:
    small = model_store.inspect(model_folder(tmp_path / "small", dynamic=True))
    large = model_store.inspect(model_folder(tmp_path / "large"))
    assert (small.takes_hints, large.takes_hints) == (True, False)
    assert (small.rate_hz, small.upsamples, small.downsamples) == (16000, True, False)


def test_a_model_of_the_old_form_is_one_too(tmp_path: Path) -> None:
    for name in ("final.mdl", "mfcc.conf", "HCLG.fst", "words.txt"):
        (tmp_path / name).write_bytes(FST)
    assert model_store.inspect(tmp_path).rate_hz == 16000


def test_the_folder_of_the_settings_is_used_or_nothing(tmp_path: Path) -> None:
    model_folder(tmp_path / "models" / "cn")
    own = model_folder(tmp_path / "own")
    assert model_store.choose(tmp_path, own) == own
    with pytest.raises(ModelMissing, match="nowhere"):
        model_store.choose(tmp_path, tmp_path / "nowhere")


def test_the_large_model_is_used_before_the_small_and_both_before_the_trial(tmp_path: Path) -> None:
    trial = model_folder(tmp_path / "trial")
    with pytest.raises(ModelMissing):
        model_store.choose(tmp_path)
    assert model_store.choose(tmp_path, trial=lambda state: trial) == trial
    small = model_folder(tmp_path / "models" / "cn")
    assert model_store.choose(tmp_path, trial=lambda state: trial) == small
    large = model_folder(tmp_path / "models" / "cn-large")
    assert model_store.choose(tmp_path) == large


def test_every_place_is_listed_with_its_fault(tmp_path: Path) -> None:
    model_folder(tmp_path / "models" / "cn")
    large, small = model_store.places(tmp_path)
    assert (large.origin, large.facts) == (Origin.FETCHED, None)
    assert "没有语音模型文件夹" in large.fault
    assert small.facts and not small.fault
