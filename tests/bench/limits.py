"""What this machine can do at most: requests that nobody works on, commits that nobody waits for."""

import asyncio
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.bench import load, program
from tests.bench.callbacks import Callback

_ECHO = """
from aiohttp import web
async def echo(request):
    return web.Response(body=await request.read())
app = web.Application()
app.router.add_post("/{any:.*}", echo)
web.run_app(app, host="127.0.0.1", port=int(__import__("sys").argv[1]), print=None, access_log=None)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """What a server that does nothing reaches under the same load."""

    per_second: float
    cpu_ms: float


async def echo(batch: Sequence[Callback], workers: int, warm_up: int) -> Echo:
    """A bare aiohttp server that sends back what it gets."""
    port = program.free_port()
    url = f"http://127.0.0.1:{port}"
    child = subprocess.Popen([sys.executable, "-c", _ECHO, str(port)])
    try:
        await _listening(port)
        await load.flat_out(url, batch[:warm_up], workers)
        process = psutil.Process(child.pid)
        cpu = sum(process.cpu_times()[:2])
        flat_out = await load.flat_out(url, batch, workers)
        cpu = sum(process.cpu_times()[:2]) - cpu
        return Echo(per_second=flat_out.per_second, cpu_ms=1000 * cpu / len(batch))
    finally:
        child.terminate()
        child.wait()


def durable_commits(root: Path, seconds: float = 3.0) -> float:
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
