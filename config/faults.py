"""What is wrong with an installation's files: faults with file, line and remedy, told together."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

MOST_FAULTS_SHOWN = 200
MOST_COMPARED = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing to put right; `line` counts from 1, 0 means the file as a whole."""

    file: str
    line: int
    problem: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.file} 第 {self.line} 行" if self.line else self.file
        return f"{where}：{self.problem}。{self.remedy}。"


class CountyFaults(Exception):
    """The county folder can't be used; `faults` holds all that was found, by file and line."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.file, fault.line)))
        super().__init__(self.faults)

    def __str__(self) -> str:
        shown = [f"{number}. {fault}" for number, fault in enumerate(self.faults, 1)]
        hidden = len(shown) - MOST_FAULTS_SHOWN
        if hidden > 0:
            shown = [
                *shown[:MOST_FAULTS_SHOWN],
                f"……还有 {hidden} 处，改好上面的再查一遍。",
            ]
        return "\n".join([f"县区数据有 {len(self.faults)} 处要改：", *shown])


@dataclass(slots=True)
class Faults:
    """A list of faults while it grows; the checks go on after each."""

    found: list[Fault] = field(default_factory=list)

    def add(self, file: str, line: int, problem: str, remedy: str) -> None:
        """Note one fault and go on."""
        self.found.append(Fault(file=file, line=line, problem=problem, remedy=remedy))


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that `word` was probably meant to be, or an empty string."""
    if len(word) > MOST_COMPARED:
        return ""
    close = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return close[0] if close else ""


def suggestion(word: str, known: Iterable[str], otherwise: str) -> str:
    """`是不是想写 X`, or `otherwise` where nothing known looks like it."""
    near = nearest(word, known)
    return f"是不是想写 {near}" if near else otherwise
