"""What is wrong with an installation's files: faults with file, line and remedy, told together."""

import difflib
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field

MOST_OF_A_FILE = 40  # shown at a start; `hotline check --all` shows the rest as well
MOST_COMPARED = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A code or key that isn't there: the files it could be in; of a record also its line."""

    name: str
    files: tuple[str, ...]
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing to put right; `line` counts from 1, 0 means the file as a whole.

    `unread`: the file could not be read to its end, so other faults may follow from this one.
    `needs`: what it would be gone with; `meant`: what a misspelt key stands for; `blank`: this row
    has no code. By these `roots` sees which faults have one cause.
    """

    file: str
    line: int
    problem: str
    remedy: str
    unread: bool = False
    needs: Need | None = None
    meant: Need | None = None
    blank: bool = False

    def __str__(self) -> str:
        where = f"{self.file} 第 {self.line} 行" if self.line else self.file
        return f"{where}：{self.problem}。{self.remedy}。"


class CountyFaults(Exception):
    """The county folder can't be used; `faults` holds all that was found: files that could not be
    read first, then by file and line.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda f: (not f.unread, f.file, f.line)))
        super().__init__(self.faults)

    def __str__(self) -> str:
        return self.told(MOST_OF_A_FILE)

    def told(self, most: int | None = None) -> str:
        """All faults as a numbered list, of each file's content `most` at the most."""
        unread = [fault for fault in self.faults if fault.unread]
        others = self.faults[len(unread) :]
        lines = [f"县区数据有 {len(self.faults)} 处要改：", *_numbered(unread, 1)]
        if unread and others:
            lines.append("先改好上面读不下去的文件：下面的问题多半由它引起。")
        number = len(unread) + 1
        for _, group in itertools.groupby(others, key=lambda fault: fault.file):
            listed = list(group)
            lines += _numbered(listed[:most], number)
            number += len(listed)
            if most is not None and len(listed) > most:
                lines.append(f"……{listed[0].file} 还有 {len(listed) - most} 处没有列出。")
        return "\n".join(lines)


def _numbered(faults: Iterable[Fault], first: int) -> list[str]:
    return [f"{number}. {fault}" for number, fault in enumerate(faults, first)]


@dataclass(slots=True)
class Faults:
    """A list of faults while it grows; the checks go on after each."""

    found: list[Fault] = field(default_factory=list)

    def add(
        self,
        file: str,
        line: int,
        problem: str,
        remedy: str,
        *,
        needs: Need | None = None,
        meant: Need | None = None,
        blank: bool = False,
    ) -> None:
        """Note one fault and go on; the rest as in Fault."""
        self.found.append(
            Fault(
                file=file,
                line=line,
                problem=problem,
                remedy=remedy,
                needs=needs,
                meant=meant,
                blank=blank,
            )
        )

    def misspelt(self, place: tuple[str, int], problem: str, meant: Need, otherwise: str) -> None:
        """Note a key at `place` (file, line) that means nothing; perhaps `meant.name` was meant."""
        remedy = f"是不是想写 {meant.name}" if meant.name else otherwise
        self.add(*place, problem, remedy, meant=meant)

    def unread(self, file: str, line: int, problem: str, remedy: str) -> None:
        """Note why a file could not be read to its end."""
        self.found.append(Fault(file=file, line=line, problem=problem, remedy=remedy, unread=True))


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
