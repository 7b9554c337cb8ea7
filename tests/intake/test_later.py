"""What is written after a ticket is there, minutes or hours later, on the real desk, county, language."""

import csv
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from channels.message import Attachment, InboundMessage
from intake.services import Services
from routing import report, schema, store
from routing.order import Order
from routing.ticket import Action, Status, Ticket
from tests.clock import Clock
from tests.intake.resident import Resident, Village

Say = Callable[..., InboundMessage]
LAMP = "东三召村路灯坏了"
DONGHAN, XIHAN = "130506100225", "130506100228"
HOUR = 3600


@pytest.fixture
def resident(services: Services, clock: Clock, say: Say) -> Resident:
    """Somebody whose first words we await."""
    return Resident(services, clock, say)


async def in_queue(resident: Resident) -> list[str]:
    """The tickets that wait for the hotline's people."""
    county = resident.services.county.code
    found = await resident.services.database.read(lambda c: report.waiting(c, county, limit=50))
    return [ticket.number for ticket in found]


async def log(resident: Resident, number: str) -> list[str]:
    """What the ticket's log says."""
    events = await resident.services.database.read(lambda c: store.events(c, number))
    return [f"{event.action.value} {event.note}" for event in events]


async def signed(resident: Resident, number: str) -> None:
    """Whoever has it has signed."""

    def sign(connection: Connection) -> None:
        ticket = store.load(connection, number)
        order = Order.on(ticket, by=f"grid:{ticket.unit}")
        resident.services.dispatcher.act(connection, Action.SIGN, order)

    await resident.services.database.write(sign)


@pytest.mark.parametrize("after_s", [65, 3 * HOUR, 20 * HOUR])
@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("在村东头小卖部旁边，昨天还差点摔着人", "supplemented"),
        ("我电话13931900001", "phone_kept"),
        ("那个……就是俺们村", "supplemented"),
        ("路灯的事，什么时候能修好", "progress"),
        ("什么时候能修好", "progress"),
        ("好几家都这样", "supplemented"),
    ],
)
async def test_what_is_said_hours_later_joins_the_ticket(
    resident: Resident, words: str, key: str, after_s: int
) -> None:
    number = (await resident.receipt(LAMP)).ticket
    assert await resident.says(words, after_s=after_s) == [key]
    assert len(await resident.tickets()) == 1
    assert (await resident.remembered()).ticket == number


@pytest.mark.parametrize(
    "words",
    [
        "都说了多少遍了你们就是不管",
        "你们怎么还不来人",
        "催一下",
        "到底啥时候来修",
        "咋还没来人",
        "咋还不来修啊",
    ],
)
async def test_who_presses_has_his_ticket_brought_to_mind_but_not_again_and_again(
    resident: Resident, words: str
) -> None:
    number = (await resident.receipt(LAMP)).ticket
    assert await resident.says(words, after_s=65) == ["progress"]
    told = await resident.says(words, after_s=5 * HOUR)
    assert told == ["reminded_person"]  # nobody in this county has a contact yet
    assert await resident.says(words, after_s=65) == ["progress"]
    assert f"remind {words}" in await log(resident, number)
    assert (await resident.latest()).reminders == 1
    assert len(await resident.tickets()) == 1


@pytest.mark.parametrize("words", ["我改个地址", "地址写错了", "改一下地址吧"])
async def test_who_wants_the_place_changed_is_asked_for_the_right_one(
    resident: Resident, words: str
) -> None:
    await resident.receipt(LAMP)
    assert await resident.says(words, after_s=90) == ["ask_place"]
    assert await resident.says("西韩村") == ["moved"]
    assert (await resident.latest()).place == "130506100228"
    assert len(await resident.tickets()) == 1


async def test_place_changed_in_one_breath_moves_the_ticket(resident: Resident) -> None:
    await resident.receipt(LAMP)
    assert await resident.says("地址改成西韩村", after_s=90) == ["moved"]
    assert (await resident.latest()).place == "130506100228"


async def test_after_a_day_the_same_words_are_a_new_matter(resident: Resident) -> None:
    await resident.receipt(LAMP)
    await resident.says("村里那个路灯又不亮了没人管", after_s=30 * HOUR)
    await resident.is_silent(days=1)
    assert len(await resident.tickets()) == 2


@pytest.mark.parametrize("words", ["东三召村停水了", "东韩村的路灯也坏了", "医保卡刷不了，咋回事"])
async def test_certain_other_matter_opens_its_own(resident: Resident, words: str) -> None:
    await resident.receipt(LAMP)
    assert await resident.says(words, after_s=600) == ["receipt"]
    assert len(await resident.tickets()) == 2


async def test_uncertain_words_are_kept_with_the_ticket_and_seen_by_a_person(
    resident: Resident,
) -> None:
    number = (await resident.receipt(LAMP)).ticket
    assert await in_queue(resident) == []
    assert await resident.says("邻居家盖房占了俺家地", after_s=600) == ["supplemented"]
    assert await in_queue(resident) == [number]
    assert "另一件" in (await resident.latest()).handover_reason
    order = Order.on(await resident.latest(), by="operator:a", note="看过了")
    dispatcher = resident.services.dispatcher
    await resident.services.database.write(lambda c: dispatcher.act(c, Action.SUPPLEMENT, order))
    assert await in_queue(resident) == []


async def test_every_message_is_answered_and_never_thrice_with_the_same_sentence(
    resident: Resident,
) -> None:
    await resident.receipt(LAMP)
    said = ["那个……就是俺们村", "东三召", "1", "好几家都这样", "你们怎么不回话", "村东头那个"]
    keys = [await resident.says(words, after_s=30) for words in said]
    assert all(keys)
    assert keys[0] == ["supplemented"] and ["supplemented_again"] in keys
    assert keys.count(["supplemented"]) == 1


async def test_each_photo_of_many_is_answered(resident: Resident) -> None:
    photo = (Attachment(kind="image", reference="store:1"),)
    await resident.receipt(LAMP)
    keys = [await resident.says("", attachments=photo) for _ in range(3)]
    assert keys == [["supplemented"], ["supplemented_again"], ["supplemented_again"]]


@pytest.mark.parametrize("after_s", [10, 65, 5 * HOUR])
@pytest.mark.parametrize(
    "words",
    ["不对，是西韩村", "我记错了，是西韩村的路灯", "不是东韩是西韩", "补充：地址错了，是西韩村"],
)
async def test_place_put_right_moves_the_ticket_and_who_has_it(
    resident: Resident, words: str, after_s: int
) -> None:
    number = (await resident.receipt("东韩村路灯不亮")).ticket
    before = await resident.latest()
    receipt = await resident.receipt(words, after_s=after_s)
    assert [reply.key for reply in receipt.replies] == ["moved"]
    assert "西韩村" in receipt.replies[0].values["place"]
    ticket = await resident.latest()
    assert (ticket.number, ticket.place, ticket.status) == (number, XIHAN, Status.DISPATCHED)
    assert ticket.unit != before.unit
    assert "correct 居民更正地点：和阳镇东韩村改成和阳镇西韩村" in await log(resident, number)
    assert len(await resident.tickets()) == 1
    assert await in_queue(resident) == []


async def test_place_that_was_not_there_is_added(resident: Resident) -> None:
    await resident.receipt("路灯不亮")
    assert (await resident.receipt("就是那边")).ticket
    await resident.receipt("不对，是西韩村", after_s=65)
    ticket = await resident.latest()
    assert ticket.place == XIHAN
    told = await log(resident, ticket.number)
    assert "correct 居民补上地点：和阳镇西韩村" in told
    assert not any("没有记地点" in each for each in told)


async def test_place_of_a_signed_ticket_is_for_a_person_to_change(resident: Resident) -> None:
    number = (await resident.receipt("东韩村路灯不亮")).ticket
    await signed(resident, number)
    assert await resident.says("不对，是西韩村", after_s=600) == ["place_noted"]
    ticket = await resident.latest()
    assert (ticket.place, ticket.status) == (DONGHAN, Status.SIGNED)
    assert await in_queue(resident) == [number]
    assert "西韩村" in ticket.handover_reason and "已经签收" in ticket.handover_reason


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("东关小区电线杆子歪楞着", "不对，在东三召村"),
        ("想给俺爹申请低保，需要啥手续", "俺是东韩村的"),
    ],
)
async def test_place_that_is_said_afterwards_is_taken(
    resident: Resident, first: str, then: str
) -> None:
    await resident.receipt(first)
    await resident.says(then, after_s=90)
    ticket = await resident.latest()
    assert ticket.place and ticket.place in {
        each.code for each in resident.services.understander(then).places
    }
    assert len(await resident.tickets()) == 1


async def test_person_who_was_asked_where_in_vain_gets_his_ticket_sent_on_by_a_late_place(
    resident: Resident,
) -> None:
    await resident.says("路灯坏了没人修")
    await resident.is_silent(hours=1)
    assert (await resident.latest()).status is Status.DECIDING
    assert await resident.says("在东韩村", after_s=600) == ["moved"]
    assert (await resident.latest()).status is Status.DISPATCHED


async def test_wrong_place_without_the_right_one_is_asked_for(resident: Resident) -> None:
    number = (await resident.receipt("东韩村路灯不亮")).ticket
    assert await resident.says("地方错了", after_s=90) == ["ask_place"]
    assert await resident.says("西韩村") == ["moved"]
    assert (await resident.latest()).place == XIHAN
    assert (await resident.latest()).number == number


async def test_slip_that_is_put_right_in_the_same_breath_asks_nothing(resident: Resident) -> None:
    words = "东韩村路灯坏了，我说错了，不是东韩是西韩"
    assert await resident.says(words) == ["receipt"]
    assert (await resident.latest()).place == XIHAN


@pytest.mark.parametrize(
    "words",
    ["停水了", "自来水发黄不能喝", "小学食堂的饭不干净", "快递丢了没人管"],
)
async def test_matter_that_needs_a_place_is_asked_for_it_once(
    resident: Resident, words: str
) -> None:
    assert await resident.says(words) == ["ask_place"]
    assert (await resident.says("就在俺家这儿"))[0] in ("receipt", "receipt_person")
    assert len(await resident.tickets()) == 1


@pytest.mark.parametrize(
    "words", ["医保卡刷不了，咋回事", "身份证丢了怎么补办", "社保断缴了能补吗"]
)
async def test_matter_that_goes_with_a_person_is_asked_for_no_place(
    resident: Resident, words: str
) -> None:
    assert (await resident.says(words))[0].startswith("receipt")


@pytest.mark.parametrize("words", ["火星村的路断了", "俺们火星村停水了", "东土城村路灯坏了"])
async def test_village_that_the_county_has_not_is_questioned_once(
    resident: Resident, words: str
) -> None:
    assert await resident.says(words) == ["ask_place_again"]
    (key,) = await resident.says("东韩村")
    assert key.startswith("receipt")
    assert (await resident.latest()).place == DONGHAN


async def test_telephone_and_name_left_afterwards_are_with_the_ticket(resident: Resident) -> None:
    receipt = await resident.receipt(LAMP)
    assert "电话" in receipt.replies[0].values["ask_phone"]
    assert await resident.says("13931900001", after_s=90) == ["phone_kept"]
    await resident.says("我叫李秀英", after_s=600)
    ticket = await resident.latest()
    assert (ticket.reporter_phone, ticket.reporter_name) == ("13931900001", "李秀英")


async def test_telephone_of_somebody_else_stays_in_the_words(resident: Resident) -> None:
    await resident.receipt("东韩村包工头李四拖欠工资三个月了")
    await resident.says("他的电话是13800001111", after_s=90)
    assert (await resident.latest()).reporter_phone == ""


async def test_telephone_is_asked_for_once_and_not_of_who_left_it(resident: Resident) -> None:
    first = await resident.receipt(LAMP)
    second = await resident.receipt("东韩村停水两天了", after_s=HOUR)
    assert (bool(first.replies[0].values["ask_phone"]), second.replies[0].values["ask_phone"]) == (
        True,
        "",
    )


async def test_telephone_of_who_left_it_at_once_is_not_asked_for(resident: Resident) -> None:
    receipt = await resident.receipt(f"{LAMP}，我的电话是13931900001")
    assert receipt.replies[0].values["ask_phone"] == ""


@pytest.mark.parametrize(
    "words", ["算了不用了", "我不想说了", "算了，不用来了", "不用来人了", "不报了"]
)
async def test_who_gives_up_is_asked_whether_to_withdraw(resident: Resident, words: str) -> None:
    number = (await resident.receipt(LAMP)).ticket
    assert await resident.says(words, after_s=90) == ["withdraw_ask"]
    assert await resident.says("是") == ["withdrawn"]
    assert await resident.status(number) is Status.WITHDRAWN


@pytest.mark.parametrize(
    "words", ["东三召村路灯坏了，那个……就是俺们村", "那个地方老是 黑灯瞎火，东三召村路灯坏了"]
)
async def test_people_read_what_he_wrote_himself(resident: Resident, words: str) -> None:
    await resident.receipt(words)
    await resident.says("那个……就是俺们村", after_s=90)
    ticket = await resident.latest()
    assert ticket.text == f"{words}\n补充：那个……就是俺们村"


@pytest.mark.parametrize(
    "words", ["补充：灯杆也歪了", "补充一下，灯杆也歪了", "我再补充：灯杆也歪了"]
)
async def test_what_is_added_is_not_labelled_twice(resident: Resident, words: str) -> None:
    await resident.receipt(LAMP)
    await resident.says(words, after_s=90)
    assert (await resident.latest()).text == f"{LAMP}\n补充：灯杆也歪了"


async def test_what_cannot_be_seen_is_not_kept(resident: Resident) -> None:
    await resident.receipt("东三召村路灯坏了\x00\u202e\u200b，三天了")
    assert (await resident.latest()).text == "东三召村路灯坏了，三天了"


async def outcome(village: Village, first: str, text: str) -> str:
    """What comes of words hours after a ticket: joined, seen (joined, and a person looks) or own."""
    resident = village.newcomer()
    await resident.says(first)
    await resident.is_silent(minutes=30)
    await resident.says(text, after_s=2 * HOUR)
    await resident.is_silent(minutes=30)
    if len(await resident.tickets()) > 1:
        return "own"
    found = sa.select(schema.ticket).where(schema.ticket.c.reporter == resident.sender)
    rows = await resident.services.database.read(lambda c: c.execute(found).all())
    ticket: Ticket = await resident.services.database.read(
        partial(store.load, number=rows[0].number)
    )
    looked = ticket.handover_reason and ticket.status is not Status.DECIDING
    return "seen" if looked or ticket.status is Status.DECIDING else "joined"


@pytest.mark.parametrize(("what", "least"), [("same", 70), ("new", 76)])
async def test_late_words_of_eighty_each_go_where_they_belong(
    village: Village, what: str, least: int
) -> None:
    """`same` belong to the first ticket, `new` to one of their own, or at least before a person."""
    rows = list(csv.DictReader(Path("tests/quality/later.csv").read_text("utf-8").splitlines()))
    mine = [row for row in rows if row["what"] == what]
    came = {row["text"]: await outcome(village, row["first"], row["text"]) for row in mine}
    wrong = [text for text, each in came.items() if each == ("own" if what == "same" else "joined")]
    assert len(came) == 80
    assert len(came) - len(wrong) >= least, wrong
