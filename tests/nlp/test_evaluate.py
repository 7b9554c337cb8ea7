"""The figures of the model are what their names say, and the committed ones keep their aims."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from nlp import classify, train
from nlp.evaluate import Judged, _groups
from nlp.examples import Example
from nlp.train import Fitted

# Truth, guess, how sure: two labels, four of six right.
ROWS = [("a", "a", 0.95), ("a", "b", 0.85), ("a", "a", 0.75), ("b", "b", 0.65), ("b", "b", 0.55)]
ROWS += [("b", "", 0.05)]


@pytest.fixture
def judged() -> Judged:
    truth, guessed, sure = zip(*ROWS, strict=True)
    return Judged(truth=truth, guessed=guessed, confidence=np.array(sure))


def test_macro_f1_is_the_mean_over_the_labels_of_the_truth(judged: Judged) -> None:
    # a: 2 both, 2 said, 3 real; b: 2 both, 3 said, 3 real; what was guessed of no label is no label
    assert judged.macro_f1 == pytest.approx((2 * 2 / 5 + 2 * 2 / 6) / 2)
    assert judged.accuracy == pytest.approx(4 / 6)


def test_accuracy_by_coverage_takes_the_surest(judged: Judged) -> None:
    assert judged.accuracy_at(1 / 6) == 1
    assert judged.accuracy_at(2 / 6) == pytest.approx(1 / 2)
    assert judged.accuracy_at(1.0) == judged.accuracy


def test_calibration_error_is_the_gap_in_each_bin(judged: Judged) -> None:
    gaps = [0.05, 0.85, 0.25, 0.35, 0.45, 0.05]  # each alone in its bin of ten
    assert judged.calibration_error() == pytest.approx(sum(gaps) / 6)


def test_near_duplicates_stay_together() -> None:
    def example(*words: str) -> Example:
        return Example(words=words, code="01")

    long = ("东韩村村口路灯", "坏了很久", "没有人修理", "晚上看不见", "希望有人管", "谢谢领导们")
    first, again, other = _groups([example(*long), example(*long, "好"), example("停水", "两天")])
    assert first == again != other


def test_a_feature_must_occur_in_five_messages() -> None:
    often = [Example(words=("路灯",), code="01")] * train.LEAST_MESSAGES
    seldom = [Example(words=("井盖",), code="02")] * (train.LEAST_MESSAGES - 1)
    known = train.vocabulary([*often, *seldom])
    assert train.LEAST_MESSAGES == 5
    assert "w路灯" in known
    assert "w井盖" not in known


def fitted() -> Fitted:
    known = train.vocabulary([Example(words=("路灯",), code="01")] * 5)
    weights = np.zeros((len(known), 2), dtype=np.float32)
    weights[:, 0] = 1.0
    return Fitted(
        codes=["01", "02"],
        vocabulary=known,
        weights=weights,
        idf=np.ones(len(known), dtype=np.float32),
        bias=np.zeros(2, dtype=np.float32),
    )


def test_what_is_saved_guesses_as_what_was_learnt(tmp_path: Path) -> None:
    new = fitted()
    train.save(new, tmp_path, 0.9)
    kept, learnt = classify.load(tmp_path).guess(["路灯"]), new.classifier().guess(["路灯"])
    assert [guess.code for guess in kept] == [guess.code for guess in learnt]
    assert kept[0].code == "01"
    assert kept[0].confidence == pytest.approx(learnt[0].confidence, abs=0.02)
    assert json.loads((tmp_path / "model.json").read_text())["macro_f1"] == 0.9


def test_a_worse_model_replaces_none_unless_it_is_meant_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, judged: Judged
) -> None:
    train.save(fitted(), tmp_path, judged.macro_f1 + 0.01)
    before = (tmp_path / "model.json").read_text()
    data = tmp_path / "train.jsonl"
    rows = [{"label": "城乡建设", "words": "路灯"}, {"label": "环境保护", "words": "臭水"}]
    data.write_text("\n".join(json.dumps(row) for row in rows))
    monkeypatch.setattr(train, "cross_validate", lambda *_: (judged, judged))
    monkeypatch.setattr(train, "fit", lambda *_: fitted())
    assert "没有替换" in train.train(data, folder=tmp_path)
    assert (tmp_path / "model.json").read_text() == before
    train.train(data, folder=tmp_path, force=True)
    kept = json.loads((tmp_path / "model.json").read_text())
    assert kept["macro_f1"] == pytest.approx(judged.macro_f1)
    assert f"macro-F1 {judged.macro_f1:.4f}" in (tmp_path / train.CARD).read_text()


def test_the_committed_model_keeps_its_aims() -> None:
    assert sum(path.stat().st_size for path in classify.MODEL.glob("*.npz")) <= 5_000_000
    card = (classify.MODEL / train.CARD).read_text(encoding="utf-8")
    full, themes = (float(each) for each in re.findall(r"macro-F1\s+([0-9.]+\d)", card))
    assert full >= 0.925
    assert themes >= 0.86
    facts = json.loads((classify.MODEL / "model.json").read_text(encoding="utf-8"))
    assert facts["macro_f1"] == pytest.approx(full, abs=0.00005)
