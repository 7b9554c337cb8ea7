"""Whose ticket it is: its reporter's, and who shows it by the telephone that was left. The real desk."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from channels.message import Contact, InboundMessage
from intake import schema
from intake.phone import callbacks
from intake.services import Services
from intake.web import server
from routing import schema as tables
from routing import store
from routing.ticket import Status
from tests.clock import Clock
from tests.intake.resident import Resident

Say = Callable[..., InboundMessage]
LAMP = "东韩村村口的路灯坏了三天了没人修"
OWN = f"{LAMP}，我的电话是13912345678"
UNKNOWN = ["progress_unknown"]


class Street:
    """People of whom one has reported a matter."""

    def __init__(self, services: Services, clock: Clock, say: Say) -> None:
        self.services, self.clock, self.say = services, clock, say
        self.people: dict[str, Resident] = {}

    def somebody(self, name: str) -> Resident:
        """One of them, in his own browser."""
        newcomer = Resident(self.services, self.clock, self.say, name)
        return self.people.setdefault(name, newcomer)

    async def reports(self, text: str) -> str:
        """The number of the ticket that the first of them gets."""
        return (await self.somebody("a").receipt(text)).ticket

    async def status(self, number: str) -> Status:
        """How the ticket stands."""
        return (await self.services.database.read(lambda c: store.load(c, number))).status


@pytest.fixture
def street(services: Services, clock: Clock, say: Say) -> Street:
    """Nobody has reported anything yet."""
    return Street(services, clock, say)


@pytest.mark.parametrize(
    "asks",
    [
        "查询 {} 5678",
        "查询{} 5678",
        "查进度 {} 尾号5678",
        "{} 5678",
        "单号{}，手机后四位5678",
        "{} 办得怎么样了 5678",
        "查询 {} 13912345678",
    ],
)
async def test_last_four_digits_show_how_it_stands(street: Street, asks: str) -> None:
    number = await street.reports(OWN)
    assert await street.somebody("b").says(asks.format(number)) == ["progress"]
    assert await street.somebody("b").tickets() == []


@pytest.mark.parametrize(
    "asks",
    ["查询 {}", "查询 {} 5677", "查询 {} 13800005678", "我要查询进度 {} 5677 5678"],
)
async def test_nobody_else_learns_how_it_stands(street: Street, asks: str) -> None:
    number = await street.reports(OWN)
    assert await street.somebody("b").says(asks.format(number)) == UNKNOWN
    assert await street.somebody("b").tickets() == []


async def test_ten_guesses_in_one_message_are_none(street: Street) -> None:
    number = await street.reports(OWN)
    guesses = " ".join(f"{each:04d}" for each in range(5670, 5680))
    for order in ("我要查询进度", "我要撤单", "补充"):
        assert await street.somebody("b").says(f"{order} {number} {guesses}") == UNKNOWN


async def test_who_tries_five_times_proves_nothing_more_today(street: Street) -> None:
    first = await street.reports(OWN)
    second = (await street.somebody("o").receipt(OWN)).ticket
    stranger = street.somebody("s")
    for index in range(5):  # whatever the ticket
        number = (first, second)[index % 2]
        assert await stranger.says(f"查询 {number} 000{index}") == UNKNOWN
    assert await stranger.says(f"查询 {first} 5678") == UNKNOWN
    assert await stranger.says(f"查询 {second} 13912345678") == UNKNOWN
    street.clock.forward(days=1)
    assert await stranger.says(f"查询 {first} 5678") == ["progress"]


async def test_wrong_tries_of_others_lock_nobody_out_of_his_own(street: Street) -> None:
    number = await street.reports(OWN)
    for index in range(5):
        assert await street.somebody("s").says(f"查询 {number} 000{index}") == UNKNOWN
    assert await street.somebody("b").says(f"查询 {number} 5678") == ["progress"]
    assert await street.somebody("a").says("查询") == ["progress"]


async def test_where_many_have_tried_the_whole_number_still_shows_it(street: Street) -> None:
    number = await street.reports(OWN)
    for index in range(20):  # a new browser each
        assert await street.somebody(f"s{index}").says(f"查询 {number} 00{index:02d}") == UNKNOWN
    assert await street.somebody("b").says(f"查询 {number} 5678") == UNKNOWN
    assert await street.somebody("c").says(f"查询 {number} 13912345678") == ["progress"]
    assert await street.somebody("a").says("查询") == ["progress"]
    street.clock.forward(days=1)
    assert await street.somebody("d").says(f"查询 {number} 5678") == ["progress"]
    assert await street.somebody("e").says(f"查询 {number} 0000") == UNKNOWN
    for table in (schema.proof_failure, schema.proof_failure_by):
        query = sa.select(table.c.failures)
        found = await street.services.database.read(lambda c, q=query: c.execute(q).scalars().all())
        assert list(found) == [1]


async def test_his_own_slips_do_not_count_where_he_has_reported_it(street: Street) -> None:
    number = await street.reports(OWN)
    for _ in range(7):
        assert await street.somebody("a").says(f"查询 {number} 0000") == ["progress"]
    assert await street.somebody("b").says(f"查询 {number} 5678") == ["progress"]


@pytest.mark.parametrize("yes", ["确认撤单", "是"])
async def test_who_has_proved_it_can_also_withdraw_it(street: Street, yes: str) -> None:
    number = await street.reports(OWN)
    other = street.somebody("b")
    assert await other.says(f"撤单 {number} 5678") == ["withdraw_ask"]
    assert await other.says(yes) == ["withdrawn"]
    assert await street.status(number) is Status.WITHDRAWN


async def test_a_proof_stays_with_who_gave_it(street: Street) -> None:
    number = await street.reports(OWN)
    other = street.somebody("b")
    await other.says(f"查询 {number} 5678")
    assert await other.says(f"查询 {number}", after_s=3600) == ["progress"]
    assert await other.says("查询", after_s=3600) == ["progress"]
    assert await street.somebody("c").says(f"查询 {number}") == UNKNOWN


async def test_form_asks_how_it_stands_and_opens_nothing(street: Street) -> None:
    number = await street.reports(OWN)
    async with TestClient(
        TestServer(server.application(street.services)), cookie_jar=CookieJar(unsafe=True)
    ) as browser:
        page = await (await browser.get("/progress")).text()
        found = re.search(r'name="key" value="([^"]+)"', page)
        assert found is not None
        form = {"key": found.group(1), "number": number, "last_four": "5678"}
        assert (await browser.post("/", data=form, allow_redirects=False)).status == 303
        page = re.sub("<[^>]+>", "", await (await browser.get("/")).text())
    assert f"查询 {number}" in page
    assert "最近一步" in page
    assert "5678" not in page
    query = sa.select(sa.func.count()).select_from(tables.ticket)
    assert await street.services.database.read(lambda c: c.execute(query).scalar_one()) == 1


ACCUSED = "东韩村包工头李四拖欠工资，他的电话是13800001111"


async def test_who_is_accused_hears_nothing_and_is_never_rung(street: Street) -> None:
    number = await street.reports(ACCUSED)
    ticket = await street.services.database.read(lambda c: store.load(c, number))
    assert "13800001111" in ticket.text
    assert ticket.reporter_phone == ""
    assert callbacks.reachable(ticket) is None
    accused = Contact(scheme="tel", path="+8613800001111")
    for words in (f"查询 {number}", f"撤单 {number}", f"{number} 没解决"):
        assert await street.somebody("b").says(words, sender=accused) == UNKNOWN
        assert await street.somebody("c").says(f"{words} 1111") == UNKNOWN


async def test_own_number_among_others_is_the_reporters(street: Street) -> None:
    number = await street.reports(f"{ACCUSED}，有事打我13912345678")
    ticket = await street.services.database.read(lambda c: store.load(c, number))
    assert ticket.reporter_phone == "13912345678"
    mine = Contact(scheme="tel", path="+8613912345678")
    assert callbacks.reachable(ticket) == mine
    assert await street.somebody("b").says(f"查询 {number}", sender=mine) == ["progress"]
