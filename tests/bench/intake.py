"""Sustained signed callbacks a second until each is a committed, routed ticket: `python -m
tests.bench.intake`.

The program is started by the `hotline` command, as people start it. Beside it, in the same run, the
two limits of this machine: requests a second of a bare aiohttp echo server under the same load
generator, and durable commits a second on the same disk. Other work on the machine lowers all
figures of messages a second; CPU time for each message, and as a multiple of the echo server's,
holds steadier. Each target is judged in a table of its own.
"""

import argparse
import asyncio
import math
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from config.load import load_county
from config.settings import PACKAGED_COUNTY
from nlp import understand as language
from tests import postgres
from tests.bench import callbacks, limits, load, table
from tests.bench.callbacks import Callback
from tests.bench.limits import Echo
from tests.bench.program import Program

WORKERS = 48
WARM_UP = 200
PLACE = "东韩村："


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one set-up did."""

    name: str
    per_second: float
    cpu_ms: float  # of the program, for each message
    p99_at_half_ms: float
    memory_mb: float  # resident, of the largest process
    cold_s: float  # until the first message was answered, nothing cached yet
    port_s: float  # warm, until the port answered
    answer_s: float  # warm, until the first message was answered
    start_cpu_s: float  # what that took of the processors, all processes
    routed: float  # share of the tickets that went out; a person decides on the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a figure should reach."""

    figure: str
    of: Callable[[Figures], float]
    least: float = 0.0
    most: float = math.inf

    def judged(self, figures: Figures) -> str:
        """The figure, and whether it is met."""
        value = self.of(figures)
        met = self.least <= value <= self.most
        return f"{value:,.1f} {'met' if met else 'MISSED'}"

    def asked(self) -> str:
        """The target as people write it."""
        return f">= {self.least:,.0f}" if self.least else f"<= {self.most:,.0f}"


TARGETS = (
    Target(figure="messages a second", of=lambda f: f.per_second, least=200),
    Target(figure="p99 at half that load, ms", of=lambda f: f.p99_at_half_ms, most=100),
    Target(figure="resident memory of the largest process, MB", of=lambda f: f.memory_mb, most=350),
    Target(figure="warm start to first answered message, s", of=lambda f: f.answer_s, most=3),
)


async def main(count: int) -> None:
    """Run all four set-ups and print the tables."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        texts = _clear(callbacks.texts(2000), root / "words")
        echo = await limits.echo(_batch(callbacks.Maker(), texts, count, "echo"), WORKERS, WARM_UP)
        commits = limits.durable_commits(root)
        rows = [await _measure(f"SQLite, {n}", root / f"s{n}", n, "", texts, count) for n in (1, 2)]
        with postgres.server(durable=True) as server:
            for n in (1, 2):
                url = server.new_database()
                rows.append(
                    await _measure(f"PostgreSQL, {n}", root / f"p{n}", n, url, texts, count)
                )
    _show(count, rows, echo, commits)


def _show(count: int, rows: Sequence[Figures], echo: Echo, commits: float) -> None:
    table.show(
        f"Signed WeChat callbacks of {callbacks.source()} to committed tickets "
        f"({count} each, {WORKERS} at once)",
        ("database, processes", *(row.name for row in rows)),
        [
            ("messages a second", *(row.per_second for row in rows)),
            ("  % of a bare echo", *(100 * row.per_second / echo.per_second for row in rows)),
            ("  % of bare durable commits", *(100 * row.per_second / commits for row in rows)),
            ("CPU of the program, ms a message", *(f"{row.cpu_ms:.2f}" for row in rows)),
            ("  x echo's CPU", *(row.cpu_ms / echo.cpu_ms for row in rows)),
            ("p99 at half that load, ms", *(row.p99_at_half_ms for row in rows)),
            ("resident memory of the largest process, MB", *(row.memory_mb for row in rows)),
            ("cold start to first answered message, s", *(row.cold_s for row in rows)),
            ("warm start to an answering port, s", *(row.port_s for row in rows)),
            ("warm start to first answered message, s", *(row.answer_s for row in rows)),
            ("  CPU of that start, s", *(row.start_cpu_s for row in rows)),
            ("% of tickets routed, not left to a person", *(100 * row.routed for row in rows)),
        ],
    )
    table.show(
        "Targets",
        ("figure", "target", *(row.name for row in rows)),
        [(each.figure, each.asked(), *map(each.judged, rows)) for each in TARGETS],
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
    running = Program(folder=folder, database_url=url, processes=processes, installed=True)
    maker = callbacks.Maker()
    cold_s = await _first_answer(running, _batch(maker, texts, 1, "cold"))
    running.stop()  # from now on the segmenter's cache is written, the database is migrated
    answer_s = await _first_answer(running, _batch(maker, texts, 1, "first"))
    start_cpu_s = running.cpu_s()
    try:
        await load.flat_out(running.url, _batch(maker, texts, WARM_UP, "warm"), WORKERS)
        batch = _batch(maker, texts, count, "full")
        before, cpu = _tickets(running.database), running.cpu_s()
        full = await load.flat_out(running.url, batch, WORKERS)
        cpu = running.cpu_s() - cpu
        made, routed = (
            now - then for now, then in zip(_tickets(running.database), before, strict=True)
        )
        if full.failures or made < count:
            raise SystemExit(f"{name}: {full.failures} refused, {made} tickets of {count} messages")
        rate = full.per_second / 2
        half = await load.steady(running.url, _batch(maker, texts, int(rate * 10), "half"), rate)
        print(f"{name}: {full.per_second:.0f}/s", file=sys.stderr)
        return Figures(
            name=name,
            per_second=full.per_second,
            cpu_ms=1000 * cpu / count,
            p99_at_half_ms=1000 * table.quantile(half.latencies_s, 0.99),
            memory_mb=max(running.memory_mib()) * 2**20 / 10**6,
            cold_s=cold_s,
            port_s=running.started_in_s,
            answer_s=answer_s,
            start_cpu_s=start_cpu_s,
            routed=routed / made,
        )
    finally:
        running.stop()


async def _first_answer(running: Program, batch: Sequence[Callback]) -> float:
    """Start it; seconds until the first signed callback was answered, all that it needs loaded."""
    await running.start()
    answered = await load.flat_out(running.url, batch, 1)
    if answered.failures:
        raise SystemExit(f"the first message was refused: {running.log()[-2000:]}")
    return time.perf_counter() - running.begun_s


def _batch(maker: callbacks.Maker, texts: Sequence[str], count: int, prefix: str) -> list[Callback]:
    """One message from each of `count` people; each says enough, place included, for a ticket at
    once.
    """
    return [
        maker.make(f"o{prefix}{index}", PLACE + texts[index % len(texts)]) for index in range(count)
    ]


def _tickets(url: str) -> tuple[int, int]:
    """How many there are, and how many of these went out without a person's decision."""
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    asked = "SELECT count(*), count(CASE WHEN status <> 'deciding' THEN 1 END) FROM ticket"
    with engine.connect() as connection:
        number, routed = connection.execute(sa.text(asked)).one()
    engine.dispose()
    return int(number), int(routed)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=3000, help="messages for each set-up")
    asyncio.run(main(parser.parse_args().count))
