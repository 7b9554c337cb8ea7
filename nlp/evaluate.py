"""How good the classifier is: `hotline evaluate DATA` prints it, five folds, near-duplicates
kept together.
"""

import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlp import classify, train
from nlp.examples import DataMissing, Example, read
from nlp.network_training import Progress
from nlp.segment import Segmenter
from nlp.train import FOLDS, SEED, fit

COVERAGES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Predictions beside the truth, one row a message."""

    truth: Sequence[str]
    guessed: Sequence[str]
    confidence: NDArray[np.float64]

    @property
    def right(self) -> NDArray[np.bool_]:
        """Which predictions were right."""
        return np.array([a == b for a, b in zip(self.truth, self.guessed, strict=True)])

    @property
    def accuracy(self) -> float:
        """Share of right predictions."""
        return float(self.right.mean())

    @property
    def macro_f1(self) -> float:
        """Mean F1 over the labels that occur in the truth."""
        pairs = Counter(zip(self.truth, self.guessed, strict=True))
        labels = sorted(set(self.truth))
        scores = []
        for label in labels:
            both = pairs[label, label]
            said = sum(n for (_, g), n in pairs.items() if g == label)
            real = sum(n for (t, _), n in pairs.items() if t == label)
            scores.append(2 * both / (said + real) if said + real else 0.0)
        return float(np.mean(scores))

    def accuracy_at(self, coverage: float) -> float:
        """Accuracy on the most confident share of the messages."""
        order = np.argsort(-self.confidence)[: max(1, int(len(self.right) * coverage))]
        return float(self.right[order].mean())

    def calibration_error(self) -> float:
        """Expected calibration error over ten equal bins of confidence."""
        index = np.minimum((self.confidence * BINS).astype(int), BINS - 1)
        error = 0.0
        for number in range(BINS):
            inside = index == number
            if inside.any():
                gap = abs(self.right[inside].mean() - self.confidence[inside].mean())
                error += inside.mean() * gap
        return float(error)

    def card(self, examples: Sequence[Example], themes: "Judged") -> str:
        """The model card: what the model is and how good, for docs/model.md to link to.

        `themes`: the same on subject lines alone.
        """
        coverage = ", ".join(f"{c:.0%} {self.accuracy_at(c):.3f}" for c in COVERAGES[1:4])
        return (
            "# Domain classifier: figures\n\n"
            "Written by `hotline train`; what the model is and what it cannot do stands in\n"
            "[docs/model.md](../../docs/model.md). Only weights are kept, no message and no "
            "person's name.\n\n"
            f"- learnt from {len(self.truth)} petition messages in {len(set(self.truth))} domains "
            f"and {sum(e.own for e in examples)} own sentences\n"
            f"- five folds, near-duplicates together: macro-F1 {self.macro_f1:.4f}, "
            f"accuracy {self.accuracy:.4f}\n"
            f"- the same on {len(themes.truth)} subject lines alone: macro-F1 "
            f"{themes.macro_f1:.4f}\n"
            f"- accuracy on the most confident {coverage}\n"
            f"- calibration error {self.calibration_error():.3f}\n"
            "- the network's word vectors began as those of the package `synonyms` 3.10.2 (100\n"
            "  dimensions, Chinese Wikipedia; MIT licence, Hai Liang Wang and Hu Ying Xi)\n"
        )


def evaluate(data: Path | None, progress: Progress = lambda share: None) -> str:
    """The table that `hotline evaluate` prints."""
    if data is None:
        raise DataMissing("请给出来信数据的路径，例如：hotline evaluate train.jsonl")
    segmenter = Segmenter(classify.MODEL / ".cache")
    examples = read(data, segmenter)
    full, themes = folds(examples, progress)
    lines = [
        f"五折，全文 {len(full.truth)} 条：macro-F1 {full.macro_f1:.4f}，"
        f"准确率 {full.accuracy:.4f}",
        "按把握程度取前一部分时的准确率："
        + "，".join(f"{c:.0%} {full.accuracy_at(c):.4f}" for c in COVERAGES),
        f"校准误差（ECE）：{full.calibration_error():.4f}",
    ]
    if len(themes.truth):
        lines.append(f"五折，只看标题：macro-F1 {themes.macro_f1:.4f}，{len(themes.truth)} 条")
    lines.append(_worst_pairs(full))
    lines.append(_time(examples, segmenter))
    return "\n".join(lines)


def folds(
    examples: Sequence[Example], progress: Progress = lambda share: None
) -> tuple[Judged, Judged]:
    """Out-of-fold predictions for the petition messages and for their subject lines alone.

    Our own sentences only help to train.
    """
    own = [example for example in examples if example.own]
    real = [example for example in examples if not example.own]
    codes = {example.code for example in real}
    groups = _groups(real)
    full: list[_Answer] = []
    themes: list[_Answer] = []
    for fold in range(FOLDS):
        seen = [e for e, g in zip(real, groups, strict=True) if g % FOLDS != fold]
        held = [e for e, g in zip(real, groups, strict=True) if g % FOLDS == fold]
        learnt = [*seen, *(e for e in own if e.code not in codes)]
        model = fit(learnt, train.part(progress, fold, FOLDS)).classifier()
        full += [_answer(model, e.words, e.code, codes) for e in held if e.words]
        themes += [_answer(model, e.theme, e.code, codes) for e in held if e.theme]
    return _judged(full), _judged(themes)


_Answer = tuple[str, str, float]  # the truth, the guess, how sure


def _answer(
    model: classify.Classifier, words: Sequence[str], truth: str, codes: Collection[str]
) -> _Answer:
    best = next((guess for guess in model.guess(words) if guess.code in codes), None)
    return (truth, best.code, best.confidence) if best else (truth, "", 0.0)


def _judged(answers: Sequence[_Answer]) -> Judged:
    return Judged(
        truth=[truth for truth, _, _ in answers],
        guessed=[guessed for _, guessed, _ in answers],
        confidence=np.array([sure for _, _, sure in answers]),
    )


def _groups(examples: Sequence[Example]) -> list[int]:
    """A number for each message, the same for near-duplicates: they must not straddle folds."""
    dice = np.random.default_rng(SEED)
    known: dict[frozenset[str], int] = {}
    numbers = []
    for example in examples:
        key = frozenset(sorted(set(example.words), key=lambda w: (-len(w), w))[:6])
        numbers.append(known.setdefault(key, int(dice.integers(1_000_000))))
    return numbers


def _worst_pairs(judged: Judged) -> str:
    pairs = Counter(
        (t, g) for t, g in zip(judged.truth, judged.guessed, strict=True) if t != g
    ).most_common(5)
    return "最常混淆（应为→判为）：" + "，".join(f"{t}→{g} {n} 条" for (t, g), n in pairs)


def _time(examples: Sequence[Example], segmenter: Segmenter) -> str:
    model = classify.load()
    texts = ["".join(e.words) for e in examples if not e.own][:1000]
    taken = []
    for text in texts:
        begun = time.perf_counter()
        model.guess(segmenter.cut(text))
        taken.append(time.perf_counter() - begun)
    middle = 1000 * float(np.median(taken))
    late = 1000 * float(np.quantile(taken, 0.99))
    return f"每条用时（含分词）：中位 {middle:.2f} 毫秒，p99 {late:.2f} 毫秒"
