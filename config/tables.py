"""The county folder's spreadsheets (CSV) as entries with line numbers, and its files as text."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.faults import Faults, Need, nearest

MOST_BYTES = 16 * 1024 * 1024
MOST_CELL_CHARACTERS = 4000
MOST_SHOWN = 30
_YES = frozenset({"1", "是", "true", "yes", "y"})
_NO = frozenset({"", "0", "否", "false", "no", "n"})
_HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A spreadsheet row or a TOML record: its values and where they stand."""

    file: str
    line: int
    values: Mapping[str, Any]

    def text(self, key: str) -> str:
        """The trimmed value, empty where there is none."""
        value = self.values.get(key, "")
        return value.strip() if isinstance(value, str) else ""

    def need(self, key: str) -> Need:
        """The key that this record lacks; a misspelt one stands for it."""
        return Need(name=key, files=(self.file,), line=self.line)

    def parts(self, key: str) -> tuple[str, ...]:
        """A cell `a|b|c` (or a TOML list) as its parts, empty and repeated ones left out."""
        value = self.values.get(key, "")
        listed = value if isinstance(value, list) else str(value).replace("｜", "|").split("|")
        return tuple(dict.fromkeys(part.strip() for part in map(str, listed) if part.strip()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A spreadsheet's columns (English name -> Chinese heading) and which must be filled."""

    file: str
    columns: Mapping[str, str]
    filled: frozenset[str]
    optional: bool = False


def read_sheet(folder: Path, sheet: Sheet, faults: Faults) -> list[Entry]:
    """The rows of a CSV file; lines that begin with `#` and empty lines are skipped."""
    path = folder / sheet.file
    if sheet.optional and not path.exists():
        return []
    text = read_text(path, faults)
    if text is None:
        return []
    entries: list[Entry] = []
    columns: list[str] | None = None
    for line, cells in _rows(sheet.file, text, faults):
        if columns is None:
            columns = _heading(sheet, line, cells, faults)
            if columns is None:
                return []
        else:
            entry = _entry(sheet, line, dict(zip(columns, cells, strict=False)), faults)
            if any(cell.strip() for cell in cells[len(columns) :]):
                problem = f"这一行有 {len(cells)} 格，表头只有 {len(columns)} 列"
                faults.add(
                    sheet.file,
                    line,
                    problem,
                    "删去多出的格子；内容里有逗号就用双引号括起来",
                )
            entries.append(entry)
    if columns is None:
        faults.unread(sheet.file, 0, "这个表是空的", f"第一行写表头：{','.join(sheet.columns)}")
    return entries


def read_text(path: Path, faults: Faults) -> str | None:
    """A file as text, UTF-8 (with or without BOM) or GB18030; None after a fault."""
    try:
        if path.stat().st_size > MOST_BYTES:
            faults.unread(path.name, 0, "文件太大，超过 16 MB", "查一查是不是放错了文件")
            return None
        data = path.read_bytes()
    except FileNotFoundError:
        faults.unread(path.name, 0, "缺这个文件", "从 config/nanhe 拷一份来改")
        return None
    except OSError as error:
        faults.unread(path.name, 0, f"打不开这个文件（{error.strerror}）", "查一查文件的权限")
        return None
    return _decode(path.name, data, faults)


def _decode(file: str, data: bytes, faults: Faults) -> str | None:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        faults.unread(file, 1, "文件是 UTF-16 编码", "在表格软件里另存为“CSV UTF-8（逗号分隔）”")
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    mended = data.decode("utf-8-sig", errors="replace")
    if mended.count("\ufffd") * 10 < len(_HAN.findall(mended)):
        faults.unread(file, line, "这一行有坏字节，不是完整的 UTF-8", "把这一行的乱码重新输入一遍")
        return None
    try:
        return data.decode("gb18030").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    remedy = "在表格软件里另存为“CSV UTF-8（逗号分隔）”"
    faults.unread(file, line, "文字编码既不是 UTF-8 也不是 GB18030", remedy)
    return None


def _rows(file: str, text: str, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells) and not cells[0].lstrip().startswith("#"):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error:
        remedy = "查这一行及以后的双引号是不是成对；内容里的双引号要写两个"
        faults.unread(file, line, "从这一行起读不成表格", remedy)


def _heading(sheet: Sheet, line: int, cells: list[str], faults: Faults) -> list[str] | None:
    chinese = {heading: column for column, heading in sheet.columns.items()}
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    columns = [chinese.get(cell.strip(), cell.strip().lower()) for cell in cells]
    if len(columns) == 1 and (";" in columns[0] or "\t" in columns[0]):
        remedy = "在表格软件里另存为“CSV UTF-8（逗号分隔）”"
        faults.unread(sheet.file, line, "格子之间不是用逗号隔开的", remedy)
        return None
    before = len(faults.found)
    meant: set[str] = set()  # by misspelt headings, which are told already
    for position, column in enumerate(columns):
        if column not in sheet.columns:
            known = (*sheet.columns, *chinese)
            near = nearest(column, known)
            remedy = f"是不是想写 {near}" if near else f"可用的列：{'、'.join(sheet.columns)}"
            faults.unread(sheet.file, line, f"不认识的列“{shown(column)}”", remedy)
            meant.add(chinese.get(near, near))
        elif column in columns[:position]:
            faults.unread(sheet.file, line, f"列“{column}”写了两次", "删去一个")
    for column in sheet.columns:
        if column in sheet.filled and column not in columns and column not in meant:
            problem = f"表头缺列“{column}”（{sheet.columns[column]}）"
            faults.unread(sheet.file, line, problem, "补上这一列；文字乱码时先另存为 UTF-8")
    return columns if len(faults.found) == before else None


def _entry(sheet: Sheet, line: int, values: dict[str, str], faults: Faults) -> Entry:
    for column in sheet.columns:
        value = values.get(column, "")
        if column in sheet.filled and not value.strip():
            problem = f"“{column}”（{sheet.columns[column]}）是空的"
            blank = column == "code"
            faults.add(sheet.file, line, problem, "填上，或删去整行", blank=blank)
        if len(value) > MOST_CELL_CHARACTERS:
            faults.add(
                sheet.file,
                line,
                f"“{column}”太长",
                "一格最多 4000 字，查双引号是否成对",
            )
    return Entry(file=sheet.file, line=line, values=values)


def yes(entry: Entry, key: str, faults: Faults) -> bool:
    """A cell or key that says yes (1, 是) or no (0, 否, empty)."""
    value = entry.values.get(key, "")
    said = "1" if value is True else "" if value is False else str(value).strip().lower()
    if said not in _YES | _NO:
        problem = f"“{key}”写的是“{shown(said)}”"
        faults.add(entry.file, entry.line, problem, "是就写 1，否就空着")
    return said in _YES


def shown(value: str) -> str:
    """A value short enough to stand in a message."""
    return value if len(value) <= MOST_SHOWN else value[:MOST_SHOWN] + "…"
