"""The danger tables in `lists/`: words, rows of danger, rows of what only sounds like it."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from nlp.danger.rules import Rule

FOLDER = Path(__file__).parent / "lists"
_ANY_SURNAME = "某"  # in a word: 老某头 stands for 老李头, 老王头 and all others
_A_LIST = "="  # before a word: all words of the list of that name


def words() -> dict[str, str]:
    """The lists of words by their names."""
    lists = {row["list"]: row["words"].split() for row in _rows("words")}
    return {name: " ".join(_spelled_out(listed, lists)) for name, listed in lists.items()}


def _spelled_out(listed: Sequence[str], lists: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for word in listed:
        if word.startswith(_A_LIST):
            yield from _spelled_out(lists[word.removeprefix(_A_LIST)], lists)
        elif _ANY_SURNAME in word:
            yield from (word.replace(_ANY_SURNAME, surname) for surname in lists["surname"])
        else:
            yield word


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
