"""Trains the domain classifier: `hotline train [DATA]`. Needs scikit-learn, the `train` extra."""

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nlp import classify
from nlp.normalize import normalize
from nlp.segment import Segmenter, personal_names

if TYPE_CHECKING:
    from nlp.evaluate import Judged

CARD = "MODEL_CARD.md"  # written with each model: the one place of its figures
SENTENCES = Path(__file__).parent / "sentences"
LABELS = {
    "城乡建设": "01",
    "环境保护": "04",
    "交通运输": "06",
    "商贸旅游": "11",
    "卫生计生": "12",
    "教育文体": "14",
    "劳动和社会保障": "15",
}
LEAST_MESSAGES = 5  # a feature must occur in so many messages, which keeps rare names out
MOST_FEATURES = 70_000
REGULARISATION = 1.0
FOLDS = 5
SEED = 4569899


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A message as words, with its domain; `own` where we wrote it ourselves."""

    words: tuple[str, ...]
    code: str
    own: bool = False
    theme: tuple[str, ...] = ()  # the words of its subject line, where known


class DataMissing(Exception):
    """The data asked for is not there; the message says what to do, in Chinese."""


def train(data: Path | None, *, force: bool = False, folder: Path | None = None) -> str:
    """Train, compare with the model that is there, replace it unless it got worse; says what it
    did.
    """
    home = folder or classify.MODEL
    examples = read(data, Segmenter(home / ".cache"))
    fitted = fit(examples)
    judged = cross_validate(examples) if len({e.code for e in examples if not e.own}) > 1 else None
    score = judged.macro_f1 if judged else None
    before = _kept_score(home)
    if score is not None and before is not None and score < before - 0.002 and not force:
        return (
            f"新模型 macro-F1 {score:.4f}，不如现在的 {before:.4f}，没有替换。要替换请加 --force。"
        )
    save(fitted, home, score)
    if judged:
        (home / CARD).write_text(judged.card(examples), encoding="utf-8")
    if folder is None:
        _train_ear()
    told = f"macro-F1 {score:.4f}" if score is not None else "没有来信数据，未评测"
    return f"已训练 {len(examples)} 条，{told}，模型写入 {home}"


def _train_ear() -> None:
    """The second ear for dangers, which learns from our own sentences alone."""
    from nlp import urgency
    from nlp.danger import ear, training

    segmenter = Segmenter(classify.MODEL / ".cache")
    save(training.fit(training.read(segmenter, urgency.build(segmenter))), ear.MODEL, None)


def read(data: Path | None, segmenter: Segmenter) -> list[Example]:
    """All examples: the petition messages of `data` (JSON lines) and our own sentences."""
    examples = list(own(segmenter))
    if data is not None:
        if not data.is_file():
            raise DataMissing(f"没有 {data}。请给出 train.jsonl 的路径，或不写只用自带例句训练。")
        with data.open(encoding="utf-8") as file:
            examples.extend(_petition(json.loads(line), segmenter) for line in file)
    return examples


def fit(examples: Sequence[Example], most_features: int = MOST_FEATURES) -> "Fitted":
    """A linear model over all examples, its vocabulary cut to what matters."""
    names = list(vocabulary(examples))
    rough = _solve(examples, _numbered(names))
    if len(names) > most_features:
        weight = np.abs(rough.weights).max(axis=1) * rough.idf
        keep = np.sort(np.argsort(-weight)[:most_features])
        rough = _solve(examples, _numbered([names[old] for old in keep]))
    return rough


@dataclass(kw_only=True)
class Fitted:
    """Weights: features x classes."""

    codes: Sequence[str]
    vocabulary: dict[str, int]
    weights: Any
    idf: Any
    bias: Any
    temperature: float = 1.0

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
        )


def cross_validate(examples: Sequence[Example]) -> "Judged":
    """How the petition labels are met by five folds; our own sentences only help to train."""
    from nlp import evaluate

    return evaluate.folds(examples)


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
    facts = {
        "codes": list(fitted.codes),
        "bias": [float(each) for each in fitted.bias],
        "temperature": fitted.temperature,
        "macro_f1": score,
        "version": hashlib.sha256(packed.tobytes()).hexdigest()[:12],
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

    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for row, example in enumerate(examples):
        counts = Counter(
            index
            for name in classify.features(example.words)
            if (index := known.get(name)) is not None
        )
        rows.extend([row] * len(counts))
        columns.extend(counts.keys())
        values.extend(1 + np.log(count) for count in counts.values())
    shape = (len(examples), len(known))
    matrix = csr_matrix((values, (rows, columns)), shape=shape, dtype=np.float32)
    present = np.bincount(matrix.indices, minlength=len(known))
    idf = (np.log((1 + len(examples)) / (1 + present)) + 1).astype(np.float32)
    return unit_length(matrix.multiply(idf).tocsr()), idf


def vocabulary(examples: Sequence[Example], least: int = LEAST_MESSAGES) -> dict[str, int]:
    """The features that occur in `least` messages or more."""
    messages: Counter[str] = Counter()
    for example in examples:
        messages.update(set(classify.features(example.words)))
    is_name = personal_names()
    kept = sorted(
        name
        for name, count in messages.items()
        if count >= least and not any(map(is_name, name[1:].split(" ")))
    )
    return _numbered([name for name in kept if "\n" not in name])


def _petition(record: dict[str, Any], segmenter: Segmenter) -> Example:
    theme, detail = record.get("theme", ""), record.get("detail", "")
    words = segmenter.cut(normalize(f"{theme}，{detail}")) if detail else record["words"].split()
    return Example(
        words=tuple(words),
        code=LABELS[record["label"]],
        theme=tuple(segmenter.cut(normalize(theme))) if theme else (),
    )


def own(segmenter: Segmenter) -> Iterator[Example]:
    """Our own sentences."""
    for path in sorted(SENTENCES.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                words = tuple(segmenter.cut(normalize(row["text"])))
                yield Example(words=words, code=row["code"], own=True)


def _kept_score(home: Path) -> float | None:
    try:
        score = json.loads((home / "model.json").read_text(encoding="utf-8"))["macro_f1"]
    except FileNotFoundError:
        return None
    return float(score) if score is not None else None
