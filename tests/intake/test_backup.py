"""What is put away while the program runs comes back on another machine, whole or not at all."""

import asyncio
import errno
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from channels.message import InboundMessage
from config.settings import Settings
from intake import app, backup, migrate, restore
from intake.backup import BackupFault
from intake.cli import main as cli
from intake.migrate import MigrationFault
from intake.services import Services
from routing import schema
from tests.clock import Clock

NIGHT = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)  # two in the morning in the county
PHOTO = b"\x89PNG a photo"
Say = Callable[..., InboundMessage]


@pytest.fixture
def settings(tmp_path: Path, cache: Path) -> Settings:
    """An installation of its own; the database is a file in its state folder."""
    return at(tmp_path / "old", cache)


def at(state: Path, cache: Path, database_url: str = "") -> Settings:
    state.mkdir()
    (state / "cache").symlink_to(cache)
    return Settings(state=state, database_url=database_url)


@pytest.fixture
async def kept(services: Services) -> AsyncIterator[str]:
    """A photo that the program keeps, and a recording beside it."""
    reference = await services.media(PHOTO, "image/png")
    recording = services.settings.state / "recordings" / "2026" / "11" / "a-call.ogg"
    recording.parent.mkdir(parents=True)
    recording.write_bytes(b"OggS")
    yield reference


def count(path: Path, query: str) -> int:
    connection = sqlite3.connect(path)
    found: int = connection.execute(query).fetchone()[0]
    connection.close()
    return found


async def test_a_backup_of_a_busy_program_is_one_moment_of_it(
    services: Services, say: Say, tmp_path: Path
) -> None:
    async def tell(number: int) -> None:
        await services.desk.receive(say("东韩村村口的路灯坏了", str(number), f"a{number}"))

    made = []
    async with asyncio.TaskGroup() as group:
        for number in range(30):
            group.create_task(tell(number))
        for after in range(3):
            await asyncio.sleep(0.02)
            to = tmp_path / f"backup{after}"
            made.append(await asyncio.to_thread(backup.make, services.settings, to, NIGHT, keep=1))
    for each in made:
        assert restore.check(each.folder) == each.files == 1
        path = each.folder / backup.DATABASE
        tickets = count(path, "SELECT count(*) FROM ticket")
        assert count(path, "SELECT coalesce(sum(last), 0) FROM number_sequence") == tickets
        assert count(path, "SELECT count(DISTINCT ticket) FROM ticket_event") == tickets


async def test_on_another_machine_everything_is_there_and_no_number_comes_twice(
    services: Services, kept: str, say: Say, tmp_path: Path, cache: Path, clock: Clock
) -> None:
    before = await services.desk.receive(say("东韩村村口的路灯坏了"))
    made = backup.make(services.settings, tmp_path / "backups", clock.at, keep=3)
    lost = await services.desk.receive(say("西韩村的路灯坏了", "2", "b"))
    new = at(tmp_path / "new", cache)
    restore.put_back(made.folder, new, clock.at)
    async with app.build(new, clock.runtime()) as restored:
        again = await restored.desk.receive(say("东韩村村口的路灯坏了"))
        assert again.duplicate and again.ticket == before.ticket
        found = await restored.media.find(kept)
        assert found is not None and found[0].read_bytes() == PHOTO
        assert found[0].is_relative_to(new.state)
        later = await restored.desk.receive(say("东韩村停水了", "3", "c"))
        assert lost.ticket and later.ticket
        assert int(later.ticket[9:]) > int(lost.ticket[9:]) + 100
    assert (new.state / "recordings" / "2026" / "11" / "a-call.ogg").read_bytes() == b"OggS"
    for path in (made.folder, made.folder / backup.DATABASE, new.state / backup.DATABASE):
        assert path.stat().st_mode & 0o077 == 0


async def test_the_next_backup_copies_what_is_new_and_old_ones_go(
    services: Services, kept: str, tmp_path: Path
) -> None:
    into = tmp_path / "backups"
    nights = [NIGHT + timedelta(days=day) for day in range(4)]
    made = [backup.make(services.settings, into, night, keep=2) for night in nights]
    names = ["hotline-20261125-020000", "hotline-20261126-020000"]
    assert [path.name for path in backup.backups(into)] == names
    copies = [next((into / name).glob("media/*/*.png")) for name in names]
    assert copies[0].samefile(copies[1])
    assert made[0].new_bytes - made[1].new_bytes == len(PHOTO) + len(b"OggS")
    assert {path.name for path in into.iterdir()} == set(names)
    assert restore.check(into / names[0]) == 3


def test_a_program_that_is_stopped_is_backed_up_as_well(settings: Settings, tmp_path: Path) -> None:
    migrate.upgrade(settings.database)
    sqlite3.connect(settings.state / "hotline.db").execute("PRAGMA journal_mode=WAL").close()
    made = backup.make(settings, tmp_path / "backups", NIGHT, keep=1)
    assert restore.check(made.folder) == 1


async def test_what_is_missing_or_broken_is_told_before_anything_is_touched(
    services: Services, kept: str, tmp_path: Path, cache: Path
) -> None:
    whole = backup.make(services.settings, tmp_path / "backups", NIGHT, keep=1).folder
    new = at(tmp_path / "new", cache)

    def broken(name: str) -> Path:
        return shutil.copytree(whole, tmp_path / name)

    photo = next((folder := broken("a")).glob("media/*/*.png"))
    photo.write_bytes(PHOTO + b"!")
    with pytest.raises(BackupFault, match=r"缺了或坏了：media/.*\.png"):
        restore.put_back(folder, new, NIGHT)
    (folder / "recordings" / "2026" / "11" / "a-call.ogg").unlink()
    with pytest.raises(BackupFault, match=r"png、recordings/"):
        restore.check(folder)
    (folder / backup.SUMS).unlink()
    with pytest.raises(BackupFault, match="不是一份完整的备份"):
        restore.check(folder)
    sums = (folder := broken("b")) / backup.SUMS
    sums.write_text(f"{'0' * 64}  media/../../x\n")
    with pytest.raises(BackupFault, match="有一行不对"):
        restore.check(folder)
    assert not (new.state / backup.DATABASE).exists()
    assert not (new.state / "media").exists()


async def test_a_backup_of_a_newer_program_is_refused(
    services: Services, tmp_path: Path, cache: Path
) -> None:
    change = sa.text("UPDATE alembic_version SET version_num = '9999'")
    await services.database.write(lambda c: c.execute(change) and None)
    made = backup.make(services.settings, tmp_path / "backups", NIGHT, keep=1)
    with pytest.raises(MigrationFault, match="比这个程序新"):
        restore.put_back(made.folder, at(tmp_path / "new", cache), NIGHT)


async def test_nothing_that_is_there_is_ever_overwritten(
    services: Services, kept: str, tmp_path: Path
) -> None:
    made = backup.make(services.settings, tmp_path / "backups", NIGHT, keep=1)
    with pytest.raises(BackupFault, match=r"hotline\.db.* 已经在了"):
        restore.put_back(made.folder, services.settings, NIGHT)


async def test_a_full_disk_leaves_no_half_backup_and_the_older_ones(
    services: Services, kept: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    into = tmp_path / "backups"
    first = backup.make(services.settings, into, NIGHT, keep=1)
    await services.media(PHOTO * 2, "image/png")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copy2", full)
    with pytest.raises(BackupFault, match="No space left on device。请看看"):
        backup.make(services.settings, into, NIGHT + timedelta(days=1), keep=1)
    assert list(into.iterdir()) == [first.folder]


@pytest.fixture
def written(tmp_path: Path, settings: Settings) -> Path:
    migrate.upgrade(settings.database)
    path = tmp_path / "hotline.toml"
    path.write_text('state = "old"\n', encoding="utf-8")
    return path


def typed(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(cli.application, [str(word) for word in words])
    return result.exit_code, result.output


def test_the_two_commands_say_what_was_done_and_what_is_left_to_do(
    written: Path, tmp_path: Path
) -> None:
    code, told = typed("backup", tmp_path / "b", "--settings", written)
    assert (code, "备份好了" in told, "设置文件、密码文件" in told) == (0, True, True)
    (made,) = backup.backups(tmp_path / "b")
    assert typed("restore", made, "--check") == (0, "这份备份是好的，1 个文件都在，一个没坏。\n")
    assert typed("restore", made, "--settings", written)[0] == 1
    (tmp_path / "old").rename(tmp_path / "lost")
    code, told = typed("restore", made, "--settings", written)
    assert (code, "恢复好了" in told) == (0, True), told
    assert typed("restore", tmp_path, "--settings", written)[0] == 1


def test_files_beside_a_postgresql_are_kept_and_come_back(
    postgres_server: object, tmp_path: Path, cache: Path, clock: Clock
) -> None:
    url = postgres_server.new_database()  # type: ignore[attr-defined]
    migrate.upgrade(url)
    old, new = at(tmp_path / "old", cache, url), at(tmp_path / "new", cache, url)
    (old.state / "media").mkdir()
    (old.state / "media" / "a.png").write_bytes(PHOTO)
    made = backup.make(old, tmp_path / "backups", NIGHT, keep=1)
    assert (made.with_database, made.files) == (False, 1)
    with pytest.raises(BackupFault, match="没有数据库"):
        restore.put_back(made.folder, at(tmp_path / "other", cache), NIGHT)
    restore.put_back(made.folder, new, clock.at)
    assert (new.state / "media" / "a.png").read_bytes() == PHOTO
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        last = connection.execute(sa.select(schema.number_sequence.c.last)).scalar_one()
    engine.dispose()
    assert last == restore.NUMBERS_LEFT_FREE


async def test_the_folder_of_backups_is_no_backup_but_names_those_inside(
    services: Services, tmp_path: Path
) -> None:
    for days in range(2):
        backup.make(services.settings, tmp_path / "b", NIGHT + timedelta(days=days), keep=9)
    with pytest.raises(BackupFault) as refused:
        restore.check(tmp_path / "b")
    newest = tmp_path / "b" / "hotline-20261124-020000"
    assert f"请写其中一份，例如 {newest}" in str(refused.value)
    assert "hotline-20261123-020000" in str(refused.value)
