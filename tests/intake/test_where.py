"""Where a matter is, on the console's pages: in words, and on a map where there are coordinates."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from channels.message import Contact, InboundMessage, Point
from channels.phone.book import Began, Purpose
from config.county import County
from intake.accounts import Role
from intake.phone import calls, noticeboard
from intake.phone.noticeboard import Notice
from intake.services import Services
from intake.web import locating
from routing import store
from tests.intake import made_up
from tests.intake.console import CALL, PASSWORD, Desk, enter

LAMP = "东韩村村口的路灯坏了三天了没人修"
EITHER = "后西村的路灯坏了"  # 郝桥镇 has one, and 东三召乡 one that was called so
PIN = Point(latitude=made_up.SOUTH - 0.01, longitude=made_up.WEST + 0.01)
MAP = re.compile(r"<svg.*?</svg>", re.DOTALL)

Say = Callable[..., InboundMessage]


@pytest.fixture(scope="module")
def county(county: County) -> County:
    """The county, with coordinates that are made up."""
    return made_up.located(county)


@pytest.fixture
async def desk(services: Services) -> AsyncIterator[Desk]:
    made = await Desk.opened(services)
    await enter(made, services, Role.OPERATOR)
    yield made
    await made.client.close()


async def _waits(services: Services, ticket: str) -> None:
    """Somebody with this ticket waits in the operators' queue."""
    now = services.runtime.now()
    contact = Contact(scheme="tel", path="+8613912345678")
    began = Began(call_id=CALL, contact=contact, purpose=Purpose.INBOUND, at=now, ticket=ticket)
    notice = Notice(up=True, calls=(CALL,), waiting=(CALL,))
    await services.database.write(lambda c: calls.began(c, began))
    await services.database.write(lambda c: calls.queued(c, CALL, now))
    await services.database.write(lambda c: noticeboard.post(c, notice, now))


async def _pages(desk: Desk, ticket: str) -> list[str]:
    paths = ("/console/live/board", f"/console/calls/{CALL}", f"/console/tickets/{ticket}")
    found = [await desk.get(path) for path in paths]
    assert [status for status, _ in found] == [200, 200, 200]
    return [page for _, page in found]


async def test_board_call_and_ticket_show_the_map_and_say_where_it_is(
    desk: Desk, services: Services, say: Say
) -> None:
    ticket = (await services.desk.receive(say(LAMP))).ticket
    await _waits(services, ticket)
    for page in await _pages(desk, ticket):
        drawn = MAP.findall(page)
        assert len(drawn) == 1 and "东韩村</text>" in drawn[0] and 'class="sure"' in drawn[0]
        assert "style=" not in drawn[0] and len(drawn[0]) < 10_000
        assert re.search(r"在 <b>\S+ · 东韩村", page)
        assert "说的地方" in page and "可能是的地方" not in page and locating.PIN not in page


async def test_board_tells_who_picks_up_what_it_is_about_and_hides_numbers(
    desk: Desk, services: Services, say: Say
) -> None:
    number = (await services.desk.receive(say(f"{LAMP}，我电话13912345678"))).ticket
    await _waits(services, number)
    _, page = await desk.get("/console/live/board")
    ticket = await services.database.read(lambda c: store.load(c, number))
    assert services.replies.matter(ticket.category) in page and "路灯坏了三天了" in page
    assert page.count(f"/console/tickets/{number}") == 1 and "13912345678" not in page


async def test_places_that_may_be_meant_are_all_marked(
    desk: Desk, services: Services, say: Say
) -> None:
    ticket = (await services.desk.receive(say(f"{EITHER}，转人工"))).ticket
    await _waits(services, ticket)
    for page in await _pages(desk, ticket):
        assert "还没有定是哪里，可能在 <b>1 郝桥镇 · 后西村" in page
        assert "，或者 <b>2 东三召乡 · 北大召后西村" in page
        drawn = MAP.findall(page)[0]
        assert drawn.count('class="asked"') == 2 and 'class="sure"' not in drawn
        assert ">1</text>" in drawn and ">2</text>" in drawn and "后西村</text>" in drawn


async def test_names_that_sound_alike_are_told(desk: Desk, services: Services, say: Say) -> None:
    ticket = (await services.desk.receive(say("焦庄村的路灯坏了"))).ticket
    _, page = await desk.get(f"/console/tickets/{ticket}")
    assert "容易听混：和阳镇贾庄村、贾宋镇井庄村、河郭镇刁庄村、东三召乡肖庄村" in page
    ticket = (await services.desk.receive(say(LAMP, key="2", sender="b"))).ticket
    assert "容易听混" not in (await desk.get(f"/console/tickets/{ticket}"))[1]


async def test_pin_of_the_resident_is_marked_on_the_ticket(
    desk: Desk, services: Services, say: Say
) -> None:
    message = replace(say(f"{LAMP}，转人工"), point=PIN)
    ticket = (await services.desk.receive(message)).ticket
    _, page = await desk.get(f"/console/tickets/{ticket}")
    drawn = MAP.findall(page)[0]
    assert 'class="pin"' in drawn and 'class="sure"' in drawn and f"{locating.PIN}</text>" in drawn


async def test_a_township_alone_says_that_the_village_is_lacking(
    desk: Desk, services: Services, say: Say
) -> None:
    ticket = (await services.desk.receive(say("和阳镇的路灯坏了，转人工"))).ticket
    _, page = await desk.get(f"/console/tickets/{ticket}")
    assert f"在 <b>和阳镇 · {locating.NO_VILLAGE}</b>" in page and 'class="within"' in page


async def test_a_grid_is_told_where_it_has_the_ticket(
    desk: Desk, services: Services, say: Say
) -> None:
    number = (await services.desk.receive(say(LAMP))).ticket
    ticket = await services.database.read(lambda c: store.load(c, number))
    grid = services.county.grids[ticket.place][-1]
    where = await locating.of_ticket(services, replace(ticket, unit=grid.code))
    assert where is not None
    last = grid.name.removeprefix("东韩村")
    assert where.lies[0].endswith(f" · 东韩村 · {last}") and last != grid.name


async def test_without_coordinates_words_stand_alone(
    services: Services, desk: Desk, say: Say
) -> None:
    ticket = (await services.desk.receive(say(LAMP))).ticket
    await _waits(services, ticket)
    bare = replace(services.county, positions={})
    window = await Desk.opened(replace(services, county=bare))
    await window.log_in(Role.OPERATOR.value, PASSWORD)
    for page in await _pages(window, ticket):
        assert "<svg" not in page and "<figure" not in page and "坐标" not in page
        assert re.search(r"在 <b>\S+ · 东韩村", page)
    await window.client.close()


async def test_where_nothing_is_known_nothing_is_said(
    desk: Desk, services: Services, say: Say
) -> None:
    ticket = (await services.desk.receive(say("转人工"))).ticket
    await _waits(services, ticket)
    for page in await _pages(desk, ticket):
        assert 'class="where"' not in page and "<svg" not in page


async def test_names_of_the_county_are_escaped(services: Services, desk: Desk, say: Say) -> None:
    number = (await services.desk.receive(say(LAMP))).ticket
    places = [
        replace(place, name="东<b>村") if place.name == "东韩村" else place
        for place in services.county.places
    ]
    county = replace(services.county, places=places)
    window = await Desk.opened(replace(services, county=county))
    await window.log_in(Role.OPERATOR.value, PASSWORD)
    _, page = await window.get(f"/console/tickets/{number}")
    assert "东&lt;b&gt;村</text>" in page and "东<b>村" not in page
    await window.client.close()
