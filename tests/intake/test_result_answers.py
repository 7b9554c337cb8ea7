"""没解决 opens the ticket again, whatever we have told him since its result."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from channels import message as messages
from channels.message import InboundMessage
from intake.counter import writing
from intake.services import Services
from routing import schema, store
from routing.order import Order
from routing.ticket import Status
from tests.clock import Clock
from tests.intake.resident import Resident

Say = Callable[..., InboundMessage]
LAMP = "东韩村村口的路灯坏了三天了没人修"


@pytest.fixture
def resident(services: Services, clock: Clock, say: Say) -> Resident:
    """Somebody whose first words we await."""
    return Resident(services, clock, say)


async def answered(resident: Resident) -> str:
    """His ticket, with a result that he has been told of."""
    number = (await resident.receipt(LAMP)).ticket
    resident.clock.forward(hours=5)

    def answer(connection: Connection) -> None:
        order = Order.on(store.load(connection, number), by="operator:a")
        resident.services.dispatcher.answer(connection, order, text="换了灯")

    await resident.services.database.write(answer)
    resident.clock.forward(hours=1)
    return number


async def written(resident: Resident, number: str, words: str) -> None:
    """An operator writes to him."""

    def write(connection: Connection) -> None:
        order = Order.on(store.load(connection, number), by="operator:a", note=words)
        writing.write(connection, resident.services.dispatcher, order)

    await resident.services.database.write(write)


async def by_outbox(resident: Resident, words: str) -> None:
    """He says something on a channel where every reply goes by the outbox: Telegram, polled."""
    resident.clock.forward(seconds=30)
    resident.count += 1
    message = resident.make(words, str(resident.count), resident.name)
    await resident.services.desk.receive(message, messages.nothing)


async def test_operators_words_of_the_result_do_not_swallow_his_answer(resident: Resident) -> None:
    number = await answered(resident)
    await written(resident, number, "您看看灯亮了没有")
    assert await resident.says("没解决", after_s=600) == ["notice_reopened"]
    assert await resident.status(number) is Status.DISPATCHED


@pytest.mark.parametrize("between", ["谢谢", "查询", "在吗", "等一下"])
async def test_other_replies_by_the_outbox_do_not_swallow_his_answer(
    resident: Resident, between: str
) -> None:
    number = await answered(resident)
    await by_outbox(resident, between)
    assert await resident.says("没解决", after_s=600) == ["notice_reopened"]
    assert await resident.status(number) is Status.DISPATCHED


async def test_operators_question_of_another_ticket_is_what_he_answers(resident: Resident) -> None:
    number = await answered(resident)
    other = (await resident.receipt("东韩村停水两天了", after_s=600)).ticket
    await written(resident, other, "现在来水了没有")
    await resident.says("没解决，还是没水", after_s=600)
    assert await resident.status(number) is Status.ANSWERED
    assert "还是没水" in (await resident.tickets())[1]


async def test_words_long_after_a_result_tell_something_new(resident: Resident) -> None:
    number = await answered(resident)
    await resident.says("路灯没人来修", after_s=40 * 24 * 3600)
    await resident.is_silent(days=1)
    assert await resident.status(number) is Status.ANSWERED
    assert len(await resident.tickets()) == 2


async def test_what_answers_an_operator_is_no_more_of_the_danger_told_before(
    resident: Resident,
) -> None:
    lamp = (await resident.receipt(LAMP)).ticket
    await resident.says("东三召村老张家着火了", after_s=600)
    await resident.is_silent(hours=1)
    await written(resident, lamp, "路灯在哪个位置")
    assert not (await resident.remembered()).ticket_danger
    await resident.says("地方错了", after_s=60)
    before = await resident.services.database.read(_alarms)
    await resident.says("是西韩村", after_s=60)
    assert await resident.services.database.read(_alarms) == before
    keys = await resident.says("着火了，西韩村村口", after_s=60)
    assert keys[0] == "danger_fire"


def _alarms(connection: Connection) -> int:
    kinds = sa.select(sa.func.count()).where(schema.outbox.c.kind == "command_danger")
    return int(connection.execute(kinds).scalar_one())
