"""2,000 real messages through the whole program, as WeChat would send them: `python -m
tests.bench.replay`.

Many at a time, some three times as the platform retries, some cut into bursts. Then the database
is asked: is every message in exactly one conversation or ticket? The messages are those of the
petition data beside the project where they are; else our own sentences, and the table says so.
"""

import argparse
import asyncio
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from tests.bench import callbacks, load, table
from tests.bench.callbacks import Callback
from tests.bench.program import Program

WORKERS = 32
RETRIED_SHARE = 0.10  # sent three times
BURST_SHARE = 0.10  # cut into pieces, sent one after the other
PIECES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What was sent: callbacks in order, and how many different messages they are."""

    first: Sequence[Callback]  # in parallel
    later: Sequence[Callback]  # the rest of each burst, after the first piece was answered
    messages: int
    retried: int
    bursts: int


async def main(count: int, seed: int) -> None:
    """Send, check, print."""
    with tempfile.TemporaryDirectory() as folder:
        running = Program(folder=Path(folder))
        await running.start()
        try:
            sent = _prepare(count, random.Random(seed))
            cpu = running.cpu_s()
            first = await load.flat_out(running.url, sent.first, WORKERS)
            later = await load.flat_out(running.url, sent.later, WORKERS)
            cpu = running.cpu_s() - cpu
            memory = max(running.memory_mib())
            facts = _ask(running.database)
        finally:
            running.stop()
    latencies = [*first.latencies_s, *later.latencies_s]
    seconds = first.seconds + later.seconds
    _check(sent, facts, first.failures + later.failures)
    table.show(
        f"Replay of {count} {callbacks.source()} ({len(sent.first) + len(sent.later)} requests)",
        ("figure", "value"),
        [
            ("requests a second", len(latencies) / seconds),
            ("median ms", 1000 * table.quantile(latencies, 0.5)),
            ("p99 ms", 1000 * table.quantile(latencies, 0.99)),
            ("CPU of the program, ms a message", 1000 * cpu / sent.messages),
            ("resident memory, MiB", memory),
            ("start to first answer, s", running.started_in_s),
            ("messages in the inbox, each once", facts["messages"]),
            ("  sent three times", sent.retried),
            ("  in bursts", sent.bursts),
            ("tickets", facts["tickets"]),
            ("  routed with certainty", facts["certain"]),
            ("  to an operator", facts["deciding"]),
            ("messages answered with a question, ticket to follow", facts["asked"]),
        ],
    )


def _prepare(count: int, dice: random.Random) -> Sent:
    maker = callbacks.Maker()
    first: list[Callback] = []
    later: list[Callback] = []
    messages = retried = bursts = 0
    for index, text in enumerate(callbacks.texts(count)):
        sender, chance = f"oReplay{index}", dice.random()
        if chance < BURST_SHARE and len(text) >= PIECES * 4:
            cut = len(text) // PIECES
            pieces = [text[:cut], text[cut : 2 * cut], text[2 * cut :]]
            made = [maker.make(sender, piece) for piece in pieces]
            first.append(made[0])
            later.extend(made[1:])
            messages, bursts = messages + len(made), bursts + 1
            continue
        callback = maker.make(sender, text)
        again = 3 if chance > 1 - RETRIED_SHARE else 1
        first.extend([callback] * again)
        messages, retried = messages + 1, retried + (again > 1)
    dice.shuffle(first)
    return Sent(first=first, later=later, messages=messages, retried=retried, bursts=bursts)


def _ask(url: str) -> dict[str, int]:
    """Counts from the database, by plain SQL that the program does not share."""
    questions = {
        "messages": "SELECT count(*) FROM inbox",
        "unfinished": "SELECT count(*) FROM inbox WHERE done_at IS NULL",
        "different": "SELECT count(DISTINCT external_id) FROM inbox",
        "tickets": "SELECT count(*) FROM ticket",
        "certain": "SELECT count(*) FROM ticket WHERE status <> 'deciding'",
        "deciding": "SELECT count(*) FROM ticket WHERE status = 'deciding'",
        "ownerless": "SELECT count(*) FROM ticket WHERE unit = '' OR due_at IS NULL",
        "in_ticket": "SELECT count(*) FROM inbox WHERE ticket IS NOT NULL",
        "orphans": "SELECT count(*) FROM inbox i WHERE i.ticket IS NOT NULL AND NOT EXISTS "
        "(SELECT 1 FROM ticket t WHERE t.number = i.ticket AND t.reporter = i.sender)",
        "unheard": "SELECT count(*) FROM ticket t WHERE NOT EXISTS "
        "(SELECT 1 FROM inbox i WHERE i.sender = t.reporter AND i.ticket IS NOT NULL)",
        "asked": "SELECT count(*) FROM inbox i JOIN conversation c ON c.thread = i.thread "
        "WHERE i.ticket IS NULL AND c.due_at IS NOT NULL",
        "lost": "SELECT count(*) FROM inbox i WHERE i.ticket IS NULL AND i.receipt NOT LIKE "
        "'%\"key\"%' AND NOT EXISTS (SELECT 1 FROM conversation c WHERE c.thread = i.thread "
        "AND c.due_at IS NOT NULL)",
    }
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        found = {k: int(connection.execute(sa.text(q)).scalar_one()) for k, q in questions.items()}
    engine.dispose()
    return found


def _check(sent: Sent, facts: dict[str, int], failures: int) -> None:
    problems = []
    if failures:
        problems.append(f"{failures} requests refused")
    if facts["messages"] != sent.messages or facts["different"] != sent.messages:
        problems.append(f"{facts['messages']} messages in the inbox, {sent.messages} were sent")
    for name in ("unfinished", "ownerless", "lost", "orphans", "unheard"):
        if facts[name]:
            problems.append(f"{facts[name]} {name}")
    if problems:
        raise SystemExit("replay failed: " + "; ".join(problems))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=4569899)
    given = parser.parse_args()
    asyncio.run(main(given.count, given.seed))
