"""Load on a running program: as fast as it goes, or at a steady rate."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp

from tests.bench.callbacks import Callback


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a load led to: how long each answer took, s, and how many were refused."""

    seconds: float
    latencies_s: Sequence[float]
    failures: int

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.latencies_s) / self.seconds


async def flat_out(url: str, callbacks: Sequence[Callback], workers: int) -> Outcome:
    """All callbacks, `workers` at a time, each as soon as the one before is answered."""
    return await in_order(url, [(callback,) for callback in callbacks], workers)


async def in_order(url: str, chains: Sequence[Sequence[Callback]], workers: int) -> Outcome:
    """The same with chains of callbacks: each of a chain waits for the answer to the one before."""
    waiting = iter(chains)
    results: list[float] = []
    failures = 0

    async def work(http: aiohttp.ClientSession) -> None:
        nonlocal failures
        for callback in (each for chain in waiting for each in chain):
            taken = await _post(http, url, callback)
            if taken is None:
                failures += 1
            else:
                results.append(taken)

    begun = time.perf_counter()
    async with _session(workers) as http, asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(work(http))
    return Outcome(seconds=time.perf_counter() - begun, latencies_s=results, failures=failures)


async def steady(url: str, callbacks: Sequence[Callback], per_second: float) -> Outcome:
    """Callbacks at a fixed rate whatever the answers do; lateness counts as latency."""
    results: list[float] = []
    failures = 0

    async def one(http: aiohttp.ClientSession, callback: Callback, due: float) -> None:
        nonlocal failures
        taken = await _post(http, url, callback)
        if taken is None:
            failures += 1
        else:
            results.append(time.perf_counter() - due)

    begun = time.perf_counter()
    async with _session(500) as http, asyncio.TaskGroup() as group:
        for index, callback in enumerate(callbacks):
            due = begun + index / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(one(http, callback, due))
    return Outcome(seconds=time.perf_counter() - begun, latencies_s=results, failures=failures)


async def _post(http: aiohttp.ClientSession, url: str, callback: Callback) -> float | None:
    begun = time.perf_counter()
    try:
        async with http.post(url + callback.path, data=callback.body) as answer:
            await answer.read()
            return time.perf_counter() - begun if answer.status == 200 else None
    except (aiohttp.ClientError, TimeoutError):
        return None


def _session(connections: int) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections),
        timeout=aiohttp.ClientTimeout(total=60),
        headers={"Content-Type": "text/xml"},
    )
