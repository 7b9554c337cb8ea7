"""Who only asks for an office is answered at once; who writes no Chinese hears so and has a person."""

from collections.abc import Callable

import pytest

from channels.message import InboundMessage
from intake.services import Services
from intake.talk import reasons
from routing.ticket import Status
from tests.clock import Clock
from tests.intake.resident import Resident


@pytest.fixture
def resident(services: Services, clock: Clock, say: Callable[..., InboundMessage]) -> Resident:
    """Somebody who has not spoken to us yet."""
    return Resident(services, clock, say)


@pytest.mark.parametrize(
    ("said", "key", "office"),
    [
        ("社保局几点上班", "office_where", "南和区人力资源和社会保障局"),
        ("办身份证去哪", "office_where", "南和区公安局"),
        ("低保去哪办", "office_where", "南和区民政局"),
        ("周末上班不", "office_hours", ""),
        ("你们几点上班", "hours", ""),
    ],
)
async def test_office_is_named_at_once_and_no_ticket_is_opened(
    resident: Resident, said: str, key: str, office: str
) -> None:
    (reply,) = (await resident.receipt(said)).replies
    assert (reply.key, reply.values.get("unit", "")) == (key, office)
    assert await resident.tickets() == []


async def test_person_who_is_asked_for_then_gets_the_question(resident: Resident) -> None:
    await resident.says("办身份证去哪")
    assert await resident.says("人工") == ["handed_over"]
    assert await resident.tickets() == ["办身份证去哪\n人工"]
    assert await resident.untold() == []


@pytest.mark.parametrize("said", ["到点了派出所还不开门", "办身份证去哪都没人管"])
async def test_complaint_of_an_office_is_a_matter(resident: Resident, said: str) -> None:
    assert (await resident.says(said))[0] not in ("office_where", "office_hours")


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("村里路灯坏了一个月归谁管", "ask_place"),
        ("路灯不亮找谁换", "ask_place"),
        ("下水道堵了归哪个部门管", "ask_place"),
        ("垃圾堆成山了归谁管", "ask_place"),
        ("这条路坑坑洼洼归谁管", "ask_place"),
        ("水表坏了归谁管", "ask_place"),
        ("上交的扶贫款都去哪里了", "receipt_person"),
        ("低保啥时候能办下来", "receipt_person"),
        ("房产证啥时候能办", "receipt"),
        ("学校啥时候开门都停课一个月了", "receipt_person"),
        ("卫生室周末不开门吗", "receipt_person"),
    ],
)
async def test_complaint_that_asks_whose_it_is_or_when_is_a_matter(
    resident: Resident, said: str, key: str
) -> None:
    assert (await resident.says(said))[0] == key
    await resident.is_silent(minutes=30)
    assert await resident.tickets() == [said]


async def test_silence_after_such_an_answer_loses_no_matter(resident: Resident) -> None:
    assert await resident.says("办身份证去哪") == ["office_where"]
    assert await resident.says("路灯坏了") == ["ask_place"]
    await resident.is_silent(minutes=30)
    assert await resident.tickets() == ["路灯坏了"]


async def test_such_a_question_loses_no_matter_told_before_it(resident: Resident) -> None:
    await resident.says("路灯坏了")
    await resident.says("周末上班不")
    await resident.is_silent(minutes=30)
    (ticket,) = await resident.tickets()
    assert ticket.startswith("路灯坏了")
    assert await resident.untold() == []


async def test_hours_asked_in_the_middle_of_a_matter_wait(resident: Resident) -> None:
    assert await resident.says("路灯坏了") == ["ask_place"]
    assert "office_hours" not in await resident.says("周末上班不")


@pytest.mark.parametrize("said", ["The street light is broken in my village", "help me please"])
async def test_other_language_gets_a_line_in_both_and_a_person(
    resident: Resident, said: str
) -> None:
    assert await resident.says(said) == ["foreign", "receipt_person"]
    ticket = await resident.latest()
    assert (ticket.status, ticket.handover_reason) == (Status.DECIDING, reasons.NOT_UNDERSTOOD)
    assert await resident.says("it is in Donghan village") == ["foreign", "supplemented"]


async def test_danger_in_another_language_comes_first(resident: Resident) -> None:
    said = await resident.says("help me please, my house is on fire")
    assert said[0] == "danger_fire"
    assert "foreign" in said


async def test_county_says_the_line_in_both_languages(services: Services) -> None:
    line = services.county.replies["foreign"]
    assert "中文" in line and "We read Chinese" in line and "119" in line
