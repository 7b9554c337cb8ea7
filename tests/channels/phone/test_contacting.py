"""Who handles a ticket keys in its code: *, six digits, and he is put through to its resident."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.message import InboundMessage, Receipt
from channels.phone import ear, reasons
from channels.phone.book import Outcome, Through
from channels.phone.ear import Sound
from channels.phone.exchange.exchange import Next
from channels.phone.talk import office
from channels.phone.talk.call import GREETING
from channels.phone.talk.contacting import MOST_WRONG
from channels.phone.talk.keys import DIGITS, LENGTH, START, Keys
from channels.phone.talk.turns import PERSON_KEY
from tests.channels.phone.talking import Stage, gone, reply, said

CODE, TICKET, NUMBER = "123456", "20261124-0001", "13900000000"
ANY_KEY = st.sampled_from("0123456789*#ABCD")
A_CODE = st.text(DIGITS, min_size=LENGTH, max_size=LENGTH)


def typed(keys: str) -> list[Sound]:
    return [ear.Pressed(digit=each) for each in keys]


def desk(message: InboundMessage) -> Receipt:
    if message.event.startswith("handover"):
        return reply("handed_over", ticket="20261124-0009", person=True)
    return reply("read_back", asks=True) if message.text else reply()


class Codes:
    """The book and the exchange, as far as codes go."""

    def __init__(self, *, refused: bool = False, closed: bool = False, told: bool = True) -> None:
        self.looked: list[str] = []
        self.rung: list[str] = []
        self.refused, self.closed = refused, closed
        self.told = told

    def of(self) -> office.Codes:
        return office.Codes(look=self._look, relay=self._relay)

    async def _look(self, code: str) -> Through:
        self.looked.append(code)
        if self.refused:
            return Through(refused=True)
        if self.closed:
            return Through(closed=True)
        return Through(ticket=TICKET, to=NUMBER) if code == CODE else Through()

    async def _relay(self, to: str) -> bool:
        self.rung.append(to)
        return self.told


def stage(script: list[Sound], codes: Codes | None, **more: Any) -> Stage:
    return Stage(script=script, answers=desk, codes=codes.of() if codes else None, **more)


@given(st.text("0123456789#", max_size=12), A_CODE)
def test_code_is_known_by_its_star_whatever_came_before(before: str, code: str) -> None:
    keys = Keys()
    found = [keys.press(each) for each in before + START + code]
    assert found[-1] == code and not any(found[:-1])
    assert not keys.under_way


@given(st.lists(ANY_KEY, max_size=40))
def test_no_keys_but_a_star_and_six_digits_are_a_code(pressed: list[str]) -> None:
    keys, whole = Keys(), "".join(pressed)
    for at, each in enumerate(pressed, 1):
        code = keys.press(each)
        if code:
            assert whole[:at].endswith(START + code)
            assert len(code) == LENGTH and set(code) <= set(DIGITS)


@pytest.mark.parametrize("into_the_greeting", [True, False])
async def test_right_code_is_put_through_at_any_moment(into_the_greeting: bool) -> None:
    codes = Codes()
    scene = stage([] if into_the_greeting else typed(START + CODE), codes)
    if into_the_greeting:
        scene.mouth.into[GREETING.key] = typed(START + CODE)
    ended = await scene.run()
    assert (ended.outcome, tuple(ended.tickets)) == (Outcome.RELAYED, (TICKET,))
    assert (codes.looked, codes.rung) == ([CODE], [NUMBER])
    assert scene.mouth.said[-1] == "contact_connecting"
    assert scene.left == [] and scene.messages == []  # no ticket of its own, no word to the desk
    assert (GREETING.key in scene.mouth.heard) is not into_the_greeting


async def test_wrong_code_may_be_keyed_in_again() -> None:
    codes = Codes()
    ended = await stage(typed(f"*111111*{CODE}"), codes).run()
    assert (ended.outcome, codes.looked) == (Outcome.RELAYED, ["111111", CODE])


async def test_third_wrong_code_ends_the_call_without_a_ticket() -> None:
    codes = Codes()
    scene = stage(typed("*111111*222222*333333*444444"), codes)
    ended = await scene.run()
    assert (ended.outcome, ended.reason) == (Outcome.HUNG_UP, reasons.WRONG_CODES)
    assert scene.mouth.said[1:] == ["contact_wrong"] * (MOST_WRONG - 1) + ["contact_refused"]
    assert scene.left == [(Next.BYE, "")]
    assert len(codes.looked) == MOST_WRONG and scene.messages == []


@pytest.mark.parametrize(
    ("keys", "meanwhile"),
    [("*111111*222222*333333", "contact_refused"), (START + CODE, "contact_connecting")],
)
async def test_who_speaks_while_he_is_told_what_becomes_of_his_code_is_heard(
    keys: str, meanwhile: str
) -> None:
    codes = Codes()
    scene = stage([*typed(keys), gone()], codes)
    scene.mouth.into[meanwhile] = [ear.Began(), said("我家着火了")]
    await scene.run()
    assert [each.text for each in scene.messages if each.text] == ["我家着火了"]
    assert codes.rung == [] and (Next.BYE, "") not in scene.left


async def test_a_murmur_while_he_is_told_that_he_is_put_through_keeps_him_from_nothing() -> None:
    codes = Codes()
    scene = stage(typed(START + CODE), codes)
    scene.mouth.into["contact_connecting"] = [ear.Began(), said("嗯")]
    assert (await scene.run()).outcome is Outcome.RELAYED
    assert codes.rung == [NUMBER]


async def test_a_resident_who_is_not_rung_at_this_hour_counts_as_no_wrong_code() -> None:
    codes = Codes(closed=True)
    scene = stage([*typed((START + CODE) * (MOST_WRONG + 1)), gone()], codes)
    await scene.run()
    assert scene.mouth.said.count("contact_closed") == MOST_WRONG + 1
    assert "contact_refused" not in scene.mouth.said


async def test_whose_codes_count_no_more_is_told_so_at_once() -> None:
    codes = Codes(refused=True)
    scene = stage(typed(START + CODE), codes)
    assert (await scene.run()).reason == reasons.WRONG_CODES
    assert codes.rung == []


async def test_who_has_told_a_matter_goes_to_a_person_after_wrong_codes() -> None:
    scene = stage([said("路灯坏了"), *typed("*111111*222222*333333")], Codes())
    ended = await scene.run()
    assert (ended.outcome, ended.reason) == (Outcome.PERSON, reasons.WRONG_CODES)


async def test_zero_is_a_person_in_the_middle_of_a_code_too() -> None:
    codes = Codes()
    scene = stage(typed(f"*123{PERSON_KEY}456"), codes)
    ended = await scene.run()
    assert (ended.outcome, ended.reason) == (Outcome.PERSON, reasons.ASKED_BY_KEY)
    assert codes.looked == []


async def test_zero_while_he_is_told_that_he_is_put_through_is_a_person() -> None:
    codes = Codes()
    scene = stage(typed(START + CODE), codes)
    scene.mouth.into["contact_connecting"] = typed(PERSON_KEY)
    assert (await scene.run()).outcome is Outcome.PERSON
    assert codes.rung == []


async def test_who_puts_down_meanwhile_has_hung_up() -> None:
    codes = Codes(told=False)
    scene = stage(typed(START + CODE), codes)
    scene.mouth.into["contact_connecting"] = [gone()]
    assert (await scene.run()).outcome is Outcome.HUNG_UP


async def test_exchange_that_can_not_be_told_leaves_him_to_a_person() -> None:
    scene = stage(typed(START + CODE), Codes(told=False))
    ended = await scene.run()
    assert (ended.outcome, ended.reason) == (Outcome.PERSON, reasons.PROGRAM_FAILED)
    assert [where for where, _ in scene.left] == [Next.OPERATORS]


async def test_book_that_fails_leaves_him_to_a_person() -> None:
    codes = Codes()

    async def broken(code: str) -> Through:
        raise OSError("in the test")

    scene = Stage(
        script=typed(START + CODE),
        answers=desk,
        codes=office.Codes(look=broken, relay=codes._relay),
    )
    ended = await scene.run()
    assert ended.outcome is Outcome.FAILED
    assert [where for where, _ in scene.left] == [Next.OPERATORS]


async def test_book_that_does_not_answer_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("channels.phone.talk.contacting.LOOK_WITHIN_S", 0.01)

    async def hangs(code: str) -> Through:
        await asyncio.Event().wait()
        raise AssertionError

    codes = office.Codes(look=hangs, relay=Codes()._relay)
    ended = await Stage(script=typed(START + CODE), answers=desk, codes=codes).run()
    assert ended.outcome is Outcome.FAILED


async def test_where_no_code_counts_the_keys_mean_nothing() -> None:
    scene = stage([*typed(START + CODE), gone()], None)
    ended = await scene.run()
    assert ended.outcome is Outcome.HUNG_UP
    assert scene.mouth.said == [GREETING.key]
