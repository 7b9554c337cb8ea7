"""下次直接转人工 on the pages of a call and of its ticket."""

from collections.abc import AsyncIterator, Callable

import pytest

from channels.message import Contact, InboundMessage
from channels.phone import reasons
from channels.phone.book import Ended, Outcome
from config.sections import Exchange, Phone
from config.settings import Settings
from intake.accounts import Role
from intake.phone import calls, line, straight
from intake.services import Services
from intake.web import sessions
from tests.clock import Clock
from tests.intake.console import CALL, Desk, enter, hire, rung

HE = Contact(scheme="tel", path="+8613912345678")
PAGE = f"/console/calls/{CALL}"
FORM = f'action="{PAGE}/straight"'


@pytest.fixture
def settings(settings: Settings) -> Settings:
    phone = Phone(exchange=Exchange(secret="x"), straight_days=365)  # type: ignore[arg-type]
    return settings.model_copy(update={"phone": phone})


@pytest.fixture
async def desk(services: Services) -> AsyncIterator[Desk]:
    made = await Desk.opened(services)
    yield made
    await made.client.close()


@pytest.fixture
async def ticket(services: Services, say: Callable[..., InboundMessage]) -> str:
    """His, as he rang us."""
    told = say("东韩村村口的路灯坏了三天了没人修")
    message = InboundMessage(
        channel="phone",
        external_id=f"{CALL}:1",
        sender=HE,
        thread=f"call:{CALL}",
        text=told.text,
        received_at=told.received_at,
        event=f"handover:{reasons.NOT_HEARD}",
        spoken=True,
    )
    return (await services.desk.receive(message)).ticket


@pytest.fixture(autouse=True)
async def call(services: Services, ticket: str) -> str:
    await rung(services, ticket=ticket)
    return CALL


async def goes(services: Services) -> bool:
    """As the line asks."""
    return await line.book(services).goes_straight(HE)


async def ended(services: Services, reason: str) -> None:
    now = services.runtime.now()
    end = Ended(call_id=CALL, at=now, outcome=Outcome.PERSON, reason=reason)
    await services.database.write(lambda c: calls.ended(c, end))


async def test_operator_marks_a_caller_and_takes_it_back(
    desk: Desk, services: Services, clock: Clock, ticket: str
) -> None:
    token = await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get(PAGE)
    assert FORM in page and "标了管 1 年" in page and not await goes(services)
    fields = {"csrf": token, "reason": "年纪大，耳朵背"}
    assert await desk.post(f"{PAGE}/straight", fields) == (303, PAGE)
    assert await goes(services)
    for path in (PAGE, f"/console/tickets/{ticket}"):
        _, page = await desk.get(path)
        assert "年纪大，耳朵背" in page and "2027年11月23日为止" in page and "operator" in page, (
            path
        )
        assert FORM not in page and "13912345678" not in page, path
    clock.forward(hours=1)
    assert await desk.post(f"{PAGE}/straight/end", {"csrf": token}) == (303, PAGE)
    assert not await goes(services)
    _, page = await desk.get(PAGE)
    assert FORM in page and "2026年11月23日取消的" in page


async def test_mark_ends_by_itself(desk: Desk, services: Services, clock: Clock) -> None:
    token = await enter(desk, services, Role.OPERATOR)
    await desk.post(f"{PAGE}/straight", {"csrf": token, "reason": "说方言"})
    clock.forward(days=365)
    assert not await goes(services)
    assert await desk.log_in("operator") == 303
    _, page = await desk.get(PAGE)
    assert "2027年11月23日到期" in page and FORM in page


async def test_ticket_marks_whoever_reported_it(
    desk: Desk, services: Services, ticket: str
) -> None:
    token = await enter(desk, services, Role.ADMIN)
    path = f"/console/tickets/{ticket}"
    _, page = await desk.get(path)
    assert f'action="{path}/straight"' in page
    assert await desk.post(f"{path}/straight", {"csrf": token, "reason": "说方言"}) == (303, path)
    assert await goes(services)
    (mark,) = await services.database.read(lambda c: straight.of_caller(c, HE))
    assert (mark.on, mark.by, mark.reason) == (ticket, "admin", "说方言")
    assert await desk.post(f"{path}/straight/end", {"csrf": token}) == (303, path)
    assert not await goes(services)


async def test_who_was_not_understood_twice_is_suggested_and_not_marked_by_itself(
    desk: Desk, services: Services
) -> None:
    await ended(services, reasons.NOT_HEARD)
    token = await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get(PAGE)
    hidden = f'name="reason" value="{straight.SUGGESTED}"'
    assert hidden in page and not await goes(services)
    fields = {"csrf": token, "reason": straight.SUGGESTED}
    assert (await desk.post(f"{PAGE}/straight", fields))[0] == 303
    assert await goes(services)
    _, page = await desk.get(PAGE)
    assert hidden not in page and straight.SUGGESTED in page


async def test_nothing_is_suggested_for_who_asked_for_a_person(
    desk: Desk, services: Services
) -> None:
    await ended(services, reasons.ASKED_BY_KEY)
    await enter(desk, services, Role.OPERATOR)
    assert straight.SUGGESTED not in (await desk.get(PAGE))[1]


@pytest.mark.parametrize("role", sorted(set(Role) - sessions.MAY_WRITE))
async def test_who_only_reads_sees_a_mark_and_makes_none(
    desk: Desk, services: Services, role: Role
) -> None:
    await hire(services, "wang", Role.OPERATOR)
    assert await desk.log_in("wang") == 303
    fields = {"csrf": await desk.token(), "reason": "说方言"}
    await desk.post(f"{PAGE}/straight", fields)
    token = await enter(desk, services, role)
    _, page = await desk.get(PAGE)
    assert "说方言" in page and "straight" not in page
    assert (await desk.post(f"{PAGE}/straight/end", {"csrf": token}))[0] == 403
    assert (await desk.post(f"{PAGE}/straight", {**fields, "csrf": token}))[0] == 403
    assert await goes(services)


async def test_mark_wants_a_reason_and_a_call_that_there_is(desk: Desk, services: Services) -> None:
    token = await enter(desk, services, Role.OPERATOR)
    assert (await desk.post(f"{PAGE}/straight", {"csrf": token, "reason": " "}))[0] == 400
    nowhere = PAGE[:-1] + "9"
    fields = {"csrf": token, "reason": "说方言"}
    for path in (nowhere, "/console/tickets/20261123-0999"):
        assert (await desk.post(f"{path}/straight", fields))[0] == 404
        assert (await desk.post(f"{path}/straight/end", fields))[0] == 404
    assert not await goes(services)


async def test_ticket_without_a_number_has_nobody_to_mark(
    desk: Desk, services: Services, say: Callable[..., InboundMessage]
) -> None:
    web = (await services.desk.receive(say("王庄村的井盖没了", key="2"))).ticket
    token = await enter(desk, services, Role.OPERATOR)
    path = f"/console/tickets/{web}"
    assert "直接转人工" not in (await desk.get(path))[1]
    assert (await desk.post(f"{path}/straight", {"csrf": token, "reason": "说方言"}))[0] == 409
