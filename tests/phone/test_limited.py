"""A number that is blocked, on a real Asterisk: what its caller says is kept, a danger is everybody's."""

from datetime import UTC, datetime

import pytest

from channels.message import Contact
from channels.phone.book import Began, Purpose
from intake.phone import blocks, calls
from routing.database import Database
from tests.phone.hotline import Hotline, Resident
from tests.phone.kit import CALLER, Telephone

EARLIER = "0190a1b2-0000-7000-8000-000000000001"


@pytest.fixture
async def limited(caller: Telephone, hotline: Hotline) -> Resident:
    """His number is blocked from the page of an earlier call."""
    now = datetime.now(UTC)
    his = Contact(scheme="tel", path=f"+86{CALLER}")
    began = Began(call_id=EARLIER, contact=his, purpose=Purpose.INBOUND, at=now)
    wanted = blocks.Wanted(
        id="b", call_id=EARLIER, reason="malice", words="", hours="24", by="li", most_hours=168
    )
    database = Database(f"sqlite:///{hotline.program.folder / 'hotline.db'}")
    await database.start()
    await database.write(lambda c: calls.began(c, began))
    await database.write(lambda c: blocks.block(c, wanted, now) and None)
    await database.close()
    return Resident(telephone=caller, hotline=hotline)


async def ring(resident: Resident, name: str) -> None:
    await resident.telephone.call(resident.hotline.line.hotline)
    await resident.telephone.until("confirmed")
    await resident.hotline.said("phone_limited")
    await resident.say(name)


def outcome(hotline: Hotline) -> str:
    (call,) = hotline.rows("SELECT outcome FROM call WHERE id != ?", EARLIER)
    return str(call["outcome"])


async def test_his_words_are_kept_with_the_recording_and_no_telephone_rings(
    hotline: Hotline, limited: Resident, operator: Telephone
) -> None:
    await operator.answer()
    await ring(limited, "person-f")
    await limited.telephone.until("disconnected", 30)
    assert hotline.replies() == ["phone_limited", "limited_kept"]
    assert [text for voice, text, _ in hotline.spoken() if voice == "caller"] == ["转人工"]
    await hotline.kept(1)
    assert (outcome(hotline), hotline.tickets()) == ("limited", [])
    assert "ringing" not in [each["event"] for each in operator.events]
    assert hotline.line.missed() == []


async def test_his_danger_is_heard_told_what_to_do_and_put_through(
    hotline: Hotline, limited: Resident, operator: Telephone
) -> None:
    await operator.answer()
    await ring(limited, "danger-m")
    (ticket,) = await hotline.settled(1, within_s=30)
    assert ticket["urgency"] == "danger"
    await hotline.said("danger_gas")
    await limited.say("person-m")
    await operator.until("ringing", 30)
    await operator.until("confirmed", 15)
    assert outcome(hotline) == "person"
