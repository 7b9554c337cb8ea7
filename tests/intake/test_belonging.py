"""What is wanted of a ticket a day later and more is of that ticket, or asked about: no junk."""

from collections.abc import Callable

import pytest

from channels.message import InboundMessage
from intake.services import Services
from intake.talk import reasons
from routing import store
from routing.ticket import Status, Ticket
from tests.clock import Clock
from tests.intake.resident import Resident

Say = Callable[..., InboundMessage]
LAMP, WATER = "东韩村路灯坏了", "东三召村停水两天了"
DAY = 24 * 3600
XIHAN = "130506100228"


@pytest.fixture
def resident(services: Services, clock: Clock, say: Say) -> Resident:
    """Somebody whose first words we await."""
    return Resident(services, clock, say)


async def two(resident: Resident) -> tuple[str, str]:
    """The numbers of a lamp's ticket and of one of water, which is the latest."""
    lamp = (await resident.receipt(LAMP)).ticket
    return lamp, (await resident.receipt(WATER, after_s=600)).ticket


async def of(resident: Resident, number: str) -> Ticket:
    return await resident.services.database.read(lambda c: store.load(c, number))


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        ("催一下", ["reminded", "reminded_person"]),
        ("怎么还没人来", ["reminded", "reminded_person"]),
        ("什么时候能修好", ["progress"]),
        ("13931900001", ["phone_kept"]),
        ("我的电话是13931900001", ["phone_kept"]),
        ("我叫李秀英", ["phone_kept", "supplemented"]),
        ("不对，是西韩村", ["moved", "moved_person"]),
        ("地方错了，是西韩村", ["moved", "moved_person"]),
        ("撤单", ["withdraw_ask"]),
    ],
)
async def test_after_days_it_is_of_the_ticket_in_hand(
    resident: Resident, words: str, keys: list[str]
) -> None:
    number = (await resident.receipt(LAMP)).ticket
    (key,) = await resident.says(words, after_s=3 * DAY)
    assert key in keys
    await resident.is_silent(days=1)
    assert len(await resident.tickets()) == 1
    assert (await resident.remembered()).ticket == number


@pytest.mark.parametrize(
    ("answer", "which"),
    [
        ("路灯那个", 0),
        ("东韩村的", 0),
        ("{lamp}", 0),
        ("{lamp} 路灯照明", 0),
        ("{end}", 0),
        ("第二个", 0),
        ("停水的事", 1),
        ("第一个", 1),
    ],
)
async def test_of_several_in_hand_he_is_asked(resident: Resident, answer: str, which: int) -> None:
    numbers = await two(resident)
    receipt = await resident.receipt("13931900001", after_s=3 * DAY)
    assert [reply.key for reply in receipt.replies] == ["which_ticket"]
    assert all(number in receipt.replies[0].values["options"] for number in numbers)
    said = answer.format(lamp=numbers[0], end=numbers[0][-4:])
    assert await resident.says(said) == ["phone_kept"]
    left = [(await of(resident, number)).reporter_phone for number in numbers]
    assert left == ["13931900001" if at == which else "" for at in (0, 1)]
    assert len(await resident.tickets()) == 2


async def test_both_can_be_meant(resident: Resident) -> None:
    await two(resident)
    await resident.says("催一下", after_s=3 * DAY)
    assert len(await resident.says("都催")) == 2


async def test_place_that_is_denied_says_which(resident: Resident) -> None:
    lamp, _ = await two(resident)
    (key,) = await resident.says("不是东韩村，是西韩村", after_s=3 * DAY)
    assert key in ("moved", "moved_person")
    assert (await of(resident, lamp)).place == XIHAN


async def test_who_never_says_which_is_seen_by_a_person(resident: Resident) -> None:
    _, water = await two(resident)
    await resident.says("13931900001", after_s=3 * DAY)
    await resident.is_silent(hours=1)
    ticket = await of(resident, water)
    assert "13931900001" in ticket.text
    assert ticket.handover_reason == reasons.WHICH_UNSAID
    assert len(await resident.tickets()) == 2


async def test_another_matter_in_place_of_the_answer_is_told_all_the_same(
    resident: Resident,
) -> None:
    _, water = await two(resident)
    await resident.says("催一下", after_s=3 * DAY)
    assert (await resident.says("东韩村的井盖丢了，差点摔着人"))[-1].startswith("receipt")
    assert "催一下" in (await of(resident, water)).text
    assert len(await resident.tickets()) == 3


async def test_danger_in_place_of_the_answer_goes_first(resident: Resident) -> None:
    await two(resident)
    await resident.says("催一下", after_s=3 * DAY)
    assert "danger_fire" in await resident.says("东韩村老张家着火了")
    assert len(await resident.tickets()) == 3


@pytest.mark.parametrize("words", ["东三召村的垃圾怎么没人来收", "西韩村怎么没人来修路灯"])
async def test_impatience_about_another_matter_tells_that_matter(
    resident: Resident, words: str
) -> None:
    await resident.receipt(LAMP)
    await resident.says(words, after_s=3 * DAY)
    await resident.is_silent(days=1)
    assert len(await resident.tickets()) == 2


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        ("催一下", ["press_none"]),
        ("什么时候能修好", ["progress_none"]),
        ("13931900001", ["left_first"]),
        ("我的电话是13931900001", ["left_first"]),
        ("不对，是西韩村", ["ask_matter"]),
        ("撤单", ["progress_none"]),
    ],
)
async def test_who_has_none_in_hand_hears_what_is_needed(
    resident: Resident, words: str, keys: list[str]
) -> None:
    assert await resident.says(words) == keys
    assert await resident.tickets() == []


async def test_telephone_alone_is_no_matter_and_goes_with_what_is_told_next(
    resident: Resident,
) -> None:
    await resident.says("13931900001")
    await resident.is_silent(days=1)
    assert await resident.tickets() == []
    await resident.says("13931900001")
    await resident.says("东韩村路灯坏了")
    assert (await resident.latest()).reporter_phone == "13931900001"


async def test_after_a_result_impatience_is_told_of_it(resident: Resident) -> None:
    number = (await resident.receipt(LAMP)).ticket
    await resident.finished(number, closed=True)
    assert await resident.says("催一下", after_s=3 * DAY) == ["progress_closed"]
    assert await resident.status(number) is Status.CLOSED


async def test_matter_told_instead_of_naming_a_ticket_is_told_and_not_asked_about(
    resident: Resident,
) -> None:
    """Impatient words, that with no ticket asked about are a matter: they are one here too."""
    dark = "东韩村村口的路灯坏了三天了没人修"
    for words in (dark, WATER, dark):
        await resident.says(words, after_s=3600)
    assert await resident.says("撤单", after_s=40 * 3600) == ["which_ticket"]
    assert await resident.says(dark) == ["receipt"]
