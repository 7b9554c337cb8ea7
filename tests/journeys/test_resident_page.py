"""The resident's page in a real browser: photo, place pin, kiosk, and news that wait to be wanted."""

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Browser, Geolocation, Page, Request

from tests.bench.program import Program
from tests.journeys.browsing import LAMP, answered, log_in, number_in, tell, until

OWNER = "Zhang San, Donghan village"
PLACE = Geolocation(latitude=37.00531, longitude=114.69112)


def photo(folder: Path, size: tuple[int, int] = (60, 40)) -> Path:
    """A photo whose camera tells who took it and where."""
    exif = Image.Exif()
    exif[0x010E] = OWNER
    exif.get_ifd(0x8825).update({1: "N", 2: (37.0, 0.0, 19.1), 3: "E", 4: (114.0, 41.0, 28.0)})
    path = folder / "photo.jpg"
    Image.effect_noise(size, 90).save(path, format="JPEG", exif=exif, quality=95)
    with Image.open(path) as taken:
        assert taken.getexif().get_ifd(0x8825)
    return path


async def looked_at(operator: Page, program: Program, number: str) -> bytes:
    """The photo of a ticket, as the operator's browser gets it."""
    await log_in(operator, program)
    await operator.goto(f"{program.url}/console/tickets/{number}")
    shown = operator.locator("img.photo")
    await shown.scroll_into_view_if_needed()
    await until(operator, "document.querySelector('img.photo').naturalWidth > 0")
    source = await shown.get_attribute("src")
    answer = await operator.request.get(f"{program.url}{source}")
    assert answer.headers["content-type"] == "image/jpeg"
    return await answer.body()


async def test_photo_is_seen_before_it_is_sent_and_tells_nothing_of_its_owner(
    browser: Browser, program: Program, tmp_path: Path
) -> None:
    page = await browser.new_page(viewport={"width": 360, "height": 740})
    await page.goto(program.url)
    await page.set_input_files("#photo", photo(tmp_path))
    await until(page, "document.querySelector('#preview img').naturalWidth === 60")
    await page.click("text=不要这张")
    assert not await page.is_visible("#preview")
    assert await page.input_value("#photo") == ""
    await page.set_input_files("#photo", tmp_path / "photo.jpg")
    await page.wait_for_selector("#preview:visible")
    await page.fill("#text", LAMP)
    await page.click("#go")
    await page.wait_for_selector("text=照片 1 张，收到了")
    number = number_in(await page.inner_text(".talk"))
    kept = await looked_at(await browser.new_page(), program, number)
    assert OWNER.encode() in (tmp_path / "photo.jpg").read_bytes()
    assert OWNER.encode() not in kept
    with Image.open(io.BytesIO(kept)) as shown:
        assert not shown.getexif()


async def test_photo_goes_without_script_and_strangers_do_not_see_it(
    browser: Browser, program: Program, tmp_path: Path
) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(program.url)
    assert not await page.is_visible(".chosen")
    await page.set_input_files("#photo", photo(tmp_path))
    assert await page.is_visible(".chosen")
    await page.fill("#text", LAMP)
    await page.click("#go")
    await page.wait_for_selector("text=照片 1 张，收到了")
    operator = await browser.new_page()
    await looked_at(operator, program, number_in(await page.inner_text(".talk")))
    source = await operator.locator("img.photo").get_attribute("src")
    answer = await page.request.get(f"{program.url}{source}")
    assert "登录" in await answer.text() and answer.url.endswith("/console/login")
    await context.close()


async def test_large_photo_is_made_smaller_before_it_travels(
    browser: Browser, program: Program, tmp_path: Path
) -> None:
    path = photo(tmp_path, (3600, 2400))
    assert path.stat().st_size > 5_000_000
    page = await browser.new_page()
    sent: list[Request] = []
    page.on("request", lambda each: sent.append(each) if each.method == "POST" else None)
    await page.goto(program.url)
    await page.set_input_files("#photo", path)
    await page.fill("#text", LAMP)
    await page.click("#go")  # at once: sending waits for the smaller one
    await page.wait_for_selector("text=照片 1 张，收到了")
    assert int((await sent[0].all_headers())["content-length"]) < path.stat().st_size / 2


async def test_place_pin_reaches_the_operator_in_words(browser: Browser, program: Program) -> None:
    context = await browser.new_context(geolocation=PLACE, permissions=["geolocation"])
    page = await context.new_page()
    await page.goto(program.url)
    await page.click("#here")
    await page.wait_for_selector("text=位置附上了")
    await page.fill("#text", LAMP)
    await page.click("#go")
    await page.wait_for_selector("text=您的位置，收到了")
    number = number_in(await page.inner_text(".talk"))
    operator = await browser.new_page()
    await log_in(operator, program)
    await operator.goto(f"{program.url}/console/tickets/{number}")
    assert "北纬 37.00531，东经 114.69112" in await operator.inner_text("main")
    await context.close()


async def test_whoever_does_not_tell_his_place_is_asked_to_write_it(
    browser: Browser, program: Program
) -> None:
    page = await browser.new_page()
    await page.goto(program.url)
    await page.click("#here")
    await page.wait_for_selector("text=请写明在哪个村、哪条街")


async def test_next_person_at_the_kiosk_sees_nothing(browser: Browser, program: Program) -> None:
    page = await browser.new_page()
    await page.clock.install()
    await tell(page, program.url + "/?kiosk=1", LAMP)
    (before,) = await page.context.cookies()
    await page.clock.fast_forward(105_000)
    await page.wait_for_selector("text=您还在吗？")
    await page.click("#stay")
    assert not await page.is_visible("#idle")
    assert "路灯" in await page.inner_text(".talk")

    await page.fill("#text", "还没有写完")
    async with page.expect_navigation():
        await page.clock.fast_forward(125_000)
    assert await page.locator(".talk .you").count() == 0
    assert page.url.endswith("/?kiosk=1")
    assert await page.input_value("#text") == ""
    (after,) = await page.context.cookies()
    assert after["value"] != before["value"]
    await page.goto(program.url + "/progress?kiosk=1")
    assert "这里还没有您说过的事" in await page.inner_text("main")
    for _ in range(3):
        await page.go_back()
        shown = await page.inner_text("body")
        assert "路灯" not in shown and "没有写完" not in shown


async def test_whoever_writes_long_at_the_kiosk_is_still_himself(
    browser: Browser, program: Program
) -> None:
    """The page's clock is set forward, the browser's own with its cookies is not: so the server
    must have been told, and the cookie be a new one with the old name.
    """
    page = await browser.new_page()
    await page.clock.install()
    await tell(page, program.url + "/?kiosk=1", "路灯坏了")
    (before,) = await page.context.cookies()
    await page.clock.fast_forward(60_000)
    async with page.expect_response("**/stay?kiosk=1") as told:
        await page.type("#text", "东韩村")
    assert (await told.value).status == 204
    (after,) = await page.context.cookies()
    assert after["value"] == before["value"]
    assert after["expires"] > before["expires"]
    await page.click("#go")
    await page.wait_for_selector("text=单号")
    assert number_in(await answered(page))


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
async def test_done_at_the_kiosk_clears_at_once(
    browser: Browser, program: Program, script: bool
) -> None:
    context = await browser.new_context(java_script_enabled=script)
    page = await context.new_page()
    await tell(page, program.url + "/?kiosk=1", LAMP)
    await page.click("text=我说完了")
    await page.wait_for_selector("text=这里的话已经清掉")
    assert "路灯" not in await page.inner_text("body")
    await context.close()


async def test_news_are_announced_and_come_when_they_are_wanted(
    browser: Browser, program: Program
) -> None:
    page = await browser.new_page()
    await page.clock.install()
    number = number_in(await tell(page, program.url, LAMP))
    operator = await browser.new_page()
    await log_in(operator, program)
    await operator.goto(f"{program.url}/console/tickets/{number}")
    form = operator.locator("form:has([name=action][value=answer])")
    await form.locator("[name=note]").fill("已换新灯，今晚亮。")
    await form.locator("button").click()
    await operator.wait_for_selector("text=已答复")
    await page.fill("#text", "我正在写")
    await page.clock.run_for(16_000)
    await page.wait_for_selector("#news:visible")
    assert "今晚亮" not in await page.inner_text(".talk")
    await page.click("#news")
    assert "今晚亮" in await answered(page)
    assert await page.input_value("#text") == "我正在写"
    await page.click("#choices >> text=没解决")
    await page.wait_for_selector(".talk .you >> text=没解决")
    assert not await page.is_visible("#choices")


async def test_no_page_is_wider_than_the_screen(browser: Browser, program: Program) -> None:
    page = await browser.new_page(viewport={"width": 320, "height": 700})
    await tell(page, program.url, "着火了，东韩村")
    for width in (320, 390, 1280):
        await page.set_viewport_size({"width": width, "height": 700})
        for path in ("/", "/?kiosk=1", "/progress", "/nowhere"):
            await page.goto(program.url + path)
            asked = await page.evaluate("document.documentElement.scrollWidth")
            assert asked <= width, (path, width)


TWICE = """() => {
  const all = [...document.querySelectorAll("*")].filter((each) => each.style);
  const sizes = all.map((each) => parseFloat(getComputedStyle(each).fontSize));
  all.forEach((each, at) => { each.style.fontSize = `${2 * sizes[at]}px`; });
}"""


@pytest.mark.parametrize("path", ["/", "/progress", "/nowhere", "/console", "/console/letters"])
async def test_letters_of_twice_the_size_fit_the_screen_of_a_telephone(
    browser: Browser, program: Program, path: str
) -> None:
    page = await browser.new_page(viewport={"width": 390, "height": 844})
    await tell(page, program.url, "着火了，东韩村")
    if path.startswith("/console"):
        await log_in(page, program)
    await page.goto(program.url + path)
    await page.evaluate(TWICE)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    for link in await page.locator(".tickets a.number").all():
        box, room = await link.bounding_box(), await link.locator("xpath=..").bounding_box()
        assert box and (room is None or box["width"] <= room["width"] or room["width"] == 0)


async def test_what_is_to_be_pressed_is_large_enough_for_a_thumb(
    browser: Browser, program: Program
) -> None:
    page = await browser.new_page(viewport={"width": 390, "height": 844})
    await tell(page, program.url, "着火了，东韩村")
    for each in await page.locator("a:visible, button:visible, summary:visible").all():
        box = await each.bounding_box()
        assert box and box["width"] >= 44 and box["height"] >= 44, await each.inner_text()


async def test_who_has_strayed_finds_home(browser: Browser, program: Program) -> None:
    page = await browser.new_page()
    await page.goto(program.url + "/nowhere")
    await page.click("text=回到首页")
    await page.wait_for_selector("#text")


async def test_what_came_together_is_read_aloud_by_one_button(
    browser: Browser, program: Program
) -> None:
    page = await browser.new_page(viewport={"width": 390, "height": 844})
    await page.add_init_script(
        "window.heard = []; speechSynthesis.speak = (each) => window.heard.push(each.text);"
    )
    await tell(page, program.url, "王庄村有人家着火了，屋里还有人")
    parts = await page.locator(".talk li.us p").all_inner_texts()
    assert len(parts) > 2
    assert await page.locator(".talk button.read").count() == 1
    await page.click(".talk button.read")
    assert await page.evaluate("window.heard") == ["\n".join(parts)]
    await tell(page, program.url, "人都出来了")
    assert await page.locator(".talk button.read").count() == 2
