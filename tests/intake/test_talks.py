"""Talks as people have them: in a hurry, piece by piece, with slips, without a mark."""

from collections.abc import Callable

import pytest

from channels.message import Attachment, InboundMessage
from intake.services import Services
from tests.clock import Clock
from tests.intake.resident import Resident

PHOTO = (Attachment(kind="image", reference="store:1"),)
DONGHAN = "130506100225"


@pytest.fixture
def resident(services: Services, clock: Clock, say: Callable[..., InboundMessage]) -> Resident:
    """Somebody whose first words we await."""
    return Resident(services, clock, say)


@pytest.mark.parametrize(
    ("talk", "tickets"),
    [
        # He announces it, and says it piece by piece.
        ([("我要投诉", "ask_matter"), ("东韩村的路灯坏了没人修", "receipt")], 1),
        ([("有个事想问问", "ask_matter"), ("东韩村停水了", "receipt")], 1),
        ([("俺是东韩村的", "ask_matter"), ("路灯坏了没人修", "receipt")], 1),
        ([("路灯", "ask_place"), ("坏了", "ask_place"), ("东韩村", "receipt")], 1),
        # He does not answer what we asked, and is asked once more.
        (
            [("俺家没水了都一天了", "ask_place"), ("啥时候来", "ask_place"), ("东韩村", "receipt")],
            1,
        ),
        # A wrong village first, and then another wrong one.
        (
            [
                ("东韩村路灯坏了", "receipt"),
                ("不对是西韩村", "moved"),
                ("又错了是东三召村", "moved"),
                ("灯杆子也歪了", "supplemented"),
            ],
            1,
        ),
        # He tells on, in words that point back.
        (
            [
                ("东韩村俺家的鸡让人药死了", "receipt"),
                ("知道是谁干的就是邻居老王", "supplemented"),
                ("别跟他说是我说的", "secret_kept"),
            ],
            1,
        ),
        # More of the same breath, and another matter that is at the same place.
        ([("东韩村路灯坏了", "receipt"), ("还有垃圾没人收", "receipt")], 2),
        ([("我家被偷了", "receipt"), ("东韩村", "moved"), ("三轮车", "supplemented")], 1),
        ([("井盖", "ask_place"), ("东韩村学校门口", "receipt"), ("没了", "supplemented")], 1),
        # He wants to be rung, and leaves where.
        ([("能不能给俺打个电话", "handed_over"), ("13931912345", "phone_kept")], 1),
        # Nothing told at all.
        (
            [
                ("人呢", "greeting"),
                ("说话啊", "greeting"),
                ("114", "greeting"),
                ("？？", "greeting"),
            ],
            0,
        ),
        ([("我投诉你们热线", "ask_place"), ("打了三次没人接", "ask_place")], 1),
        # He asks when before he has told anything: it is the matter that he tells.
        ([("东韩村没电了，啥时候来电", "receipt")], 1),
        ([("东韩村路灯怎么还没人来修", "receipt")], 1),
        ([("停水了怎么没人管", "ask_place"), ("东韩村", "receipt")], 1),
        ([("想反映一下东韩村的事", "ask_matter"), ("路灯坏了没人修", "receipt")], 1),
        ([("谢谢，没事了", "acknowledged")], 0),
        ([("说了半天你们也不懂 换个人", "handed_over")], 1),
        # Anger first, then the matter.
        ([("你们到底管不管", "press_none"), ("东韩村垃圾堆成山了没人管", "receipt")], 1),
    ],
)
async def test_talk_ends_in_its_tickets(
    resident: Resident, talk: list[tuple[str, str]], tickets: int
) -> None:
    for words, key in talk:
        assert key in await resident.says(words), words
    await resident.is_silent(hours=1)
    assert len(await resident.tickets()) == tickets
    if any("东韩村" in words for words, _ in talk) and "东三召" not in str(talk):
        assert (await resident.latest()).place == DONGHAN


async def test_few_words_after_a_danger_are_for_whoever_was_told_of_it(
    resident: Resident,
) -> None:
    number = (await resident.receipt("东韩村南边麦地着火了")).ticket
    for words in ("烧秸秆的", "叫了119了", "没事了灭了"):
        receipt = await resident.receipt(words)
        assert receipt.ticket == number
    assert len(await resident.tickets()) == 1
    assert "没事了灭了" in (await resident.latest()).text


async def test_photo_first_is_not_what_the_matter_is_called(resident: Resident) -> None:
    await resident.says("", attachments=PHOTO)
    (reply,) = (await resident.receipt("东韩村村东头你们看看这路成啥样了")).replies
    assert "照片" not in reply.values["matter"]
