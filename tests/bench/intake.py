"""Sustained signed callbacks a second until each is a committed, routed ticket: `python -m
tests.bench.intake`.

Beside the program, in the same run, the two limits of this machine: requests a second of a bare
aiohttp echo server under the same load generator, and durable commits a second on the same disk.
Other work on the machine lowers all figures of messages a second; CPU time for each message, of the
program and as a multiple of the echo server's, holds steady.
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

import psutil
import sqlalchemy as sa

from config.load import load_county
from config.settings import PACKAGED_COUNTY
from nlp import understand as language
from tests import postgres
from tests.bench import callbacks, load, program, table
from tests.bench.callbacks import Callback
from tests.bench.program import Program

WORKERS = 48
WARM_UP = 200
PLACE = "东韩村："
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
    cpu_ms: float  # of the program, for each message
    p99_at_half_ms: float
    memory_mib: float
    start_s: float
    tickets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """What a server that does nothing reaches under the same load."""

    per_second: float
    cpu_ms: float


async def main(count: int) -> None:
    """Run all four set-ups and print the table."""
    maker = callbacks.Maker()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        texts = _clear(callbacks.texts(2000), root / "words")
        echo = await _echo(maker, texts, count)
        commits = _durable_commits(root)
        rows = [
            await _measure(
                f"SQLite, {n} process{'es' * (n > 1)}", root / f"s{n}", n, "", texts, count
            )
            for n in (1, 2)
        ]
        async with AsyncExitStack() as stack:
            server = stack.enter_context(postgres.server(durable=True))
            for n in (1, 2):
                url = server.new_database()
                name = f"PostgreSQL, {n} process{'es' * (n > 1)}"
                rows.append(await _measure(name, root / f"p{n}", n, url, texts, count))
    table.show(
        f"Signed WeChat callbacks to committed, routed tickets ({count} each, {WORKERS} at once)",
        (
            "set-up",
            "messages/s",
            "CPU ms each",
            "x echo's CPU",
            "% of echo",
            "% of commits",
            "p99 ms at half",
            "MiB",
            "start s",
        ),
        [
            (
                row.name,
                row.per_second,
                f"{row.cpu_ms:.2f}",
                row.cpu_ms / echo.cpu_ms,
                100 * row.per_second / echo.per_second,
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
        ("limit", "a second", "CPU ms each"),
        [
            ("bare aiohttp echo requests", echo.per_second, f"{echo.cpu_ms:.2f}"),
            ("bare durable commits (SQLite, FULL)", commits, ""),
        ],
    )


def _clear(texts: Sequence[str], cache: Path) -> list[str]:
    """Those that name no place beside ours, so that no question is asked before the ticket."""
    understand = language.build(load_county(PACKAGED_COUNTY), cache)
    return [text for text in texts if len(understand(PLACE + text).places) == 1]


async def _measure(
    name: str, folder: Path, processes: int, url: str, texts: Sequence[str], count: int
) -> Figures:
    running = Program(folder=folder, database_url=url, processes=processes)
    await running.start()
    cold = running.started_in_s
    running.stop()
    await running.start()  # warm: the segmenter's cache is written, the database is migrated
    try:
        maker = callbacks.Maker()
        await load.flat_out(running.url, _batch(maker, texts, WARM_UP, "warm"), WORKERS)
        batch = _batch(maker, texts, count, "full")
        before, cpu = _tickets(running.database), running.cpu_s()
        full = await load.flat_out(running.url, batch, WORKERS)
        cpu = running.cpu_s() - cpu
        made = _tickets(running.database) - before
        if full.failures or made < count:
            raise SystemExit(f"{name}: {full.failures} refused, {made} tickets of {count} messages")
        rate = full.per_second / 2
        half = await load.steady(running.url, _batch(maker, texts, int(rate * 10), "half"), rate)
        print(f"{name}: {full.per_second:.0f}/s, start {cold:.1f} s cold", file=sys.stderr)
        return Figures(
            name=name,
            per_second=full.per_second,
            cpu_ms=1000 * cpu / count,
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
        maker.make(f"o{prefix}{index}", PLACE + texts[index % len(texts)]) for index in range(count)
    ]


def _tickets(url: str) -> int:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        count = connection.execute(sa.text("SELECT count(*) FROM ticket")).scalar_one()
    engine.dispose()
    return int(count)


async def _echo(maker: callbacks.Maker, texts: Sequence[str], count: int) -> Echo:
    port = program.free_port()
    child = subprocess.Popen([sys.executable, "-c", _ECHO, str(port)])
    try:
        batch = _batch(maker, texts, count, "echo")
        await _listening(port)
        await load.flat_out(f"http://127.0.0.1:{port}", batch[:WARM_UP], WORKERS)
        process = psutil.Process(child.pid)
        cpu = sum(process.cpu_times()[:2])
        flat_out = await load.flat_out(f"http://127.0.0.1:{port}", batch, WORKERS)
        cpu = sum(process.cpu_times()[:2]) - cpu
        return Echo(per_second=flat_out.per_second, cpu_ms=1000 * cpu / count)
    finally:
        child.terminate()
        child.wait()


async def _listening(port: int, within_s: float = 30.0) -> None:
    async with asyncio.timeout(within_s):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


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
