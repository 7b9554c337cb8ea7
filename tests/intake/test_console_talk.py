"""An operator talks to a resident by the ticket's page: his words arrive, and the answer joins."""

import json
from collections.abc import AsyncIterator, Callable

import pytest
import sqlalchemy as sa

from channels.message import InboundMessage
from intake import wire
from intake.accounts import Role
from intake.services import Services
from routing import schema, store
from routing.ticket import Action, Status, Ticket, TicketEvent
from tests.clock import Clock
from tests.intake.console import Desk, enter
from tests.intake.resident import Resident
from tests.intake.test_console_ticket import act

Say = Callable[..., InboundMessage]
QUESTION = "您好，请问您在哪个村？电话是多少？"


@pytest.fixture
async def desk(services: Services) -> AsyncIterator[Desk]:
    """A window that nobody has logged in by."""
    made = await Desk.opened(services)
    yield made
    await made.client.close()


async def load(services: Services, number: str) -> Ticket:
    return await services.database.read(lambda c: store.load(c, number))


async def log(services: Services, number: str) -> list[TicketEvent]:
    return await services.database.read(lambda c: store.events(c, number))


async def told(services: Services, number: str) -> list[tuple[str, str]]:
    """To whom the words of operators went, and how they read."""
    outbox = schema.outbox.c
    query = sa.select(outbox.destination, outbox.body).where(
        outbox.ticket == number, outbox.kind == "notice_words"
    )
    rows = await services.database.read(lambda c: c.execute(query).all())
    replies = [(row.destination, wire.reply_from_record(json.loads(row.body))) for row in rows]
    return [(to, services.replies.render(reply)) for to, reply in replies]


async def test_words_to_who_asked_for_a_person_arrive_and_are_no_answer(
    desk: Desk, services: Services, say: Say, clock: Clock
) -> None:
    resident = Resident(services, clock, say)
    number = (await resident.receipt("我要找人工")).ticket
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get(f"/console/tickets/{number}")
    assert page.index("给居民回话") < page.index("现在谁办")
    assert (await act(desk, number, action="tell", note=QUESTION))[0] == 303
    ticket = await load(services, number)
    assert ticket.status is Status.DECIDING and ticket.answer == "" and QUESTION not in ticket.text
    assert [(e.action, e.by, e.note) for e in await log(services, number)][1:] == [
        (Action.TELL, "operator:operator", QUESTION)
    ]
    ((to, words),) = await told(services, number)
    assert to == "web:a" and number in words and QUESTION in words
    _, page = await desk.get(f"/console/tickets/{number}")
    assert "已经给他回过话" in page and page.index("现在谁办") < page.index("给居民回话")


async def test_what_the_resident_writes_back_joins_the_ticket_that_he_was_asked_about(
    desk: Desk, services: Services, say: Say, clock: Clock
) -> None:
    resident = Resident(services, clock, say)
    first = (await resident.receipt("东韩村村口的路灯坏了三天了没人修")).ticket
    clock.forward(hours=30)
    second = (await resident.receipt("东三召村停水了")).ticket
    assert first != second
    await enter(desk, services, Role.OPERATOR)
    assert (await act(desk, first, action="tell", note=QUESTION))[0] == 303
    receipt = await resident.receipt("在村东头小卖部旁边")
    assert receipt.ticket == first, receipt
    assert "村东头小卖部" in (await load(services, first)).text
    assert (await resident.receipt("13931900001", after_s=90)).ticket == first
    assert (await load(services, first)).reporter_phone == "13931900001"


async def test_answer_on_a_dispatched_ticket_is_in_the_queue_until_somebody_has_looked(
    desk: Desk, services: Services, say: Say, clock: Clock
) -> None:
    resident = Resident(services, clock, say)
    number = (await resident.receipt("东韩村村口的路灯坏了三天了没人修")).ticket
    assert (await load(services, number)).status is Status.DISPATCHED
    await enter(desk, services, Role.OPERATOR)
    assert number not in (await desk.get("/console"))[1]
    assert (await act(desk, number, action="tell", note=QUESTION))[0] == 303
    assert number not in (await desk.get("/console"))[1]
    assert (await resident.receipt("在村东头小卖部旁边，我叫张三")).ticket == number
    for path in ("/console", f"/console/tickets/{number}"):
        _, page = await desk.get(path)
        assert number in page and "村东头小卖部旁边，我叫某某" in page, path
    assert (await act(desk, number, action="supplement", note="居民的回话看过了"))[0] == 303
    assert number not in (await desk.get("/console"))[1]
    assert "居民回话了" not in (await desk.get(f"/console/tickets/{number}"))[1]


async def test_words_that_reach_nobody_are_refused_and_kept(
    desk: Desk, services: Services, say: Say
) -> None:
    number = (await services.desk.receive(say("东韩村路灯坏了", sender="b"))).ticket
    caller = sa.update(schema.ticket).values(reporter="tel:+8613912345678")
    await services.database.write(lambda c: c.execute(caller) and None)
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get(f"/console/tickets/{number}")
    assert "请给居民打电话" in page
    status, page = await act(desk, number, action="tell", note=QUESTION)
    assert status == 409 and "请给居民打电话" in page
    assert len(await log(services, number)) == 1


async def test_what_an_operator_adds_is_not_among_the_residents_words(
    desk: Desk, services: Services, say: Say
) -> None:
    number = (await services.desk.receive(say("东韩村村口的路灯坏了"))).ticket
    await enter(desk, services, Role.OPERATOR)
    assert (await act(desk, number, action="supplement", note="已问过村支书"))[0] == 303
    assert "村支书" not in (await load(services, number)).text
    _, page = await desk.get(f"/console/tickets/{number}")
    assert page.index("办理经过") < page.index("已问过村支书")
