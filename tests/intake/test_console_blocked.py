"""骚扰号码: who may limit a number, what all see of it, what undoes it, and what a caller hears."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import structlog
from pydantic import SecretStr

from channels.message import Contact, InboundMessage
from channels.phone.book import Began, Ended, Outcome, Purpose, SpokenLine, Voice
from config.sections import Exchange, Phone
from intake.accounts import Role
from intake.phone import blocks, calls, line
from intake.purge import Purge
from intake.services import Services
from tests.clock import Clock
from tests.intake.console import CALL, Desk, enter, everything, looks, rung

NUMBER, MASKED = "13912345678", "139****5678"
HIS = Contact(scheme="tel", path=f"+86{NUMBER}")
PAGE, FORM = f"/console/calls/{CALL}", f"/console/calls/{CALL}/block"
LIST = "/console/blocked"
FILLED = {"reason": "malice", "words": "说脏话", "hours": "24"}


async def opened(services: Services, **given: int) -> Desk:
    phone = Phone(exchange=Exchange(user="hotline", secret=SecretStr("x" * 20)), **given)
    settings = services.settings.model_copy(update={"phone": phone})
    return await Desk.opened(replace(services, settings=settings))


@pytest.fixture
async def desk(services: Services) -> AsyncIterator[Desk]:
    """A window, in a house with a telephone line."""
    made = await opened(services)
    yield made
    await made.client.close()


@pytest.fixture
async def block(desk: Desk, services: Services) -> str:
    """The id of a block that an operator has made; the window is at the login again."""
    await rung(services)
    token = await enter(desk, services, Role.OPERATOR)
    assert await desk.post(FORM, {"csrf": token, **FILLED}) == (303, PAGE)
    await desk.post("/console/logout", {"csrf": token})
    return (await listed(services))[0].id


async def listed(services: Services) -> list[blocks.Block]:
    now = services.runtime.now()
    return await services.database.read(lambda c: blocks.listing(c, now, limit=9))


async def test_operator_limits_a_number_from_the_page_of_its_call(
    desk: Desk, services: Services
) -> None:
    await rung(services)
    token = await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get(PAGE)
    assert f'action="{FORM}"' in page and "多次无声" in page and "7 天" in page
    with structlog.testing.capture_logs() as logs:
        assert await desk.post(FORM, {"csrf": token, **FILLED}) == (303, PAGE)
    (kept,) = await listed(services)
    assert (kept.by, kept.reason, kept.words) == ("operator", "malice", "说脏话")
    assert kept.until == services.runtime.now() + timedelta(days=1)
    (told,) = [each for each in logs if each["event"] == "phone.number_blocked"]
    assert (told["by"], told["call"], told["reason"]) == ("operator", CALL, "malice")
    assert NUMBER not in str(logs)
    _, page = await desk.get(PAGE)
    assert "限制中" in page and f'action="{FORM}"' not in page and "恶意骚扰：说脏话" in page


@pytest.mark.parametrize("role", list(Role))
async def test_everybody_sees_the_list_without_numbers_and_may_undo_it(
    desk: Desk, services: Services, block: str, role: Role
) -> None:
    token = (
        await desk.token()
        if role is Role.OPERATOR and await desk.log_in("operator") == 303
        else await enter(desk, services, role)
    )
    _, page = await desk.get(LIST)
    assert MASKED in page and NUMBER not in page and "说脏话" in page and "operator" in page
    assert NUMBER not in (await desk.get(PAGE))[1]
    with structlog.testing.capture_logs() as logs:
        assert await desk.post(f"{LIST}/{block}/end", {"csrf": token}) == (303, LIST)
    assert [each["by"] for each in logs if each["event"] == "phone.number_unblocked"] == [role]
    _, page = await desk.get(LIST)
    assert "已解除" in page and "限制中" not in page
    assert (await desk.post(f"{LIST}/{block}/end", {"csrf": token})) == (303, LIST)


@pytest.mark.parametrize("role", [Role.LEADER, Role.INSPECTOR])
async def test_who_only_reads_limits_nobody_and_sees_no_number(
    desk: Desk, services: Services, role: Role
) -> None:
    await rung(services)
    token = await enter(desk, services, role)
    assert FORM not in (await desk.get(PAGE))[1]
    assert (await desk.post(FORM, {"csrf": token, **FILLED}))[0] == 403
    number = f"{LIST}/0/number"
    assert (await desk.post(number, {"csrf": token, "reason": "看看"}))[0] == 403
    assert await listed(services) == []


async def test_forms_without_their_token_change_nothing(
    desk: Desk, services: Services, block: str
) -> None:
    await desk.log_in("operator")
    before = await everything(services)
    for path in (FORM, f"{LIST}/{block}/end", f"{LIST}/{block}/number"):
        assert (await desk.post(path, {**FILLED, "csrf": "wrong"}))[0] == 403, path
    assert await everything(services) == before


async def test_look_at_a_number_leaves_a_trace(desk: Desk, services: Services, block: str) -> None:
    await desk.log_in("operator")
    token = await desk.token()
    path = f"{LIST}/{block}/number"
    status, page = await desk.post(path, {"csrf": token, "reason": " "})
    assert status == 409 and NUMBER not in page and await looks(services) == []
    status, page = await desk.post(path, {"csrf": token, "reason": "报警用"})
    assert status == 200 and page.count(NUMBER) == 1
    assert await looks(services) == [("operator", f"call:{CALL[:13]}", "报警用")]
    assert (await desk.post(f"{LIST}/0/number", {"csrf": token, "reason": "x"}))[0] == 404


async def test_refused_form_keeps_what_was_typed(desk: Desk, services: Services) -> None:
    await rung(services)
    token = await enter(desk, services, Role.OPERATOR)
    typed = {"csrf": token, "reason": "other", "words": "", "hours": "168"}
    status, page = await desk.post(FORM, typed)
    assert status == 409 and blocks.NO_WORDS in page
    assert re.search(r'value="other" selected', page) and re.search(r'value="168" selected', page)


async def test_installation_bounds_for_how_long(services: Services) -> None:
    await rung(services)
    desk = await opened(services, most_block_hours=24)
    token = await enter(desk, services, Role.OPERATOR)
    assert "7 天" not in (await desk.get(PAGE))[1]
    status, page = await desk.post(FORM, {"csrf": token, **FILLED, "hours": "168"})
    assert status == 409 and blocks.NO_SPAN in page and 'value="说脏话"' in page
    await desk.client.close()


async def test_call_without_a_number_says_that_it_cannot_be_limited(
    desk: Desk, services: Services
) -> None:
    began = Began(
        call_id=CALL,
        contact=Contact(scheme="call", path=CALL),
        purpose=Purpose.INBOUND,
        at=services.runtime.now(),
    )
    await services.database.write(lambda c: calls.began(c, began))
    token = await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get(PAGE)
    assert "没法限制" in page and FORM not in page
    assert (await desk.post(FORM, {"csrf": token, **FILLED}))[0] == 409


async def test_house_without_a_line_limits_nobody(services: Services) -> None:
    await rung(services)
    desk = await Desk.opened(services)
    token = await enter(desk, services, Role.ADMIN)
    assert FORM not in (await desk.get(PAGE))[1]
    assert (await desk.post(FORM, {"csrf": token, **FILLED}))[0] == 409
    assert await listed(services) == []
    await desk.client.close()


async def test_silent_caller_is_hinted_at_and_nothing_more(
    desk: Desk, services: Services, clock: Clock
) -> None:
    ids = [f"{CALL[:-1]}{digit}" for digit in "123"]
    greeting = SpokenLine(voice=Voice.LINE, text="您好", start_ms=0, end_ms=900)
    for call in ids:
        at = clock.at
        began = Began(call_id=call, contact=HIS, purpose=Purpose.INBOUND, at=at)
        ended = Ended(call_id=call, at=at, outcome=Outcome.HUNG_UP)
        await services.database.write(lambda c, b=began: calls.began(c, b))
        await services.database.write(lambda c, i=call: calls.spoken(c, i, greeting))
        await services.database.write(lambda c, e=ended: calls.ended(c, e))
        clock.forward(minutes=10)
    await enter(desk, services, Role.OPERATOR)
    assert "来了 3 次电话" in (await desk.get(f"/console/calls/{ids[2]}"))[1]
    assert "次电话" not in (await desk.get(f"/console/calls/{ids[1]}"))[1]
    assert await listed(services) == []


async def test_limited_calls_have_their_own_sort(desk: Desk, services: Services) -> None:
    await rung(services)
    ended = Ended(call_id=CALL, at=services.runtime.now(), outcome=Outcome.LIMITED, reason="没听清")
    await services.database.write(lambda c: calls.ended(c, ended))
    await enter(desk, services, Role.INSPECTOR)
    _, page = await desk.get("/console/calls?day=&sort=limited")
    assert CALL in page and "限制来电</td>" in page
    assert "限制来电：没听清" in (await desk.get(PAGE))[1]


async def test_caller_hears_until_when_and_other_channels_are_untouched(
    services: Services, desk: Desk, block: str, clock: Clock, say: Callable[..., InboundMessage]
) -> None:
    book = line.book(services)
    opening = await book.limited(HIS)
    assert opening is not None
    spoken = services.replies.speak(opening)
    assert "通话有录音" in spoken and opening.values["until"] in spoken and "危险" in spoken
    assert await book.limited(Contact(scheme="tel", path="+8613900000001")) is None
    written = await services.desk.receive(say(f"东韩村村口的路灯坏了，电话{NUMBER}"))
    assert written.ticket
    clock.forward(days=1)
    assert await book.limited(HIS) is None
    assert "到期" in await _page(desk, LIST)


async def _page(desk: Desk, path: str) -> str:
    await desk.log_in("operator")
    return (await desk.get(path))[1]


async def test_past_block_is_purged_after_its_time(
    services: Services, block: str, clock: Clock
) -> None:
    purge = Purge(database=services.database, runtime=services.runtime)
    clock.forward(days=181)
    await purge.step()
    assert len(await listed(services)) == 1
    clock.forward(hours=1)
    await purge.step()
    assert await listed(services) == []


async def test_recording_of_a_limited_call_opens_no_ticket_of_a_missed_one(
    services: Services, block: str
) -> None:
    ended = Ended(call_id=CALL, at=services.runtime.now(), outcome=Outcome.LIMITED)
    await services.database.write(lambda c: calls.ended(c, ended))
    known = await services.database.write(lambda c: calls.find(c, CALL))
    assert known.served and known.tickets == ()
