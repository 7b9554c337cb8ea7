"""How the console looks in a real browser, where the eye would go wrong and no text tells it."""

from playwright.async_api import Browser

from tests.bench.program import Program
from tests.journeys.browsing import LAMP, log_in, tell

LINES = "new Set([...document.querySelectorAll('nav a')].map(each => each.offsetTop)).size"
WIDER = "document.documentElement.scrollWidth - innerWidth"
GROUNDS = """[...document.querySelectorAll('.figures a')].map(
    each => [each.innerText, getComputedStyle(each).backgroundColor])"""


async def test_menu_is_one_line_on_a_telephone_and_a_tile_with_work_is_unlike_those_without(
    browser: Browser, program: Program
) -> None:
    await tell(await browser.new_page(), program.url, LAMP)
    page = await (await browser.new_context()).new_page()
    await log_in(page, program)
    await page.reload()
    for width in (320, 390, 1280):
        await page.set_viewport_size({"width": width, "height": 800})
        assert await page.evaluate(LINES) == 1, width
        assert await page.evaluate(WIDER) <= 0, width
    grounds = await page.evaluate(GROUNDS)
    work = {ground for text, ground in grounds if text.startswith("1 ")}
    none = {ground for text, ground in grounds if text.startswith("0 ")}
    assert len(work) == len(none) == 1 and work != none
