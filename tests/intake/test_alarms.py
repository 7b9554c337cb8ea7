"""A danger told again joins its ticket and raises the alarm once more; one in public is as urgent.

All through the real desk, in the real county and language, with a command desk that can be reached.
"""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from types import MappingProxyType

import pytest
import sqlalchemy as sa

from channels.message import Contact, InboundMessage
from config import load
from config.county import Duty
from config.settings import PACKAGED_COUNTY, Settings
from intake import app, migrate
from intake.services import Services
from nlp.understanding import Urgency
from routing import command, report, schema, store
from routing.order import Order
from routing.ticket import Action, Status, Ticket
from tests.clock import Clock
from tests.intake.resident import Resident

FIRE = "东韩村西街老刘家着火了，我电话13931900001"
HALF_AN_HOUR = 1800
Say = Callable[..., InboundMessage]


@pytest.fixture
async def services(
    settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Services]:
    """The program, in a county whose command desk is reached."""
    county = load.load_county(PACKAGED_COUNTY)
    duty = Duty(role="command", unit=county.code, contact="web:duty")
    reached = replace(county, duties=MappingProxyType({**county.duties, "command": duty}))
    monkeypatch.setattr(app.load, "load_county", lambda _: reached)
    migrate.upgrade(settings.database)
    async with app.build(settings, clock.runtime()) as built:
        yield built


@pytest.fixture
def resident(services: Services, clock: Clock, say: Say) -> Resident:
    """Somebody whose first words we await."""
    return Resident(services, clock, say)


async def told_the_desk(services: Services) -> list[str]:
    """What the command desk was told that residents said."""
    query = (
        sa.select(schema.outbox.c.body)
        .where(schema.outbox.c.kind == command.REPLY)
        .order_by(schema.outbox.c.position)
    )
    bodies = await services.database.read(lambda c: c.execute(query).scalars().all())
    return [json.loads(body)["values"]["said"] for body in bodies]


async def unseen(services: Services) -> list[str]:
    """The tickets for which the alarm sounds in the console."""
    found = await services.database.read(lambda c: command.unseen(c, limit=9))
    return [ticket.number for ticket in found]


async def done(services: Services, action: Action, number: str) -> Ticket:
    """An operator takes a step."""

    def act(connection: sa.Connection) -> Ticket:
        order = Order.on(store.load(connection, number), by="operator:a", note="已核实，去人了")
        return services.dispatcher.act(connection, action, order)

    return await services.database.write(act)


@pytest.mark.parametrize("after_s", [5, 60, 1700])
@pytest.mark.parametrize(
    "words", ["着火了快来人啊", "火越来越大了，屋里还有人", "东韩村西街着大火了，救命"]
)
async def test_danger_told_again_joins_its_ticket_and_all_are_told_again(
    resident: Resident, services: Services, words: str, after_s: int
) -> None:
    number = (await resident.receipt(FIRE)).ticket
    again = await resident.receipt(words, after_s=after_s)
    assert again.replies[0].key.startswith("danger_fire")
    assert again.replies[1].key == "danger_again"
    assert again.replies[1].values == {"number": number}
    (text,) = await resident.tickets()
    assert words in text
    assert words in (await told_the_desk(services))[-1]


async def test_he_is_helped_in_the_danger_of_which_he_speaks_now(resident: Resident) -> None:
    await resident.says(FIRE)
    assert (await resident.says("俺娘晕倒了叫不醒", after_s=120))[0] == "danger_medical"
    assert len(await resident.tickets()) == 1


async def test_danger_elsewhere_has_its_own_ticket(resident: Resident) -> None:
    await resident.says(FIRE)
    assert "danger" in await resident.says("西韩村有人掉水里了", after_s=300)
    assert len(await resident.tickets()) == 2
    await resident.says("西韩村那个掉水里的还没上来，快来人", after_s=60)
    await resident.says("着火了，火更大了，东韩村", after_s=60)
    first, second = await resident.tickets()
    assert "火更大了" in first and "还没上来" in second


async def test_after_half_an_hour_without_a_word_it_is_a_danger_of_its_own(
    resident: Resident,
) -> None:
    await resident.says(FIRE)
    await resident.says("着火了", after_s=HALF_AN_HOUR + 30)
    assert len(await resident.tickets()) == 2


async def test_who_goes_on_telling_is_never_a_stranger_to_his_danger(resident: Resident) -> None:
    await resident.says(FIRE)
    for _ in range(3):
        await resident.says("火还没灭，快来人", after_s=HALF_AN_HOUR - 60)
    assert len(await resident.tickets()) == 1


async def test_village_told_later_moves_the_danger_and_is_no_second_one(
    resident: Resident, services: Services
) -> None:
    number = (await resident.receipt("着火了，火大得很")).ticket
    await resident.says("知道了")
    await resident.says("好")
    assert "danger_placed" in await resident.says("东韩村着火了", after_s=300)
    ticket = await services.database.read(lambda c: store.load(c, number))
    assert services.county.place_name(ticket.place) == "和阳镇东韩村"
    assert len(await resident.tickets()) == 1


async def test_alarm_sounds_again_for_who_has_looked_already(
    resident: Resident, services: Services
) -> None:
    number = (await resident.receipt(FIRE)).ticket
    assert await unseen(services) == [number]
    await done(services, Action.PROGRESS, number)
    assert await unseen(services) == []
    await resident.says("火越来越大了快来人", after_s=200)
    assert await unseen(services) == [number]
    await done(services, Action.PROGRESS, number)
    assert await unseen(services) == []


async def test_danger_in_hand_is_in_the_queue_again(resident: Resident, services: Services) -> None:
    number = (await resident.receipt(FIRE)).ticket
    await services.database.write(
        lambda c: services.dispatcher.dispatch(
            c, Order.on(store.load(c, number), by="operator:a"), unit="city-management"
        )
    )
    await done(services, Action.SIGN, number)
    await resident.says("火又着起来了，快来人", after_s=200)
    county = services.county.code
    waiting = await services.database.read(lambda c: report.waiting(c, county, limit=9))
    assert [(each.number, each.status) for each in waiting] == [(number, Status.SIGNED)]
    assert waiting[0].handover_reason == command.AGAIN
    assert await unseen(services) == [number]


async def test_finished_danger_takes_no_more_and_the_next_has_its_own(
    resident: Resident,
) -> None:
    number = (await resident.receipt(FIRE)).ticket
    await resident.finished(number, closed=False)
    await resident.says("着火了快来人", after_s=120)
    assert len(await resident.tickets()) == 2


async def test_matter_that_is_being_told_is_asked_about_still(resident: Resident) -> None:
    await resident.says(FIRE)
    assert await resident.says("路灯坏了没人修", after_s=300) == ["ask_place"]
    assert await resident.says("着火了火更大了", after_s=60) == [
        "danger_fire",
        "danger_again",
        "ask_place",
    ]
    assert await resident.says("东三召村") == ["receipt"]


async def test_who_rings_again_is_known_by_his_telephone(
    resident: Resident, services: Services
) -> None:
    him = Contact(scheme="tel", path="+8613931900002")
    call = {"spoken": True, "channel": "phone", "sender": him}
    number = (await resident.receipt("东韩村西街着火了", thread="call:1", **call)).ticket
    told = await resident.says("着火了你们怎么还没来", after_s=300, thread="call:2", **call)
    assert told == ["danger_fire", "danger_again", "danger_transfer"]
    assert len(await resident.tickets()) == 1
    person = await resident.receipt("现在转", thread="call:2", **call)
    assert person.person and person.ticket == number


async def test_answer_to_where_it_is_reaches_the_command_desk(
    resident: Resident, services: Services
) -> None:
    await resident.says("东韩村着火了")
    await resident.says("小学后面老刘家")
    assert "小学后面老刘家" in (await told_the_desk(services))[-1]


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("@南和热线 东韩村有人家着火了，快来人", "danger_fire"),
        ("@南和热线 不想活了", "danger_suicide"),
        ("有人掉水里了 @南和热线", "danger_water"),
    ],
)
async def test_danger_in_public_alarms_people_and_names_nobody(
    resident: Resident, services: Services, words: str, first: str
) -> None:
    receipt = await resident.receipt(words, public=True)
    assert [reply.key for reply in receipt.replies] == [first, "danger_public"]
    said = "".join(services.replies.render(reply) for reply in receipt.replies)
    assert any(number in said for number in ("110", "119", "120"))
    assert receipt.ticket not in said and "东韩" not in said
    assert await unseen(services) == [receipt.ticket]
    assert len(await told_the_desk(services)) == 1
    ticket = await services.database.read(lambda c: store.load(c, receipt.ticket))
    assert ticket.status is Status.DECIDING
    assert "公开平台" in ticket.handover_reason


async def test_place_sent_in_private_finds_what_was_said_in_public(
    resident: Resident, services: Services
) -> None:
    number = (await resident.receipt("@南和热线 着火了", public=True)).ticket
    assert await resident.says("东韩村") == ["danger_placed", "danger_phone"]
    assert await resident.says("@南和热线 着火了，火更大了", public=True) == [
        "danger_fire",
        "danger_public",
    ]
    assert len(await resident.tickets()) == 1
    assert (await resident.latest()).number == number


async def test_public_words_that_are_no_danger_still_wait_for_a_yes(resident: Resident) -> None:
    assert await resident.says("@南和热线 东韩村路灯坏了", public=True) == ["confirm_public"]
    assert await resident.tickets() == []


@pytest.mark.parametrize("words", ["没解决，我不想活了", "着火了", "我不想活了"])
async def test_danger_is_no_judgement_of_a_result(resident: Resident, words: str) -> None:
    number = (await resident.receipt("东三召村路灯坏了")).ticket
    await resident.finished(number, closed=True)
    told = await resident.says(words, after_s=300)
    assert told[0] in ("danger_suicide", "danger_fire")
    assert "danger" in told
    assert len(await resident.tickets()) == 2


async def test_another_danger_instead_of_the_place_of_the_first_has_its_own_help_and_ticket(
    resident: Resident,
) -> None:
    await resident.says("着火了，屋里有人")
    said = await resident.says("和阳镇西韩村有人持刀砍人")
    assert said[0] == "danger_violence" and "danger" in said
    assert not {"receipt", "receipt_person"} & set(said), "nobody waits for a date in a danger"
    assert await resident.tickets() == ["着火了，屋里有人", "和阳镇西韩村有人持刀砍人"]
    assert (await resident.latest()).urgency is Urgency.DANGER


async def test_more_of_a_danger_that_does_not_say_which_gets_the_help_for_it_again(
    resident: Resident,
) -> None:
    first = await resident.says("贾宋镇煤气漏了")
    again = await resident.says("漏得越来越大了，快来人救命")
    assert (first[0], again[0]) == ("danger_gas", "danger_gas")
    assert "danger_spot" in first and again[-1] == "danger_spot", "the question stands as it was"
    assert len(await resident.tickets()) == 1
