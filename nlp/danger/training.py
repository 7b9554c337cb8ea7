"""Trains the second ear, as part of `hotline train`. Needs scikit-learn, the `train` extra."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from nlp import examples as known
from nlp import train
from nlp.danger import ear
from nlp.examples import Example
from nlp.normalize import normalize
from nlp.segment import Segmenter
from nlp.train import Fitted
from nlp.understanding import Urgency
from nlp.urgency import Watch

SENTENCES = Path(__file__).parent / "sentences.csv"
LEAST_MESSAGES = 2
MOST_FEATURES = 12_000
REGULARISATION = 16.0
NO_DANGER = "-"


def read(segmenter: Segmenter, tables: Watch) -> list[Example]:
    """Dangers and look-alikes, and our own sentences of all domains as the tables judge them.

    Of what the tables know nothing of in the domain of public safety nobody can tell, so it is
    left out.
    """
    examples = [*_labelled(SENTENCES, segmenter)]
    for example in known.own(segmenter):
        alarm = tables("".join(example.words))
        danger = alarm.urgency is Urgency.DANGER
        if danger or not example.code.startswith("18"):
            code = ear.DANGER if danger else ""
            examples.append(Example(words=example.words, code=code, own=True))
    return examples


def fit(examples: Sequence[Example]) -> Fitted:
    """A logistic model whose one column is the danger."""
    from sklearn.linear_model import LogisticRegression

    vocabulary = train.vocabulary(examples, LEAST_MESSAGES)
    labels = np.array([example.code == ear.DANGER for example in examples])
    while True:
        matrix, idf = train.matrix(examples, vocabulary)
        model = LogisticRegression(C=REGULARISATION, class_weight="balanced", max_iter=2000)
        model.fit(matrix, labels)
        if len(vocabulary) <= MOST_FEATURES:
            break
        keep = np.sort(np.argsort(-np.abs(model.coef_[0]) * idf)[:MOST_FEATURES])
        names = list(vocabulary)
        vocabulary = {names[old]: new for new, old in enumerate(keep)}
    column = model.coef_[0].astype(np.float32)
    return Fitted(
        codes=["", ear.DANGER],
        vocabulary=vocabulary,
        weights=np.stack([np.zeros_like(column), column], axis=1),
        idf=idf,
        bias=np.array([0.0, float(model.intercept_[0])], dtype=np.float32),
    )


def _labelled(path: Path, segmenter: Segmenter) -> Iterator[Example]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            code = "" if row["danger"] == NO_DANGER else ear.DANGER
            yield Example(words=tuple(segmenter.cut(normalize(row["text"]))), code=code, own=True)
