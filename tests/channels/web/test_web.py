"""The resident's page: the contract of every channel, and what only a page must do."""

import io
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from limits import RateLimitItemPerHour
from PIL import Image

from channels.channel import Line
from channels.message import Contact, Reply
from channels.web import ration
from channels.web.channel import WebChannel
from channels.web.visitor import COOKIE
from config.sections import Web
from tests.channels import contract
from tests.channels.contract import Call, Case
from tests.channels.desk import START, FakeDesk
from tests.channels.web import platform
from tests.channels.web.platform import BOUNDARY, Adapter, key, multipart, picture, resident

CASES = contract.cases(platform.ABILITIES)
IDLE_S = 90
NUMBER = "20261124-0001"
ADAPTER = Adapter()
Client = TestClient[Any, Any]


@pytest.mark.parametrize("case", CASES, ids=contract.name)
async def test_web_keeps_the_contract(case: Case) -> None:
    await contract.run(case, Adapter())


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
async def client(desk: FakeDesk) -> AsyncIterator[Client]:
    async with ClientSession() as http:
        channel = WebChannel(Web(kiosk_idle_s=IDLE_S), desk.desk(http))
        application = web.Application()
        application.router.add_routes(channel.routes())
        jar = CookieJar(unsafe=True)
        async with TestClient(TestServer(application), cookie_jar=jar) as made:
            yield made


async def send(client: Client, call: Call) -> tuple[int, str]:
    """Send a form as a browser would and stay where it is answered: the status and the page."""
    answer = await client.post(
        call.path, data=io.BytesIO(call.body), headers=call.headers, allow_redirects=False
    )
    return answer.status, await answer.text()


def line(text: str, *, us: bool = True, **more: Any) -> Line:
    return Line(at=START, from_us=us, text=text, **more)


# A form that can't be taken: which status, and what the page says.
REFUSED: Mapping[str, tuple[Call, int, str]] = {
    "nothing in it": (ADAPTER.form({"text": "  "}), 400, "请先写下要说的事"),
    "no cookie": (ADAPTER.unsigned(ADAPTER.text("路灯")), 403, "请再按一次“发送”"),
    "too long": (ADAPTER.text("路" * 2001), 413, "too_long"),
    "a text as photo": (ADAPTER.upload(b"hello", words="路灯"), 400, "media_refused"),
    "a script as photo": (
        ADAPTER.upload(b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", name="a.svg"),
        400,
        "media_refused",
    ),
    "a photo cut short": (ADAPTER.upload(picture(size=(400, 400))[:600]), 400, "media_refused"),
    "a photo of another kind": (ADAPTER.upload(picture("TIFF")), 400, "media_refused"),
    "a photo without end": (ADAPTER.upload(b"\xff\xd8" + bytes(11 * 2**20)), 413, "最多 10 兆"),
    "words without end": (ADAPTER.upload(b"", words="路" * 20_000), 413, "太长"),
    "no boundary": (ADAPTER.parts(b"hello"), 400, "表单"),
    "parts that begin with no header": (
        ADAPTER.parts(f"--{BOUNDARY}\r\ngarbage\r\n\r\n".encode()),
        400,
        "表单",
    ),
    "parts cut short": (ADAPTER.parts(multipart({"text": "a"})[:-60]), 400, "表单"),
    "a form within a form": (
        ADAPTER.parts(
            (
                f"--{BOUNDARY}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
                f"--b\r\n\r\na\r\n--b--\r\n--{BOUNDARY}--\r\n"
            ).encode()
        ),
        400,
        "表单",
    ),
    "a hundred parts": (
        ADAPTER.parts(multipart({f"field{number}": "a" for number in range(100)})),
        400,
        "表单",
    ),
    "bytes that are no words": (
        ADAPTER.parts(multipart({"text": "TEXT"}).replace(b"TEXT", b"\xff\xfe")),
        400,
        "表单",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_cannot_be_taken_is_refused_with_its_reason(
    client: Client, desk: FakeDesk, name: str
) -> None:
    call, status, words = REFUSED[name]
    answered, page = await send(client, call)
    assert (answered, desk.received, desk.kept) == (status, [], [])
    assert words in page


async def test_what_was_typed_is_still_there_after_a_refusal(client: Client) -> None:
    _, page = await send(client, ADAPTER.upload(b"hello", words="路灯<坏了>"))
    assert "路灯&lt;坏了&gt;</textarea>" in page


async def test_twenty_a_minute_are_enough(client: Client, desk: FakeDesk) -> None:
    answers = [await send(client, ADAPTER.text("路灯", number=number)) for number in range(22)]
    taken = len(desk.received)
    assert taken in (20, 21)  # the sliding count may round one away when a minute turns
    assert [status for status, _ in answers] == [303] * taken + [429] * (22 - taken)
    assert "too_many" in answers[-1][1]


async def test_sending_leads_back_to_the_answer_and_shows_nothing_in_the_address(
    client: Client,
) -> None:
    call = ADAPTER.text("我叫张三")
    answer = await client.post(
        "/?kiosk=1&x=13912345678", data=call.body, headers=call.headers, allow_redirects=False
    )
    assert answer.headers["Location"] == "/?kiosk=1#last"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_photo_is_kept_without_what_the_camera_tells(
    client: Client, desk: FakeDesk, kind: str
) -> None:
    status, _ = await send(client, ADAPTER.upload(picture(kind), words="路灯"))
    assert status == 303
    ((content, media_type),) = desk.kept
    assert media_type == f"image/{kind.lower()}"
    assert b"Zhang San" not in content
    assert not Image.open(io.BytesIO(content)).getexif()
    (attachment,) = desk.received[0].attachments
    assert attachment.reference == "store:1"
    assert attachment.size_bytes == len(content)


async def test_huge_photo_is_made_smaller(client: Client, desk: FakeDesk) -> None:
    await send(client, ADAPTER.upload(picture(size=(5000, 3000))))
    assert Image.open(io.BytesIO(desk.kept[0][0])).size == (2400, 1440)


async def test_photo_turned_by_its_owner_stands_upright(client: Client, desk: FakeDesk) -> None:
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 20)).save(out, format="JPEG", exif=exif)
    await send(client, ADAPTER.upload(out.getvalue()))
    assert Image.open(io.BytesIO(desk.kept[0][0])).size == (20, 40)


async def test_pin_says_in_words_where_it_is(client: Client, desk: FakeDesk) -> None:
    await send(client, ADAPTER.location(37.00531, 114.69112))
    point = desk.received[0].point
    assert point is not None
    assert point.words == "地图定位：北纬 37.00531，东经 114.69112"


async def test_number_and_phone_become_a_question_about_progress(
    client: Client, desk: FakeDesk
) -> None:
    await send(client, ADAPTER.form({"number": NUMBER, "last_four": "5678"}))
    assert (desk.received[0].text, desk.received[0].event) == (
        f"查询 {NUMBER}",
        f"progress:{NUMBER}:5678",
    )


@pytest.mark.parametrize(
    "typed", ["20261124 0001", "２０２６１１２４－０００１", "单号20261124-0001", "202611240001"]
)
async def test_number_is_read_however_it_is_typed(
    client: Client, desk: FakeDesk, typed: str
) -> None:
    await send(client, ADAPTER.form({"number": typed}))
    assert desk.received[0].event == "progress:20261124-0001"


async def test_what_is_no_number_is_still_no_sentence(client: Client, desk: FakeDesk) -> None:
    await send(client, ADAPTER.form({"number": "路灯:坏了"}))
    assert desk.received[0].event == "progress:路灯坏了"


async def test_progress_offers_the_tickets_of_this_browser(client: Client, desk: FakeDesk) -> None:
    assert "这里还没有您说过的事" in await (await client.get("/progress")).text()
    said = line(
        "村口的路灯坏了三天了，\n晚上看不见路，没有人来修", us=False, ticket="20261124-0001"
    )
    desk.lines = [said, *[line("好", ticket=f"20261124-000{number}") for number in (1, 2, 1, 2)]]
    page = await (await client.get("/progress")).text()
    assert page.count('name="number" value="20261124-000') == 2
    assert page.index("20261124-0002") < page.index("20261124-0001")
    assert "<span>村口的路灯坏了三天了， 晚上看不见路……</span></button>" in page


async def test_choices_are_buttons_while_they_are_the_last_word(
    client: Client, desk: FakeDesk
) -> None:
    await client.get("/")
    desk.lines = [line("哪一个？", choices=("和阳镇东韩村", "贾宋镇东韩村"))]
    page = await (await client.get("/")).text()
    assert page.count('<button class="plain" name="text"') == 2
    desk.lines.append(line("和阳镇的", us=False))
    assert '<button class="plain" name="text"' not in await (await client.get("/")).text()


async def test_words_are_shown_as_words_and_numbers_stand_out(
    client: Client, desk: FakeDesk
) -> None:
    await client.get("/")
    desk.lines = [line("<script>alert(1)</script>", us=False), line(f"单号 {NUMBER}\n下一行")]
    page = await (await client.get("/")).text()
    assert "<script>alert" not in page
    assert f'<b class="number">{NUMBER}</b><br>下一行' in page
    assert "11月24日 10:00" in page


async def test_cookie_is_for_the_server_alone_and_nobody_can_choose_it(client: Client) -> None:
    for wanted in ("", "admin", "../" * 10, "G" * 32):
        client.session.cookie_jar.clear()  # what it holds would be sent beside the header
        answer = await client.get("/", headers={"Cookie": f"{COOKIE}={wanted}"})
        cookie = answer.cookies[COOKIE]
        assert len(cookie.value) == 32 and cookie.value != wanted
        assert cookie["httponly"] and cookie["samesite"] == "Lax"
    again = await client.get("/", headers={"Cookie": f"{COOKIE}={resident(1)}"})
    assert COOKIE not in again.cookies


async def test_kiosk_forgets_whoever_is_silent(client: Client, desk: FakeDesk) -> None:
    answer = await client.get("/?kiosk=1", headers={"Cookie": f"{COOKIE}={resident(1)}"})
    assert IDLE_S < int(answer.cookies[COOKIE]["max-age"]) < IDLE_S + 20
    page = await answer.text()
    assert f'data-idle="{IDLE_S}"' in page
    desk.lines = [line("您好", us=False)]
    page = await (await client.get("/?kiosk=1")).text()
    assert f'http-equiv="refresh" content="{IDLE_S + 20};url=/?kiosk=1"' in page
    assert "我说完了" in page
    assert 'type="file"' not in page
    assert "请记下或拍下单号" not in page
    desk.lines.append(line("记下了", ticket=NUMBER))
    page = await (await client.get("/?kiosk=1")).text()
    assert f'请记下或拍下单号 <b class="number">{NUMBER}</b>' in page


async def test_answer_that_comes_late_brings_nobody_back_to_the_kiosk(client: Client) -> None:
    headers = {"Cookie": f"{COOKIE}={resident(1)}"}
    looked_at = await client.get("/?kiosk=1", headers=headers)
    assert looked_at.cookies[COOKIE].value == resident(1)
    for_news = await client.get("/?kiosk=1", headers={**headers, "X-Quiet": "1"})
    assert COOKIE not in for_news.cookies


async def test_done_at_the_kiosk_leaves_no_cookie(client: Client) -> None:
    await client.get("/?kiosk=1")
    answer = await client.post("/end?kiosk=1", allow_redirects=False)
    assert answer.headers["Location"] == "/?kiosk=1&ended=1"
    assert answer.cookies[COOKIE]["max-age"] == "0"
    assert "已经清掉" in await (await client.get("/?kiosk=1&ended=1")).text()


@pytest.mark.parametrize("path", ["/", "/progress", "/?kiosk=1", "/progress?kiosk=1"])
async def test_pages_are_not_kept_and_run_nothing_of_strangers(client: Client, path: str) -> None:
    answer = await client.get(path)
    page = await answer.text()
    assert answer.headers["Cache-Control"] == "no-store"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert " style=" not in page and " onclick=" not in page and "<script>" not in page


@pytest.mark.parametrize("path", ["/", "/stay", "/end"])
async def test_other_sites_can_send_nothing(client: Client, desk: FakeDesk, path: str) -> None:
    call = ADAPTER.forged(ADAPTER.text("假的"))
    answer = await client.post(path, data=call.body, headers=call.headers)
    assert answer.status == 403
    assert desk.received == []


@pytest.mark.parametrize("file", ["..%2fchannel.py", "%2e%2e/page.html", "nothing.js"])
async def test_only_the_pages_own_files_are_served(client: Client, file: str) -> None:
    assert (await client.get("/static/web/page.css")).status == 200
    assert (await client.get(f"/static/web/{file}")).status == 404


async def test_a_form_sent_twice_from_one_page_is_one_message(
    client: Client, desk: FakeDesk
) -> None:
    for _ in range(2):
        await send(client, ADAPTER.upload(picture(), words="路灯", number=7))
    (message,) = desk.received
    assert message.external_id.startswith(f"{ADAPTER.contact(1).path}:{key(7)}:")


async def test_nothing_that_is_kept_of_a_resident_opens_his_page(
    client: Client, desk: FakeDesk
) -> None:
    await send(client, ADAPTER.text("路灯坏了"))
    (message,) = desk.received
    assert resident(1) not in repr(message)
    assert message.sender == ADAPTER.contact(1)
    assert desk.received[0].received_at - START < timedelta(seconds=1)


async def test_page_is_where_notices_wait(desk: FakeDesk) -> None:
    async with ClientSession() as http:
        channel = WebChannel(Web(), desk.desk(http))
        sent = await channel.send(Contact(scheme="web", path=resident(1)), Reply(key="result"))
    assert sent == "page:result"


async def test_whoever_writes_at_the_kiosk_is_remembered_for_as_long_again(client: Client) -> None:
    headers = {"Cookie": f"{COOKIE}={resident(1)}"}
    answer = await client.post("/stay?kiosk=1", headers=headers)
    assert answer.status == 204
    assert answer.cookies[COOKIE].value == resident(1)
    assert int(answer.cookies[COOKIE]["max-age"]) > IDLE_S


@pytest.mark.parametrize("path", ["/stay", "/stay?kiosk=1"])
async def test_staying_makes_nobody_of_nobody(client: Client, path: str) -> None:
    assert COOKIE not in (await client.post(path)).cookies


async def test_a_phone_stays_as_it_is(client: Client) -> None:
    answer = await client.post("/stay", headers={"Cookie": f"{COOKIE}={resident(1)}"})
    assert COOKIE not in answer.cookies


async def test_what_was_typed_at_a_kiosk_without_script_is_cleared_too(client: Client) -> None:
    call = ADAPTER.unsigned(ADAPTER.text("我家的事"))
    answer = await client.post("/?kiosk=1", data=call.body, headers=call.headers)
    page = await answer.text()
    assert "我家的事" in page
    assert f'http-equiv="refresh" content="{IDLE_S + 20};url=/?kiosk=1"' in page


@pytest.fixture
def sent_photo(desk: FakeDesk, tmp_path: Path) -> None:
    """A photo that resident 1 has sent."""
    path = tmp_path / "a.jpg"
    path.write_bytes(picture(size=(1200, 900)))
    desk.files["store:1"] = (path, "image/jpeg")
    desk.lines = [line("", us=False, pictures=("store:1", "store:2"))]


@pytest.mark.usefixtures("sent_photo")
async def test_who_sent_a_photo_sees_it_in_small(client: Client) -> None:
    headers = {"Cookie": f"{COOKIE}={resident(1)}"}
    page = await (await client.get("/", headers=headers)).text()
    assert '<img src="/photo/1"' in page
    answer = await client.get("/photo/1", headers=headers)
    with Image.open(io.BytesIO(await answer.read())) as shown:
        assert shown.size == (320, 240)
    assert answer.headers["Cache-Control"] == "no-store"
    assert (await client.get("/photo/2", headers=headers)).status == 404  # gone meanwhile


@pytest.mark.usefixtures("sent_photo")
async def test_nobody_else_sees_a_photo(client: Client, desk: FakeDesk) -> None:
    client.session.cookie_jar.clear()
    assert (await client.get("/photo/1")).status == 404
    desk.lines = [line("您好", us=False)]
    somebody = {"Cookie": f"{COOKIE}={resident(2)}"}
    assert (await client.get("/photo/1", headers=somebody)).status == 404


async def test_dangers_numbers_ring_on_a_phone_and_not_at_a_kiosk(
    client: Client, desk: FakeDesk
) -> None:
    await client.get("/")
    desk.lines = [line("如有生命危险请先拨打 119", us=True)]
    link = '拨打 <a href="tel:119">119</a>'
    assert link in await (await client.get("/")).text()
    assert link not in await (await client.get("/?kiosk=1")).text()


async def test_other_words_under_the_same_key_are_another_message(
    client: Client, desk: FakeDesk
) -> None:
    """The answer was lost, and he wrote on before he pressed again."""
    for words in ("路灯坏了", "路灯坏了", "路灯坏了，三天了"):
        assert (await send(client, ADAPTER.text(words, number=7)))[0] == 303
    assert [message.text for message in desk.received] == ["路灯坏了", "路灯坏了，三天了"]
    assert all(len(message.external_id) <= 200 for message in desk.received)


async def test_other_photo_under_the_same_key_is_another_message(
    client: Client, desk: FakeDesk
) -> None:
    for size in ((40, 30), (40, 30), (30, 40)):
        await send(client, ADAPTER.upload(picture(size=size), words="路灯"))
    assert len(desk.received) == 2


async def test_words_beside_a_too_large_photo_are_still_there(client: Client) -> None:
    call = ADAPTER.upload(b"\xff\xd8" + bytes(21 * 2**20), words="东韩村路灯坏了")
    status, page = await send(client, call)
    assert status == 413
    assert "东韩村路灯坏了</textarea>" in page
    assert "照片太大" in page and "您写的都还在" in page


async def test_photos_of_ever_new_browsers_at_one_address_are_bounded(
    client: Client, desk: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = picture(size=(400, 400))
    few = RateLimitItemPerHour(3 * -(-len(photo) // 1024))
    monkeypatch.setattr(ration, "_PHOTOS_OF_ADDRESS", few)
    answers = [
        await send(client, ADAPTER.upload(photo, words="路灯", number=n, sender=n))
        for n in range(1, 6)
    ]
    assert [status for status, _ in answers] == [303, 303, 303, 429, 429]
    assert "路灯</textarea>" in answers[-1][1] and "不带照片" in answers[-1][1]
    assert len(desk.kept) == 3
    assert (await send(client, ADAPTER.text("路灯", number=9, sender=9)))[0] == 303


def test_photos_of_all_addresses_together_are_bounded() -> None:
    browsers = ration.Ration()
    each = ration.KB_OF_ADDRESS * 1024
    taken = [browsers.takes_photo(f"10.0.0.{n}", each) for n in range(30)]
    assert sum(taken) == ration.KB_OF_ALL // ration.KB_OF_ADDRESS
