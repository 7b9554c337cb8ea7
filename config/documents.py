"""The county folder's records (TOML), which can say on which line a key stands."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from config import tables
from config.faults import Faults, Need, nearest
from config.tables import Entry

_LINE = re.compile(r"\(at line (\d+)")
_HEADER = re.compile(r"\s*\[\[?\s*([A-Za-z0-9_.-]+)\s*\]\]?")
_KEY = re.compile(r"""\s*["']?([^"'=\n]*[^"'=\s])["']?\s*=""")
REMEDY = "查这一行和上一行的引号、等号、方括号；同一个键只写一次"


class NotToml(Exception):
    """A text that is no TOML from `line` on, 0 where that is not known."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


@dataclass(frozen=True, kw_only=True)
class Document:
    """A parsed TOML file that can say on which line a key stands."""

    file: str
    text: str
    data: Mapping[str, Any]

    def entries(self, table: str, known: frozenset[str], faults: Faults) -> list[Entry]:
        """The records of `[[table]]`, with unknown keys and wrong shapes noted as faults."""
        found = self.data.get(table, [])
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            problem = f"“{table}”的写法不对"
            faults.add(
                self.file,
                self.line_of("", table),
                problem,
                f"每一条用 [[{table}]] 开头",
            )
            return []
        lines = self._lines_of_tables(table)
        entries = []
        for position, values in enumerate(found):
            line = lines[position] if position < len(lines) else 0
            entries.append(Entry(file=self.file, line=line, values=values))
            for key in values.keys() - known:
                otherwise = f"可用的键：{'、'.join(sorted(known))}"
                problem = f"[[{table}]] 里有不认识的键“{tables.shown(key)}”"
                meant = Need(name=nearest(key, known), files=(self.file,), line=line)
                faults.misspelt((self.file, line), problem, meant, otherwise)
        return entries

    def line_of(self, table: str, key: str) -> int:
        """The line of `key` below `[table]` (empty: top of the file), 0 where it isn't found."""
        return self._lines.get((table, key), 0)

    @cached_property
    def _lines(self) -> Mapping[tuple[str, str], int]:
        """The first line of every key below its table, and of every table."""
        at, lines = "", dict[tuple[str, str], int]()
        for number, line in enumerate(self.text.splitlines(), 1):
            if header := _HEADER.match(line):
                at = header[1]
                lines.setdefault(("", at), number)
            elif key := _KEY.match(line):
                lines.setdefault((at, key[1]), number)
        return lines

    def line_at(self, path: Sequence[str]) -> int:
        """The line of the key at the end of `path`, else of the table around it; 0 for neither."""
        for end in range(len(path), 0, -1):
            *tables_above, key = path[:end]
            line = self.line_of(".".join(tables_above), key) or self.line_of(
                "", ".".join(path[:end])
            )
            if line:
                return line
        return 0

    def refuse_unknown(self, known: frozenset[str], faults: Faults) -> None:
        """Note every key at the top of the file that means nothing."""
        for key in self.data.keys() - known:
            otherwise = f"可用的键：{'、'.join(sorted(known))}"
            place = (self.file, self.line_of("", key))
            meant = Need(name=nearest(key, known), files=(self.file,))
            faults.misspelt(place, f"不认识的键“{tables.shown(key)}”", meant, otherwise)

    def _lines_of_tables(self, table: str) -> list[int]:
        headers = (_HEADER.match(line) for line in self.text.splitlines())
        return [number for number, found in enumerate(headers, 1) if found and found[1] == table]


def read(folder: Path, file: str, faults: Faults, *, optional: bool = False) -> Document:
    """A TOML file; empty after a fault or where an optional file isn't there."""
    empty = Document(file=file, text="", data={})
    if optional and not (folder / file).exists():
        return empty
    text = tables.read_text(folder / file, faults)
    if text is None:
        return empty
    try:
        return parsed(file, text)
    except NotToml as broken:
        faults.unread(file, broken.line, "TOML 写法不对，读不下去", REMEDY)
        return empty


def parsed(file: str, text: str) -> Document:
    """The document that a text is; NotToml."""
    try:
        return Document(file=file, text=text, data=tomllib.loads(text.replace("\r\n", "\n")))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        at = _LINE.search(str(error))
        raise NotToml(int(at[1]) if at else 0) from None
