"""Fixtures that all tests share: the county, a clock, a database of each kind; and their order."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from config import load
from config.county import County
from config.settings import PACKAGED_COUNTY
from tests import postgres
from tests.clock import Clock

PHONE = "tests/phone/"
LONGEST_FIRST = (PHONE, "tests/journeys/")
APART_NAMES = ("failures", "callbacks", "bounds", "breaking_in", "limited", "relay", "media")
APART = frozenset(f"{PHONE}test_{name}.py" for name in APART_NAMES)


def _turn(nodeid: str) -> int:
    turns = (turn for turn, each in enumerate(LONGEST_FIRST) if nodeid.startswith(each))
    return next(turns, len(LONGEST_FIRST))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first."""
    items.sort(key=lambda item: _turn(item.nodeid))


class Scheduling(LoadFileScheduling):
    """A file goes to one worker, and calls go to two.

    Calls take their real time and little of the processors: two workers wait while they are
    spoken, the third works. More than two calls at once would spoil each other's sound on a small
    machine; the first worker has most of them and nothing else.
    """

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        if file in APART:
            return f"{PHONE} apart"
        return PHONE if file.startswith(PHONE) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """In the order above, which xdist would change to that of the numbers of tests."""
    config.option.loadscopereorder = False
    return Scheduling(config, log)


@pytest.fixture(scope="session", autouse=True)
def plain_tracebacks() -> None:
    """As the program logs them: with the locals of each frame one takes a minute to draw."""
    plain = structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])


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
def database_kind(request: pytest.FixtureRequest) -> str:
    """What the program runs on."""
    kind: str = request.param
    return kind


@pytest.fixture
def empty_database_url(request: pytest.FixtureRequest, database_kind: str, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if database_kind == "sqlite":
        return f"sqlite:///{tmp_path / 'hotline.db'}"
    running: postgres.Server = request.getfixturevalue("postgres_server")
    return running.new_database()


@pytest.fixture
def database_url(empty_database_url: str) -> str:
    """A database of each kind; in the tests of `intake` it has our tables."""
    return empty_database_url
