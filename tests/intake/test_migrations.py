"""The migrated database is the one that the program's tables describe."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from intake import migrate
from intake.phone import schema
from nlp.understanding import RequestKind, Urgency
from routing.ticket import Status
from tests.clock import MONDAY_MORNING

ROW = {
    "number": "20261124-0001",
    "version": 1,
    "kind": RequestKind.HELP,
    "urgency": Urgency.NORMAL,
    "category": "010204",
    "place": "130506100225",
    "unit": "housing",
    "channel": "web",
    "reporter": "web:a",
    "confidential": False,
    "text": "路灯坏了",
    "address": "",
    "opened_at": MONDAY_MORNING,
    "updated_at": MONDAY_MORNING,
    "details": "{}",
}


@pytest.fixture
def migrated(empty_database_url: str) -> Iterator[sa.Engine]:
    """A database as an installation has it: made by the scripts, not by the tables' description."""
    migrate.upgrade(empty_database_url)
    engine = sa.create_engine(empty_database_url, poolclass=sa.NullPool)
    yield engine
    engine.dispose()


def test_migrated_schema_is_the_declared_one(migrated: sa.Engine) -> None:
    with migrated.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, schema.metadata) == []


def test_migrated_database_keeps_every_rule_that_the_tables_declare(migrated: sa.Engine) -> None:
    """Which the comparison above passes over."""
    inspector = sa.inspect(migrated)
    for table in schema.metadata.sorted_tables:
        rules = [each for each in table.constraints if isinstance(each, sa.CheckConstraint)]
        kept = {each["name"] for each in inspector.get_check_constraints(table.name)}
        assert kept == {each.name for each in rules}, table.name


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.CLOSED, Status.WITHDRAWN}))
def test_migrated_database_takes_no_open_ticket_without_a_deadline(
    migrated: sa.Engine, status: Status
) -> None:
    table = schema.metadata.tables["ticket"]
    with migrated.begin() as connection:
        connection.execute(sa.insert(table), {**ROW, "status": status, "due_at": MONDAY_MORNING})
    without = {**ROW, "number": "20261124-0002", "status": status, "due_at": None}
    for write in (sa.insert(table).values(without), sa.update(table).values(due_at=None)):
        refused = pytest.raises(sa.exc.IntegrityError, match="open_has_due_at")
        with refused, migrated.begin() as connection:
            connection.execute(write)


def test_the_scripts_names_say_their_versions_in_order() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate.SCRIPTS))
    scripts = ScriptDirectory.from_config(config).walk_revisions()  # the newest first
    assert [script.revision for script in scripts] == migrate.revisions()[::-1]


def test_migrating_again_changes_nothing(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url)
    migrate.upgrade(empty_database_url)
    engine = sa.create_engine(empty_database_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        versions = connection.execute(sa.text("SELECT version_num FROM alembic_version")).all()
    engine.dispose()
    assert len(versions) == 1


def test_postgresql_is_migrated_once_by_several_at_a_time(postgres_server: object) -> None:
    url = postgres_server.new_database()  # type: ignore[attr-defined]
    with ThreadPoolExecutor(1) as first, ThreadPoolExecutor(1) as second:
        futures = [pool.submit(_in_a_process, url) for pool in (first, second)]
        assert [future.result(timeout=60) for future in futures] == [0, 0]


def _in_a_process(url: str) -> int:
    import subprocess
    import sys

    code = "import sys; from intake import migrate; migrate.upgrade(sys.argv[1])"
    return subprocess.run([sys.executable, "-c", code, url], check=False, timeout=50).returncode
