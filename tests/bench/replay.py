"""2,000 real messages through the whole program, as WeChat would send them: `python -m
tests.bench.replay`.

Many at a time, some three times as the platform retries, some cut into bursts. Then the database
is asked: is every message in exactly one conversation or ticket, did no retry make a second one,
is a burst one but for matters that its words tell apart? The messages are those of the
petition data beside the project where they are; else our own sentences, and the table says so.
"""

import argparse
import asyncio
import random
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench import callbacks, load, table, whereabouts
from tests.bench.callbacks import Callback
from tests.bench.program import Program

WORKERS = 32
RETRIED_SHARE = 0.10  # sent three times
BURST_SHARE = 0.10  # cut into pieces, sent one after the other
PIECES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What was sent: callbacks in chains, and how many different messages they are."""

    chains: Sequence[Sequence[Callback]]  # in parallel; a burst is a chain of several
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
            done = await load.in_order(running.url, sent.chains, WORKERS)
            cpu = running.cpu_s() - cpu
            memory = max(running.memory_mib())
            facts = whereabouts.ask(running.database, whereabouts.COUNTS)
            _check(sent, facts, done.failures, running.database)
        finally:
            running.stop()
    requests = sum(map(len, sent.chains))
    table.show(
        f"Replay of {count} {callbacks.source()} ({requests} requests)",
        ("figure", "value"),
        [
            ("requests a second", done.per_second),
            ("median ms", 1000 * table.quantile(done.latencies_s, 0.5)),
            ("p99 ms", 1000 * table.quantile(done.latencies_s, 0.99)),
            ("CPU of the program, ms a message", 1000 * cpu / sent.messages),
            ("resident memory, MiB", memory),
            ("start to first answer, s", running.started_in_s),
            ("messages in the inbox, each once", facts["messages"]),
            ("  sent three times", sent.retried),
            ("bursts", sent.bursts),
            ("  whole in one ticket or conversation", facts["whole bursts"]),
            ("  further tickets that tell of another matter", facts["further matters"]),
            ("tickets, each of its own matter", facts["tickets"]),
            ("  routed with certainty", facts["certain"]),
            ("  to an operator", facts["deciding"]),
            ("messages answered with a question, ticket to follow", facts["asked"]),
        ],
    )


def _prepare(count: int, dice: random.Random) -> Sent:
    maker = callbacks.Maker()
    chains: list[Sequence[Callback]] = []
    messages = retried = bursts = 0
    for index, text in enumerate(callbacks.texts(count)):
        chance = dice.random()
        if chance < BURST_SHARE and len(text) >= PIECES * 4:
            sender = f"{whereabouts.BURST}{index}"
            chains.append([maker.make(sender, piece) for piece in _pieces(text)])
            messages, bursts = messages + PIECES, bursts + 1
            continue
        callback = maker.make(f"oReplay{index}", text)
        again = 3 if chance > 1 - RETRIED_SHARE else 1
        chains.extend([(callback,)] * again)
        messages, retried = messages + 1, retried + (again > 1)
    dice.shuffle(chains)
    return Sent(chains=chains, messages=messages, retried=retried, bursts=bursts)


def _pieces(text: str) -> list[str]:
    """Three, each to the end of a clause where one is near, as people send them."""
    ends = [mark.end() for mark in re.finditer(r"[，。；！？,;!?]", text)]
    third = len(text) // PIECES
    first, second = (_near(at, ends, third // 3) for at in (third, 2 * third))
    return [text[:first], text[first:second], text[second:]]


def _near(at: int, ends: Sequence[int], within: int) -> int:
    nearest = min(ends, key=lambda end: abs(end - at), default=at)
    return nearest if abs(nearest - at) <= within else at


def _check(sent: Sent, facts: dict[str, int], failures: int, database: str) -> None:
    found = whereabouts.ask(database, whereabouts.PROBLEMS)
    problems = [f"{number} {what}" for what, number in found.items() if number]
    if failures:
        problems.append(f"{failures} requests refused")
    if facts["messages"] != sent.messages or facts["different"] != sent.messages:
        problems.append(f"{facts['messages']} messages in the inbox, {sent.messages} were sent")
    if facts["bursts"] != sent.bursts:
        problems.append(f"{facts['bursts']} bursts in the inbox, {sent.bursts} were sent")
    if problems:
        raise SystemExit("replay failed: " + "; ".join(problems))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=4569899)
    given = parser.parse_args()
    asyncio.run(main(given.count, given.seed))
