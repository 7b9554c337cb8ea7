"""The story in a real browser: a resident writes, an operator looks, a department is told."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.bench.program import Program
from tests.journeys.conftest import Departments

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NEW_PASSWORD = "nan-he-4569899-ok"


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
    made = Program(folder=tmp_path / "program", tables=departments.tables)
    await made.start()
    yield made
    made.stop()


async def tell(page: Page, url: str, text: str) -> str:
    """Write something on the resident's page; everything that the talk then shows."""
    await page.goto(url)
    await page.fill("#text", text)
    await page.click("#go")
    await page.wait_for_selector(".talk .you")
    return await page.inner_text(".talk")


async def answered(page: Page) -> str:
    """The last thing that the hotline said."""
    await page.wait_for_selector(".talk .you")
    return await page.inner_text(".talk li.us:last-child")


async def log_in(page: Page, program: Program) -> None:
    """With the one-time password of the first start, which must be changed."""
    found = re.search(r"一次性密码：(\S+?)（", program.log())
    assert found, program.log()
    await page.goto(program.url + "/console")
    await page.fill("[name=name]", "admin")
    await page.fill("[name=password]", found.group(1))
    await page.click("button")
    await page.wait_for_selector("[name=old]")
    await page.fill("[name=old]", found.group(1))
    await page.fill("[name=new]", NEW_PASSWORD)
    await page.fill("[name=again]", NEW_PASSWORD)
    await page.click("main button")
    await page.wait_for_selector("text=等您拿主意的工单")


async def test_broken_lamp_reaches_the_console_and_the_department(
    browser: Browser, program: Program, departments: Departments
) -> None:
    resident = await browser.new_page()
    talk = await tell(resident, program.url, "东韩村村口的路灯坏了三天了没人修")
    number = re.search(r"20\d{6}-\d{4}", talk)
    assert number, talk
    assert "东韩村网格站" in talk
    assert "前给您答复" in talk

    operator = await browser.new_page()
    await log_in(operator, program)
    await operator.goto(f"{program.url}/console/search?q={number.group()}")
    await operator.click(f"a:has-text('{number.group()}')")
    shown = await operator.inner_text("main")
    for expected in ("东韩村村口的路灯坏了三天了没人修", "东韩村", "路灯", "dispatch:", "城市管理"):
        assert expected in shown, shown

    async with asyncio.timeout(30):
        while not departments.received:
            await asyncio.sleep(0.05)
    received = departments.received[0]
    assert received.department == "city-management"
    assert received.payload["data"]["number"] == number.group()


async def test_unclear_matter_is_decided_by_an_operator(
    browser: Browser, program: Program, departments: Departments
) -> None:
    resident = await browser.new_page()
    talk = await tell(resident, program.url, "那边那个东西又那样了你们来看一看吧")
    number = re.search(r"20\d{6}-\d{4}", talk)
    assert number, talk

    operator = await browser.new_page()
    await log_in(operator, program)
    queue = await operator.inner_text("main")
    assert number.group() in queue
    assert "没有听明白" in queue
    await operator.click(f"a:has-text('{number.group()}')")
    options = await operator.locator("#categories option").evaluate_all(
        "all => all.map(each => each.value)"
    )
    lamp = next(each for each in options if "路灯" in each)
    await operator.fill("[name=category]", lamp)
    await operator.fill("[name=place]", "130506100225")
    await operator.fill("[name=note]", "已电话问清，是路灯")
    await operator.click("button[data-key=d]")
    await operator.wait_for_selector("text=已派单")
    shown = await operator.inner_text("main")
    assert "东韩村" in shown
    assert "管理员" in shown or "admin" in shown


async def test_resident_page_works_without_script(browser: Browser, program: Program) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    talk = await tell(page, program.url, "东韩村村口的路灯坏了三天了没人修")
    number = re.search(r"20\d{6}-\d{4}", talk)
    assert number, talk
    await page.click("text=查进度")
    await page.click(f"button:has-text('{number.group()}')")
    assert "由东韩村网格站办理" in await answered(page)
    await page.goto(program.url + "/progress")
    await page.fill("#number", number.group())
    await page.click("#ask button")
    assert "由东韩村网格站办理" in await answered(page)
    await context.close()


@pytest.mark.parametrize("width", [1280, 390])
async def test_pages_fit_the_screen(browser: Browser, program: Program, width: int) -> None:
    page = await browser.new_page(viewport={"width": width, "height": 800})
    await tell(page, program.url, "东韩村村口的路灯坏了三天了没人修")
    await log_in(page, program)
    for path in ("/", "/console", "/console/search", "/console/letters"):
        await page.goto(program.url + path)
        overflow = await page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, path
