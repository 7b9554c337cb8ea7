"""One question at a time, whatever somebody writes and however far the talk has come: first what to
do in a danger, then where it is, then how to reach him.
"""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from channels.message import InboundMessage, Reply
from intake.services import Services
from intake.talk import dangers
from routing import schema as tables
from tests.clock import Clock
from tests.intake.resident import Resident, Village

LABELLED = Path(__file__).parents[1] / "quality"
FURTHER = {"confirm_public", "withdraw_ask", "which_ticket", "left_first", "evaluate_ask"}
NUMBER = "13931900001"
ANSWERS = ("东韩村", "和阳镇", "村西头老李家", NUMBER, "我电话" + NUMBER, "是", "谢谢", "不知道")
COMMANDS = ("转人工", "查询", "撤单", "快点", "别说是我说的", "没事了", "东韩村路灯坏了，还停水")


def labelled(name: str) -> list[str]:
    """The sentences of a table."""
    with (LABELLED / name).open(encoding="utf-8") as file:
        return [row["text"] for row in csv.DictReader(file)]


SENTENCES = labelled("sentences.csv")
DANGERS = labelled("dangers_fresh.csv")
WORDS = st.sampled_from([*SENTENCES, *DANGERS, *ANSWERS, *COMMANDS])
FIRST = st.sampled_from(SENTENCES) | st.sampled_from(DANGERS)
LATER = st.sampled_from([*ANSWERS, *COMMANDS]) | WORDS


@pytest.fixture
def resident(services: Services, clock: Clock, say: Callable[..., InboundMessage]) -> Resident:
    """Somebody who writes."""
    return Resident(services, clock, say)


def asks(reply: Reply) -> bool:
    """Does it want an answer?"""
    asked = reply.key.startswith("ask_") or reply.key in dangers.QUESTIONS | FURTHER
    return asked or bool(reply.values.get("ask_phone"))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(said=st.tuples(FIRST, LATER, LATER))
@example(said=("有人触电了", "东韩村", NUMBER))
@example(said=("东韩村路灯坏了，还停水", "是", "着火了"))
async def test_no_answer_asks_two_things(village: Village, said: Sequence[str]) -> None:
    resident = village.newcomer()
    for words in said:
        replies = (await resident.receipt(words)).replies
        assert sum(map(asks, replies)) <= 1, [(reply.key, words) for reply in replies]


@pytest.mark.parametrize(
    ("talk", "told"),
    [
        (
            ["东韩村西街老刘家着火了"],
            [["danger_fire", "danger_alone", "danger_at", "danger_phone"]],
        ),
        (
            ["着火了", "东韩村"],
            [["danger_fire", "danger_alone", "danger_where"], ["danger_placed", "danger_phone"]],
        ),
        (
            ["着火了", f"东韩村，我电话{NUMBER}"],
            [["danger_fire", "danger_alone", "danger_where"], ["danger_placed"]],
        ),
        (
            [f"着火了，我电话{NUMBER}", "东韩村"],
            [["danger_fire", "danger_alone", "danger_where"], ["danger_placed"]],
        ),
        (
            ["着火了", NUMBER, "东韩村"],
            [["danger_fire", "danger_alone", "danger_where"], ["phone_kept"], ["danger_placed"]],
        ),
        (
            ["着火了", "果寨", "果寨三村", NUMBER],
            [
                ["danger_fire", "danger_alone", "danger_where"],
                ["ask_place_which"],
                ["danger_placed", "danger_phone"],
                ["phone_kept"],
            ],
        ),
    ],
)
async def test_who_writes_of_a_danger_is_asked_for_a_telephone_once_the_place_is_known(
    resident: Resident, talk: Sequence[str], told: Sequence[Sequence[str]]
) -> None:
    assert [await resident.says(words) for words in talk] == told


async def test_who_never_says_where_is_asked_how_to_reach_him_all_the_same(
    resident: Resident,
) -> None:
    await resident.says("着火了快来人")
    assert await resident.says("俺村") == ["danger_village"]
    assert "danger_phone" in await resident.says("村西头老李家柴火垛")
    assert "danger_phone" not in await resident.says("快来人啊")
    await resident.says(NUMBER)
    assert (await resident.latest()).reporter_phone == NUMBER


async def posted(resident: Resident) -> list[str]:
    """What we have written to him of ourselves."""
    query = sa.select(tables.outbox.c.kind).where(tables.outbox.c.destination == resident.sender)
    return await resident.services.database.read(lambda c: list(c.execute(query).scalars()))


@pytest.mark.parametrize(
    "talk", [["着火了"], ["着火了", "果寨"], ["着火了", "灭了"], ["东韩村着火了"]]
)
async def test_who_is_silent_is_asked_how_to_reach_him_once(
    resident: Resident, talk: Sequence[str]
) -> None:
    for words in talk:
        assert "danger_phone" not in await resident.says(words)
    await resident.is_silent(minutes=30)
    await resident.is_silent(minutes=30)
    assert await posted(resident) == ["danger_phone"]
    assert await resident.says(NUMBER) == ["phone_kept"]
    assert (await resident.latest()).reporter_phone == NUMBER


async def test_who_says_where_after_a_silence_has_it_on_the_ticket(resident: Resident) -> None:
    await resident.says("着火了")
    await resident.is_silent(minutes=30)
    assert await resident.says("东韩村") == ["danger_placed"]
    assert (await resident.latest()).place


@pytest.mark.parametrize("talk", [["着火了", NUMBER], ["着火了", "虚惊一场"], ["路灯坏了"]])
async def test_whose_telephone_is_known_or_not_needed_is_not_asked_for_it(
    resident: Resident, talk: Sequence[str]
) -> None:
    for words in talk:
        await resident.says(words)
    await resident.is_silent(minutes=30)
    assert "danger_phone" not in await posted(resident)


async def test_who_spoke_in_public_is_not_asked_for_a_telephone(resident: Resident) -> None:
    await resident.says("着火了", public=True)
    await resident.is_silent(minutes=30)
    assert await posted(resident) == []


async def test_who_says_that_it_is_over_is_asked_nothing(resident: Resident) -> None:
    await resident.says("着火了")
    assert not set(await resident.says("没事了，灭了")) & dangers.QUESTIONS
