"""The line in a real browser, at a process that has not got it: two programs, one database."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, Page

from tests.bench import program as programs
from tests.bench.program import Program
from tests.journeys.browsing import log_in, until
from tests.phone import manager
from tests.phone.manager import Manager

CALL = "0190a1b2-0000-7000-8000-000000000001"
NUMBER = "13912345678"
QUEUE = "Queue: hotline-operators\r\n"
MEMBER = f"{QUEUE}Interface: PJSIP/8001\r\nMemberName: 王芳\r\nCallsTaken: 3\r\n"
ARRIVES = (
    f"Event: UserEvent\r\nUserEvent: HotlineCall\r\nUniqueid: 1.1\r\nChannel: PJSIP/trunk-1\r\n"
    f"CallId: {CALL}\r\nCaller: {NUMBER}\r\nKind: incoming\r\n"
)
WAITS = f"Event: QueueCallerJoin\r\n{QUEUE}Uniqueid: 1.1\r\nPosition: 1\r\nCount: 1\r\n"
RINGS = f"Event: QueueMemberStatus\r\n{MEMBER}Status: 6\r\nPaused: 0\r\n"
LEAVES = f"Event: QueueCallerLeave\r\n{QUEUE}Uniqueid: 1.1\r\nPosition: 1\r\nCount: 0\r\n"
ANSWERS = f"Event: AgentConnect\r\n{QUEUE}Uniqueid: 1.1\r\nMemberName: 王芳\r\nHoldTime: 4\r\n"
HANGS_UP = "Event: Hangup\r\nUniqueid: 1.1\r\nCause: 16\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Two programs on one database, and the exchange that the first has."""

    exchange: Manager
    having: Program
    lacking: Program

    async def line_of(self, program: Program) -> dict[str, Any]:
        """What its health page says of the line."""
        async with (
            aiohttp.ClientSession() as http,
            http.get(program.url + "/healthz") as answer,
        ):
            stands: dict[str, Any] = (await answer.json())["channels"]["phone"]
            return stands

    async def has_line(self, program: Program) -> None:
        """Until it has the exchange."""
        async with asyncio.timeout(60):
            while not (stands := await self.line_of(program))["here"] or (
                stands["asterisk"] == "away"
            ):
                await asyncio.sleep(0.1)


@asynccontextmanager
async def house(folder: Path, database_url: str) -> AsyncIterator[House]:
    async with Manager() as exchange:
        exchange.lists["QueueStatus"] = [
            f"Event: QueueMember\r\n{MEMBER}Status: 1\r\nPaused: 0\r\n"
        ]
        environment = {
            "HOTLINE_PHONE__EXCHANGE__PORT": str(exchange.port),
            "HOTLINE_PHONE__EXCHANGE__SECRET": manager.SECRET,
            "HOTLINE_PHONE__MEDIA_PORT": str(programs.free_port()),
        }
        made = [
            Program(
                folder=folder / name,
                database_url=database_url,
                environment=environment,
                cache=programs.kept(),
            )
            for name in ("having", "lacking")
        ]
        try:
            for program in made:
                await program.start()
                stands = House(exchange=exchange, having=made[0], lacking=made[1])
                await stands.has_line(made[0])
            yield stands
        finally:
            for program in made:
                program.kill()


async def shows(page: Page, *texts: str) -> str:
    """Wait until the board, which renews itself, says all of this; what it says."""
    for text in texts:
        await until(page, f"document.getElementById('board').innerText.includes({text!r})")
    return await page.inner_text("#board")


async def opened(browser: Browser, stands: House) -> Page:
    page = await browser.new_page()
    await log_in(page, stands.having)
    await page.goto(stands.lacking.url + "/console/live")
    assert not (await stands.line_of(stands.lacking))["here"]
    return page


async def test_operator_sees_the_line_by_whichever_process_he_looks(
    browser: Browser, tmp_path: Path, database_url: str
) -> None:
    async with house(tmp_path, database_url) as stands:
        page = await opened(browser, stands)
        assert "没有人在等" in await shows(page, "王芳", "空闲")
        for event in (ARRIVES, WAITS, RINGS):
            await stands.exchange.tell(event)
        board = await shows(page, "排队等话务员的 1", "139****5678", "正在振铃")
        assert NUMBER not in await page.content(), board
        for event in (LEAVES, ANSWERS):
            await stands.exchange.tell(event)
        await shows(page, "排队等话务员的 0", "正在通话的 1", "王芳在接")
        there = await stands.line_of(stands.having)
        assert await stands.line_of(stands.lacking) == {**there, "here": False}
        await stands.exchange.tell(HANGS_UP)
        await shows(page, "正在通话的 0", "没有通话")


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_line_that_hangs_is_not_shown_as_quiet_and_the_next_process_takes_it(
    browser: Browser, tmp_path: Path, database_url: str
) -> None:
    async with house(tmp_path, database_url) as stands:
        page = await opened(browser, stands)
        await shows(page, "没有人在等")
        assert stands.having.child is not None
        os.kill(stands.having.child.pid, signal.SIGSTOP)
        board = await shows(page, "不知道线路现在怎样：从 ")
        assert "没有人在等" not in board and "王芳" not in board
        os.kill(stands.having.child.pid, signal.SIGCONT)
        await shows(page, "没有人在等", "王芳")
        stands.having.kill()
        await stands.has_line(stands.lacking)
        await stands.exchange.tell(ARRIVES)
        await shows(page, "正在通话的 1")
