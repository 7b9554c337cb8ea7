"""A backup put back: looked at file by file first, and never over something that is there."""

import shutil
import sqlite3
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from config.runtime import LOCAL_ZONE
from config.settings import Settings
from intake import backup, migrate
from intake.backup import BackupFault
from routing import schema

MOST_TOLD = 5  # broken files in one message
NUMBERS_LEFT_FREE = 500  # more than a county's day has

_NUMBER = schema.number_sequence


def check(folder: Path) -> int:
    """How many files a backup holds; BackupFault where one is missing or broken, or where the
    database is newer than the program (then MigrationFault).
    """
    sums = backup.read_sums(folder)
    broken = [
        name
        for name, digest in sums.items()
        if not (folder / name).is_file() or backup.digest_of(folder / name) != digest
    ]
    if broken:
        more = f" 等 {len(broken)} 个" if len(broken) > MOST_TOLD else ""
        raise BackupFault(f"备份里有文件缺了或坏了：{'、'.join(broken[:MOST_TOLD])}{more}")
    database = folder / backup.DATABASE
    if backup.DATABASE in sums:
        backup.check_database(database)
        engine = sa.create_engine(
            "sqlite://", creator=lambda: _read_only(database), poolclass=sa.pool.NullPool
        )
        with engine.connect() as connection:
            migrate.check(connection)
        engine.dispose()
    return len(sums)


def put_back(folder: Path, settings: Settings, now: datetime) -> None:
    """Restore into an empty place, and bring the database up to date. BackupFault, MigrationFault
    or DatabaseUnreachable; whatever was there before is never touched.
    """
    check(folder)
    target = backup.sqlite_file(settings)
    _refuse_what_is_there(settings.state, target)
    if target is not None and not (folder / backup.DATABASE).exists():
        raise BackupFault("这份备份里没有数据库，设置里却写着 SQLite。请查一查 database_url")
    try:
        for name in backup.FOLDERS:
            if (folder / name).is_dir():
                shutil.copytree(folder / name, settings.state / name, dirs_exist_ok=True)
        if target is not None:
            draft = target.with_name(target.name + ".partial")
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copy2(folder / backup.DATABASE, draft)
            draft.replace(target)  # last: with it the restoring is done
    except OSError as error:
        raise BackupFault(f"没有恢复成：{error.filename or ''} {error.strerror}") from error
    migrate.upgrade(settings.database)
    _leave_numbers(settings.database, f"{now.astimezone(LOCAL_ZONE):%Y%m%d}")


def _refuse_what_is_there(state: Path, target: Path | None) -> None:
    held = [state / name for name in backup.FOLDERS if any((state / name).glob("*"))]
    if target is not None:
        held += [p for p in (target, target.with_name(target.name + "-wal")) if p.exists()]
    if held:
        told = "、".join(map(str, held))
        raise BackupFault(f"{told} 已经在了，恢复不会盖掉它。先停掉程序，把它挪到别处再来")


def _leave_numbers(url: str, day: str) -> None:
    """Numbers that were given today after the backup are never given to another matter."""
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool, hide_parameters=True)
    with engine.begin() as connection:
        more = sa.update(_NUMBER).where(_NUMBER.c.day == day)
        done = connection.execute(more.values(last=_NUMBER.c.last + NUMBERS_LEFT_FREE))
        if not done.rowcount:
            connection.execute(sa.insert(_NUMBER).values(day=day, last=NUMBERS_LEFT_FREE))
    engine.dispose()


def _read_only(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)
