"""A message that the program can't work on: the others go on, and a person makes a ticket of it."""

from collections.abc import AsyncIterator, Callable

import pytest
import sqlalchemy as sa

from channels.message import InboundMessage
from intake import inbox, schema
from intake.accounts import Role
from intake.services import Services
from intake.web.console import stuck as room
from routing import schema as tables
from routing import store
from routing.ticket import Status
from tests.intake.console import Desk, enter

POISON = "我叫张三，电话13912345678，这句话程序办不了"


@pytest.fixture
async def desk(services: Services) -> AsyncIterator[Desk]:
    """A window that nobody has logged in by."""
    made = await Desk.opened(services)
    yield made
    await made.client.close()


@pytest.fixture
async def stuck(services: Services, say: Callable[..., InboundMessage]) -> str:
    """A message that failed as often as it is tried; its id."""
    inbox_id = services.runtime.new_id()

    def fail(connection: sa.Connection) -> None:
        inbox.add(connection, say(POISON), inbox_id)
        for _ in range(inbox.MOST_ATTEMPTS):
            inbox.count_attempt(connection, inbox_id)

    await services.database.write(fail)
    return inbox_id


async def test_stuck_message_is_told_and_drops_no_process(desk: Desk, stuck: str) -> None:
    answer = await desk.client.get("/healthz")
    told = await answer.json()
    assert (answer.status, told["status"], told["stuck_messages"]) == (200, "attention", 1)
    assert "hotline_stuck_messages 1.0" in (await desk.get("/metrics"))[1]


async def test_operator_makes_a_ticket_of_it_once(
    desk: Desk, services: Services, stuck: str
) -> None:
    token = await enter(desk, services, Role.OPERATOR)
    assert "有 1 条消息程序没能登记" in (await desk.get("/console"))[1]
    _, page = await desk.get("/console/stuck")
    assert "这句话程序办不了" in page and "13912345678" not in page and "张三" not in page
    path = f"/console/stuck/{stuck}"
    status, where = await desk.post(path, {"csrf": token})
    assert (status, where) == (303, "/console/tickets/20261123-0001")
    assert await desk.post(path, {"csrf": token}) == (status, where)  # a colleague, or twice
    ticket = await services.database.read(lambda c: store.load(c, "20261123-0001"))
    assert (ticket.status, ticket.text, ticket.reporter) == (Status.DECIDING, POISON, "web:a")
    assert "没能登记" not in (await desk.get("/console"))[1]
    told = sa.select(tables.outbox.c.kind).where(tables.outbox.c.destination == "web:a")
    kinds = await services.database.read(lambda c: c.execute(told).scalars().all())
    assert kinds == ["receipt_person"]


async def test_who_saw_it_stuck_before_a_colleague_made_a_ticket_of_it_makes_no_second(
    desk: Desk, services: Services, stuck: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes of PostgreSQL: both have listed it, the second waits for the lock."""
    token = await enter(desk, services, Role.OPERATOR)
    seen = await services.database.read(room._listing)
    monkeypatch.setattr(room, "_listing", lambda _: seen)
    first = await desk.post(f"/console/stuck/{stuck}", {"csrf": token})
    assert first == (303, "/console/tickets/20261123-0001")
    assert await desk.post(f"/console/stuck/{stuck}", {"csrf": token}) == first
    count = sa.select(sa.func.count()).select_from(tables.ticket)
    assert await services.database.read(lambda c: c.execute(count).scalar_one()) == 1


async def test_message_of_which_nothing_can_be_read_becomes_a_ticket_too(
    desk: Desk, services: Services, stuck: str
) -> None:
    broken = sa.update(schema.inbox).values(body="{}")
    await services.database.write(lambda c: c.execute(broken) and None)
    token = await enter(desk, services, Role.OPERATOR)
    assert "内容读不出来" in (await desk.get("/console/stuck"))[1]
    assert (await desk.post(f"/console/stuck/{stuck}", {"csrf": token}))[0] == 303


async def test_message_that_is_not_stuck_is_not_registered_again(
    desk: Desk, services: Services
) -> None:
    token = await enter(desk, services, Role.OPERATOR)
    assert (await desk.post(f"/console/stuck/{'0' * 32}", {"csrf": token}))[0] == 404
