"""A danger that comes in while operators look at something else, in a real browser."""

from playwright.async_api import Browser, Page

from tests.bench.program import Program
from tests.journeys.browsing import LAMP, log_in, number_in, tell, until

FIRE = "东韩村有人家着火了，屋里还有人"
IN_TOWN = "和阳大街路灯坏了"
SHOWS = "!document.getElementById('alarm').hidden"
QUIET = "document.getElementById('alarm').hidden"
TOP = "document.querySelector('[name=place]').getBoundingClientRect().top"
COUNTS_BEEPS = """
window.beeps = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...at) { window.beeps += 1; return start.apply(this, at); };
"""


async def says(browser: Browser, program: Program, text: str) -> str:
    """A resident whom the hotline doesn't know says something; its ticket."""
    return number_in(await tell(await (await browser.new_context()).new_page(), program.url, text))


async def operator(browser: Browser, program: Program) -> Page:
    context = await browser.new_context()
    await context.add_init_script(COUNTS_BEEPS)
    page = await context.new_page()
    await log_in(page, program)
    return page


async def test_danger_is_seen_and_heard_on_every_page_until_it_is_opened(
    browser: Browser, program: Program
) -> None:
    lamp = await says(browser, program, LAMP)
    page = await operator(browser, program)
    other = await page.context.new_page()
    await other.goto(program.url + "/console/letters")
    await page.goto(f"{program.url}/console/tickets/{lamp}")
    await page.focus("[name=place]")
    title, top = await page.title(), await page.evaluate(TOP)
    assert not await page.is_visible("#alarm") and "险情" not in title

    fire = await says(browser, program, FIRE)
    for each in (page, other):
        await until(each, SHOWS)
        assert "险情，还没有人接手" in await each.inner_text("#alarm")
        told = await each.inner_text(f"#alarm a[href='/console/tickets/{fire}']")
        assert told == f"火灾火情，和阳镇东韩村 {fire}"
    assert await page.title() == f"■ 险情 1 件 · {title}"
    assert abs(await page.evaluate(TOP) - top) < 2, "what somebody types into has moved"

    assert await page.evaluate("beeps") == 0, "a page that was not touched may not sound"
    await page.click("#alarm >> text=打开声音")
    await until(page, "beeps >= 1 + 2 * 3")
    await page.click("#alarm a")
    await page.wait_for_selector("h1 >> text=火灾火情")
    await until(other, "document.querySelector('#alarm .hush').hidden")
    assert await other.is_visible(f"#alarm a[href$='{fire}']"), "nobody has taken it up"
    assert not await page.is_visible("#alarm") and await page.evaluate("beeps") == 0

    await page.select_option("select[name=action]", "progress")
    await page.fill("section:has(select[name=action]) [name=note]", "已请119出动")
    await page.click("button >> text=提交")
    await until(other, QUIET)
    assert "险情" not in await other.title()


async def test_queue_tells_of_a_new_danger_as_every_page_does_and_of_what_else_is_new(
    browser: Browser, program: Program
) -> None:
    first = await says(browser, program, FIRE)
    page = await operator(browser, program)
    await page.reload()
    await until(page, "document.title.startsWith('■ 险情 1 件')")
    second = await says(browser, program, FIRE)
    link = f"#alarm a[href$='{second}']"
    await page.wait_for_selector(link)
    assert not await page.locator(f"#alarm a[href$='{first}']").count(), "the page lists that one"
    await says(browser, program, IN_TOWN)
    await until(page, "document.getElementById('news').textContent.includes('新来 2 件')")
    await page.press("body", "x")
    await page.wait_for_url(f"**/console/tickets/{second}")


async def test_page_without_script_shows_no_alarm_that_it_could_not_keep(
    browser: Browser, program: Program
) -> None:
    page = await operator(browser, program)
    state = await page.context.storage_state()
    context = await browser.new_context(java_script_enabled=False, storage_state=state)
    bare = await context.new_page()
    await bare.goto(program.url + "/console/letters")
    assert await bare.is_visible("nav") and not await bare.is_visible("text=打开警报声")
    assert not await bare.is_visible("#alarm")
