"""The page of how soon calls are answered: who sees it, what it counts, and that it names nobody."""

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from channels.message import Contact
from channels.phone.book import Began, Ended, Outcome, Purpose, SpokenLine, Voice
from intake.accounts import Role
from intake.phone import calls
from intake.phone.noticeboard import Notice, post
from intake.services import Services
from intake.web import sessions
from tests.clock import Clock
from tests.intake.console import Desk, enter

PATH = "/console/calls/answered"
NUMBER = "13912345678"
ID = "0190a1b2-0000-7000-8000-{:012}"


@pytest.fixture
async def desk(services: Services) -> AsyncIterator[Desk]:
    made = await Desk.opened(services)
    yield made
    await made.client.close()


async def rang(
    services: Services,
    number: int,
    began_at: datetime,
    *,
    queued_s: int | None = None,
    picked_up_s: int | None = None,
) -> str:
    """A call that we have greeted at once; handed on after so many seconds, and taken after."""
    call = ID.format(number)
    contact = Contact(scheme="tel", path=f"+86{NUMBER}")
    began = Began(call_id=call, contact=contact, purpose=Purpose.INBOUND, at=began_at)
    line = SpokenLine(voice=Voice.LINE, text="您好", start_ms=0, end_ms=4000)
    outcome = Outcome.SERVED if queued_s is None else Outcome.PERSON
    over = began_at + timedelta(seconds=60)

    async def write(name: str, *values: object) -> None:
        await services.database.write(lambda c: getattr(calls, name)(c, *values))

    await write("began", began)
    await write("spoken", call, line, began_at + timedelta(seconds=5))
    if queued_s is not None:
        await write("queued", call, began_at + timedelta(seconds=queued_s))
    if picked_up_s is not None:
        await write("connected", call, "王芳", began_at + timedelta(seconds=picked_up_s))
    await write("ended", Ended(call_id=call, at=over, outcome=outcome))
    return call


def shown(page: str) -> dict[str, list[str]]:
    """The table: what stands in the columns of each figure."""
    found = {}
    for row in re.findall(r'<th scope="row">([^<]+)<span.*?</tr>', page, re.S):
        line = page.split(f'<th scope="row">{row}<', 1)[1].split("</tr>")[0]
        found[row] = re.findall(r"<b>([^<]+)</b>", line)
    return found


@pytest.mark.parametrize("role", list(Role))
async def test_who_supervises_sees_it_and_is_led_to_it(
    desk: Desk, services: Services, role: Role
) -> None:
    await enter(desk, services, role)
    may = role in sessions.MAY_SUPERVISE
    assert (await desk.get(PATH))[0] == (200 if may else 403)
    _, page = await desk.get("/console/calls")
    assert (PATH in page) == may


async def test_page_counts_the_day_and_the_days_before_it(
    desk: Desk, services: Services, clock: Clock
) -> None:
    await enter(desk, services, Role.LEADER)
    now = services.runtime.now()
    await rang(services, 1, now)
    await rang(services, 2, now, queued_s=20, picked_up_s=26)
    await rang(services, 3, now, queued_s=20)
    await rang(services, 4, now - timedelta(days=3), queued_s=20, picked_up_s=60)
    await rang(services, 5, now - timedelta(days=20), queued_s=20)
    clock.forward(hours=2)
    _, page = await desk.get(PATH)
    table = shown(page)
    assert table["来电"] == ["3", "4", "5"]
    assert table["15 秒内应答"] == ["100.0 %"] * 3
    assert table["接通率"] == ["66.6 %", "75.0 %", "60.0 %"]
    assert table["接通率最低的 24 小时"] == ["—", "66.6 %", "0.0 %"]
    assert table["转话务员"] == ["2", "3", "4"]
    assert table["话务员 15 秒内接起"] == ["50.0 %", "33.3 %", "25.0 %"]
    assert table["话务员接起"] == ["50.0 %", "66.6 %", "50.0 %"]
    assert table["等不到就挂断（呼损）"] == ["1", "1", "2"]
    assert table["等了多久，一半的人"] == ["6 秒", "6 秒", "6 秒"]
    assert table["等了多久，95 % 的人"] == ["6 秒", "40 秒", "40 秒"]
    assert "9 点：来电 3 个，没接通 1 个" in page
    assert "达到" in page and "没达到" in page
    assert "style=" not in page  # the policy takes none
    assert NUMBER not in page and "****" not in page


async def test_each_call_is_in_one_line_of_those_that_tell_how_it_ended(
    desk: Desk, services: Services
) -> None:
    await enter(desk, services, Role.INSPECTOR)
    now = services.runtime.now()
    for number in range(3):
        await rang(services, number, now, queued_s=20 if number else None)
    table = shown((await desk.get(PATH))[1])
    apart = ("转话务员", "热线自己办完", "没说完就挂断", "中断，或者没人应答")
    assert sum(int(table[each][0]) for each in apart) == int(table["来电"][0]) == 3


async def test_call_on_the_line_is_not_counted_yet(desk: Desk, services: Services) -> None:
    await enter(desk, services, Role.LEADER)
    now = services.runtime.now()
    waiting = await rang(services, 1, now, queued_s=20)
    notice = Notice(up=True, calls=(waiting,), waiting=(waiting,))
    await services.database.write(lambda c: post(c, notice, now))
    _, page = await desk.get(PATH)
    assert shown(page)["来电"][0] == "0" and "还有 1 个电话没有结束" in page
    assert "这一天没有已经结束的来电" in page


async def test_another_day_is_asked_for_and_none_that_is_to_come(
    desk: Desk, services: Services
) -> None:
    await enter(desk, services, Role.LEADER)
    now = services.runtime.now()
    await rang(services, 1, now - timedelta(days=1))
    _, page = await desk.get(f"{PATH}?day=2026-11-22")
    assert shown(page)["来电"] == ["1", "1", "1"] and "这一天" in page and "后一天" in page
    for day in ("2030-01-01", "nonsense", ""):
        _, page = await desk.get(f"{PATH}?day={day}")
        assert 'value="2026-11-23"' in page and "后一天" not in page
