"""Whole calls: a real caller, a real Asterisk, the real recogniser, the whole program."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.phone import kit
from tests.phone.hotline import Hotline, Resident, in_our_voice
from tests.phone.kit import CALLER, Telephone
from tests.phone.likeness import likeness

EAST_HAN = "130506100"  # the township that 东韩村 lies in


@pytest.fixture
def resident(caller: Telephone, hotline: Hotline) -> Resident:
    return Resident(telephone=caller, hotline=hotline)


@pytest.mark.parametrize(("voice", "media"), [("f", "audiosocket"), ("m", "websocket")])
async def test_a_resident_tells_hears_it_read_back_and_gets_a_number(
    hotline: Hotline, resident: Resident, voice: str
) -> None:
    await resident.ring()
    await resident.talk([(f"lamp-{voice}", "read_back"), (f"yes-{voice}", "receipt")])
    await resident.telephone.until("disconnected", 30)
    (ticket,) = hotline.tickets()
    assert "路灯" in ticket["text"]
    assert ticket["place"].startswith(EAST_HAN)
    assert (ticket["status"], ticket["handover_reason"]) == ("dispatched", "")
    assert ticket["reporter_phone"] == "+86" + CALLER
    assert hotline.replies()[-1] == "goodbye"
    await asyncio.sleep(2)
    (call,) = hotline.rows("SELECT outcome FROM call")
    assert call["outcome"] == "served"
    (ticket,) = hotline.tickets()
    assert "请回电" not in ticket["text"]
    assert hotline.line.missed() == []


async def test_only_the_place_is_put_right(hotline: Hotline, resident: Resident) -> None:
    await resident.ring()
    await resident.talk([("lamp-f", "read_back"), ("correct-f", "read_back")])
    first, second = (text for _, text, key in hotline.spoken() if key == "read_back")
    assert "东韩村" in first
    assert "西韩村" in second
    assert "路灯" in second
    await resident.talk([("yes-f", "receipt")])
    (ticket,) = hotline.tickets()
    assert "路灯" in ticket["text"]


async def test_a_wish_for_a_person_is_obeyed_and_both_hear_each_other(
    hotline: Hotline, resident: Resident, operator: Telephone, tmp_path: Path
) -> None:
    answers = kit.save(tmp_path / "answers.wav", kit.noise(8, seed=2))
    asks = kit.save(tmp_path / "asks.wav", kit.noise(8, seed=1))
    await operator.answer(play=answers, record=tmp_path / "operator.wav")
    await resident.ring(record=tmp_path / "caller.wav")
    await resident.talk([("lamp-f", "read_back"), ("person-f", "handed_over")])
    await operator.until("ringing", 15)
    (ticket,) = hotline.tickets()
    shown = hotline.rows("SELECT ticket FROM call_ticket")
    assert [each["ticket"] for each in shown] == [ticket["number"]]  # before he answers
    assert (ticket["status"], ticket["handover_reason"]) == ("deciding", "居民要求人工服务")
    await operator.until("confirmed", 15)
    assert "路灯" in ticket["text"]
    await resident.telephone.play(asks)
    await asyncio.sleep(6)
    await resident.telephone.hang_up()
    await resident.telephone.until("disconnected")
    await operator.until("disconnected")
    heard_by_operator = kit.samples(tmp_path / "operator.wav")
    heard_by_caller = kit.samples(tmp_path / "caller.wav")
    assert likeness(kit.noise(5, seed=1), heard_by_operator) > 0.8
    assert likeness(kit.noise(5, seed=2), heard_by_caller) > 0.8


async def test_silence_is_asked_once_then_a_person_then_the_recorder(
    hotline: Hotline, resident: Resident
) -> None:
    await resident.ring()
    await hotline.said("still_there")
    await hotline.said("handed_over")
    await asyncio.sleep(8)
    await resident.telephone.hang_up()
    (ticket,) = await hotline.settled()
    assert ticket["handover_reason"] == "居民没有说话"


async def test_who_hangs_up_in_mid_sentence_has_a_ticket(
    hotline: Hotline, resident: Resident
) -> None:
    await resident.ring()
    await resident.say("lamp-m")
    await asyncio.sleep(2.6)
    await resident.telephone.hang_up()
    (ticket,) = await hotline.settled()
    assert ticket["status"] == "deciding"
    assert ticket["reporter_phone"] == "+86" + CALLER


async def test_danger_is_told_the_emergency_numbers_at_once(
    hotline: Hotline, resident: Resident
) -> None:
    await resident.ring()
    await resident.say("danger-m")
    (ticket,) = await hotline.settled()
    assert ticket["urgency"] == "danger"
    await hotline.said("danger_alone")
    first, *_ = (text for _, text, key in hotline.spoken() if "danger" in key)
    assert "119" in first
    await resident.telephone.hang_up()


async def test_who_falls_silent_in_a_danger_is_put_through_to_a_person(
    hotline: Hotline, resident: Resident, operator: Telephone
) -> None:
    await resident.ring()
    await resident.say("danger-m")
    await hotline.said("danger_alone")
    await operator.until("confirmed", 20)
    assert "goodbye" not in ",".join(hotline.replies())
    await resident.telephone.hang_up()
    assert len(hotline.tickets()) == 1
    assert "有危险，居民没有再说话" in hotline.notes("supplement")
    await hotline.until(
        lambda: hotline.rows("SELECT outcome FROM call")[0]["outcome"] == "person", 5, "no person"
    )


async def test_zero_is_a_person_while_the_advice_is_read_out(
    hotline: Hotline, resident: Resident, operator: Telephone
) -> None:
    await resident.ring()
    await resident.say("danger-m")
    await hotline.settled()
    await resident.telephone.press("0")
    began = time.monotonic()
    await operator.until("confirmed", 15)
    assert time.monotonic() - began < 12  # no more than the words that he is put through
    await resident.telephone.hang_up()


async def test_a_known_caller_hears_how_his_matter_stands(
    hotline: Hotline, resident: Resident
) -> None:
    await resident.ring()
    await resident.talk([("lamp-f", "read_back"), ("yes-f", "receipt"), ("progress-f", "progress")])
    (ticket,) = hotline.tickets()
    (told,) = (text for _, text, key in hotline.spoken() if key == "progress")
    assert ticket["number"] in told
    await resident.telephone.hang_up()


async def test_the_caller_hears_what_we_say(
    hotline: Hotline, resident: Resident, tmp_path: Path
) -> None:
    await resident.ring(record=tmp_path / "heard.wav")
    await resident.telephone.hang_up()
    await resident.telephone.until("disconnected")
    (text,) = (text for _, text, key in hotline.spoken() if key == "phone_greeting")
    said = await in_our_voice(text, tmp_path)
    assert likeness(said, kit.samples(tmp_path / "heard.wav")) > 0.9
