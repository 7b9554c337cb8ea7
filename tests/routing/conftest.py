"""A started database with tables, for these tests."""

from collections.abc import AsyncIterator

import pytest

from routing import schema
from routing.database import Database


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """On SQLite and on PostgreSQL, each test its own."""
    found = Database(database_url)
    await found.start()
    await found.write(schema.metadata.create_all)
    yield found
    await found.close()
