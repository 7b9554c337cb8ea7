"""What is left lying is looked after one by one: what fails holds nothing else up."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from channels.message import InboundMessage
from config.settings import Settings
from intake import app, inbox, loops
from intake import schema as intake_schema
from intake.desk import FrontDesk
from intake.services import Services
from intake.talk import conversation
from routing import schema
from tests.clock import Clock

Say = Callable[..., InboundMessage]
MANY = 8


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


def locked() -> Exception:
    """What SQLite says while another process writes for too long."""
    return sa.exc.OperationalError("UPDATE", {}, Exception("database is locked"))


async def test_fault_of_the_database_is_no_try_of_the_message(
    services: Services, say: Say, clock: Clock, sweep: loops.Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> object:
        raise locked()

    message = say("东韩村村口的路灯坏了三天了没人修")
    await services.database.write(lambda c: inbox.add(c, message, services.runtime.new_id()))
    clock.forward(minutes=2)
    with monkeypatch.context() as patches:
        patches.setattr(FrontDesk, "settle", away)
        for _ in range(inbox.MOST_ATTEMPTS + 1):
            assert not await sweep.step()  # nothing came of it: the loop waits before it goes on
    assert await services.database.read(inbox.stuck) == 0
    assert await sweep.step()
    assert await tickets(services) == ["东韩村村口的路灯坏了三天了没人修"]


async def test_silence_is_settled_as_soon_as_the_database_is_back(
    services: Services, say: Say, clock: Clock, sweep: loops.Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> object:
        raise locked()

    await asked(services, say, "a")
    clock.forward(minutes=11)
    with monkeypatch.context() as patches:
        patches.setattr(FrontDesk, "expire", away)
        assert not await sweep.step()
    assert await sweep.step()
    assert await tickets(services) == ["路灯坏了"]


async def test_message_that_can_not_be_read_waits_for_a_person_and_holds_no_other_up(
    services: Services, say: Say, clock: Clock, sweep: loops.Sweep
) -> None:
    def left(connection: sa.Connection) -> None:
        inbox.add(connection, say("读不出来", key="1"), "bad")
        inbox.add(connection, say("东韩村村口的路灯坏了三天了没人修", key="2"), "good")
        bad = sa.update(intake_schema.inbox).where(intake_schema.inbox.c.id == "bad")
        connection.execute(bad.values(body="{"))

    await services.database.write(left)
    clock.forward(minutes=2)
    for _ in range(inbox.MOST_ATTEMPTS):
        assert await sweep.step()
    assert await tickets(services) == ["东韩村村口的路灯坏了三天了没人修"]
    assert await services.database.read(inbox.stuck) == 1
    assert not await sweep.step()


async def test_two_sweeps_at_once_do_nothing_twice(
    services: Services,
    settings: Settings,
    say: Say,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both have found the same messages, and the same silences, before either works on them."""
    silent, left = (
        [f"silent-{each}" for each in range(MANY)],
        [f"left-{each}" for each in range(MANY)],
    )
    await asked(services, say, *silent)
    for each in left:
        message = say("东韩村村口的路灯坏了三天了没人修", sender=each)
        await services.database.write(partial(inbox.add, message=message, new_id=each))
    clock.forward(minutes=12)
    for name in ("settle", "expire"):
        monkeypatch.setattr(FrontDesk, name, together(getattr(FrontDesk, name)))
    runtime = Clock(at=clock.at, _ids=itertools.count(10**6)).runtime()
    async with app.build(settings, runtime) as other, asyncio.timeout(60):
        await asyncio.gather(*(swept(each) for each in (services, other)))
    owners = await column(services, schema.ticket.c.reporter)
    assert sorted(owners) == sorted(f"web:{each}" for each in silent + left)
    assert all(await column(services, intake_schema.inbox.c.done_at))
    outbox = schema.outbox.c
    posted = await column(services, outbox.destination + outbox.kind + outbox.ticket)
    assert len(posted) == len(set(posted))
    assert len([each for each in posted if each.startswith("web:")]) == 2 * MANY


async def swept(services: Services) -> None:
    """Until this program's sweep finds nothing more."""
    sweep = loops.Sweep(database=services.database, runtime=services.runtime, desk=services.desk)
    while await sweep.step():
        pass


async def column(services: Services, wanted: sa.ColumnElement[Any]) -> list[Any]:
    """All of it."""
    return await services.database.read(lambda c: list(c.execute(sa.select(wanted)).scalars()))


def together(work: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
    """The same, but two desks wait for each other before the first that each does."""
    barrier, met = asyncio.Barrier(2), set[FrontDesk]()

    async def waits(self: FrontDesk, *given: object, **named: object) -> object:
        if self not in met:
            met.add(self)
            await barrier.wait()
        return await work(self, *given, **named)

    return waits
