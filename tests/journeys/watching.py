"""What stories of programs that die do and look at: calls, the database, and waiting for both."""

import asyncio
import time
from collections.abc import Callable

import aiohttp
import sqlalchemy as sa

from tests.bench.callbacks import Callback
from tests.bench.program import Program

WITHIN_S = 60.0


async def until(holds: Callable[[], bool], what: str, within_s: float = WITHIN_S) -> None:
    """Wait until something holds; fail with what it was after a minute."""
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, what
        await asyncio.sleep(0.05)


async def post(program: Program, callback: Callback) -> int:
    """The status of the answer, 0 where the program died over it."""
    try:
        async with (
            aiohttp.ClientSession() as http,
            http.post(program.url + callback.path, data=callback.body) as answer,
        ):
            await answer.read()
            return answer.status
    except aiohttp.ClientError:
        return 0


def count(program: Program, query: str) -> int:
    """The number that a query finds."""
    engine = sa.create_engine(program.database, poolclass=sa.NullPool)
    with engine.connect() as connection:
        found = int(connection.execute(sa.text(query)).scalar_one())
    engine.dispose()
    return found
