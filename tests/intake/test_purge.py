"""Nothing finished is kept for ever, and nothing that somebody may still need is forgotten."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from channels.message import Attachment, InboundMessage
from intake import accounts, keys, purge, schema
from intake.keys import Kept
from intake.purge import Purge
from intake.services import Services
from routing import outbox
from routing import schema as routing_schema
from routing.envelope import Envelope
from tests.clock import Clock

_OUTBOX = routing_schema.outbox


def _letter(name: str) -> Envelope:
    return Envelope(id=name, destination=f"webhook:{name}", ticket="20261124-0001", kind="told")


def _post(connection: Connection, at: datetime, **states: str) -> None:
    outbox.post(connection, [_letter(name) for name in states], at)
    for name, state in states.items():
        ended = {"state": state, "finished_at": None if state == "waiting" else at}
        connection.execute(sa.update(_OUTBOX).where(_OUTBOX.c.id == name).values(ended))


def _left(connection: Connection) -> list[str]:
    return list(connection.execute(sa.select(_OUTBOX.c.id).order_by(_OUTBOX.c.position)).scalars())


@pytest.fixture
def step(services: Services) -> Purge:
    return Purge(database=services.database, runtime=services.runtime)


async def test_delivered_envelopes_go_after_a_quarter(
    services: Services, clock: Clock, step: Purge
) -> None:
    await services.database.write(lambda c: _post(c, clock.at, old="done"))
    clock.forward(days=89)
    await services.database.write(lambda c: _post(c, clock.at, new="done"))
    assert not await step.step()
    assert await services.database.read(_left) == ["old", "new"]
    clock.forward(days=1, seconds=1)
    await step.step()
    assert await services.database.read(_left) == ["new"]


async def test_dead_letters_and_what_still_waits_stay(
    services: Services, clock: Clock, step: Purge
) -> None:
    states = {"lost": "dead", "on_its_way": "waiting", "arrived": "done"}
    await services.database.write(lambda c: _post(c, clock.at, **states))
    clock.forward(days=1000)
    await step.step()
    assert await services.database.read(_left) == ["lost", "on_its_way"]


async def test_many_go_in_batches_until_none_is_left(
    services: Services, clock: Clock, step: Purge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "BATCH", 3)
    states = {f"letter_{index}": "dead" if index == 1 else "done" for index in range(8)}
    await services.database.write(lambda c: _post(c, clock.at, **states))
    clock.forward(days=91)
    left = []
    while await step.step():
        left.append(len(await services.database.read(_left)))
    assert left == [5, 2]
    assert await services.database.read(_left) == ["letter_1"]


async def test_answers_to_api_calls_go_after_thirty_days(
    services: Services, clock: Clock, step: Purge
) -> None:
    kept = Kept(owner="water", key="one", fingerprint="f", answer="{}")
    await services.database.write(lambda c: keys.keep(c, kept, clock.at))
    clock.forward(days=30)
    await step.step()
    assert await services.database.read(lambda c: keys.find(c, "water", "one", "f")) == "{}"
    clock.forward(seconds=1)
    await step.step()
    assert await services.database.read(lambda c: keys.find(c, "water", "one", "f")) is None


async def test_sessions_go_when_they_end(services: Services, clock: Clock, step: Purge) -> None:
    def begin(connection: Connection) -> str:
        accounts.first(connection, clock.at)
        accounts.begin(connection, accounts.FIRST_NAME, clock.at, 1)
        return accounts.begin(connection, accounts.FIRST_NAME, clock.at, 20)

    token = await services.database.write(begin)
    clock.forward(hours=2)
    await step.step()
    assert await services.database.read(lambda c: accounts.session(c, token, clock.at))
    count = sa.select(sa.func.count()).select_from(schema.operator_session)
    assert await services.database.read(lambda c: c.execute(count).scalar_one()) == 1


async def test_tickets_and_their_events_stay(
    services: Services, clock: Clock, step: Purge, say: object
) -> None:
    receipt = await services.desk.receive(say("东韩村村口的路灯坏了三天了没人修"))  # type: ignore[operator]
    clock.at += timedelta(days=4000)
    await step.step()
    assert receipt.ticket
    for table in (routing_schema.ticket, routing_schema.ticket_event, schema.inbox):
        count = sa.select(sa.func.count()).select_from(table)
        assert await services.database.read(partial(Connection.scalar, statement=count)) == 1


async def test_photo_that_no_message_came_with_is_forgotten_after_a_day(
    services: Services, clock: Clock, say: Callable[..., InboundMessage]
) -> None:
    step = Purge(database=services.database, runtime=services.runtime, media=services.media)
    mine, twice, nobodys = [
        await services.media(b"\xff\xd8\xff\xe0" + name, "image/jpeg")
        for name in (b"mine", b"twice", b"nobodys")
    ]
    for key, reference in enumerate((mine, twice)):
        photo = (Attachment(kind="image", reference=reference),)
        message = replace(say("路灯坏了", key=str(key)), attachments=photo)
        await services.desk.receive(message)
    clock.forward(days=60)
    await services.media(b"\xff\xd8\xff\xe0twice", "image/jpeg")  # kept again, and not sent
    nobodys = await services.media(b"\xff\xd8\xff\xe0nobodys", "image/jpeg")
    clock.forward(hours=23)
    await step.step()
    assert await services.media.find(nobodys) is not None
    clock.forward(hours=2)
    assert not await step.step()
    assert await services.media.find(nobodys) is None
    for reference in (mine, twice):
        found = await services.media.find(reference)
        assert found is not None and found[0].exists()


async def test_photos_and_what_operators_put_right_go_after_three_years(
    services: Services, clock: Clock, say: Callable[..., InboundMessage]
) -> None:
    def example(connection: Connection) -> None:
        row = {"id": "e", "ticket": "1", "text": "灯", "field": "category", "at": clock.at}
        row |= {"before": "", "after": "0102", "by": "operator:a"}
        connection.execute(sa.insert(schema.correction).values(row))

    step = Purge(database=services.database, runtime=services.runtime, media=services.media)
    reference = await services.media(b"\xff\xd8\xff\xe0photo", "image/jpeg")
    photo = (Attachment(kind="image", reference=reference),)
    await services.desk.receive(replace(say("路灯坏了"), attachments=photo))
    found = await services.media.find(reference)
    assert found is not None and found[0].exists()
    await services.database.write(example)
    clock.forward(days=1094)
    await step.step()
    assert found[0].exists()
    clock.forward(days=2)
    await step.step()
    assert not found[0].exists()
    assert await services.media.find(reference) is None
    count = sa.select(sa.func.count()).select_from(schema.correction)
    assert await services.database.read(lambda c: c.execute(count).scalar_one()) == 0


async def test_finished_conversation_is_forgotten_and_a_waiting_one_never(
    services: Services, clock: Clock, step: Purge, say: Callable[..., InboundMessage]
) -> None:
    await services.desk.receive(say("东韩村村口的路灯坏了三天了没人修", sender="done"))
    await services.desk.receive(say("路灯坏了", sender="waits"))
    clock.forward(days=91)
    await step.step()
    query = sa.select(schema.conversation.c.thread)
    assert await services.database.read(lambda c: c.execute(query).scalars().all()) == ["web:waits"]
