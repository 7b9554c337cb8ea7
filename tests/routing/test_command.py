"""Every danger reaches the command desk, in the unit of work that opens it, until somebody acts."""

import json
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest

from config.county import County, Duty, Worker
from nlp.understanding import Urgency
from routing import command, store
from routing.database import Database
from routing.dispatch import Dispatcher
from routing.order import Order
from routing.ticket import Action, Status, Ticket
from routing.watch import Watch
from tests.clock import Clock
from tests.routing import county as counties
from tests.routing import parts

FIRE = "着火了，屋里还有人，我叫张三，电话13912345678"
FIRST_A_PERSON = "险情，先由人看"


@pytest.fixture
def clock() -> Clock:
    return Clock(at=parts.START)


def county(**duty: str) -> County:
    """The small county with this command duty."""
    made = parts.county()
    held = Duty(role="command", **{"unit": "emergency", **duty})
    return replace(made, duties=MappingProxyType({"command": held}))


async def opened(database: Database, dispatcher: Dispatcher, **changes: Any) -> Ticket:
    danger = {"text": FIRE, "urgency": Urgency.DANGER, "handover_reason": FIRST_A_PERSON}
    return await database.write(lambda c: dispatcher.open(c, parts.draft(**{**danger, **changes})))


async def told(database: Database) -> list[tuple[str, str]]:
    """What went to the desk, by whatever way."""
    kinds = (command.EVENT_TYPE, command.REPLY)
    return [
        (row.destination, row.kind) for row in await parts.posted(database) if row.kind in kinds
    ]


def watch(database: Database, dispatcher: Dispatcher, clock: Clock) -> Watch:
    return Watch(database=database, dispatcher=dispatcher, runtime=clock.runtime())


@pytest.mark.parametrize(
    ("duty", "to", "kind"),
    [
        ({}, "webhook:emergency", command.EVENT_TYPE),
        ({"contact": "wechat:oDuty"}, "wechat:oDuty", command.REPLY),
        ({"contact": "tel:+863194560000"}, "tel:+863194560000", command.REPLY),
        ({"unit": counties.COUNTY, "contact": "wechat:oDuty"}, "wechat:oDuty", command.REPLY),
    ],
)
async def test_danger_is_told_as_its_ticket_opens(
    database: Database, clock: Clock, duty: dict[str, str], to: str, kind: str
) -> None:
    ticket = await opened(database, parts.dispatcher(clock, county(**duty)))
    assert ticket.status is Status.DECIDING
    assert await told(database) == [(to, kind)]


async def test_who_answers_for_the_unit_is_told_where_the_desk_has_no_contact(
    database: Database, clock: Clock
) -> None:
    home = county(unit=counties.COUNTY)
    named = Worker(unit=counties.COUNTY, name="王某", contact="wechat:oCentre")
    workers = MappingProxyType({**home.workers, counties.COUNTY: (named,)})
    await opened(database, parts.dispatcher(clock, replace(home, workers=workers)))
    assert ("wechat:oCentre", command.REPLY) in await told(database)


async def test_desk_that_can_not_be_reached_gets_nothing_and_the_queue_shows_it(
    database: Database, clock: Clock
) -> None:
    ticket = await opened(database, parts.dispatcher(clock, county(unit=counties.COUNTY)))
    assert await told(database) == []
    (shown,) = await database.read(lambda c: command.unseen(c, limit=5))
    assert shown == ticket


@pytest.mark.parametrize("contact", ["", "wechat:oDuty"])
async def test_desk_reads_the_words_and_not_who_said_them(
    database: Database, clock: Clock, contact: str
) -> None:
    await opened(database, parts.dispatcher(clock, county(contact=contact)))
    (row,) = await parts.posted(database)
    assert "着火了，屋里还有人" in row.body and "和阳镇巩庄村" in row.body
    for secret in ("张三", "13912345678", "oResident"):
        assert secret not in row.body


async def test_of_a_confidential_danger_the_desk_learns_only_that_it_is_there(
    database: Database, clock: Clock
) -> None:
    await opened(database, parts.dispatcher(clock, county(contact="tel:1")), confidential=True)
    (row,) = await parts.posted(database)
    assert json.loads(row.body)["values"] == {
        "number": "20261124-0001",
        "place": "居民要求保密",
        "said": "居民要求保密",
    }


async def test_matter_that_is_no_danger_is_not_told_until_it_becomes_one(
    database: Database, clock: Clock
) -> None:
    dispatcher = parts.dispatcher(clock, county())
    ticket = await opened(database, dispatcher, urgency=Urgency.URGENT)
    assert await told(database) == []
    order = Order.on(ticket, by="operator:李")
    await database.write(lambda c: dispatcher.correct(c, order, urgency=Urgency.DANGER))
    assert await told(database) == [("webhook:emergency", command.EVENT_TYPE)]


async def test_desk_is_told_every_ten_minutes_until_somebody_acts(
    database: Database, clock: Clock
) -> None:
    dispatcher = parts.dispatcher(clock, county())
    watching = watch(database, dispatcher, clock)
    ticket = await opened(database, dispatcher)
    for times in (2, 3, 4):
        assert not await watching.step()
        clock.forward(minutes=11)
        assert await watching.step()
        assert len(await told(database)) == times
    seen = await database.read(lambda c: store.load(c, ticket.number))
    await database.write(
        lambda c: dispatcher.act(
            c, Action.PROGRESS, Order.on(seen, by="operator:李", note="已请119出动")
        )
    )
    assert await database.read(lambda c: command.unseen(c, limit=5)) == []
    clock.forward(minutes=11)
    assert not await watching.step()


async def test_words_that_the_resident_adds_are_not_taken_for_somebody_acting(
    database: Database, clock: Clock
) -> None:
    dispatcher = parts.dispatcher(clock, county())
    ticket = await opened(database, dispatcher)
    order = Order.on(ticket, by="resident", note="火更大了")
    ticket = await database.write(lambda c: dispatcher.act(c, Action.SUPPLEMENT, order))
    await database.write(lambda c: dispatcher.remark(c, ticket, "照片没有取到"))
    assert len(await database.read(lambda c: command.unseen(c, limit=5))) == 1
    clock.forward(minutes=11)
    assert await watch(database, dispatcher, clock).step()


async def test_after_a_day_the_desk_is_left_alone_and_the_queue_still_shows_it(
    database: Database, clock: Clock
) -> None:
    dispatcher = parts.dispatcher(clock, county())
    await opened(database, dispatcher)
    watching = watch(database, dispatcher, clock)
    clock.forward(days=2)
    await watching.step()  # past its time: that is noted once
    assert len(await told(database)) == 1
    assert len(await database.read(lambda c: command.unseen(c, limit=5))) == 1


async def test_telling_again_does_not_stand_for_the_reminder_past_the_deadline(
    database: Database, clock: Clock
) -> None:
    dispatcher = parts.dispatcher(clock, county())
    ticket = await opened(database, dispatcher)
    clock.forward(minutes=125)
    watching = watch(database, dispatcher, clock)
    while await watching.step():
        pass
    log = await database.read(lambda c: store.events(c, ticket.number))
    notes = [event.note for event in log if event.action is Action.REMIND]
    assert len(notes) == 2 and command.NOTE in notes


async def test_dangers_of_others_are_told_where_one_ticket_is_broken(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatcher = parts.dispatcher(clock, county())
    broken = await opened(database, dispatcher)
    await opened(database, dispatcher)
    remind = Dispatcher.remind_danger

    def fragile(self: Dispatcher, connection: Any, order: Order) -> Ticket:
        if order.number == broken.number:
            raise KeyError("a unit that the county has no more")
        return remind(self, connection, order)

    monkeypatch.setattr(Dispatcher, "remind_danger", fragile)
    clock.forward(minutes=11)
    watching = watch(database, dispatcher, clock)
    assert await watching.step()
    assert len(await told(database)) == 3
    assert not await watching.step()  # the broken one rests
    clock.at += timedelta(hours=2)
    assert await watching.step()
