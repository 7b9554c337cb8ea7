"""Several matters of one message that name no place are asked where once; each has its ticket."""

from collections.abc import Callable

import pytest

from channels.message import InboundMessage
from intake.services import Services
from intake.talk import reasons
from tests.clock import Clock
from tests.intake.resident import Resident

TWO = "路灯坏了。还有垃圾没人拉"


@pytest.fixture
def resident(services: Services, clock: Clock, say: Callable[..., InboundMessage]) -> Resident:
    """Somebody who has told of two things and was asked where."""
    return Resident(services, clock, say)


def each_once(tickets: list[str]) -> bool:
    """Is one of the lamp and one of the rubbish?"""
    lamp, rubbish = tickets
    return "路灯" in lamp and "垃圾" not in lamp and "垃圾" in rubbish and "路灯" not in rubbish


@pytest.mark.parametrize("answer", ["东韩村西头老李家门口", "东韩村"])
async def test_both_go_to_the_place_that_is_told(
    resident: Resident, services: Services, answer: str
) -> None:
    assert await resident.says("俺村路灯坏了还有垃圾没人收") == ["ask_place"]
    assert await resident.says(answer) == ["receipt", "receipt"]
    tickets = await resident.tickets()
    assert each_once(tickets) and all(text.endswith(answer) for text in tickets)
    assert services.county.place_name((await resident.latest()).place) == "和阳镇东韩村"
    assert await resident.untold() == []


@pytest.mark.parametrize(
    "answer", ["张家坟后头", "不知道咋说", "我不知道叫啥", "坏了", "啥时候来", "是", "不知道"]
)
async def test_an_answer_without_a_place_leaves_each_to_a_person(
    resident: Resident, answer: str
) -> None:
    assert await resident.says(TWO) == ["ask_place"]
    assert await resident.says(answer) == ["receipt_person", "receipt_person"]
    tickets = await resident.tickets()
    assert each_once(tickets) and all(text.endswith(answer) for text in tickets)
    assert (await resident.latest()).handover_reason == reasons.PLACE_UNKNOWN
    assert await resident.untold() == []


@pytest.mark.parametrize("talk", [(TWO,), (TWO, "谢谢"), (TWO, "果寨")])
async def test_silence_leaves_each_to_a_person(resident: Resident, talk: tuple[str, ...]) -> None:
    for words in talk:
        await resident.says(words)
    await resident.is_silent(minutes=30)
    assert each_once(await resident.tickets())
    assert (await resident.latest()).handover_reason == reasons.NO_ANSWER
    assert await resident.untold() == []


@pytest.mark.parametrize(
    ("answer", "place"), [("果寨三村", "史召乡果寨三村"), ("不是，是东韩村", "和阳镇东韩村")]
)
async def test_of_several_places_he_is_asked_which_and_both_go_there(
    resident: Resident, services: Services, answer: str, place: str
) -> None:
    await resident.says(TWO)
    assert await resident.says("果寨") == ["ask_place_which"]
    assert await resident.says(answer) == ["receipt", "receipt"]
    assert each_once(await resident.tickets())
    assert services.county.place_name((await resident.latest()).place) == place


async def test_who_names_none_of_the_several_has_a_ticket_each(resident: Resident) -> None:
    await resident.says(TWO)
    await resident.says("果寨")
    assert await resident.says("都不是") == ["receipt_person", "receipt_person"]
    assert each_once(await resident.tickets())


async def test_matters_told_after_an_announcement_have_a_ticket_each(resident: Resident) -> None:
    await resident.says("我要投诉")
    assert await resident.says(TWO) == ["ask_place"]
    assert await resident.says("东韩村") == ["receipt", "receipt"]
    assert each_once(await resident.tickets())


async def test_telephone_told_with_the_matters_is_in_each(resident: Resident) -> None:
    await resident.says("路灯坏了。还有垃圾没人拉。我电话13931900001")
    await resident.says("不知道")
    tickets = await resident.tickets()
    assert each_once(tickets[:2])
    assert (await resident.latest()).reporter_phone == "13931900001"
