"""The front desk on both databases: written first, answered once, never lost."""

import asyncio
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from channels.message import InboundMessage, Receipt
from config.settings import Settings
from intake import app, history, inbox, loops, schema
from intake.services import Services
from nlp.understanding import Understanding
from routing import schema as tables
from routing import store
from routing.order import Order
from routing.ticket import Action, Status
from tests.clock import Clock

Say = Callable[..., InboundMessage]
LAMP = "东韩村村口的路灯坏了三天了没人修"


async def count(services: Services, table: sa.Table) -> int:
    query = sa.select(sa.func.count()).select_from(table)
    return await services.database.read(lambda c: int(c.execute(query).scalar_one()))


def keys(receipt: Receipt) -> list[str]:
    return [reply.key for reply in receipt.replies]


async def test_words_become_a_routed_ticket_with_a_webhook(services: Services, say: Say) -> None:
    receipt = await services.desk.receive(say(LAMP))
    assert receipt.ticket == "20261123-0001"
    assert keys(receipt) == ["receipt"]
    ticket = await services.database.read(lambda c: store.load(c, receipt.ticket))
    assert ticket.status is Status.DISPATCHED
    assert ticket.place == "130506100225"
    assert ticket.category.startswith("0102")
    assert "city-management" in ticket.assisting
    query = sa.select(tables.outbox.c.destination, tables.outbox.c.body)
    rows = await services.database.read(lambda c: c.execute(query).all())
    assert [row.destination for row in rows] == ["webhook:city-management"]
    assert "web:a" not in rows[0].body


async def test_same_message_again_gets_the_same_receipt(services: Services, say: Say) -> None:
    first = await services.desk.receive(say(LAMP))
    again = await services.desk.receive(say(LAMP))
    assert again.duplicate
    assert (again.ticket, again.replies) == (first.ticket, first.replies)
    assert await count(services, tables.ticket) == 1


async def test_retries_at_the_same_moment_make_one_ticket(services: Services, say: Say) -> None:
    receipts = await asyncio.gather(*(services.desk.receive(say(LAMP)) for _ in range(4)))
    assert len({receipt.ticket for receipt in receipts}) == 1
    assert sum(not receipt.duplicate for receipt in receipts) == 1
    assert await count(services, tables.ticket) == 1
    assert await count(services, schema.inbox) == 1


async def test_two_programs_on_one_database_do_nothing_twice(
    services: Services, settings: Settings, clock: Clock, say: Say
) -> None:
    async with app.build(settings, Clock(at=clock.at).runtime()) as other:
        pairs = await asyncio.gather(
            *(
                program.desk.receive(say(LAMP, key=str(index), sender=f"r{index}"))
                for index in range(10)
                for program in (services, other)
            ),
            return_exceptions=True,
        )
    assert not [failed for failed in pairs if isinstance(failed, BaseException)]
    assert await count(services, tables.ticket) == 10
    assert await count(services, schema.inbox) == 10


async def test_what_fails_to_be_understood_becomes_a_ticket_for_a_person(
    services: Services, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(text: str) -> Understanding:
        raise RuntimeError("no understanding today")

    knowledge = services.desk._knowledge
    monkeypatch.setattr(services.desk, "_knowledge", _with(knowledge, broken))
    receipt = await services.desk.receive(say(LAMP))
    ticket = await services.database.read(lambda c: store.load(c, receipt.ticket))
    assert ticket.status is Status.DECIDING
    assert LAMP in ticket.text


def _with(knowledge: object, understand: Callable[[str], Understanding]) -> object:
    from dataclasses import replace

    return replace(knowledge, understand=understand)  # type: ignore[type-var]


async def test_abandoned_message_is_settled_and_answered_by_the_outbox(
    services: Services, say: Say, clock: Clock
) -> None:
    await services.database.write(lambda c: inbox.add(c, say(LAMP), "abandoned"))
    sweep = loops.Sweep(database=services.database, runtime=services.runtime, desk=services.desk)
    assert not await sweep.step()
    clock.forward(minutes=2)
    assert await sweep.step()
    assert await count(services, tables.ticket) == 1
    query = sa.select(tables.outbox.c.kind).where(tables.outbox.c.destination == "web:a")
    assert (await services.database.read(lambda c: c.execute(query).scalars().all())) == ["receipt"]
    assert not await sweep.step()


async def test_silence_after_a_question_ends_in_a_ticket(
    services: Services, say: Say, clock: Clock
) -> None:
    receipt = await services.desk.receive(say("路灯坏了"))
    assert keys(receipt) == ["ask_place"]
    sweep = loops.Sweep(database=services.database, runtime=services.runtime, desk=services.desk)
    assert not await sweep.step()
    clock.forward(minutes=11)
    assert await sweep.step()
    assert await count(services, tables.ticket) == 1
    assert not await sweep.step()


async def test_place_answers_the_question_and_history_shows_both_sides(
    services: Services, say: Say, clock: Clock
) -> None:
    await services.desk.receive(say("路灯坏了"))
    clock.forward(seconds=20)
    receipt = await services.desk.receive(say("东韩村", key="2"))
    assert keys(receipt) == ["receipt"]
    sender = say("x").sender
    lines = await services.database.read(lambda c: history.read(c, sender, services.replies.render))
    assert [line.from_us for line in lines] == [False, True, False, True]


async def test_progress_is_told_to_the_reporter_alone(
    services: Services, say: Say, clock: Clock
) -> None:
    opened = await services.desk.receive(say(LAMP))
    clock.forward(minutes=5)
    mine = await services.desk.receive(say("查询", key="2"))
    assert keys(mine) == ["progress"]
    other = await services.desk.receive(say(f"查询 {opened.ticket}", key="1", sender="b"))
    assert keys(other) == ["progress_unknown"]


async def test_withdrawal_is_asked_and_done(services: Services, say: Say, clock: Clock) -> None:
    opened = await services.desk.receive(say(LAMP))
    clock.forward(minutes=5)
    assert keys(await services.desk.receive(say("撤单", key="2"))) == ["withdraw_ask"]
    assert keys(await services.desk.receive(say("是", key="3"))) == ["withdrawn"]
    ticket = await services.database.read(lambda c: store.load(c, opened.ticket))
    assert ticket.status is Status.WITHDRAWN


async def test_danger_calls_a_person_and_says_whom_to_ring(services: Services, say: Say) -> None:
    receipt = await services.desk.receive(say("东韩村有人家着火了快来人"))
    assert keys(receipt) == ["danger_fire", "danger_alone", "danger_spot"]
    assert "119" in services.replies.render(receipt.replies[0])
    ticket = await services.database.read(lambda c: store.load(c, receipt.ticket))
    assert ticket.status is Status.DECIDING
    assert ticket.urgency == "danger"


@pytest.mark.parametrize("text", ["", "。。。", "\x00\x01", "A" * 5000, "路" * 3000, "😀😀"])
async def test_strange_messages_are_answered_and_harm_nothing(
    services: Services, say: Say, text: str
) -> None:
    receipt = await services.desk.receive(say(text))
    assert receipt.replies or receipt.ticket
    assert (await services.desk.receive(say(LAMP, key="2", sender="b"))).ticket


async def test_progress_tells_the_latest_step_even_when_nobody_has_written_one(
    services: Services, say: Callable[..., InboundMessage]
) -> None:
    number = (await services.desk.receive(say(LAMP))).ticket
    (reply,) = (await services.desk.receive(say("查询", key="2"))).replies
    assert services.replies.render(reply).endswith("最近一步：11月23日转给东韩村网格站。")
    await services.database.write(
        lambda c: services.dispatcher.act(
            c,
            Action.PROGRESS,
            Order(number=number, version=1, by="operator:a", note="电工已经到村里看过。"),
        )
    )
    (reply,) = (await services.desk.receive(say("查询", key="3"))).replies
    assert services.replies.render(reply).endswith("最近一步：电工已经到村里看过。")
