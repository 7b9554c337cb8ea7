"""Engines for SQLite and PostgreSQL, set up so that our transactions are the database's, and
their errors sorted.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event

BUSY_TIMEOUT_MS = 10_000
# SQLite looks for a lock after 1, 2, 5 ... 100 ms, ever more seldom: of two processes
# that write one could wait half a second for turns of milliseconds. So we ask anew after this.
ASK_ANEW_MS = 5
CONNECT_TIMEOUT_S = 10
LOCK_TIMEOUT_MS = 10_000  # as long as SQLite waits; then the work is tried again
STATEMENT_TIMEOUT_MS = 30_000  # no statement of ours takes so long; one that does must not hold all
IDLE_IN_TRANSACTION_MS = 30_000  # a process that hangs in between lets go of its locks after this
UNANSWERED_MS = 30_000  # a server that vanished without a word is given up after this
# Serialization failure, deadlock, lock not available, hung in a transaction, which was undone: the
# same work may succeed a moment later.
_PASSING_STATES = frozenset({"40001", "40P01", "55P03", "25P03"})
_PASSING_WORDS = (
    "database is locked",
    "database table is locked",
    "database schema has changed",
)
# No connection, no room or memory, shut down, broken disk, a standby: nobody's work can be done.
_OUT_OF_ORDER = ("08", "53", "57P", "58", "25006")
_OUT_OF_ORDER_WORDS = (
    "disk is full",
    "disk I/O error",
    "unable to open database file",
    "readonly database",
)


class DatabaseUnreachable(Exception):
    """The database can't be used; the message says which and what to do, in Chinese."""


def write_engine(url: str, size: int) -> Engine:
    """An engine whose transactions take the write lock at once (SQLite) or are READ COMMITTED."""
    engine = _engine(url, size, "READ COMMITTED")
    if is_sqlite(engine):
        _on_connect(engine, _sqlite_pragmas(query_only=False))
        _on_connect(engine, _leave_to_us)
        event.listen(engine, "begin", _take_write_lock)
    else:
        _on_connect(engine, _postgresql_limits)
    return engine


def read_engine(url: str, size: int) -> Engine:
    """An engine whose connections can't change anything and see one state of things."""
    engine = _engine(url, size, "REPEATABLE READ")
    if is_sqlite(engine):
        _on_connect(engine, _sqlite_pragmas(query_only=True))
        begin_with(engine, "BEGIN")
    else:
        _on_connect(engine, _postgresql_read_only)
    return engine


def is_sqlite(engine: Engine) -> bool:
    """SQLite has one writer, whatever we do."""
    return engine.dialect.name == "sqlite"


def check(engine: Engine) -> None:
    """One query; DatabaseUnreachable tells people what is wrong."""
    shown = engine.url.render_as_string(hide_password=True)
    try:
        with engine.connect() as connection:
            connection.execute(sa.select(1))
    except sa.exc.DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0] if error.orig else type(error).__name__
        raise DatabaseUnreachable(
            f"连不上数据库 {shown}：{reason}。请检查设置里的 database_url、数据库是否已启动、"
            "文件夹是否可写。"
        ) from error


def is_passing(error: BaseException) -> bool:
    """Locked, deadlocked, not serializable or disconnected: may the same work succeed if tried
    again?
    """
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    if error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _PASSING_STATES:
        return True
    text = str(error.orig)
    return is_lost(error) or any(words in text for words in _PASSING_WORDS)


def is_out_of_order(error: BaseException) -> bool:
    """Can the database not be used at all now, whatever the work is?"""
    if isinstance(error, sa.exc.TimeoutError):  # no connection came free
        return True
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None) or ""
    words = str(error.orig)
    return state.startswith(_OUT_OF_ORDER) or any(each in words for each in _OUT_OF_ORDER_WORDS)


def is_lost(error: BaseException) -> bool:
    """Has the server gone away? psycopg gives such errors no state, or one of the classes 08 and
    57P.
    """
    if not isinstance(error, sa.exc.OperationalError):
        return False
    state = getattr(error.orig, "sqlstate", "")
    return state is None or state.startswith(("08", "57P"))


def _engine(url: str, size: int, isolation: str) -> Engine:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise DatabaseUnreachable(
                "SQLite 数据库需要一个文件，请写成 sqlite:///路径/hotline.db。"
            )
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        options: dict[str, Any] = {"connect_args": {"check_same_thread": False}}
    elif parsed.drivername == "postgresql+psycopg":
        options = {
            "pool_pre_ping": True,
            "isolation_level": isolation,
            "connect_args": {
                "connect_timeout": CONNECT_TIMEOUT_S,
                "tcp_user_timeout": UNANSWERED_MS,
            },
        }
    else:
        raise DatabaseUnreachable(
            f"不认得数据库地址 {parsed.drivername}，请用 sqlite:/// 或 postgresql+psycopg://。"
        )
    return sa.create_engine(
        parsed,
        pool_size=size,
        max_overflow=0,
        poolclass=sa.pool.QueuePool,
        hide_parameters=True,  # they hold residents' words, and errors go into the log
        **options,
    )


def _on_connect(engine: Engine, prepare: Callable[[Any], None]) -> None:
    @event.listens_for(engine, "connect")
    def _(driver_connection: Any, _record: object) -> None:
        prepare(driver_connection)


def begin_with(engine: Engine, statement: str) -> None:
    """We begin SQLite's transactions ourselves: the sqlite3 module would begin them late and
    without the lock, and commit each change of a table by itself.
    """
    _on_connect(engine, _leave_to_us)

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        connection.exec_driver_sql(statement)


def _take_write_lock(connection: Connection) -> None:
    """Wait for it as long as `BUSY_TIMEOUT_MS`, asking so often that all have their turn."""
    given_up = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except sa.exc.OperationalError as error:
            if not is_passing(error) or time.monotonic() > given_up:
                raise
        else:
            return


def _sqlite_pragmas(*, query_only: bool) -> Callable[[Any], None]:
    pragmas = [
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-16000",
        "journal_size_limit=67108864",
    ]
    pragmas.append("query_only=ON" if query_only else f"busy_timeout={ASK_ANEW_MS}")

    def prepare(driver_connection: Any) -> None:
        for pragma in pragmas:
            driver_connection.execute(f"PRAGMA {pragma}").close()

    return prepare


def _leave_to_us(driver_connection: Any) -> None:
    driver_connection.isolation_level = None


def _postgresql_limits(driver_connection: Any) -> None:
    limits = {
        "lock_timeout": LOCK_TIMEOUT_MS,
        "statement_timeout": STATEMENT_TIMEOUT_MS,
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_MS,
    }
    for name, limit_ms in limits.items():
        driver_connection.execute(f"SET {name} = {limit_ms}")
    driver_connection.commit()


def _postgresql_read_only(driver_connection: Any) -> None:
    _postgresql_limits(driver_connection)
    driver_connection.read_only = True
