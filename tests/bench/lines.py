"""What stands behind the line in a bench, beside a real Asterisk; and what its processes cost."""

import asyncio
import json
import socket
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from intake.asterisk import fetch, own, program
from intake.asterisk.own import Ports, Running
from tests.bench import call_audio, line_process
from tests.bench.program import Program
from tests.phone import kit

MOST_CALLS = 400
UP_WITHIN_S = 60.0
TICK_S = 1 / 100  # of the CPU times of threads, on every Linux that people use


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Something that takes the calls: its process, and its database where it keeps one."""

    process: int
    database: Path | None = None

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """What its database holds."""
        if self.database is None:
            return []
        address = f"file:{self.database}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=10)) as database:
            return database.execute(sql, values).fetchall()


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """CPU seconds used so far."""

    at_s: float = field(default_factory=time.monotonic)
    asterisk: float
    loop: float  # the server's main thread
    recogniser: float
    rest: float  # its other threads, and processes that it has started

    def share(self, before: "Work") -> Mapping[str, float]:
        """Per cent of one core, since `before`."""
        length_s = self.at_s - before.at_s
        parts = ("asterisk", "loop", "recogniser", "rest")
        return {
            part: 100 * (getattr(self, part) - getattr(before, part)) / length_s for part in parts
        }


def work(asterisk: Running, server: Server) -> Work:
    """Now."""
    threads = _threads(server.process)
    main = threads.pop(server.process, ("", 0.0))[1]
    recogniser = sum(used for name, used in threads.values() if name.startswith("recogniser"))
    children = psutil.Process(server.process).children(recursive=True)
    others = sum(used for _, used in threads.values()) - recogniser
    return Work(
        asterisk=_used(psutil.Process(asterisk.process.pid)),
        loop=main,
        recogniser=recogniser,
        rest=others + sum(map(_used, children)),
    )


def _used(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        return float(sum(process.cpu_times()[:2]))
    return 0.0


def _threads(process: int) -> dict[int, tuple[str, float]]:
    """Name and CPU seconds of each thread."""
    found = {}
    for task in Path(f"/proc/{process}/task").iterdir():
        with suppress(OSError):
            name, fields = (task / "stat").read_text().split("(", 1)[1].rsplit(") ", 1)
            user, system = fields.split()[11:13]
            found[int(task.name)] = (name, (int(user) + int(system)) * TICK_S)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """Audio packets that Asterisk got from the callers that are there now, and missed."""

    came: int
    lost: int


def received(asterisk: Running) -> Received:
    """Of all calls by telephone, by the sequence numbers of their packets."""
    said = asterisk.instance.ask("pjsip show channelstats").splitlines()
    rows = [line.split() for line in said if " alaw " in line]
    return Received(
        came=sum(_count(row[-9]) for row in rows), lost=sum(int(row[-8]) for row in rows)
    )


def _count(shown: str) -> int:
    """Thousands are shown as 12K."""
    return int(shown[:-1]) * 1000 if shown.endswith("K") else int(shown)


ANNOUNCER = "announcer"
ANNOUNCES = f"""
[{ANNOUNCER}]
secret = {ANNOUNCER}
permit = 127.0.0.1/255.255.255.255
write = user
"""  # whoever rings at the port itself is announced by it


@contextmanager
def asterisk(folder: Path) -> Iterator[Running]:
    """An Asterisk of our own, fetched the first time."""
    ports = Ports(
        sip=kit.free_port(socket.SOCK_DGRAM),
        manager=kit.free_port(),
        trunk=kit.free_port(socket.SOCK_DGRAM),
        rtp=kit.free_range(own.RTP_PORTS),
    )
    phone = {"number": "4569899", "media_port": kit.free_port(), "most_calls": MOST_CALLS}
    phone["queue_s"] = 6
    found = fetch.get_or_installed(program.cache_folder(), lambda step, share: None)
    instance = own.write(folder, found, ports=ports, phone=phone)
    with (instance.folder / "etc" / "manager.conf").open("a", encoding="utf-8") as manager:
        manager.write(ANNOUNCES)
    running = instance.start()
    try:
        yield running
    finally:
        running.stop()


@asynccontextmanager
async def whole_program(
    line: Running, folder: Path, model: Path | None, said: Sequence[str] = ()
) -> AsyncIterator[Server]:
    """The program with a model, or with callers of whom it knows what they say."""
    environment = {
        **line.instance.environment,
        "HOTLINE_PHONE__MOST_CALLS": str(MOST_CALLS),
        "HOTLINE_PHONE__TRIAL_MODEL": "true",
        line_process.SAID: "|".join(said),
    }
    if model is not None:
        environment["HOTLINE_PHONE__MODEL"] = str(model.resolve())
    made = Program(folder=folder, environment=environment, module="tests.bench.line_process")
    await made.start()
    try:
        await _served(made)
        assert made.child is not None
        yield Server(process=made.child.pid, database=folder / "hotline.db")
    finally:
        made.stop()


async def _served(made: Program) -> None:
    state: Any = None
    until_s = time.monotonic() + UP_WITHIN_S
    async with aiohttp.ClientSession() as http:
        while time.monotonic() < until_s:
            async with http.get(made.url + "/healthz") as answer:
                state = (await answer.json())["channels"].get("phone", {})
            ours = state.get("here") and state["asterisk"] != "away"
            if ours and state["recogniser"] != "none":
                return
            await asyncio.sleep(0.2)
    raise RuntimeError(f"the line is not served: {state}\n{made.log()[-2000:]}")


@asynccontextmanager
async def stand_in(line: Running, kind: str) -> AsyncIterator[Server]:
    """A server without a program: `ours` or `bare`."""
    phone = line.instance.plan.phone
    secret = phone.exchange.secret.get_secret_value()
    exchange = {"port": phone.exchange.port, "secret": secret}
    settings = {"exchange": exchange, "media_port": phone.media_port, "most_calls": MOST_CALLS}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.line_stand_in", kind,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        cwd=call_audio.SPOKEN.parents[2],
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(settings).encode() + b"\n")
        async with asyncio.timeout(UP_WITHIN_S):
            while b"ready" not in await process.stdout.readline():
                if process.stdout.at_eof():
                    raise RuntimeError(f"the {kind} server did not start")
        yield Server(process=process.pid)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
