"""Calls through the whole program: its own understanding, both databases."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from channels.message import Contact, InboundMessage, Receipt
from intake import wire
from intake.services import Services
from intake.talk import reasons
from routing import schema, store
from routing.ticket import Status, Ticket
from tests.clock import Clock

Ring = Callable[..., InboundMessage]


@pytest.fixture
def ring(say: Ring, clock: Clock) -> Ring:
    """Makes what is said in a call: `ring("路灯坏了")`, `ring(event="hangup")`."""
    count = iter(range(1000))

    def made(text: str = "", event: str = "", call: str = "1") -> InboundMessage:
        clock.forward(seconds=8)
        return replace(
            say(text, key=f"{next(count)}"),
            channel="phone",
            sender=Contact(scheme="tel", path="+8613900001234"),
            thread=f"call:{call}",
            event=event,
            spoken=True,
            received_at=clock.at,
        )

    return made


async def ticket_of(services: Services, receipt: Receipt) -> Ticket:
    return await services.database.read(lambda c: store.load(c, receipt.ticket))


async def tickets(services: Services) -> int:
    query = sa.select(sa.func.count()).select_from(schema.ticket)
    return await services.database.read(lambda c: int(c.execute(query).scalar_one()))


async def test_read_back_names_place_matter_office_and_date_and_writes_nothing(
    services: Services, ring: Ring
) -> None:
    (reply,) = (await services.desk.receive(ring("东韩村村口的路灯坏了三天了"))).replies
    assert services.replies.speak(reply) == (
        "我说一遍，您听对不对。在和阳镇东韩村，路灯照明，由东韩村网格站办理，"
        "本周四下午五点半前给您答复。对吗？"
    )
    assert await tickets(services) == 0
    receipt = await services.desk.receive(ring("对"))
    (told,) = receipt.replies
    assert services.replies.speak(told).endswith(f"单号是{receipt.ticket}。")
    ticket = await ticket_of(services, receipt)
    assert (ticket.status, ticket.reporter_phone) == (Status.DISPATCHED, "+8613900001234")
    assert not receipt.person


@pytest.mark.parametrize(
    ("answer", "place", "group"),
    [
        ("不是是西韩村", "130506100228", "0102"),
        ("不对，在西韩村", "130506100228", "0102"),
        ("不是路灯是井盖丢了", "130506100225", "010218"),
        ("对，就在村口小卖部边上", "130506100225", "0102"),
    ],
)
async def test_one_thing_is_put_right(
    services: Services, ring: Ring, answer: str, place: str, group: str
) -> None:
    await services.desk.receive(ring("东韩村路灯坏了"))
    receipt = await services.desk.receive(ring(answer))
    if not receipt.ticket:
        receipt = await services.desk.receive(ring("对对对"))
    ticket = await ticket_of(services, receipt)
    assert ticket.place == place
    assert ticket.category.startswith(group)
    assert ticket.text.startswith("东韩村路灯坏了")


async def test_enquiry_is_read_back_without_a_place(services: Services, ring: Ring) -> None:
    (reply,) = (await services.desk.receive(ring("医保怎么报销"))).replies
    assert reply.key == "read_back_placeless"
    assert "在，" not in services.replies.speak(reply)


async def test_person_gets_the_ticket_of_the_call_with_the_reason_in_its_log(
    services: Services, ring: Ring
) -> None:
    await services.desk.receive(ring("东韩村路灯坏了"))
    opened = await services.desk.receive(ring("对"))
    receipt = await services.desk.receive(ring("转人工"))
    assert (receipt.person, receipt.reason) == (True, reasons.PERSON_ASKED)
    assert receipt.ticket == opened.ticket
    assert await tickets(services) == 1
    log = await services.database.read(lambda c: store.events(c, opened.ticket))
    assert log[-1].note == reasons.PERSON_ASKED


async def test_hang_up_before_the_yes_waits_for_a_person(services: Services, ring: Ring) -> None:
    await services.desk.receive(ring("东韩村路灯坏了"))
    receipt = await services.desk.receive(ring(event="hangup"))
    ticket = await ticket_of(services, receipt)
    assert (ticket.status, ticket.place) == (Status.DECIDING, "130506100225")
    assert ticket.handover_reason == reasons.UNCONFIRMED


async def test_hang_up_of_a_silent_caller_leaves_no_ticket(services: Services, ring: Ring) -> None:
    receipt = await services.desk.receive(ring(event="hangup"))
    assert (receipt.ticket, receipt.replies) == ("", ())
    assert await tickets(services) == 0


async def test_known_caller_hears_how_his_matter_stands(services: Services, ring: Ring) -> None:
    await services.desk.receive(ring("东韩村路灯坏了"))
    opened = await services.desk.receive(ring("对"))
    (reply,) = (await services.desk.receive(ring("我的事办咋样了", call="2"))).replies
    assert reply.key == "progress"
    assert reply.values["number"] == opened.ticket


async def test_handed_over_receipt_is_the_same_again(services: Services, ring: Ring) -> None:
    message = ring(event="handover:识别出错")
    first = await services.desk.receive(message)
    again = await services.desk.receive(message)
    assert (again.person, again.reason, again.ticket) == (True, "识别出错", first.ticket)
    assert again.duplicate


async def test_program_that_fails_gives_the_caller_to_a_person(
    services: Services, ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> object:
        raise RuntimeError("no conversation today")

    monkeypatch.setattr("intake.desk.conversation.step", broken)
    receipt = await services.desk.receive(ring("东韩村路灯坏了"))
    assert (receipt.person, receipt.reason) == (True, reasons.PROGRAM_FAILED)
    ticket = await ticket_of(services, receipt)
    assert ticket.text == "东韩村路灯坏了"
    monkeypatch.undo()
    assert (await services.desk.receive(ring(event="hangup"))).ticket == ""


def test_spoken_message_is_kept_as_it_came(ring: Ring) -> None:
    message = ring("路灯坏了")
    assert wire.message_from_text(wire.message_to_text(message)) == message


async def test_receipt_says_whether_more_is_waited_for_and_whether_there_is_danger(
    services: Services, ring: Ring
) -> None:
    read_back = await services.desk.receive(ring("东韩村路灯坏了"))
    settled = await services.desk.receive(ring("对"))
    danger = await services.desk.receive(ring("俺家着火了"))
    assert [(each.asks, each.danger) for each in (read_back, settled, danger)] == [
        (True, False),
        (False, False),
        (True, True),
    ]
    kept = wire.receipt_from_text(wire.receipt_to_text(danger))
    assert kept == replace(danger, duplicate=True)
