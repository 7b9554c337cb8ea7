"""What could not be delivered, in the console and on the command line: all of it, nobody whole."""

import re
from collections.abc import AsyncIterator
from datetime import datetime
from io import StringIO
from typing import Any

import pytest
import sqlalchemy as sa
from rich.console import Console

from config.settings import Settings
from intake.accounts import Role
from intake.cli import show
from intake.services import Services
from routing import outbox, schema
from routing.envelope import Envelope
from tests.intake.console import Desk, enter

MANY = 450
IDS = re.compile(r'action="/console/letters/(letter-[0-9]+)"')
CALLED = {
    "number": "20261123-0001",
    "matter": "路灯",
    "place": "东韩村",
    "due": "后天",
    "contact": "联系居民：拨 4569899，听到问候后按 *，再按 734218\n",
}


@pytest.fixture
async def desk(services: Services) -> AsyncIterator[Desk]:
    """A window that nobody has logged in by."""
    made = await Desk.opened(services)
    yield made
    await made.client.close()


async def bury(services: Services, envelopes: list[Envelope], at: datetime) -> None:
    """These were posted and given up."""
    died = sa.update(schema.outbox).values(
        state="dead", attempts=7, finished_at=at, last_error="HTTP 500，请打13912345678"
    )

    def write(connection: sa.Connection) -> None:
        outbox.post(connection, envelopes, at)
        connection.execute(died)

    await services.database.write(write)


def letter(number: int, destination: str, kind: str, **body: Any) -> Envelope:
    return Envelope(
        id=f"letter-{number:04d}", destination=destination, ticket="", kind=kind, body=body
    )


def result(number: int) -> Envelope:
    values = {"number": "20261123-0001", "matter": "路灯", "answer": "请找王主任13912345678"}
    return letter(number, "tel:+8613912345678", "result", key="result", values=values)


async def waiting(services: Services) -> int:
    return len(await services.database.read(lambda c: outbox.dead(c, limit=1000)))


async def test_all_of_many_are_seen_page_by_page_and_sent_again_at_once(
    desk: Desk, services: Services
) -> None:
    await bury(services, [result(n) for n in range(MANY)], services.runtime.now())
    token = await enter(desk, services, Role.OPERATOR)
    seen: list[str] = []
    path = "/console/letters?page=1"
    while path:
        _, page = await desk.get(path)
        assert f"（{MANY} 条）" in page
        seen += IDS.findall(page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = "/console/letters" + following.group(1).replace("&amp;", "&") if following else ""
    assert sorted(seen) == [f"letter-{n:04d}" for n in range(MANY)]
    assert await desk.post("/console/letters/letter-0003", {"csrf": token}) == (
        303,
        "/console/letters",
    )
    assert await waiting(services) == MANY - 1
    assert (await desk.post("/console/letters/all", {"csrf": token}))[0] == 303
    assert await waiting(services) == 0
    assert "都送到了" in (await desk.get("/console/letters"))[1]


async def test_letter_says_when_to_whom_what_and_why_without_anybodys_number(
    desk: Desk, services: Services
) -> None:
    data = {"text": "路灯坏了，电话13912345678", "note": ""}
    letters = [
        result(1),
        letter(2, "webhook:city-management", "ticket.dispatched", data=data),
        letter(3, "webhook:gone", "ticket.released", data={}),
        letter(4, "media:wechat/0/1", "media.fetch", message="0", attachment=1),
        letter(5, "web:a", "no-such-reply", key="no-such-reply"),
        letter(6, "wechat:w", "worker_dispatched", key="worker_dispatched", values=CALLED),
    ]
    await bury(services, letters, services.runtime.now())
    await enter(desk, services, Role.INSPECTOR)
    _, page = await desk.get("/console/letters")
    for told in ("11月23日 09:00", "推送：派单", "推送：转给了别的单位", "请找王主任", "试了 7 次"):
        assert told in page, told
    for told in (
        "电话 139****5678",
        '<td data-label="发给谁">微信</td>',
        "补取居民发来的照片",
        "HTTP 500",
    ):
        assert told in page, told
    assert "东韩村" in page and "734218" not in page  # a code is for who handles the ticket
    assert "13912345678" not in page and "重发</button>" not in page


async def test_command_line_shows_no_number_and_sends_all_again(
    services: Services, settings: Settings
) -> None:
    await bury(services, [result(n) for n in range(MANY)], services.runtime.now())
    said = StringIO()
    out = Console(file=said, width=200)
    await show.dead_letters(out, settings, "")
    assert f"死信 {MANY} 条" in said.getvalue() and "letter-0449" in said.getvalue()
    assert "13912345678" not in said.getvalue() and "2026-11-23 09:00" in said.getvalue()
    await show.dead_letters(out, settings, "letter-0001")
    assert await waiting(services) == MANY - 1
    await show.dead_letters(out, settings, "all")
    assert f"{MANY - 1} 条" in said.getvalue()
    assert await waiting(services) == 0
