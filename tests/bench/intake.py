"""Sustained signed callbacks a second until each is a committed, routed ticket: `python -m
tests.bench.intake`.

Beside the program, in the same run, the two limits of this machine: requests a second of a bare
aiohttp
echo server under the same load generator, and durable commits a second on the same disk.
"""

import argparse
import asyncio
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from tests import postgres
from tests.bench import callbacks, load, program, table
from tests.bench.callbacks import Callback
from tests.bench.program import Program

WORKERS = 48
WARM_UP = 200
_ECHO = """
from aiohttp import web
async def echo(request):
    return web.Response(body=await request.read())
app = web.Application()
app.router.add_post("/{any:.*}", echo)
web.run_app(app, host="127.0.0.1", port=int(__import__("sys").argv[1]), print=None, access_log=None)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One line of the table."""

    name: str
    per_second: float
    p99_at_half_ms: float
    memory_mib: float
    start_s: float
    tickets: int


async def main(count: int) -> None:
    """Run all four set-ups and print the table."""
    maker = callbacks.Maker()
    texts = callbacks.texts(2000)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        echo = await _echo(maker, texts, count)
        commits = _durable_commits(root)
        rows = [
            await _measure(f"SQLite, {n} process{'es' * (n > 1)}", root / f"s{n}", n, "", count)
            for n in (1, 2)
        ]
        async with AsyncExitStack() as stack:
            server = stack.enter_context(postgres.server(root / "pg"))
            for n in (1, 2):
                url = server.new_database()
                name = f"PostgreSQL, {n} process{'es' * (n > 1)}"
                rows.append(await _measure(name, root / f"p{n}", n, url, count))
    table.show(
        f"Signed WeChat callbacks to committed, routed tickets ({count} each, {WORKERS} at once)",
        ("set-up", "messages/s", "% of echo", "% of commits", "p99 ms at half", "MiB", "start s"),
        [
            (
                row.name,
                row.per_second,
                100 * row.per_second / echo,
                100 * row.per_second / commits,
                row.p99_at_half_ms,
                row.memory_mib,
                row.start_s,
            )
            for row in rows
        ],
    )
    table.show(
        "Limits measured in the same run",
        ("limit", "a second"),
        [("bare aiohttp echo requests", echo), ("bare durable commits (SQLite, FULL)", commits)],
    )


async def _measure(name: str, folder: Path, processes: int, url: str, count: int) -> Figures:
    running = Program(folder=folder, database_url=url, processes=processes)
    await running.start()
    cold = running.started_in_s
    running.stop()
    await running.start()  # warm: the segmenter's cache is written, the database is migrated
    try:
        maker, texts = callbacks.Maker(), callbacks.texts(2000)
        await load.flat_out(running.url, _batch(maker, texts, WARM_UP, "warm"), WORKERS)
        batch = _batch(maker, texts, count, "full")
        before = _tickets(running.database)
        full = await load.flat_out(running.url, batch, WORKERS)
        made = _tickets(running.database) - before
        if full.failures or made < count:
            raise SystemExit(f"{name}: {full.failures} refused, {made} tickets of {count} messages")
        rate = full.per_second / 2
        half = await load.steady(running.url, _batch(maker, texts, int(rate * 10), "half"), rate)
        print(f"{name}: {full.per_second:.0f}/s, start {cold:.1f} s cold", file=sys.stderr)
        return Figures(
            name=name,
            per_second=full.per_second,
            p99_at_half_ms=1000 * table.quantile(half.latencies_s, 0.99),
            memory_mib=max(running.memory_mib()),
            start_s=running.started_in_s,
            tickets=made,
        )
    finally:
        running.stop()


def _batch(maker: callbacks.Maker, texts: Sequence[str], count: int, prefix: str) -> list[Callback]:
    """One message from each of `count` people; each says enough, place included, for a ticket at
    once.
    """
    return [
        maker.make(f"o{prefix}{index}", f"东韩村：{texts[index % len(texts)]}")
        for index in range(count)
    ]


def _tickets(url: str) -> int:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        count = connection.execute(sa.text("SELECT count(*) FROM ticket")).scalar_one()
    engine.dispose()
    return int(count)


async def _echo(maker: callbacks.Maker, texts: Sequence[str], count: int) -> float:
    """Requests a second of a server that does nothing, under the same load."""
    port = program.free_port()
    child = subprocess.Popen([sys.executable, "-c", _ECHO, str(port)])
    try:
        batch = _batch(maker, texts, count, "echo")
        await asyncio.sleep(1.5)
        await load.flat_out(f"http://127.0.0.1:{port}", batch[:WARM_UP], WORKERS)
        return (await load.flat_out(f"http://127.0.0.1:{port}", batch, WORKERS)).per_second
    finally:
        child.terminate()
        child.wait()


def _durable_commits(root: Path, seconds: float = 3.0) -> float:
    """Commits a second that are on disk, one row each, one after the other."""
    connection = sqlite3.connect(root / "commits.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE t (x INTEGER)")
    begun, done = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        connection.execute("INSERT INTO t VALUES (1)")
        done += 1
    connection.close()
    return done / (time.perf_counter() - begun)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=3000, help="messages for each set-up")
    asyncio.run(main(parser.parse_args().count))
