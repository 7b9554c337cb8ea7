"""Nothing that is told is lost, whatever is said in whatever order: the real desk, county and language.

Each message that tells a matter is in exactly one conversation that has a deadline, or in a ticket.
"""

import csv
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.message import Attachment, InboundMessage
from intake import inbox, schema
from intake.services import Services
from intake.talk import drafts, reasons
from routing import store
from routing.ticket import Status
from tests.clock import Clock
from tests.intake.resident import Resident, Village

Say = Callable[..., InboundMessage]
LAMP = "东韩村村口的路灯坏了三天了没人修"
RUBBISH = "小区门口的垃圾没人清理臭得很"
PHOTO = (Attachment(kind="image", reference="store:1"),)


@pytest.fixture
def resident(services: Services, clock: Clock, say: Say) -> Resident:
    """Somebody whose first words we await."""
    return Resident(services, clock, say)


@pytest.mark.parametrize("answer", ["不撤了", "", "谢谢"])
async def test_withdrawing_another_ticket_keeps_the_matter_that_we_were_asking_about(
    resident: Resident, answer: str
) -> None:
    lamp = (await resident.receipt(LAMP)).ticket
    assert await resident.says(RUBBISH, after_s=3 * 3600) == ["ask_place"]
    assert await resident.says("我想撤单") == ["withdraw_ask"]
    if answer:
        await resident.says(answer)
    await resident.is_silent(days=1)
    assert [text.splitlines()[0] for text in await resident.tickets()] == [LAMP, RUBBISH]
    assert await resident.status(lamp) is Status.DISPATCHED


async def test_who_does_not_withdraw_hears_so_and_what_we_wait_for(resident: Resident) -> None:
    await resident.receipt(LAMP)
    await resident.says(RUBBISH, after_s=3 * 3600)
    await resident.says("我想撤单")
    assert await resident.says("不撤了") == ["progress", "ask_place"]
    assert await resident.says("在东韩村") == ["receipt"]


async def test_who_withdraws_is_still_asked_where_the_other_matter_is(resident: Resident) -> None:
    lamp = (await resident.receipt(LAMP)).ticket
    await resident.says(RUBBISH, after_s=3 * 3600)
    await resident.says("我想撤单")
    assert await resident.says("是") == ["withdrawn", "ask_place"]
    assert await resident.status(lamp) is Status.WITHDRAWN
    assert await resident.says("在东韩村") == ["receipt"]


async def test_place_said_instead_of_a_yes_answers_the_question_before(resident: Resident) -> None:
    lamp = (await resident.receipt(LAMP)).ticket
    await resident.says(RUBBISH, after_s=3 * 3600)
    await resident.says("我想撤单")
    assert await resident.says("在东韩村") == ["receipt"]
    assert await resident.status(lamp) is Status.DISPATCHED


@pytest.mark.parametrize("swept", [True, False])
async def test_yes_after_many_days_withdraws_nothing(resident: Resident, swept: bool) -> None:
    lamp = (await resident.receipt(LAMP)).ticket
    assert await resident.says("撤单", after_s=60) == ["withdraw_ask"]
    if swept:
        await resident.is_silent(days=20)
    assert await resident.says("好的", after_s=0 if swept else 20 * 24 * 3600) == ["greeting"]
    assert await resident.status(lamp) is Status.DISPATCHED


async def test_yes_to_another_number_withdraws_the_one_we_asked_about(resident: Resident) -> None:
    first = (await resident.receipt(LAMP)).ticket
    second = (await resident.receipt("东韩村停水两天了", after_s=3600)).ticket
    await resident.says(f"撤单 {first}", after_s=3600)
    assert await resident.says("是") == ["withdrawn"]
    assert await resident.status(first) is Status.WITHDRAWN
    assert await resident.status(second) is Status.DISPATCHED
    assert await resident.says("撤单") == ["withdraw_ask"]


@pytest.mark.parametrize("words", ["谢谢", "你好", "查询", "哈哈", "再见", "慢一点", "撤单"])
async def test_public_words_wait_for_their_yes_whatever_is_said_between(
    resident: Resident, words: str
) -> None:
    assert await resident.says(LAMP, public=True) == ["confirm_public"]
    await resident.says(words)
    assert await resident.tickets() == []
    assert await resident.says("是") == ["receipt"]
    assert len(await resident.tickets()) == 1


async def test_public_words_without_an_answer_are_for_a_person_to_see(resident: Resident) -> None:
    await resident.says(LAMP, public=True)
    await resident.says("谢谢")
    await resident.is_silent(days=1)
    assert await resident.tickets() == [LAMP]


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("minutes", [5, 24 * 60])
async def test_more_of_a_finished_ticket_is_a_new_matter_that_names_it(
    resident: Resident, closed: bool, minutes: int
) -> None:
    number = (await resident.receipt(LAMP)).ticket
    await resident.finished(number, closed=closed)
    resident.clock.forward(minutes=minutes)
    keys = await resident.says("补充：灯杆也歪了，快倒了")
    assert keys[0] == "ticket_finished"
    await resident.is_silent(days=1)
    assert len(await resident.tickets()) == 2
    assert "灯杆也歪了" in (await resident.tickets())[1]
    assert number in (await resident.tickets())[1]


async def test_photo_after_a_withdrawal_is_kept(resident: Resident) -> None:
    number = (await resident.receipt(LAMP)).ticket
    await resident.finished(number, closed=False)
    assert await resident.says("", attachments=PHOTO) == ["ticket_finished", "media_kept"]
    await resident.is_silent(days=1)
    first, second = await resident.tickets()
    assert "照片" not in first
    assert "照片" in second and number in second


async def test_words_for_a_number_that_is_not_his_are_no_less_told(resident: Resident) -> None:
    keys = await resident.says("补充 20261123-9999 东韩村村口的路灯也坏了")
    assert keys == ["progress_unknown", "receipt"]
    assert await resident.says("补充 20261123-9999", after_s=3600) == ["progress_unknown"]
    assert len(await resident.tickets()) == 1


async def test_supplement_while_another_matter_is_told_belongs_to_that(resident: Resident) -> None:
    await resident.receipt(LAMP)
    await resident.says(RUBBISH, after_s=3 * 3600)
    assert await resident.says("补充一下，在东韩村") == ["receipt"]
    assert (await resident.tickets())[0] == LAMP


TELLS = (
    LAMP,
    RUBBISH,
    "路灯坏了",
    "东韩村停水两天了",
    "昨天到现在一直没电",
    "家里揭不开锅了，想申请低保",
    "东韩村有人家着火了",
    "路灯坏了。还有东韩村停水了",
    "补充一下，灯杆也歪了",
    "说不清楚的一件事反正就是不舒服",
)
TALK = (
    *("在东韩村", "韩村", "是", "不用了", "不撤了", "撤单", "查询", "谢谢", "你好", "再见", "好的"),
    *("转人工", "再说一遍", "等一下", "没解决", "满意", "哈哈", "啊", "我电话13912345678", ""),
    *("我要找人", "催一下", "不对，是西韩村", "13912345678", "别说是我说的", "他妈的", "我要投诉"),
)
WORDS = st.tuples(
    st.sampled_from((*TELLS, *TALK)),
    st.sampled_from((5, 30, 120, 700, 3600, 40 * 3600)),  # seconds before
    st.sampled_from(("", "", "", "public", "photo", "sweep", "finish")),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(said=st.lists(WORDS, min_size=1, max_size=10))
async def test_whatever_is_said_is_in_a_ticket_or_in_a_conversation_with_a_deadline(
    village: Village, said: Sequence[tuple[str, int, str]]
) -> None:
    resident = village.newcomer()
    told: list[str] = []
    for words, after_s, how in said:
        if how == "finish":
            await resident.loses_a_ticket()
        if how == "sweep":
            await resident.is_silent(seconds=after_s)
            after_s = 0
        fields = {"public": how == "public", "attachments": PHOTO if how == "photo" else ()}
        keys = await resident.says(words, after_s=after_s, **fields)
        refused = words in ("不用了", "不撤了") and keys == ["thanks"]
        told = [] if refused else told + [resident.name + f":{resident.count}"] * tells(words, how)
        await held(resident, told)
    await resident.is_silent(days=3)
    state = await resident.remembered()
    assert (state.texts, state.due_at) == ((), None)
    await held(resident, told)


def tells(words: str, how: str) -> bool:
    """Does a message say, or show, something that must not be lost?"""
    return words in TELLS or how == "photo"


async def held(resident: Resident, told: Sequence[str]) -> None:
    """All that was told is where it will be seen; what waits has a deadline."""
    services, state = resident.services, await resident.remembered()
    query = sa.select(schema.inbox.c.external_id, schema.inbox.c.id, schema.inbox.c.ticket)
    query = query.where(schema.inbox.c.sender == f"web:{resident.name}")
    rows = await services.database.read(lambda c: c.execute(query).all())
    waiting = {row.external_id for row in rows if row.id in state.messages}
    in_tickets = {row.external_id for row in rows if row.ticket}
    assert set(told) <= waiting | in_tickets
    assert not waiting & in_tickets & set(told)
    if state.messages or state.texts:
        assert state.due_at is not None
        limit = timedelta(seconds=services.settings.conversation.silence_minutes * 60)
        assert state.due_at <= services.runtime.now() + limit


@pytest.mark.parametrize(
    ("second", "keys"),
    [
        ("昨天到现在一直没电，冰箱里的东西都坏了", ["receipt_person"]),
        ("家里揭不开锅了，想申请低保", ["receipt_person"]),
        ("辅导班关门了，钱不退", ["receipt"]),
        ("去邢台的班车停了，俺们咋去", ["receipt_person"]),
        ("夜里两三点还有大车拉土，房子都震", ["receipt"]),
        ("东韩村停水两天了", ["receipt"]),
        ("已经三天了", ["supplemented"]),
        ("是村东头第二个", ["supplemented"]),
        ("晚上孩子放学看不见路", ["supplemented"]),
        ("旁边那个井盖也不平", ["receipt"]),
        ("村里的垃圾也好几天没人拉了", ["receipt"]),
        ("之前打过电话没人管", ["supplemented"]),
        ("俺们反映过好几次了，一直没人来", ["supplemented"]),
        ("野猪拱了玉米地", ["receipt_person"]),
    ],
)
async def test_another_matter_right_after_a_ticket_is_not_buried_in_it(
    resident: Resident, second: str, keys: list[str]
) -> None:
    number = (await resident.receipt(LAMP)).ticket
    assert await resident.says(second, after_s=30) == keys
    tickets = await resident.tickets()
    assert len(tickets) == (1 if keys == ["supplemented"] else 2)
    if keys == ["receipt_person"]:
        assert tickets == [LAMP, second]
        assert number in (await resident.latest()).handover_reason
        assert await resident.says("咱们村好几家都这样，快管管吧", after_s=10) == ["supplemented"]


async def test_a_village_without_its_direction_is_asked_about_by_both_names(
    resident: Resident,
) -> None:
    assert await resident.says("我们村的自来水发黄") == ["ask_place"]
    assert await resident.says("张庄") == ["ask_place_which"]
    assert await resident.says("南张庄") == ["receipt"]
    assert (await resident.latest()).place == "130506104223"


async def test_a_village_that_is_not_ours_is_said_not_to_be_found(resident: Resident) -> None:
    assert await resident.says("大贾村东头的垃圾桶满了") == ["ask_place_again"]


async def test_a_second_matter_that_says_where_the_first_is_has_its_own_ticket(
    resident: Resident,
) -> None:
    assert await resident.says("垃圾没人拉") == ["ask_place"]
    assert await resident.says("东韩村的自来水管爆了，水流了一街") == ["receipt", "receipt"]
    assert len(await resident.tickets()) == 2


async def test_of_what_tells_of_another_domain_next_to_nothing_joins_a_lamp(
    village: Village,
) -> None:
    """A sample of the labelled sentences."""
    buried, told = [], 0
    labelled = Path("tests/quality/sentences.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(labelled.splitlines())
    for row in list(rows)[::6]:
        resident = village.newcomer()
        said = resident.services.understander(row["text"])
        plain = said.kind in ("help", "complaint", "dispute", "report", "enquiry", "suggestion")
        if not plain or not said.categories or said.categories[0].code[:2] == "01":
            continue
        await resident.says(LAMP)
        told += 1
        if await resident.says(row["text"], after_s=30) == ["supplemented"]:
            buried.append(row["text"])
    assert told > 30
    assert len(buried) <= told * 0.05, buried


async def test_photos_are_no_questions_and_no_answers(resident: Resident) -> None:
    assert await resident.says("", attachments=PHOTO) == ["media_kept"]
    assert await resident.says("", attachments=PHOTO) == ["received"]
    assert await resident.says("路灯坏了没人修") == ["ask_place"]
    assert await resident.says("", attachments=PHOTO) == ["ask_place"]
    assert await resident.says("", attachments=PHOTO) == ["received"]
    assert await resident.says("在东韩村") == ["receipt"]
    assert (await resident.tickets()) == ["［照片］\n路灯坏了没人修\n［照片］\n在东韩村"]


@pytest.mark.parametrize("photos", [25, 90])
async def test_every_photo_of_many_is_in_the_ticket(resident: Resident, photos: int) -> None:
    for _ in range(photos):
        await resident.says("", after_s=1, attachments=PHOTO)
    number = (await resident.receipt("东韩村路灯坏了没人修")).ticket
    messages = await resident.services.database.read(lambda c: inbox.of_ticket(c, number))
    assert sum(len(message.attachments) for message in messages) == photos


async def test_no_end_of_messages_is_a_ticket_before_anything_is_dropped(
    resident: Resident,
) -> None:
    for _ in range(drafts.MOST_MESSAGES):
        await resident.says("", after_s=1, attachments=PHOTO)
    assert await resident.tickets() == ["［照片］"]
    assert await resident.says("", attachments=PHOTO) == ["supplemented"]


async def test_public_words_without_end_are_all_kept(resident: Resident) -> None:
    said = [f"东韩村第{index}盏路灯坏了" for index in range(drafts.MOST_REMEMBERED)]
    for words in said:
        await resident.says(words, public=True)
    (text,) = await resident.tickets()
    assert text.splitlines() == said
    assert (await resident.latest()).handover_reason == reasons.PUBLIC_CANDIDATE


async def test_page_of_a_ticket_has_its_latest_messages(resident: Resident) -> None:
    number = (await resident.receipt(LAMP)).ticket
    for index in range(60):
        await resident.says(f"补充：第{index}次说", after_s=1)
    messages = await resident.services.database.read(lambda c: inbox.of_ticket(c, number, limit=50))
    assert [messages[0].text, messages[-1].text] == ["补充：第10次说", "补充：第59次说"]


async def test_photo_and_telephone_of_several_matters_are_on_each_of_their_tickets(
    resident: Resident,
) -> None:
    words = "东韩村村口的路灯坏了三天了没人修。还有东韩村停水两天了，我的电话是13912345678"
    first = (await resident.receipt(words, attachments=PHOTO)).ticket
    second = f"{first[:-1]}{int(first[-1]) + 1}"
    for number in (first, second):
        ticket = await resident.services.database.read(partial(store.load, number=number))
        assert ticket.reporter_phone == "13912345678"
        messages = await resident.services.database.read(partial(inbox.of_ticket, ticket=number))
        assert [message.attachments for message in messages] == [PHOTO]
    assert len(await resident.tickets()) == 2
