"""What stories need: departments that receive webhooks, a program, a browser."""

import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Browser, async_playwright

from config.county import County
from intake.receiver import Received, Receiver
from tests.bench import program as programs
from tests.bench.program import Program

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(slots=True)
class Departments:
    """All departments of the county on one port, and what they have received."""

    url: str
    secrets: dict[str, str]
    journal: Path
    received: list[Received] = field(default_factory=list)

    @property
    def tables(self) -> str:
        """Their part of the settings."""
        return programs.department_tables(self.secrets, self.url)

    def effective(self) -> list[str]:
        """The webhook ids that took effect: each counts once."""
        if not self.journal.exists():
            return []
        lines = map(json.loads, self.journal.read_text(encoding="utf-8").splitlines())
        return [line["id"] for line in lines if not line["again"]]


@pytest.fixture
async def departments(county: County, tmp_path: Path) -> AsyncIterator[Departments]:
    """Departments that listen."""
    codes = [unit.code for unit in county.units.values() if unit.kind == "department"]
    port = programs.free_port()
    made = Departments(
        url=f"http://127.0.0.1:{port}",
        secrets={code: programs.webhook_secret() for code in codes},
        journal=tmp_path / "webhooks.jsonl",
    )
    receiver = Receiver(secrets=made.secrets, show=made.received.append, journal=made.journal)
    runner = web.AppRunner(receiver.application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield made
    await runner.cleanup()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    assert path, "these tests drive a real browser: apt-get install chromium"
    async with async_playwright() as playwright:
        made = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield made
        await made.close()


@pytest.fixture
async def program(departments: Departments, tmp_path: Path) -> AsyncIterator[Program]:
    made = Program(folder=tmp_path / "program", tables=departments.tables, cache=programs.kept())
    await made.start()
    yield made
    made.stop()
