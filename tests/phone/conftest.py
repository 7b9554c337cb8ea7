"""A real Asterisk for the run, and what a test needs to ring it."""

import functools
import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from channels.phone.exchange.exchange import Exchange
from channels.phone.exchange.happenings import Happening
from config import runtime
from intake.asterisk import fetch, own, program
from intake.asterisk.own import Ports, Running
from tests.phone import kit
from tests.phone.clocked import Clocked
from tests.phone.hotline import Hotline
from tests.phone.kit import CALLER, Telephone
from tests.phone.line import Line


@pytest.fixture(scope="session")
def asterisk_program() -> program.Program:
    """Fetched once a machine; where it can't be had, the tests say what to type."""
    return fetch.get_or_installed(program.cache_folder(), lambda step, share: None)


@pytest.fixture(scope="session")
def make_line(asterisk_program: program.Program) -> Iterator[Callable[..., Line]]:
    """Starts Asterisks, each in a folder of its own, and ends them after the run."""
    started: list[Running] = []
    # Not pytest's own folder: the control socket's path must stay short.
    with tempfile.TemporaryDirectory(prefix="hl-") as base:
        numbers = itertools.count()

        def make(**phone: object) -> Line:
            ports = Ports(
                sip=kit.free_port(kit.socket.SOCK_DGRAM),
                manager=kit.free_port(),
                trunk=kit.free_port(kit.socket.SOCK_DGRAM),
                rtp=kit.free_range(own.RTP_PORTS),
            )
            settings = {"number": "4569899", "area_code": "0319", "queue_s": 6}
            settings |= {"media_port": kit.free_port(), **phone}
            folder = Path(base) / f"{os.getpid()}-{next(numbers)}"
            instance = own.write(folder, asterisk_program, ports=ports, phone=settings)
            started.append(instance.start())
            return Line(started[-1])

        yield make
        for running in started:
            running.stop()


@pytest.fixture(scope="session")
def line_by(make_line: Callable[..., Line]) -> Callable[[str], Line]:
    """The Asterisk that tests ring, one for each way that audio comes to the program."""
    return functools.cache(lambda media: make_line(media=media))


@pytest.fixture(scope="session")
def line(line_by: Callable[[str], Line]) -> Line:
    """The Asterisk that most tests ring; audio by AudioSocket."""
    return line_by("audiosocket")


@pytest.fixture
def media() -> str:
    """How audio comes to the program; a test that is parametrised by it says otherwise."""
    return "audiosocket"


@pytest.fixture
def clean_line(line_by: Callable[[str], Line], media: str) -> Line:
    """The Asterisk that audio comes from so, with nobody in it and no missed calls."""
    line = line_by(media)
    line.instance.ask("channel request hangup all")
    for path in (*line.missed(), *line.instance.plan.recordings.iterdir()):
        path.unlink(missing_ok=True)
    return line


@pytest.fixture
async def happened() -> list[Happening]:
    """What the exchange tells during a test."""
    return []


@pytest.fixture
async def exchange(clean_line: Line, happened: list[Happening]) -> AsyncIterator[Exchange]:
    """The program's hand on the exchange, connected."""
    made = Exchange(clean_line.instance.plan.phone, runtime.system(), on_happening=happened.append)
    import asyncio

    task = asyncio.create_task(made.run())
    async with asyncio.timeout(10):
        while not made.up:
            await asyncio.sleep(0.02)
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def caller() -> AsyncIterator[Telephone]:
    """A resident's telephone, not registered anywhere."""
    async with kit.telephone(user=CALLER) as phone:
        yield phone


@pytest.fixture
async def operator(clean_line: Line) -> AsyncIterator[Telephone]:
    """An operator's telephone, registered; what it does with calls is the test's."""
    async with kit.telephone(
        user="8001", password=clean_line.password("8001"), registrar=clean_line.registrar
    ) as phone:
        yield phone


@pytest.fixture
async def hotline(clean_line: Line, tmp_path: Path) -> AsyncIterator[Hotline]:
    """The whole program serving the line."""
    made = Hotline.of(clean_line, tmp_path / "program")
    await made.start()
    yield made
    made.program.stop()


@pytest.fixture
async def home(clean_line: Line) -> AsyncIterator[Telephone]:
    """The resident's telephone: he rings us with it, and it rings when we call him."""
    async with kit.telephone(user=CALLER, port=clean_line.instance.ports.trunk) as phone:
        yield phone


@pytest.fixture
async def clocked(clean_line: Line, tmp_path: Path) -> AsyncIterator[Clocked]:
    """The whole program, not started yet, at ten in the morning."""
    made = Clocked.of(clean_line, tmp_path / "program")
    yield made
    made.hotline.program.stop()
