"""Who waits how long for an answer: what is told at once, and what goes by the outbox, told once."""

import asyncio
from collections.abc import Callable

import sqlalchemy as sa

from channels import message as messages
from channels.message import Fits, InboundMessage, Receipt
from config.settings import Settings
from intake import app, inbox, loops
from intake.services import Services
from routing import schema as tables
from tests.clock import Clock

Say = Callable[..., InboundMessage]
LAMP = "东韩村村口的路灯坏了三天了没人修"
DANGER = "东韩村有人家着火了快来人"  # three replies


async def posted(services: Services, to: str = "web:a") -> list[str]:
    """The replies that the outbox has for somebody."""
    query = sa.select(tables.outbox.c.kind).where(tables.outbox.c.destination == to)
    return await services.database.read(lambda c: list(c.execute(query).scalars()))


def keys(receipt: Receipt) -> list[str]:
    return [reply.key for reply in receipt.at_once]


def first_only(replies: object) -> int:
    return 1


async def test_what_an_answer_does_not_hold_is_in_the_outbox_with_the_receipt(
    services: Services, say: Say
) -> None:
    receipt = await services.desk.receive(say(DANGER), first_only)
    told = [reply.key for reply in receipt.replies]
    assert told == ["danger_fire", "danger_alone", "danger_spot"]
    assert keys(receipt) == told[:1]
    assert await posted(services) == told[1:]


async def test_a_retry_hears_what_was_told_at_once_and_nothing_is_posted_again(
    services: Services, say: Say
) -> None:
    first = await services.desk.receive(say(DANGER), first_only)
    again = await services.desk.receive(say(DANGER), messages.everything)
    assert keys(again) == keys(first)
    assert await posted(services) == [reply.key for reply in first.replies[1:]]


async def test_where_nobody_waits_all_goes_by_the_outbox_with_the_receipt(
    services: Services, say: Say
) -> None:
    receipt = await services.desk.receive(say(LAMP), messages.nothing)
    assert receipt.at_once == ()
    assert await posted(services) == ["receipt"]


async def test_only_what_is_written_down_can_be_left(services: Services, say: Say) -> None:
    assert not await services.desk.leave(say(LAMP))
    await services.database.write(lambda c: inbox.add(c, say(LAMP), "i1"))
    assert await services.desk.leave(say(LAMP))


async def test_what_was_told_already_is_not_left(services: Services, say: Say) -> None:
    await services.desk.receive(say(LAMP))
    assert not await services.desk.leave(say(LAMP))
    assert await posted(services) == []


async def test_a_message_that_was_left_is_answered_by_the_outbox_whoever_settles_it(
    services: Services, settings: Settings, clock: Clock, say: Say
) -> None:
    await services.database.write(lambda c: inbox.add(c, say(LAMP), "i1"))
    assert await services.desk.leave(say(LAMP))
    async with app.build(settings, Clock(at=clock.at).runtime()) as other:
        receipts = await asyncio.gather(
            services.desk.receive(say(LAMP)), other.desk.receive(say(LAMP))
        )
    assert [receipt.at_once for receipt in receipts] == [(), ()]
    assert await posted(services) == ["receipt"]


async def test_a_retry_after_the_sweep_gets_no_second_answer(
    services: Services, say: Say, clock: Clock
) -> None:
    await services.database.write(lambda c: inbox.add(c, say(LAMP), "abandoned"))
    sweep = loops.Sweep(database=services.database, runtime=services.runtime, desk=services.desk)
    clock.forward(minutes=2)
    assert await sweep.step()
    again = await services.desk.receive(say(LAMP))
    assert (again.at_once, len(again.replies)) == ((), 1)
    assert await posted(services) == ["receipt"]


async def test_a_message_can_be_left_while_it_is_settled(services: Services, say: Say) -> None:
    """Whichever comes first, it is answered once."""
    for number in range(10):
        message = say(LAMP, key=str(number), sender=f"r{number}")
        receiving = asyncio.create_task(services.desk.receive(message))
        await asyncio.sleep(0.002 * number)
        left = await services.desk.leave(message)
        receipt = await receiving
        told = len(receipt.at_once) + len(await posted(services, f"web:r{number}"))
        assert told == 1
        assert not (left and receipt.at_once)


def test_fits_is_how_many_of_the_replies_an_answer_holds() -> None:
    fits: Fits = messages.everything
    assert fits(()) == 0
    assert messages.nothing(()) == 0
