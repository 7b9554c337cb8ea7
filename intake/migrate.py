"""Brings a database to the program's version, by alembic: whole or not at all, and safe when
several processes start at once.
"""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from routing import connections

SCRIPTS = Path(__file__).parent / "migrations"
WAIT_S = 60  # for another process that migrates the same database
_DIGITS = 4
_LOCK_KEY = 0x686F746C696E65  # "hotline": PostgreSQL's advisory lock held while migrating


class MigrationFault(Exception):
    """The database can't be brought to our version; the message says why, in Chinese."""


def upgrade(url: str, *, to: str = "head") -> None:
    """Run what is missing; nothing to do is the usual case and costs two queries. MigrationFault or
    DatabaseUnreachable where it can't be done, and then nothing has changed.
    """
    engine = _engine(url)
    try:
        connections.check(engine)
        with engine.connect() as connection:
            _upgrade(connection, to)
    except sa.exc.DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise MigrationFault(
            f"数据库升级没有成功：{reason}。数据库还是升级前的样子。"
            "请看看磁盘是不是满了、数据库文件是不是好的，再启动一次。"
        ) from error
    finally:
        engine.dispose()


def check(connection: Connection) -> str:
    """The database's version, empty for a new one; MigrationFault where it is newer than ours."""
    found = _version(connection)
    if found and found not in revisions():
        raise MigrationFault(
            f"数据库的版本是 {found}，比这个程序新。请换上新的程序；"
            "一定要用这个程序，就恢复升级前的备份。"
        )
    return found


def revisions() -> list[str]:
    """All versions that a database can have, the newest last: each script's name begins with it."""
    return sorted(path.name[:_DIGITS] for path in (SCRIPTS / "versions").glob("[0-9]*.py"))


def _version(connection: Connection) -> str:
    if not sa.inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() or ""


def _upgrade(connection: Connection, to: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"SET lock_timeout = '{WAIT_S}s'"))
        connection.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK_KEY})
        connection.commit()
    if check(connection) == revisions()[-1]:
        return
    _run(connection, to)
    connection.commit()


def _run(connection: Connection, to: str) -> None:
    """What is missing; alembic is not loaded by a start that has nothing to do for it."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def _engine(url: str) -> Engine:
    """Its transactions are the database's own, tables and all: what broke off can be done again."""
    if not url.startswith("sqlite"):
        return sa.create_engine(url, poolclass=sa.pool.NullPool, hide_parameters=True)
    engine = sa.create_engine(
        url, poolclass=sa.pool.NullPool, hide_parameters=True, connect_args={"timeout": WAIT_S}
    )
    connections.begin_with(engine, "BEGIN IMMEDIATE")
    return engine
