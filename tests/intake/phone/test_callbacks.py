"""Who is rung back tells his matter into the ticket that waits for it: one matter, one ticket."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from channels.message import Contact, InboundMessage, Receipt
from intake.services import Services
from intake.talk import reasons
from intake.talk.turn import Open
from routing import lifecycle, outbox, schema, store
from routing.ticket import Status, Ticket
from tests.intake.talk import SAYINGS, Talk

CALLER = Contact(scheme="tel", path="+8613900000000")
FIRST = "call:0190a1b2-0000-7000-8000-000000000001"
BACK = "call:0190a1b2-0000-7000-8000-000000000002"
LAMP = "东韩村村口的路灯坏了三天了没人修"
EAST_HAN = "130506100"


class Line:
    """The resident's calls as the desk meets them: first the one missed, then ours."""

    def __init__(self, services: Services, at: Callable[[], object]) -> None:
        self._services = services
        self._at = at
        self._count = 0

    async def missed(self, words: str = "") -> str:
        receipt = await self.receive(FIRST, words, event="missed")
        return receipt.ticket

    async def back(self, ticket: str, *said: str, sender: Contact = CALLER) -> list[Receipt]:
        """We ring him; `!event` among what he says is no words."""
        found = [await self.receive(BACK, "", event=f"called_back:{ticket}", sender=sender)]
        for each in said:
            event = each.removeprefix("!") if each.startswith("!") else ""
            words = "" if event else each
            found.append(await self.receive(BACK, words, event=event, sender=sender))
        return found

    async def receive(
        self, thread: str, text: str, *, event: str = "", sender: Contact = CALLER
    ) -> Receipt:
        self._count += 1
        message = InboundMessage(
            channel="phone",
            external_id=f"{thread}:{self._count}",
            sender=sender,
            thread=thread,
            text=text,
            received_at=self._services.runtime.now(),
            event=event,
            spoken=True,
        )
        return await self._services.desk.receive(message)

    async def tickets(self) -> list[Ticket]:
        query = sa.select(schema.ticket.c.number).order_by(schema.ticket.c.number)
        numbers = await self._services.database.read(lambda c: c.execute(query).scalars().all())
        return [await self.one(number) for number in numbers]

    async def one(self, number: str) -> Ticket:
        return await self._services.database.read(lambda c: store.load(c, number))

    async def notes(self, number: str) -> list[str]:
        events = await self._services.database.read(lambda c: store.events(c, number))
        assert lifecycle.replay(events) == await self.one(number)
        return [event.note for event in events]


@pytest.fixture
def line(services: Services) -> Line:
    return Line(services, services.runtime.now)


async def test_the_matter_goes_into_the_ticket_of_the_missed_call_and_is_dispatched(
    line: Line, services: Services
) -> None:
    number = await line.missed()
    before = await line.one(number)
    assert (before.text, before.category) == (reasons.RECORDING, "")
    *_, read, told = await line.back(number, LAMP, "对")
    assert [reply.key for reply in read.replies] == ["read_back"]
    assert [reply.key for reply in told.replies] == ["receipt"]
    assert told.ticket == told.replies[0].values["number"] == number
    (ticket,) = await line.tickets()
    assert (ticket.status, ticket.handover_reason) == (Status.DISPATCHED, "")
    assert ticket.text == LAMP
    assert ticket.place.startswith(EAST_HAN)
    assert ticket.category and ticket.certain
    assert services.county.units[ticket.unit].name in read.replies[0].values["unit"]
    assert "回电时居民说：" + LAMP in await line.notes(number)


@pytest.mark.parametrize(
    ("said", "status", "reason", "urgency"),
    [
        ((LAMP, "!hangup"), "deciding", reasons.UNCONFIRMED, "normal"),
        (("路灯坏了", "!hangup"), "deciding", reasons.HUNG_UP, "normal"),
        (("转人工",), "deciding", reasons.PERSON_ASKED, "normal"),
        ((LAMP, "转人工"), "deciding", reasons.PERSON_ASKED, "normal"),
        (("贾庄村着火了",), "deciding", reasons.DANGER_FIRST, "danger"),
        (("!handover:居民没有说话",), "deciding", reasons.MISSED, "normal"),
        (("!hangup",), "deciding", reasons.MISSED, "normal"),
        ((LAMP, "算了", "!hangup"), "deciding", reasons.MISSED, "normal"),
        ((LAMP, "算了", LAMP, "对"), "dispatched", "", "normal"),
    ],
)
async def test_whatever_he_says_there_is_one_ticket(
    line: Line, said: tuple[str, ...], status: str, reason: str, urgency: str
) -> None:
    number = await line.missed()
    await line.back(number, *said)
    (ticket,) = await line.tickets()
    assert (ticket.number, ticket.status) == (number, status)
    assert (ticket.handover_reason, ticket.urgency) == (reason, urgency)
    assert ticket.due_at > ticket.opened_at
    await line.notes(number)


async def test_a_second_matter_of_the_same_call_is_a_second_ticket(line: Line) -> None:
    number = await line.missed()
    *_, last = await line.back(number, LAMP, "对", "还有贾庄村的自来水停了两天了", "对")
    first, second = await line.tickets()
    assert (first.number, last.ticket) == (number, second.number)
    assert "路灯" in first.text and "自来水" in second.text


async def test_nobody_else_fills_a_strangers_ticket(line: Line) -> None:
    number = await line.missed()
    stranger = Contact(scheme="tel", path="+8613811112222")
    await line.back(number, LAMP, "对", sender=stranger)
    first, second = await line.tickets()
    assert first.text == reasons.RECORDING and len(await line.notes(number)) == 1
    assert second.reporter == str(stranger)


async def test_death_in_the_middle_leaves_nothing_half_done(
    line: Line, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await line.missed()
    await line.back(number, LAMP)
    before, notes = await line.one(number), await line.notes(number)

    def dies(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "post", dies)  # what must go out is written last of all
        with pytest.raises(RuntimeError, match="killed"):
            await line.receive(BACK, "对")
    assert await line.one(number) == before and await line.notes(number) == notes
    await line.receive(BACK, "对")
    (ticket,) = await line.tickets()
    assert (ticket.number, ticket.status) == (number, Status.DISPATCHED)


_WORDS = st.lists(st.sampled_from([*sorted(SAYINGS), "算了", "!hangup", "!handover:x"]), max_size=8)


@given(_WORDS)
def test_only_the_first_matter_told_fills_it_whatever_is_said(said: list[str]) -> None:
    talk = Talk(spoken=True)
    talk.happens("called_back:20261120-0001")
    for each in said:
        if each.startswith("!"):
            talk.happens(each.removeprefix("!"))
        else:
            talk.say(each)
    opened = [step.into for step in talk.steps if isinstance(step, Open)]
    assert opened[:1] in ([], ["20261120-0001"])
    assert not any(opened[1:])
    assert bool(talk.state.fills) is not bool(opened)
