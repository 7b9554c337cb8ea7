"""The danger tables in `lists/`: words, rows of danger, rows of what only sounds like it."""

import csv
from collections.abc import Iterator
from pathlib import Path

from nlp.danger.rules import Rule

FOLDER = Path(__file__).parent / "lists"


def words() -> dict[str, str]:
    """The lists of words by their names."""
    return {row["list"]: row["words"] for row in _rows("words")}


def rules(table: str) -> tuple[Rule, ...]:
    """The rows of `dangers` or `harmless`; their form is told in `nlp.danger.rules`."""
    return tuple(_rule(row) for row in _rows(table))


def _rule(row: dict[str, str]) -> Rule:
    slots = row["says"].split()
    return Rule(
        danger=row["danger"],
        name=row["rule"],
        slots=tuple(slot.removesuffix(",") for slot in slots),
        across=tuple(slot.endswith(",") for slot in slots),
        gap=int(row["gap"]),
        weak=row["weak"] == "weak",
    )


def _rows(table: str) -> Iterator[dict[str, str]]:
    with (FOLDER / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
