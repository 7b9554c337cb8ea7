"""What is left lying is looked after one by one: what fails holds nothing else up."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from channels.message import InboundMessage
from intake import loops
from intake.desk import FrontDesk
from intake.services import Services
from intake.talk import conversation
from routing import schema
from tests.clock import Clock

Say = Callable[..., InboundMessage]


@pytest.fixture
def sweep(services: Services) -> loops.Sweep:
    return loops.Sweep(database=services.database, runtime=services.runtime, desk=services.desk)


async def tickets(services: Services) -> list[str]:
    query = sa.select(schema.ticket.c.text).order_by(schema.ticket.c.number)
    return list(await services.database.read(lambda c: c.execute(query).scalars().all()))


async def asked(services: Services, say: Say, *threads: str) -> None:
    for thread in threads:
        receipt = await services.desk.receive(say("路灯坏了", key=thread, sender=thread))
        assert [reply.key for reply in receipt.replies] == ["ask_place"]


async def test_silence_that_the_program_fails_at_is_a_plain_ticket(
    services: Services, say: Say, clock: Clock, sweep: loops.Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no understanding today")

    await asked(services, say, "a")
    monkeypatch.setattr(conversation, "expire", broken)
    clock.forward(minutes=11)
    assert await sweep.step()
    assert await tickets(services) == ["路灯坏了"]
    assert not await sweep.step()


async def test_silence_that_can_not_be_settled_holds_no_other_up(
    services: Services, say: Say, clock: Clock, sweep: loops.Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    expire, tried = FrontDesk.expire, list[str]()

    async def fragile(self: FrontDesk, thread: str) -> object:
        tried.append(thread)
        if thread == "web:a":
            raise RuntimeError("not this one")
        return await expire(self, thread)

    await asked(services, say, "a", "b", "c")
    monkeypatch.setattr(FrontDesk, "expire", fragile)
    clock.forward(minutes=11)
    assert await sweep.step()
    assert await tickets(services) == ["路灯坏了", "路灯坏了"]
    assert not await sweep.step()  # what failed rests
    clock.forward(hours=2)
    await sweep.step()
    assert tried.count("web:a") == 2
