"""Fixtures that all tests share: the county, a clock, a database of each kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from config import load
from config.county import County
from config.settings import PACKAGED_COUNTY
from tests import postgres
from tests.clock import Clock


@pytest.fixture(scope="session")
def county() -> County:
    """Nanhe, as it is committed."""
    return load.load_county(PACKAGED_COUNTY)


@pytest.fixture
def clock() -> Clock:
    """A clock at nine o'clock on a Monday."""
    return Clock()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A real PostgreSQL server for the whole run."""
    with postgres.server() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind that the program runs on."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hotline.db'}"
    running: postgres.Server = request.getfixturevalue("postgres_server")
    return running.new_database()
