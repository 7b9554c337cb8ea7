"""The story in a real browser: a resident writes, an operator looks, a department is told."""

import asyncio

import pytest
from playwright.async_api import Browser

from tests.bench.program import Program
from tests.journeys.browsing import LAMP, answered, log_in, number_in, tell
from tests.journeys.conftest import Departments


async def test_broken_lamp_reaches_the_console_and_the_department(
    browser: Browser, program: Program, departments: Departments
) -> None:
    resident = await browser.new_page()
    talk = await tell(resident, program.url, LAMP)
    number = number_in(talk)
    assert "东韩村网格站" in talk
    assert "前给您答复" in talk

    operator = await browser.new_page()
    await log_in(operator, program)
    await operator.goto(f"{program.url}/console/search?q={number}")
    await operator.click(f"a:has-text('{number}')")
    shown = await operator.inner_text("main")
    for expected in (LAMP, "东韩村", "路灯", "dispatch:", "城市管理"):
        assert expected in shown, shown

    async with asyncio.timeout(30):
        while not departments.received:
            await asyncio.sleep(0.05)
    received = departments.received[0]
    assert received.department == "city-management"
    assert received.payload["data"]["number"] == number


async def test_unclear_matter_is_decided_by_an_operator(
    browser: Browser, program: Program, departments: Departments
) -> None:
    resident = await browser.new_page()
    asked = await tell(resident, program.url, "那边那个东西又那样了你们来看一看吧")
    assert "这事在哪里" in asked
    number = number_in(await tell(resident, program.url, "就是那边"))

    operator = await browser.new_page()
    await log_in(operator, program)
    queue = await operator.inner_text("main")
    assert number in queue
    assert "没有对上具体地点" in queue
    await operator.click(f"a:has-text('{number}')")
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
    talk = await tell(page, program.url, LAMP)
    number = number_in(talk)
    await page.click("text=查进度")
    await page.click(f"button:has-text('{number}')")
    assert "转给东韩村网格站" in await answered(page)
    await page.goto(program.url + "/progress")
    await page.fill("#number", number)
    await page.click("#ask button")
    assert "转给东韩村网格站" in await answered(page)
    await context.close()


@pytest.mark.parametrize("width", [1280, 390])
async def test_pages_fit_the_screen(browser: Browser, program: Program, width: int) -> None:
    page = await browser.new_page(viewport={"width": width, "height": 800})
    number = number_in(await tell(page, program.url, LAMP))
    await log_in(page, program)
    for path in (
        *("/", "/console", "/console/search?q=13912345678", "/console/letters", "/console/stuck"),
        f"/console/tickets/{number}",
    ):
        await page.goto(program.url + path)
        overflow = await page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, path


async def test_a_telephone_shows_when_a_danger_was_told_and_until_when_the_rest_is_due(
    browser: Browser, program: Program
) -> None:
    fire = "王庄村有人家着火了，屋里还有人，东边邻居家的柴火垛也着起来了，老人腿脚不方便出不来"
    for text in (fire, "我要找人工"):
        resident = await browser.new_context()
        await tell(await resident.new_page(), program.url, text)
        await resident.close()
    page = await browser.new_page(viewport={"width": 390, "height": 844})
    await log_in(page, program)
    alarm, rest = await page.inner_text(".alarm"), await page.inner_text("main > .tickets")
    assert "报" in alarm
    assert "已等" in alarm
    assert "回话限" in rest
    cut = await page.evaluate(
        "(() => { const line = document.querySelector('.alarm .line');"
        " return line.scrollWidth - line.clientWidth; })()"
    )
    assert cut <= 0


async def test_ticket_on_paper_is_what_is_known_and_no_form(
    browser: Browser, program: Program
) -> None:
    page = await browser.new_page()
    number = number_in(await tell(page, program.url, LAMP))
    await page.emulate_media(media="print")
    assert LAMP in await page.inner_text(".talk")
    assert not await page.is_visible("#say")
    await page.emulate_media(media="screen")
    await log_in(page, program)
    await page.goto(f"{program.url}/console/tickets/{number}")
    await page.emulate_media(media="print")
    shown = await page.inner_text("main")
    for told in (number, LAMP, "现在谁办，到什么时候", "办理经过"):
        assert told in shown
    assert await page.locator("form:visible, nav:visible, button:visible").count() == 0
    assert "改派或更正" not in shown and "给居民回话" not in shown
