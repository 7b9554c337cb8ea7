"""Trains the domain classifier: `hotline train [DATA]`. Needs the extras `train` and `vectors`."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nlp import classify, features, network, network_training, personal, vectors
from nlp.examples import Example, read
from nlp.features import Vocabulary
from nlp.network import Network, Unit
from nlp.network_training import Meanings, Progress
from nlp.segment import Segmenter

if TYPE_CHECKING:
    from nlp.evaluate import Judged

CARD = "MODEL_CARD.md"  # written with each model: the one place of its figures
LEAST_MESSAGES = 5  # a feature must occur in so many messages, which keeps rare names out
MOST_FEATURES = 70_000
REGULARISATION = 1.0
FOLDS = 5
SEED = 4569899


def train(
    data: Path | None,
    *,
    force: bool = False,
    folder: Path | None = None,
    progress: Progress = lambda share: None,
) -> str:
    """Train, compare with the model that is there, replace it unless it got worse; says what it
    did.
    """
    home = folder or classify.MODEL
    examples = read(data, Segmenter(home / ".cache"))
    judges = len({e.code for e in examples if not e.own}) > 1
    rounds = FOLDS + 1 if judges else 1
    judged = (
        cross_validate(examples, lambda share: progress(share * FOLDS / rounds)) if judges else None
    )
    score = judged[0].macro_f1 if judged else None
    before = _kept_score(home)
    if score is not None and before is not None and score < before - 0.002 and not force:
        return (
            f"新模型 macro-F1 {score:.4f}，不如现在的 {before:.4f}，没有替换。要替换请加 --force。"
        )
    save(fit(examples, part(progress, rounds - 1, rounds)), home, score)
    if judged:
        (home / CARD).write_text(judged[0].card(examples, judged[1]), encoding="utf-8")
    if folder is None:
        _train_ear()
    told = f"macro-F1 {score:.4f}" if score is not None else "没有来信数据，未评测"
    return f"已训练 {len(examples)} 条，{told}，模型写入 {home}"


def part(progress: Progress, number: int, of: int) -> Progress:
    """How far one of several equal parts has come, told as a share of the whole."""
    return lambda share: progress((number + share) / of)


def _train_ear() -> None:
    """The second ear for dangers, which learns from our own sentences alone."""
    from nlp import urgency
    from nlp.danger import ear, training

    segmenter = Segmenter(classify.MODEL / ".cache")
    save(training.fit(training.read(segmenter, urgency.build(segmenter))), ear.MODEL, None)


def fit(examples: Sequence[Example], progress: Progress = lambda share: None) -> "Fitted":
    """A linear model over all examples, its vocabulary cut to what matters, and the network."""
    known_meanings = vectors.find()
    names = list(vocabulary(examples))
    rough = _solve(examples, _numbered(names))
    if len(names) > MOST_FEATURES:
        weight = np.abs(rough.weights).max(axis=1) * rough.idf
        keep = np.sort(np.argsort(-weight)[:MOST_FEATURES])
        rough = _solve(examples, _numbered([names[old] for old in keep]))
    rough.network = network_training.fit(
        [features.meant(e.words) for e in examples],
        np.array([rough.codes.index(example.code) for example in examples]),
        _meanings(names, known_meanings),
        seed=SEED,
        progress=progress,
    )
    return rough


def _meanings(names: Sequence[str], path: Path) -> dict[Unit, Meanings]:
    """The vectors of the words and of the single characters among the names of features."""
    units = {
        Unit.WORDS: [name[1:] for name in names if name[0] == "w"],
        Unit.CHARACTERS: [name[1:] for name in names if name[0] == "c" and len(name) == 2],
    }
    known = vectors.read(path, chain.from_iterable(units.values()))
    return {
        unit: {text: known[text] for text in texts if text in known}
        for unit, texts in units.items()
    }


@dataclass(kw_only=True)
class Fitted:
    """Weights: features x classes; the network's classes are the same."""

    codes: Sequence[str]
    vocabulary: dict[str, int]
    weights: Any
    idf: Any
    bias: Any
    temperature: float = 1.0
    network: Network | None = None

    def classifier(self, version: str = "new") -> classify.Classifier:
        """As the program would load it."""
        return classify.Classifier(
            codes=self.codes,
            vocabulary=self.vocabulary,
            weights=self.weights,
            idf=self.idf,
            bias=self.bias,
            temperature=self.temperature,
            version=version,
            network=self.network,
        )


def cross_validate(examples: Sequence[Example], progress: Progress) -> "tuple[Judged, Judged]":
    """How the petition labels are met by five folds, on the full text and on subject lines."""
    from nlp import evaluate

    return evaluate.folds(examples, progress)


def save(fitted: Fitted, home: Path, score: float | None) -> None:
    """Write the model: 8-bit weights with a scale for each class, and its facts."""
    home.mkdir(parents=True, exist_ok=True)
    scale = np.abs(fitted.weights).max(axis=0) / 127
    packed = np.round(fitted.weights / np.where(scale, scale, 1)).astype(np.int8)
    names = "\n".join(fitted.vocabulary).encode("utf-8")
    np.savez_compressed(
        home / "weights.npz",
        weights=packed,
        scale=scale.astype(np.float32),
        idf=fitted.idf.astype(np.float16),
        vocabulary=np.frombuffer(names, dtype=np.uint8),
    )
    digest = hashlib.sha256(packed.tobytes())
    if fitted.network is not None:
        network.save(fitted.network, home)
        for readers in fitted.network.readers:
            digest.update(readers.vectors.tobytes())
    facts = {
        "codes": list(fitted.codes),
        "bias": [float(each) for each in fitted.bias],
        "temperature": fitted.temperature,
        "macro_f1": score,
        "version": digest.hexdigest()[:12],
    }
    (home / "model.json").write_text(
        json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )


def _numbered(names: Sequence[str]) -> dict[str, int]:
    return {name: index for index, name in enumerate(names)}


def _solve(examples: Sequence[Example], known: dict[str, int]) -> Fitted:
    from sklearn.svm import LinearSVC

    values, idf = matrix(examples, known)
    labels = np.array([example.code for example in examples])
    model = LinearSVC(C=REGULARISATION, random_state=SEED)
    model.fit(values, labels)
    weights, bias = model.coef_.T, model.intercept_
    if len(model.classes_) == 2:  # scikit-learn keeps one column for two classes
        weights, bias = np.hstack([-weights, weights]), np.array([-bias[0], bias[0]])
    return Fitted(
        codes=[str(code) for code in model.classes_],
        vocabulary=known,
        weights=weights.astype(np.float32),
        idf=idf,
        bias=bias.astype(np.float32),
        temperature=_TEMPERATURE,
    )


_TEMPERATURE = 4.0  # found out of fold: the factor at which confidence equals accuracy best


def matrix(examples: Sequence[Example], known: dict[str, int]) -> tuple[Any, Any]:
    """TF-IDF as `classify` computes it: sublinear counts, smooth idf, rows of length one."""
    from scipy.sparse import csr_matrix
    from sklearn.preprocessing import normalize as unit_length

    known_features = Vocabulary(known)
    found = [known_features.counted(features.meant(example.words)) for example in examples]
    rows = np.repeat(np.arange(len(examples)), [len(counts) for _, counts in found])
    columns, counts = map(np.concatenate, zip(*found, strict=True))
    shape = (len(examples), len(known))
    matrix = csr_matrix((1 + np.log(counts), (rows, columns)), shape=shape, dtype=np.float32)
    present = np.bincount(matrix.indices, minlength=len(known))
    idf = (np.log((1 + len(examples)) / (1 + present)) + 1).astype(np.float32)
    return unit_length(matrix.multiply(idf).tocsr()), idf


def vocabulary(examples: Sequence[Example], least: int = LEAST_MESSAGES) -> dict[str, int]:
    """The features that occur in `least` messages or more."""
    messages: Counter[str] = Counter()
    for example in examples:
        messages.update(set(features.of(features.meant(example.words))))
    often = (name for name, count in messages.items() if count >= least and "\n" not in name)
    return _numbered(_nobodys(sorted(often)))


def _nobodys(known: Sequence[str]) -> list[str]:
    """Without those that hold somebody's name, or a piece of it that is nothing else."""
    names = personal.Names()
    pieces = names.pieces(name[1:] for name in known if name[0] == "w")

    def tells(feature: str) -> bool:
        parts = feature[1:].split(" ")
        joined = "".join(parts)
        return (
            any(map(names.has, parts))
            or names.titled(joined)
            or any(piece in joined for piece in pieces)
        )

    return [feature for feature in known if not tells(feature)]


def _kept_score(home: Path) -> float | None:
    try:
        score = json.loads((home / "model.json").read_text(encoding="utf-8"))["macro_f1"]
    except FileNotFoundError:
        return None
    return float(score) if score is not None else None
