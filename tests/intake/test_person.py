"""Who wants a person gets one: beside a danger too, with the ticket that he has, and once."""

from collections.abc import Callable

import pytest

from channels.message import InboundMessage
from intake.services import Services
from intake.talk import reasons
from routing import report, store
from routing.order import Order
from routing.ticket import Action, Status
from tests.clock import Clock
from tests.intake.resident import Resident

Say = Callable[..., InboundMessage]
LAMP = "东韩村村口的路灯坏了三天了没人修"


@pytest.fixture
def resident(services: Services, clock: Clock, say: Say) -> Resident:
    """Somebody whose first words we await."""
    return Resident(services, clock, say)


async def log(resident: Resident, number: str) -> list[str]:
    events = await resident.services.database.read(lambda c: store.events(c, number))
    return [event.note for event in events]


async def in_queue(resident: Resident) -> list[str]:
    county = resident.services.county.code
    found = await resident.services.database.read(lambda c: report.waiting(c, county, limit=50))
    return [ticket.number for ticket in found]


@pytest.mark.parametrize(
    "words", ["着火了，快转人工", "转人工，东韩村着火了", "家里着火了叫个活人接电话"]
)
async def test_danger_and_wish_in_one_breath_get_advice_and_a_person(
    resident: Resident, words: str
) -> None:
    receipt = await resident.receipt(words)
    keys = [reply.key for reply in receipt.replies]
    assert keys[0] == "danger_fire"
    assert "danger_person" in keys
    assert keys[-1] in ("danger_where", "danger_spot", "danger_phone")
    assert (receipt.person, receipt.reason) == (True, reasons.PERSON_ASKED)
    assert reasons.PERSON_ASKED in await log(resident, receipt.ticket)
    assert (await resident.latest()).handover_reason == reasons.DANGER_FIRST
    assert len(await resident.tickets()) == 1


async def test_wish_while_we_ask_where_the_danger_is_keeps_the_question(resident: Resident) -> None:
    number = (await resident.receipt("着火了")).ticket
    assert await resident.says("转人工") == ["danger_person", "danger_where"]
    keys = await resident.says("在东韩村村口老张家")
    assert keys == ["danger_placed", "danger_phone"]
    assert (await resident.latest()).number == number
    assert len(await resident.tickets()) == 1


async def test_question_for_the_village_stands_behind_the_word_that_a_person_comes(
    resident: Resident,
) -> None:
    await resident.says("着火了快来人")
    keys = await resident.says("村西头老李家柴火垛，快转人工")
    assert keys[-2:] == ["danger_person", "danger_village"]


async def test_danger_told_again_with_the_wish_is_the_same_ticket(resident: Resident) -> None:
    number = (await resident.receipt("东韩村村口老张家着火了")).ticket
    receipt = await resident.receipt("火越着越大了，着火了，快给我转人工", after_s=60)
    assert "danger_person" in [reply.key for reply in receipt.replies]
    assert receipt.ticket == number
    assert len(await resident.tickets()) == 1


async def test_wish_said_three_times_is_one_handover(resident: Resident) -> None:
    number = (await resident.receipt("人工")).ticket
    assert await resident.says("人工", after_s=5) == ["handed_over_again"]
    assert await resident.says("我要找人", after_s=100) == ["handed_over_again"]
    assert await resident.tickets() == ["人工"]
    assert await in_queue(resident) == [number]
    assert (await log(resident, number)).count(reasons.PERSON_ASKED) <= 1


async def test_what_is_told_after_the_wish_is_for_that_person(resident: Resident) -> None:
    await resident.receipt("人工")
    assert await resident.says("东韩村停水两天了", after_s=100) == ["supplemented"]
    assert await resident.tickets() == ["人工\n补充：东韩村停水两天了"]


async def test_wish_after_a_ticket_is_a_look_at_that_ticket(resident: Resident) -> None:
    number = (await resident.receipt(LAMP)).ticket
    assert await in_queue(resident) == []
    assert await resident.says("转人工", after_s=600) == ["handed_over"]
    assert await resident.says("转人工", after_s=600) == ["handed_over_again"]
    ticket = await resident.latest()
    assert (ticket.number, ticket.status) == (number, Status.DISPATCHED)
    assert ticket.handover_reason == reasons.PERSON_ASKED
    assert await in_queue(resident) == [number]
    assert await resident.tickets() == [LAMP]


async def test_wish_after_an_operator_has_spoken_counts_anew(resident: Resident) -> None:
    number = (await resident.receipt(LAMP)).ticket
    await resident.says("转人工", after_s=600)
    order = Order.on(await resident.latest(), by="operator:a", note="看过了")
    dispatcher = resident.services.dispatcher
    await resident.services.database.write(lambda c: dispatcher.act(c, Action.SUPPLEMENT, order))
    assert await in_queue(resident) == []
    assert await resident.says("换个人来说", after_s=600) == ["handed_over"]
    assert await in_queue(resident) == [number]


async def test_words_beside_the_wish_are_kept_with_the_ticket(resident: Resident) -> None:
    await resident.receipt(LAMP)
    assert await resident.says("都三天了还没修，我要找人说", after_s=600) == ["handed_over"]
    assert await resident.tickets() == [f"{LAMP}\n补充：都三天了还没修，我要找人说"]


async def test_wish_beside_another_matter_is_a_ticket_of_its_own(resident: Resident) -> None:
    await resident.receipt(LAMP)
    assert await resident.says("东三召村停水了，转人工", after_s=600) == ["handed_over"]
    assert len(await resident.tickets()) == 2


@pytest.mark.parametrize("closed", [True, False])
async def test_who_wants_to_withdraw_what_has_ended_is_not_asked_whether(
    resident: Resident, closed: bool
) -> None:
    number = (await resident.receipt(LAMP)).ticket
    await resident.finished(number, closed=closed)
    assert await resident.says(f"撤单 {number}", after_s=600) == ["withdraw_refused"]
    assert (await resident.remembered()).stage.value == "open"
