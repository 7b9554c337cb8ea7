"""A whole program in the test's own loop, on each kind of database."""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from pydantic import SecretStr

from channels.message import Contact, InboundMessage
from config.county import County
from config.sections import Endpoint
from config.settings import PACKAGED_COUNTY, Settings
from intake import app, migrate, passwords
from intake.services import Services
from nlp import understand
from nlp.understand import Understander
from tests import postgres
from tests.clock import Clock
from tests.intake.resident import Village

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
API_TOKEN = "token-of-city-management"

Open = Callable[[], AbstractAsyncContextManager[Services]]


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One segmenter cache for all tests of a run."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session", autouse=True)
def one_language() -> Iterator[None]:
    """Programs of a run share what understands: it is pure, and takes seconds to load."""
    load, loaded = understand.build, dict[str, Understander]()

    def build(county: County, folder: Path) -> Understander:
        if county.version not in loaded:
            loaded[county.version] = load(county, folder)
        return loaded[county.version]

    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(understand, "build", build)
        yield


@pytest.fixture(scope="session", autouse=True)
def light_passwords() -> Iterator[None]:
    """Hashes of argon2 that cost next to nothing: a third of what a test of the console took."""
    light = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(passwords, "_HASHER", light)
        yield


@pytest.fixture
def settings(tmp_path: Path, cache: Path, database_url: str) -> Settings:
    """Settings of a small installation with one department."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "cache").symlink_to(cache)
    return Settings(
        state=tmp_path / "state",
        database_url=database_url,
        departments={
            "city-management": Endpoint(
                url="http://127.0.0.1:9/x", secret=SecretStr(SECRET), api_token=SecretStr(API_TOKEN)
            ),
            "water": Endpoint(
                url="http://127.0.0.1:9/x",
                secret=SecretStr(SECRET),
                api_token=SecretStr("token-of-water"),
            ),
            "education": Endpoint(),  # has no token, so nobody speaks for it
        },
    )


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database of our version, to begin with a copy of: half of a small test's time."""
    path = tmp_path_factory.mktemp("migrated") / "hotline.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_url(postgres_server: postgres.Server) -> str:
    """A PostgreSQL database of our version, to begin with a copy of."""
    url = postgres_server.new_database()
    migrate.upgrade(url)
    return url


@pytest.fixture
def database_url(request: pytest.FixtureRequest, database_kind: str, tmp_path: Path) -> str:
    """A database of each kind, of our version and empty."""
    if database_kind == "sqlite":
        shutil.copyfile(request.getfixturevalue("migrated_file"), tmp_path / "hotline.db")
        return f"sqlite:///{tmp_path / 'hotline.db'}"
    running: postgres.Server = request.getfixturevalue("postgres_server")
    return running.new_database(like=request.getfixturevalue("migrated_url"))


@pytest.fixture
async def services(settings: Settings, clock: Clock, county: County) -> AsyncIterator[Services]:
    """The program, without its loops and its open port."""
    migrate.upgrade(settings.database)
    known = county if settings.county == PACKAGED_COUNTY else None
    async with app.build(settings, clock.runtime(), county=known) as built:
        yield built


@pytest.fixture
def say(clock: Clock) -> Callable[..., InboundMessage]:
    """Makes messages of a resident: `say("路灯坏了", key="1", sender="a")`."""

    def made(text: str, key: str = "1", sender: str = "a") -> InboundMessage:
        contact = Contact(scheme="web", path=sender)
        return InboundMessage(
            channel="web",
            external_id=f"{sender}:{key}",
            sender=contact,
            thread=str(contact),
            text=text,
            received_at=clock.at,
        )

    return made


@pytest.fixture
def village(services: Services, clock: Clock, say: Callable[..., InboundMessage]) -> Village:
    """One that says little of itself where a property fails."""
    return Village(services, clock, say)
