"""What the classifier learns from: petition messages of a file, and our own sentences."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config import domains
from nlp.normalize import normalize
from nlp.segment import Segmenter

SENTENCES = Path(__file__).parent / "sentences"
LABELS = {name: code for code, name in domains.NAMES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A message as words, with its domain; `own` where we wrote it ourselves."""

    words: tuple[str, ...]
    code: str
    own: bool = False
    theme: tuple[str, ...] = ()  # the words of its subject line, where known


class DataMissing(Exception):
    """The data asked for is not there; the message says what to do, in Chinese."""


def read(data: Path | None, segmenter: Segmenter) -> list[Example]:
    """All examples: the petition messages of `data` (JSON lines) and our own sentences."""
    examples = list(own(segmenter))
    if data is not None:
        if not data.is_file():
            raise DataMissing(f"没有 {data}。请给出 train.jsonl 的路径，或不写只用自带例句训练。")
        with data.open(encoding="utf-8") as file:
            examples.extend(_petition(json.loads(line), segmenter) for line in file)
    return examples


def own(segmenter: Segmenter) -> Iterator[Example]:
    """Our own sentences."""
    for path in sorted(SENTENCES.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                words = tuple(segmenter.cut(normalize(row["text"])))
                yield Example(words=words, code=row["code"], own=True)


def _petition(record: dict[str, Any], segmenter: Segmenter) -> Example:
    theme, detail = record.get("theme", ""), record.get("detail", "")
    words = segmenter.cut(normalize(f"{theme}，{detail}")) if detail else record["words"].split()
    return Example(
        words=tuple(words),
        code=LABELS[record["label"]],
        theme=tuple(segmenter.cut(normalize(theme))) if theme else (),
    )
