"""An Asterisk that can be started: the distribution's own, or the one that `fetch` got."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

RECORD_NAME = "program.json"
LAYOUT = "1"  # goes up when what lies in the folder changes


class ProgramFault(Exception):
    """A command of the system can't be run; the message says which, in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """An Asterisk that can be started: the command and where its parts lie."""

    command: tuple[str, ...]
    modules: Path
    data: Path
    version: str


def release(version: str) -> tuple[int, int]:
    """As (22, 10); (0, 0) where it doesn't say."""
    found = re.match(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def cache_folder() -> Path:
    """Where the fetched Asterisk lies, for this user, between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "nanhe-hotline" / "asterisk"


def installed() -> Program | None:
    """The distribution's own Asterisk, if there is one."""
    binary = shutil.which("asterisk", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    folders = [*Path("/usr/lib").glob("*/asterisk/modules"), Path("/usr/lib/asterisk/modules")]
    modules = next((each for each in folders if each.is_dir()), None)
    if binary is None or modules is None:
        return None
    return at((binary,), modules, Path("/usr/share/asterisk"))


def fetched(folder: Path) -> Program | None:
    """What `fetch.get` has put there, if it still runs."""
    try:
        record = json.loads((folder / RECORD_NAME).read_text(encoding="utf-8"))
        if record.pop("layout") != LAYOUT:
            return None
        command = tuple(str(part) for part in record["command"])
        return at(command, Path(record["modules"]), Path(record["data"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def keep(program: Program, folder: Path) -> None:
    """Write down where it lies; `fetched` believes only this record."""
    record = {**asdict(program), "layout": LAYOUT}
    draft = folder / f"{RECORD_NAME}.new"
    draft.write_text(json.dumps(record, default=str), encoding="utf-8")
    draft.replace(folder / RECORD_NAME)


def at(command: tuple[str, ...], modules: Path, data: Path) -> Program | None:
    """A program that says its version when asked; None where it doesn't run."""
    try:
        said = output([*command, "-V"])
    except ProgramFault:
        return None
    version = said.removeprefix("Asterisk").strip()
    return Program(command=command, modules=modules, data=data, version=version)


def output(command: Sequence[str]) -> str:
    """What a short command prints. Raises ProgramFault."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=True, errors="replace"
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ProgramFault(f"运行不了 {command[0]}（{type(error).__name__}）") from error
    return done.stdout.strip()
