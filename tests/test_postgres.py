"""The tests' own database server comes up on a loaded machine too, or says why it does not."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests import postgres

TROUBLES = (
    subprocess.TimeoutExpired("pg_ctl", 10),
    AssertionError("status"),
    FileNotFoundError("postmaster.pid"),
    sa.exc.OperationalError("SELECT 1", {}, Exception("the database system is starting up")),
)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "PAUSE_S", 0.0)


def test_a_server_that_is_on_its_way_is_waited_for(tmp_path: Path) -> None:
    left = list(TROUBLES)

    def start() -> str:
        if left:
            raise left.pop()
        return "postgresql+psycopg://"

    assert postgres.started(start, log=tmp_path / "log") == "postgresql+psycopg://"
    assert left == []


def test_a_server_that_never_comes_says_what_it_wrote(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("FATAL: no space left on device")

    def start() -> str:
        raise TROUBLES[0]

    with pytest.raises(postgres.NotStarted, match="no space left on device"):
        postgres.started(start, log=log, within_s=0.0)


def test_a_server_that_its_package_has_given_up_is_found_running(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    postgres_server = postgres.package().postgres_server
    whole = postgres_server.pgexec
    impatient = iter([0.05, 0.05])

    def pgexec(command: str, *args: Any, **options: Any) -> str:
        if command == "pg_ctl" and "timeout" in options:
            options["timeout"] = next(impatient, options["timeout"])
        return str(whole(command, *args, **options))

    monkeypatch.setattr(postgres_server, "pgexec", pgexec)
    with postgres.server() as running:
        engine = sa.create_engine(running.new_database(), poolclass=sa.NullPool)
        with engine.connect() as connection:
            assert connection.execute(sa.select(1)).scalar_one() == 1
        engine.dispose()
