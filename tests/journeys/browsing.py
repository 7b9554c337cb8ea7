"""What residents and operators do in a browser, as steps of stories."""

import asyncio
import re

from playwright.async_api import Page

from tests.bench.program import Program

HOLDS_WITHIN_S = 30.0
NEW_PASSWORD = "nan-he-4569899-ok"
NUMBER = re.compile(r"20\d{6}-\d{4,}")
LAMP = "东韩村村口的路灯坏了三天了没人修"


def number_in(talk: str) -> str:
    """The ticket's number that somebody was told."""
    found = NUMBER.search(talk)
    assert found, talk
    return found.group()


async def until(page: Page, expression: str) -> None:
    """Wait until something holds on a page. (Its policy forbids what Playwright would use.)"""
    async with asyncio.timeout(HOLDS_WITHIN_S):
        while not await page.evaluate(expression):
            await asyncio.sleep(0.05)


async def tell(page: Page, url: str, text: str) -> str:
    """Write something on the resident's page; everything that the talk then shows."""
    await page.goto(url)
    await page.fill("#text", text)
    await page.click("#go")
    # Earlier words stand on the page that is left as well; these stand on the next one only.
    await page.locator(".talk .you", has_text=text).last.wait_for()
    return await page.inner_text(".talk")


async def answered(page: Page) -> str:
    """The last thing that the hotline said."""
    await page.wait_for_selector(".talk .you")
    return await page.inner_text(".talk li.us:last-child")


async def log_in(page: Page, program: Program) -> None:
    """With the one-time password of the first start, which must be changed."""
    password = await _one_time_password(program)
    await page.goto(program.url + "/console")
    await page.fill("[name=name]", "admin")
    await page.fill("[name=password]", password)
    await page.click("button")
    await page.wait_for_selector("[name=old]")
    await page.fill("[name=old]", password)
    await page.fill("[name=new]", NEW_PASSWORD)
    await page.fill("[name=again]", NEW_PASSWORD)
    await page.click("main button")
    await page.wait_for_selector("text=等您拿主意的工单")


async def _one_time_password(program: Program) -> str:
    """Printed once the program serves, so a little after it first answers."""
    async with asyncio.timeout(HOLDS_WITHIN_S):
        while not (found := re.search(r"一次性密码：(\S+?)（", program.log())):
            await asyncio.sleep(0.05)
    return found.group(1)
