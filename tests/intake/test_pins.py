"""A place pin of any channel is where whoever goes there reads it, with its degrees."""

from collections.abc import Callable

import pytest

from channels.message import InboundMessage, Point
from intake.services import Services
from tests.clock import Clock
from tests.intake.resident import Resident

Say = Callable[..., InboundMessage]
BARE = Point(latitude=37.00531, longitude=114.69112)  # as Telegram, Weibo and browsers give it
NAMED = Point(latitude=37.00531, longitude=114.69112, label="村口小卖部")
DEGREES = "北纬 37.00531，东经 114.69112"


@pytest.fixture
def resident(services: Services, clock: Clock, say: Say) -> Resident:
    """Somebody whose first words we await."""
    return Resident(services, clock, say)


@pytest.mark.parametrize("point", [BARE, NAMED])
async def test_pin_beside_words_is_the_address(resident: Resident, point: Point) -> None:
    await resident.says("东韩村路灯坏了", point=point)
    ticket = await resident.latest()
    assert DEGREES in ticket.address and point.label in ticket.address
    assert DEGREES in ticket.text


async def test_pin_first_asks_what_is_the_matter_there(resident: Resident) -> None:
    assert await resident.says("", point=BARE) == ["point_kept"]
    assert await resident.says("东韩村路灯坏了") == ["receipt"]
    assert DEGREES in (await resident.latest()).text


async def test_pin_answers_where_it_is(resident: Resident) -> None:
    assert await resident.says("路灯坏了没人修") == ["ask_place"]
    assert (await resident.says("", point=BARE))[0].startswith("receipt")
    ticket = await resident.latest()
    assert DEGREES in ticket.text and DEGREES in ticket.address


@pytest.mark.parametrize("after_s", [10, 600])
async def test_pin_after_the_ticket_is_its_address(resident: Resident, after_s: int) -> None:
    await resident.says("东韩村路灯坏了")
    assert await resident.says("", point=BARE, after_s=after_s) == ["supplemented"]
    ticket = await resident.latest()
    assert DEGREES in ticket.address and DEGREES in ticket.text


async def test_pin_answers_where_the_danger_is(resident: Resident) -> None:
    await resident.says("着火了")
    assert "danger_where" not in await resident.says("", point=BARE)
    ticket = await resident.latest()
    assert DEGREES in ticket.address and DEGREES in ticket.text


async def test_pin_alone_is_not_lost(resident: Resident) -> None:
    await resident.says("", point=BARE)
    await resident.is_silent(days=1)
    (text,) = await resident.tickets()
    assert DEGREES in text
