"""Backups: the database as it stood at one moment, photos and recordings, and the sum of each file.

Each backup is a whole folder. What was there the time before is linked and not copied again, so a
backup every night costs what came that day. Nothing waits for it: SQLite's own backup reads beside
the program's writing.
"""

import hashlib
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from config.runtime import LOCAL_ZONE
from config.settings import Settings

DATABASE = "hotline.db"
MOST_NAMED = 5  # backups in one message
SUMS = "SHA256SUMS"  # as `sha256sum -c` reads it
FOLDERS = ("media", "recordings")
_NAME = re.compile(r"hotline-\d{8}-\d{6}")
_DRAFT = ".partial"


class BackupFault(Exception):
    """No backup was made, or this one can't be used; the message says why, in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A backup: where it lies, how large it is, and how much of it is new."""

    folder: Path
    files: int
    size_bytes: int
    new_bytes: int
    with_database: bool


def make(settings: Settings, into: Path, now: datetime, *, keep: int) -> Made:
    """A new backup below `into`; older ones than the last `keep` are deleted. BackupFault."""
    folder = into / f"hotline-{now.astimezone(LOCAL_ZONE):%Y%m%d-%H%M%S}"
    draft = folder.with_name(folder.name + _DRAFT)
    before = os.umask(0o077)
    try:
        into.mkdir(parents=True, exist_ok=True)
        if folder.exists():
            raise BackupFault(f"{folder} 已经有了，过一秒再试")
        for broken in into.glob(f"hotline-*{_DRAFT}"):
            shutil.rmtree(broken)
        made = _written(settings, draft, _latest(into))
        os.sync()
        draft.rename(folder)
        for old in backups(into)[:-keep]:
            shutil.rmtree(old)
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(draft, ignore_errors=True)
        reason = getattr(error, "strerror", None) or str(error)
        raise BackupFault(
            f"备份没有做成：{reason}。请看看 {into} 还有没有空间、能不能写"
        ) from error
    finally:
        os.umask(before)
    new = sum(size for size, is_new in made.values() if is_new)
    return Made(
        folder=folder,
        files=len(made),
        size_bytes=sum(size for size, _ in made.values()),
        new_bytes=new,
        with_database=DATABASE in made,
    )


def backups(into: Path) -> list[Path]:
    """The whole backups in a folder, the oldest first."""
    return sorted(p for p in into.iterdir() if _NAME.fullmatch(p.name) and p.is_dir())


def read_sums(folder: Path) -> dict[str, str]:
    """Name and SHA-256 of each file of a backup. BackupFault where there is no such list."""
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BackupFault(_no_backup(folder)) from error
    found = {}
    for line in lines:
        digest, _, name = line.partition("  ")
        if not re.fullmatch(r"[0-9a-f]{64}", digest) or not _is_ours(name):
            raise BackupFault(f"{folder / SUMS} 里有一行不对：{line[:80]}")
        found[name] = digest
    return found


def _no_backup(folder: Path) -> str:
    """Why not; of the folder that backups lie in, those that are there."""
    inside = backups(folder) if folder.is_dir() else []
    if not inside:
        return f"{folder} 不是一份完整的备份：读不到 {SUMS}"
    named = "、".join(each.name for each in reversed(inside[-MOST_NAMED:]))
    more = f" 等 {len(inside)} 份" if len(inside) > MOST_NAMED else ""
    return f"{folder} 里放着备份，请写其中一份，例如 {inside[-1]}。从新到旧：{named}{more}"


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sqlite_file(settings: Settings) -> Path | None:
    """The file of an embedded database; None where it is a server's."""
    url = sa.make_url(settings.database)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def _is_ours(name: str) -> bool:
    parts = Path(name).parts
    inside = bool(parts) and parts[0] in FOLDERS and ".." not in parts
    return name == DATABASE or inside


def _latest(into: Path) -> Path | None:
    return next(reversed(backups(into)), None)


def _written(
    settings: Settings, draft: Path, earlier: Path | None
) -> Mapping[str, tuple[int, bool]]:
    """Size of each file, and whether it is new. The database comes first: a photo that it names is
    there when the files are copied.
    """
    draft.mkdir()
    known = read_sums(earlier) if earlier else {}
    made: dict[str, tuple[int, bool]] = {}
    sums: dict[str, str] = {}
    source = sqlite_file(settings)
    if source is not None:
        _copy_database(source, draft / DATABASE)
        made[DATABASE] = ((draft / DATABASE).stat().st_size, True)
        sums[DATABASE] = digest_of(draft / DATABASE)
    for name, path in _files(settings.state):
        target = draft / name
        target.parent.mkdir(parents=True, exist_ok=True)
        linked = earlier is not None and name in known and _link(earlier / name, path, target)
        if not linked and not _copy(path, target):
            continue
        made[name] = (target.stat().st_size, not linked)
        sums[name] = known[name] if linked else digest_of(target)
    lines = (f"{digest}  {name}\n" for name, digest in sorted(sums.items()))
    (draft / SUMS).write_text("".join(lines), encoding="utf-8")
    return made


def _files(state: Path) -> Iterator[tuple[str, Path]]:
    for folder in FOLDERS:
        for path in sorted((state / folder).rglob("*")):
            if path.is_file() and path.suffix != ".partial":
                yield path.relative_to(state).as_posix(), path


def _copy_database(source: Path, target: Path) -> None:
    """One consistent look at it, whoever writes meanwhile; checked before it counts."""
    if not source.exists():
        raise BackupFault(f"还没有数据库 {source}，请查一查设置文件是不是指对了")
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE").close()
    check_database(target)


def check_database(path: Path) -> None:
    """Raise BackupFault unless SQLite finds the file whole."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as copy:
            found = copy.execute("PRAGMA integrity_check(3)").fetchall()
    except sqlite3.Error as error:
        raise BackupFault(f"数据库 {path} 坏了：{error}") from error
    if found != [("ok",)]:
        raise BackupFault(f"数据库 {path} 坏了：{'；'.join(str(row[0]) for row in found)}")


def _link(earlier: Path, path: Path, target: Path) -> bool:
    """Files are written once, so the same name and size is the same file."""
    try:
        if earlier.stat().st_size != path.stat().st_size:
            return False
        os.link(earlier, target)
    except OSError:  # a file system without links, or a file that is gone
        return False
    return True


def _copy(path: Path, target: Path) -> bool:
    """False where its time had come meanwhile."""
    try:
        shutil.copy2(path, target)
    except FileNotFoundError:
        return False
    return True
