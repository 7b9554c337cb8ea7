"""How many places one question names, and what is asked where a place is not known."""

from collections.abc import Callable

import pytest

from channels.message import InboundMessage
from intake.services import Services
from intake.talk import reasons, whereabouts
from nlp.understanding import Guess
from tests.clock import Clock
from tests.intake.resident import Resident


@pytest.fixture
def resident(services: Services, clock: Clock, say: Callable[..., InboundMessage]) -> Resident:
    """Somebody whose first words we await."""
    return Resident(services, clock, say)


@pytest.mark.parametrize(
    ("confidences", "options"),
    [
        ((0.9,), 1),
        ((0.9, 0.6), 1),
        ((0.9, 0.7), 2),
        ((0.9, 0.88, 0.86, 0.84), 3),
        ((0.2, 0.2, 0.2, 0.2, 0.2), 5),
        ((0.1,) * 8, 5),
        ((), 0),
    ],
)
def test_a_question_names_three_places_but_all_five_that_bear_one_name(
    confidences: tuple[float, ...], options: int
) -> None:
    places = tuple(Guess(code=str(i), confidence=c) for i, c in enumerate(confidences))
    assert whereabouts.rivals(places) == tuple(str(i) for i in range(options))


async def test_what_is_asked_of_his_village_is_asked_which_village(
    resident: Resident, services: Services
) -> None:
    assert await resident.says("俺村自来水黄汤咋整") == ["ask_place"]
    assert await resident.says("西韩村") == ["receipt"]
    assert services.county.place_name((await resident.latest()).place) == "和阳镇西韩村"


async def test_receipt_of_what_needs_no_place_has_no_line_for_it(
    resident: Resident, services: Services
) -> None:
    (reply,) = (await resident.receipt("养老金咋领")).replies
    said = services.replies.render(reply)
    assert reply.key == "receipt" and "地点" not in said


async def test_township_and_village_that_do_not_go_together_are_said_to_be_so(
    resident: Resident, services: Services
) -> None:
    await resident.says("路灯坏了")
    (reply,) = (await resident.receipt("史召乡 孔村")).replies
    said = services.replies.render(reply)
    assert "乡镇和村对不上" in said and "河郭镇孔村" in said and "史召乡" in said
    await resident.says("河郭镇的")
    assert services.county.place_name((await resident.latest()).place) == "河郭镇孔村"


@pytest.mark.parametrize("after_s", [30, 600])
@pytest.mark.parametrize(
    "words", ["前头说错了 是范家庄", "不对，是范家庄", "不是西韩村，是大槐树村"]
)
async def test_corrected_village_that_we_have_not_is_asked_for_once_then_a_person_looks(
    resident: Resident, services: Services, words: str, after_s: float
) -> None:
    await resident.says("西韩村路灯坏了")
    assert await resident.says(words, after_s=after_s) == ["ask_place_again"]
    assert (await resident.says("就是那个范家庄"))[0].startswith("supplemented")
    ticket = await resident.latest()
    assert ticket.handover_reason == reasons.LATER_PLACE and words in ticket.text


async def test_corrected_village_told_anew_is_where_it_goes(
    resident: Resident, services: Services
) -> None:
    await resident.says("西韩村路灯坏了")
    await resident.says("前头说错了 是范家庄")
    assert await resident.says("东韩村") == ["moved"]


async def test_village_that_we_have_not_is_asked_for_once_more(resident: Resident) -> None:
    await resident.says("路灯坏了")
    assert await resident.says("西头村") == ["ask_place_again"]
    assert await resident.says("还是西头村") == ["receipt_person"]


@pytest.mark.parametrize("where", ["锦绣花园3号楼2单元501", "在帝景华府小区"])
async def test_estate_that_we_have_not_is_said_to_be_unknown_and_asked_for_once_more(
    resident: Resident, where: str
) -> None:
    assert await resident.says(f"暖气不热，{where}，家里有老人小孩") == ["ask_place_again"]
    assert (await resident.says("和阳镇东韩村旁边"))[0].startswith("receipt")


@pytest.mark.parametrize("said", ["俺们小区暖气不热", "几个小区都暖气不热", "老旧小区改造不管暖气"])
async def test_estate_without_a_name_is_asked_for_as_ever(resident: Resident, said: str) -> None:
    assert await resident.says(said) == ["ask_place"]


async def test_place_told_after_the_ticket_is_noted_and_nothing_is_said_to_have_changed(
    resident: Resident, services: Services
) -> None:
    await resident.says("举报俺村书记贪污，别让人知道是我")
    (reply,) = (await resident.receipt("东韩村")).replies
    told = services.replies.render(reply)
    assert "和阳镇东韩村" in told and "改成" not in told


async def test_barking_dogs_are_asked_where(resident: Resident) -> None:
    assert await resident.says("狗叫一夜睡不着") == ["ask_place"]


@pytest.mark.parametrize("answer", ["对", "是的", "东韩村", "和阳镇东韩村"])
async def test_village_written_by_its_sound_is_asked_about_by_its_name(
    resident: Resident, services: Services, answer: str
) -> None:
    (reply,) = (await resident.receipt("东汉村路灯坏了")).replies
    told = services.replies.render(reply)
    assert reply.key == "ask_place_sounds" and "您说的是和阳镇东韩村吗" in told
    assert "和阳镇东韩村" in reply.choices
    assert await resident.says(answer) == ["receipt"]
    assert services.county.place_name((await resident.latest()).place) == "和阳镇东韩村"


async def test_who_did_not_mean_the_village_of_that_sound_is_asked_where(
    resident: Resident, services: Services
) -> None:
    await resident.says("东汉村路灯坏了")
    assert await resident.says("不是") == ["ask_place"]
    assert await resident.says("西韩村") == ["receipt"]
    assert services.county.place_name((await resident.latest()).place) == "和阳镇西韩村"


async def test_village_that_only_resembles_one_in_sound_is_not_guessed_at(
    resident: Resident,
) -> None:
    assert await resident.says("东土城村路灯坏了") == ["ask_place_again"]  # 东任城村


async def test_two_villages_of_the_sound_that_he_wrote_are_both_named(resident: Resident) -> None:
    (reply,) = (await resident.receipt("侯冬村路灯坏了")).replies
    assert reply.key == "ask_place_which" and reply.choices[:2] == ("郝桥镇侯东村", "郝桥镇后东村")
