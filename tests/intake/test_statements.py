"""What an ordinary message costs the database: few statements, on both kinds, whatever is added.

Whoever needs one more raises a bound here, and says in the commit what it is for.
"""

from collections.abc import Awaitable, Callable

import pytest
import sqlalchemy as sa

from channels.message import InboundMessage
from intake import schema
from intake.services import Services
from tests import statements
from tests.clock import Clock
from tests.intake.resident import Resident

Say = Callable[..., InboundMessage]
LAMP = "东韩村村口的路灯坏了三天了"
WATER = "东韩村的自来水从昨天开始停水了"
UNMENDED = (
    "东韩村村口的路灯坏了三天了没人修"  # the end might judge a result, so notices are looked at
)


async def _nothing(resident: Resident) -> None:
    """He has never spoken to us."""


async def _lamp(resident: Resident) -> None:
    await resident.says(LAMP)


async def _lamp_without_place(resident: Resident) -> None:
    assert await resident.says("路灯坏了三天了") == ["ask_place"]


ORDINARY: dict[str, tuple[Callable[[Resident], Awaitable[None]], str, str, int]] = {
    # written down and held, 2; number, ticket, event, letter, 4; settled and remembered, 2
    "opens a ticket": (_nothing, LAMP, "receipt", 8),
    "opens a ticket with words of a result": (_nothing, UNMENDED, "receipt", 9),
    "is asked where": (_nothing, "路灯坏了三天了", "ask_place", 4),
    "says where": (_lamp_without_place, "东韩村", "receipt", 9),
    "adds words": (_lamp, "就在村口小卖部旁边", "supplemented", 10),
    "asks how it stands": (_lamp, "查询", "progress", 8),
    "thanks": (_lamp, "谢谢", "thanks", 5),
    "tells of another matter": (_lamp, WATER, "receipt", 8),
}


@pytest.mark.parametrize("case", ORDINARY)
async def test_an_ordinary_message_costs_few_statements(
    services: Services, clock: Clock, say: Say, case: str
) -> None:
    before, words, answer, most = ORDINARY[case]
    resident = Resident(services, clock, say)
    await before(resident)
    with statements.counted() as done:
        told = await resident.says(words)
    assert told[0].startswith(answer)
    assert len(done) <= most, "\n".join(done)


async def test_a_retry_of_the_platform_costs_two(services: Services, say: Say) -> None:
    await services.desk.receive(say(LAMP))
    with statements.counted() as done:
        assert (await services.desk.receive(say(LAMP))).duplicate
    assert len(done) == 2, "\n".join(done)


async def test_tickets_that_a_message_names_are_read_at_one_look(
    services: Services, clock: Clock, say: Say
) -> None:
    resident = Resident(services, clock, say)
    numbers = [(await resident.receipt(words, after_s=3600)).ticket for words in (LAMP, WATER)]
    reads: list[int] = []
    for named in (numbers[:1], numbers):
        with statements.counted() as done:
            await resident.says("谢谢" + " ".join(named))
        reads.append(sum("FROM ticket" in each for each in done))
    assert reads[0] == reads[1], reads


async def test_a_message_of_two_matters_is_on_both_tickets(
    services: Services, clock: Clock, say: Say
) -> None:
    """The first by its receipt, the second beside it."""
    resident = Resident(services, clock, say)
    await resident.says(f"{LAMP}，另外{WATER}")
    await resident.says("好的")
    tickets = await resident.tickets()
    query = sa.select(schema.inbox.c.ticket).where(schema.inbox.c.ticket.is_not(None))
    also = sa.select(schema.inbox_also.c.ticket)
    on = await services.database.read(
        lambda c: {*c.execute(query).scalars(), *c.execute(also).scalars()}
    )
    assert len(on) == len(tickets) == 2, (on, tickets)
