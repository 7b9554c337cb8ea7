"""The migrated database is the one that the program's tables describe."""

from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from intake import migrate
from intake.phone import schema


def test_migrated_schema_is_the_declared_one(database_url: str) -> None:
    migrate.upgrade(database_url)
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, schema.metadata) == []
    engine.dispose()


def test_the_scripts_names_say_their_versions_in_order() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate.SCRIPTS))
    scripts = ScriptDirectory.from_config(config).walk_revisions()  # the newest first
    assert [script.revision for script in scripts] == migrate.revisions()[::-1]


def test_migrating_again_changes_nothing(database_url: str) -> None:
    migrate.upgrade(database_url)
    migrate.upgrade(database_url)
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
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
