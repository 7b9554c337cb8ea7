"""Who runs on a state folder, and of which county its data is.

The lock is the kernel's: it is free as soon as its holder is dead, however he died. Processes that
he has forked hold it with him.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from config.county import County

LOCK = "running.lock"
MARK = "county.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The program that holds a folder; 0 and empty where that can't be told."""

    process: int
    address: str


@contextmanager
def held(state: Path, address: str) -> Iterator[Holder | None]:
    """Hold the folder, for who serves at `address`; gives who holds it already, if anybody does."""
    with (state / LOCK).open("a+", encoding="utf-8") as file:
        if not _lock(file, fcntl.LOCK_EX):
            yield _read(file)
            return
        file.truncate(0)
        json.dump({"process": os.getpid(), "address": address}, file)
        file.flush()
        yield None


def holder(state: Path) -> Holder | None:
    """Who holds the folder now; None where nobody does."""
    try:
        with (state / LOCK).open(encoding="utf-8") as file:
            return None if _lock(file, fcntl.LOCK_SH) else _read(file)
    except OSError:
        return None


def other_county(state: Path, county: County) -> str:
    """The county whose data lies in the folder, where that is another one; else it is noted."""
    mark = state / MARK
    if mark.exists():
        said = _parsed(mark.read_text(encoding="utf-8"))
        same = said.get("code", county.code) == county.code
        return "" if same else str(said.get("name", said["code"]))
    own = {"code": county.code, "name": county.name}
    mark.write_text(json.dumps(own, ensure_ascii=False), encoding="utf-8")
    return ""


def _lock(file: TextIO, kind: int) -> bool:
    """Is it ours? Where the disk knows no locks, nobody has it."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _read(file: TextIO) -> Holder:
    file.seek(0)
    said = _parsed(file.read())
    process, address = said.get("process"), said.get("address")
    return Holder(
        process=process if isinstance(process, int) else 0,
        address=address if isinstance(address, str) else "",
    )


def _parsed(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
