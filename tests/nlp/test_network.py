"""The network over what words mean: it learns, is kept, and its vectors are found or missed plainly."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from intake.cli.main import application
from nlp import network, network_training, vectors
from nlp.classify import Classifier
from nlp.network import Network, Readers, Unit

NOISE, SMELL, SCHOOL = np.eye(3, 8, dtype=np.float32)
MEANINGS = {
    "吵": NOISE,
    "噪音": NOISE + 0.1 * SMELL,
    "喧哗": NOISE - 0.1 * SMELL,
    "臭": SMELL,
    "恶臭": SMELL + 0.1 * SCHOOL,
    "学校": SCHOOL,
    "教室": SCHOOL + 0.1 * NOISE,
    "报名": SCHOOL - 0.1 * SMELL,
    **{f"某{number}": np.eye(8, dtype=np.float32)[3 + number % 5] for number in range(20)},
}
LETTERS = {
    letter: meaning
    for letters, meaning in (("吵噪喧哗", NOISE), ("臭恶", SMELL), ("学校教室报名", SCHOOL))
    for letter in letters
}
STACKED = ("vectors", "scale", "bias", "out", "out_bias")
LEARNT = (("吵", "噪音"), ("臭",), ("学校", "报名"))


@pytest.fixture(scope="module")
def taught() -> Network:
    return teach()


def teach() -> Network:
    dice = np.random.default_rng(7)
    messages, labels = [], []
    for number in range(600):
        label = number % 3
        others = [f"某{each}" for each in dice.integers(0, 20, 4)]
        messages.append([*others[:2], str(dice.choice(LEARNT[label])), *others[2:]])
        labels.append(label)
    meanings = {Unit.WORDS: MEANINGS, Unit.CHARACTERS: LETTERS}
    return network_training.fit(messages, np.array(labels), meanings, seed=1)


@pytest.mark.parametrize(
    ("words", "label"),
    [
        (["某1", "吵"], 0),
        (["喧哗"], 0),  # never met in training, but it means what 吵 means
        (["某4", "恶臭", "某9", "某2"], 1),
        (["教室", "某3"], 2),
    ],
)
def test_a_word_that_it_never_met_counts_as_what_it_means(
    words: list[str], label: int, taught: Network
) -> None:
    chances = taught.chances(words)
    assert chances is not None
    assert chances.sum() == pytest.approx(1)
    assert chances.argmax() == label


def test_of_words_that_it_does_not_know_it_says_nothing(taught: Network) -> None:
    assert taught.chances(["没见过"]) is None
    assert taught.chances([]) is None


def test_of_an_unknown_word_the_characters_are_read(taught: Network) -> None:
    chances = taught.chances(["校名"])
    assert chances is not None
    assert chances.argmax() == 2


def test_members_that_read_the_same_are_judged_in_one_go_as_one_by_one(taught: Network) -> None:
    words = taught.readers[0]
    alone = [
        dataclasses.replace(
            words,
            **{name: getattr(words, name)[only] for name in STACKED},
            filters=tuple(each[only] for each in words.filters),
        ).chances(["吵", "某1"])
        for only in (slice(0, 1), slice(1, 2))
    ]
    assert words.chances(["吵", "某1"]) == pytest.approx(np.concatenate(alone))


def test_what_was_met_before_is_found_as_at_first(taught: Network) -> None:
    """Against the windows multiplied out, before and after its units were met."""
    words = ["吵", "某1", "学校", "某1", "臭"]
    for readers in taught.readers:
        units = readers.unit.of(words)
        rows = [readers.vocabulary.index(each) + 1 for each in units if each in readers.vocabulary]
        plain = multiplied_out(readers, rows)
        for _ in range(2):
            assert readers.chances(words) == pytest.approx(plain, rel=1e-4)


def multiplied_out(readers: Readers, rows: list[int]) -> np.ndarray:
    of_members = []
    for member in range(len(readers.vectors)):
        vectors = readers.vectors[member] * readers.scale[member][:, None]
        whole, beginning = [], []
        for matrix in readers.filters:
            width = matrix.shape[1] // vectors.shape[1]
            padded = [0] * (width - 1) + rows + [0] * (width - 1)
            windows = [
                np.concatenate(vectors[padded[at : at + width]])
                for at in range(len(padded) - width + 1)
            ]
            found = np.maximum(np.array(windows) @ matrix[member], 0)
            whole.append(found.max(axis=0))
            beginning.append(found[: readers.unit.beginning].max(axis=0))
        finds = np.maximum(np.concatenate([*whole, *beginning]) + readers.bias[member], 0)
        of_members.append(finds @ readers.out[member] + readers.out_bias[member])
    return network.soft_maximum(np.array(of_members))


@pytest.mark.parametrize("unit", list(Unit))
def test_what_begins_a_message_weighs_more_than_the_rest(unit: Unit) -> None:
    """Of two subjects in each letter the first one is the matter."""
    filler = [f"某{number}" for number in range(20)]
    dice = np.random.default_rng(3)
    known = MEANINGS if unit is Unit.WORDS else {**LETTERS, "某": np.ones(8, dtype=np.float32)}
    messages, labels = [], []
    for _ in range(450):
        first, second = dice.permutation(3)[:2]
        between = [str(dice.choice(filler)) for _ in range(40)]
        messages.append(
            [str(dice.choice(LEARNT[first])), *between, str(dice.choice(LEARNT[second]))]
        )
        labels.append(first)
    network = network_training.fit(messages, np.array(labels), {unit: known}, seed=2)
    for words, label in ((["吵", *filler, *filler, "臭"], 0), (["臭", *filler, *filler, "吵"], 1)):
        chances = network.chances(words)
        assert chances is not None
        assert chances.argmax() == label


def test_what_is_kept_judges_as_what_was_learnt(taught: Network, tmp_path: Path) -> None:
    network.save(taught, tmp_path)
    kept = network.load(tmp_path)
    for words in (["吵"], ["某1", "学校", "某2"]):
        assert kept.chances(words) == pytest.approx(taught.chances(words), abs=0.01)


def test_the_same_messages_give_the_same_weights(taught: Network) -> None:
    for again, before in zip(teach().readers, taught.readers, strict=True):
        assert np.array_equal(again.vectors, before.vectors)


def test_both_models_judge_together(taught: Network) -> None:
    """The linear model, which knows no word but 吵, says 02; of 恶臭 it knows nothing."""
    facts = {
        "codes": ["01", "02", "03"],
        "vocabulary": {"w某1": 0, "w某2": 1, "w某3": 2, "w某4": 3},
        "weights": np.zeros((4, 3), dtype=np.float32),
        "idf": np.ones(4, dtype=np.float32),
        "bias": np.zeros(3, dtype=np.float32),
        "temperature": 1.0,
        "version": "test",
    }
    words = ["某1", "某2", "某3", "某4", "喧哗"]
    alone, together = Classifier(**facts), Classifier(**facts, network=taught)
    assert alone.guess(words)[0].confidence == pytest.approx(1 / 3)
    assert together.guess(words)[0].code == "01"
    assert together.guess(words)[0].confidence > 0.5


def test_a_word_without_a_vector_has_that_of_its_parts(tmp_path: Path) -> None:
    path = tmp_path / "words.vector"
    with path.open("wb") as file:
        file.write(b"3 8\n")
        for word, vector in (("物业", NOISE), ("费", SMELL * 2), ("路灯", SCHOOL * 3)):
            file.write(word.encode() + b" " + vector.astype("<f4").tobytes() + b"\n")
    given = vectors.read(path, ["物业费", "路灯", "没有"])
    assert set(given) == {"物业费", "路灯"}
    assert given["路灯"] == pytest.approx(SCHOOL)
    assert given["物业费"] == pytest.approx((NOISE + SMELL) / np.sqrt(2))


def test_training_without_vectors_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "PACKAGE", "no_such_package")
    ended = CliRunner().invoke(application, ["train"])
    assert ended.exit_code == 2
    assert "nanhe-hotline[vectors]" in ended.output


def test_evaluating_without_data_says_what_to_give() -> None:
    ended = CliRunner().invoke(application, ["evaluate"])
    assert ended.exit_code == 2
    assert "hotline evaluate train.jsonl" in ended.output
