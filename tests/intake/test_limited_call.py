"""A limited caller on the line, with the county's own understanding, desk and book."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from channels.message import Contact
from channels.phone import ear, equipment
from channels.phone.book import Began, Outcome, Purpose, Voice
from channels.phone.ear import Sound
from channels.phone.equipment import Parts
from channels.phone.exchange.exchange import Next
from channels.phone.exchange.happenings import Caller
from channels.phone.serving import Serving
from intake.phone import blocks, calls, line, register, unheard
from intake.services import Services
from nlp.understanding import Urgency
from routing import store
from tests.channels.phone.talking import FakeEar, FakeMouth, gone, said

FIRST, SECOND = (f"0190a1b2-0000-7000-8000-00000000000{digit}" for digit in "12")
HIS = Contact(scheme="tel", path="+8613900000000")
UNCLEAR = ear.Utterance(text="", confidence=0.0, start_ms=0, end_ms=4000)


@pytest.fixture
async def blocked(services: Services) -> None:
    """He has rung before, and somebody has blocked his number."""
    wanted = blocks.Wanted(
        id="b", call_id=FIRST, reason="malice", words="", hours="24", by="li", most_hours=168
    )
    now = services.runtime.now()
    await services.database.write(lambda c: calls.began(c, began(services, FIRST)))
    await services.database.write(lambda c: blocks.block(c, wanted, now) and None)


def began(services: Services, call_id: str) -> Began:
    now = services.runtime.now()
    return Began(call_id=call_id, contact=HIS, purpose=Purpose.INBOUND, at=now)


class Exchange:
    """Announces the call, and remembers where it goes."""

    up = True
    calls = ()

    def __init__(self) -> None:
        self.left: list[Next] = []

    async def wait_caller(self, call_id: str, timeout_s: float) -> Caller:
        return Caller(call_id=call_id, number="13900000000")

    def caller(self, call_id: str) -> None:
        return None

    async def set_next(self, call_id: str, where: Next, heard: str = "") -> bool:
        self.left.append(where)
        return True


async def ring(
    services: Services, monkeypatch: pytest.MonkeyPatch, script: Sequence[Sound]
) -> tuple[FakeMouth, list[Next]]:
    """He rings once more; what we said, and where his call went."""
    mouth, exchange = FakeMouth(), Exchange()
    listens = mouth.listens = FakeEar(script)

    async def close() -> None: ...

    serving = Serving(
        desk=SimpleNamespace(runtime=services.runtime, receive=services.desk.receive),  # type: ignore[arg-type]
        telephone=SimpleNamespace(  # type: ignore[arg-type]
            book=line.book(services), understand=partial(services.understander, heard=True)
        ),
        exchange=exchange,  # type: ignore[arg-type]
        journal=SimpleNamespace(began=lambda caller: began(services, caller.call_id)),  # type: ignore[arg-type]
        outgoing=SimpleNamespace(errand=lambda call: None, over=lambda call, talk: None),  # type: ignore[arg-type]
        longest_ms=600_000,
    )

    def parts(*_: object, waiting: Callable[[FakeMouth], bool], **__: object) -> Parts:
        listens.waiting = lambda: bool(mouth.said) and waiting(mouth)
        return Parts(listens=listens, speaks=mouth)

    monkeypatch.setattr(equipment, "of", parts)
    media = SimpleNamespace(call_id=SECOND, rate_hz=8000, close=close)
    async with asyncio.timeout(30):
        await serving.take(media)  # type: ignore[arg-type]
    return mouth, exchange.left


async def booked(services: Services) -> register.Entry:
    found = await services.database.read(lambda c: register.one(c, SECOND))
    assert found is not None
    return found


async def heard(services: Services) -> list[str]:
    lines = await services.database.read(lambda c: register.lines(c, SECOND))
    return [each.text for each in lines if each.voice is Voice.CALLER]


@pytest.mark.usefixtures("blocked")
@pytest.mark.parametrize(
    "words", ["转人工", "东韩村村口的路灯坏了三天了没人修", "你们都是骗子", "没有着火，我就是玩玩"]
)
async def test_what_is_no_danger_is_in_the_book_and_nowhere_else(
    services: Services, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    mouth, left = await ring(services, monkeypatch, [said(words)])
    assert mouth.said == ["phone_limited", "limited_kept"]
    assert left == [Next.BYE]
    call = await booked(services)
    assert (call.outcome, call.tickets, call.operator) == (Outcome.LIMITED, (), "")
    assert await heard(services) == [words]
    assert await services.database.read(lambda c: unheard.missing_from_ms(c, SECOND)) is None


@pytest.mark.usefixtures("blocked")
@pytest.mark.parametrize(
    "words",
    [
        "东韩村着火了快来人",
        "俺爹晕倒了叫不醒",
        "转人工，俺家煤气漏了",
        "我不想活了",
        "有人拿刀砍人",
    ],
)
async def test_danger_has_its_ticket_advice_and_person_at_once(
    services: Services, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    then = [] if "转人工" in words else [said("转人工")]
    mouth, left = await ring(services, monkeypatch, [said(words), *then])
    assert mouth.said[0] == "phone_limited"
    assert any(key.startswith("danger_") for key in mouth.said)
    assert left == [Next.OPERATORS]
    call = await booked(services)
    assert call.outcome is Outcome.PERSON
    ticket = await services.database.read(lambda c: store.load(c, call.tickets[0]))
    assert ticket.urgency is Urgency.DANGER
    assert (await heard(services))[0] == words


@pytest.mark.usefixtures("blocked")
async def test_what_nobody_understood_is_heard_again_from_the_recording(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ring(services, monkeypatch, [UNCLEAR, UNCLEAR])
    assert (await booked(services)).outcome is Outcome.LIMITED
    assert await services.database.read(lambda c: unheard.missing_from_ms(c, SECOND)) == 0


async def test_database_that_has_no_blocks_serves_him_as_anybody(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await services.database.write(lambda c: c.execute(sa.text("DROP TABLE caller_block")) and None)
    mouth, _ = await ring(services, monkeypatch, [said("东韩村村口的路灯坏了"), gone()])
    assert mouth.said[:2] == ["phone_greeting", "read_back"]
