"""Who is served, and that a program that cannot serve lets the exchange go on with the caller."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from channels.message import Contact, InboundMessage, Receipt, Reply
from channels.phone import equipment, leaving, reasons, serving
from channels.phone.audio.media import Closed, Ended
from channels.phone.book import Began, Errand, Judgement, Outcome, Purpose, Through
from channels.phone.book import Ended as EndedCall
from channels.phone.ear import Began as EarBegan
from channels.phone.ear import Pressed, Silent, Sound
from channels.phone.equipment import Parts
from channels.phone.exchange.exchange import Next
from channels.phone.exchange.happenings import Caller
from channels.phone.kinds import screening, telling
from channels.phone.outgoing import Talk
from channels.phone.serving import Serving
from config import runtime
from nlp.speech.contract import SpeechFailed, Trouble
from nlp.understanding import RequestKind, Understanding, Urgency
from tests.channels.phone.talking import CALL_ID, CALLER, NOW, FakeEar, FakeMouth, gone, reply, said

NUMBER = "13900000000"


class FakeMedia:
    call_id = CALL_ID
    rate_hz = 8000

    def __init__(self) -> None:
        self.closed = False
        self.stays = False  # does he hold the line?
        self.played: list[bytes] = []

    async def events(self) -> Any:
        if self.stays:
            await asyncio.Event().wait()
        yield Closed(reason=Ended.HANGUP)

    async def play(self, pcm: bytes) -> bool:
        self.played.append(pcm)
        return True

    def stop(self) -> None: ...

    async def close(self) -> None:
        self.closed = True


class Line:
    """Everything around `Serving`, as small as it can be."""

    def __init__(self) -> None:
        self.announced = True
        self.kind = "incoming"
        self.locked = False
        self.living = True
        self.passed_on = False
        self.up = True
        self.errands: dict[str, Errand] = {}
        self.talks: list[Talk] = []
        self.began: list[Began] = []
        self.left: list[Next] = []
        self.relayed: list[str] = []
        self.media = FakeMedia()
        self.ended: list[EndedCall] = []
        self.marked: set[Contact] = set()
        self.messages: list[InboundMessage] = []
        self.mouth = FakeMouth()
        self.book = SimpleNamespace(
            began=self._began,
            ended=self._ended,
            spoken=self._nothing,
            answered=self._nothing,
            limited=self._nothing,
            goes_straight=self._goes_straight,
            contact=self._contact,
        )
        outgoing = SimpleNamespace(errand=self.errands.get, over=self._over)
        self.desk = SimpleNamespace(runtime=runtime.system(), receive=self._receive)
        self.telephone = SimpleNamespace(
            book=self.book,
            understand=_understood,
            voice=SimpleNamespace(say=_voiced),
            speak=lambda reply: reply.key,
        )
        self.serving = Serving(
            desk=self.desk,  # type: ignore[arg-type]
            telephone=self.telephone,  # type: ignore[arg-type]
            exchange=self,  # type: ignore[arg-type]
            journal=SimpleNamespace(began=_announced),  # type: ignore[arg-type]
            outgoing=outgoing,  # type: ignore[arg-type]
            longest_ms=600_000,
        )

    @property
    def calls(self) -> tuple[Caller, ...]:
        return (Caller(call_id=CALL_ID, number=NUMBER),) if self.living else ()

    async def wait_caller(self, call_id: str, timeout_s: float) -> Caller | None:
        return Caller(call_id=call_id, number=NUMBER, kind=self.kind) if self.announced else None

    def caller(self, call_id: str) -> Caller:
        return Caller(call_id=call_id, number=NUMBER, passed_on=self.passed_on)

    async def set_next(self, call_id: str, where: Next, heard: str = "") -> bool:
        self.left.append(where)
        return True

    async def relay(self, call_id: str, number: str) -> bool:
        self.relayed.append(number)
        return True

    async def take(self) -> None:
        async with asyncio.timeout(5):
            await self.serving.take(self.media)

    async def _began(self, began: Began) -> None:
        if self.locked:
            await asyncio.Event().wait()
        self.began.append(began)

    async def _nothing(self, *_: object) -> None: ...

    async def _goes_straight(self, contact: Contact) -> bool:
        return contact in self.marked

    async def _contact(self, call_id: str, caller: Contact, code: str) -> Through:
        return Through(ticket="1", to=NUMBER)

    async def _ended(self, ended: EndedCall) -> None:
        self.ended.append(ended)

    async def _receive(self, message: InboundMessage) -> Receipt:
        self.messages.append(message)
        if "着火" in message.text:
            return reply("danger_general", "danger_where", ticket="9", danger=True, asks=True)
        if message.text == "对":
            return reply("handed_over", ticket="9", person=True)
        return reply(*(["greeting"] if message.text else []))

    def hears(self, patched: pytest.MonkeyPatch, *script: Sound) -> None:
        """Whoever picks up gives these sounds, each when it is his turn: in a survey, a question's."""
        listens = self.mouth.listens = FakeEar(script)
        surveys = any(each.purpose is Purpose.FOLLOW_UP for each in self.errands.values())
        most_told = 2 if surveys else 0

        def parts(*_: object, waiting: Callable[[FakeMouth], bool], **__: object) -> Parts:
            listens.waiting = lambda: len(self.mouth.said) > most_told and waiting(self.mouth)
            return Parts(listens=listens, speaks=self.mouth)

        patched.setattr(equipment, "of", parts)

    def _over(self, call_id: str, talk: Talk) -> None:
        self.talks.append(talk)


def owed(purpose: Purpose) -> Errand:
    to = Contact(scheme="tel", path="+8613900000000")
    return Errand(id="e", to=to, purpose=purpose, reply=Reply(key="x"), ticket="1", attempt=1)


def _announced(caller: Caller) -> Began:
    return Began(call_id=caller.call_id, contact=CALLER, purpose=Purpose.of(caller.kind), at=NOW)


async def _voiced(text: str, rate_hz: int, *, slow: bool = False) -> bytes:
    return text.encode()


def _understood(text: str) -> Understanding:
    urgency = Urgency.DANGER if "着火" in text else Urgency.NORMAL
    return Understanding(text=text, kind=RequestKind.HELP, urgency=urgency)


async def test_danger_told_in_a_survey_reaches_the_desk_and_a_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = Line()
    line.errands[CALL_ID] = owed(Purpose.FOLLOW_UP)
    line.hears(monkeypatch, said("没解决"), said("不说了着火了"))
    line.mouth.into["danger_where"] = [EarBegan(), said("对")]
    await line.take()
    assert [each.text for each in line.messages if each.text] == ["不说了着火了", "对"]
    assert {each.thread for each in line.messages} == {f"call:{CALL_ID}"}
    assert not any(each.event for each in line.messages)  # it is no word on the ticket asked about
    assert "danger_general" in line.mouth.said and line.mouth.said[-1] == "handed_over"
    assert (line.left[-1], line.ended[-1].tickets) == (Next.OPERATORS, ("9",))
    first = line.talks[0]
    assert (first.heard_out, first.judgement) == (True, Judgement(solved=False))


async def test_survey_says_goodbye_and_tells_what_was_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = Line()
    line.errands[CALL_ID] = owed(Purpose.FOLLOW_UP)
    line.hears(monkeypatch, said("没解决"), gone())
    await line.take()
    assert line.talks[0].judgement == Judgement(solved=False)
    assert (line.left, line.messages) == ([Next.BYE], [])


async def test_survey_that_takes_too_long_keeps_what_was_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(telling, "LONGEST_S", 0.3)
    line = Line()
    line.errands[CALL_ID] = owed(Purpose.FOLLOW_UP)
    line.hears(monkeypatch, said("没解决"))
    await line.take()
    first = line.talks[0]
    assert (first.heard_out, first.judgement) == (True, Judgement(solved=False))
    assert (line.mouth.heard[-1], line.left) == ("too_long_call", [Next.OPERATORS])


async def test_survey_that_we_fail_is_not_said_to_have_been_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def voiceless(*_: object) -> bool:
        raise TimeoutError

    line = Line()
    line.errands[CALL_ID] = owed(Purpose.FOLLOW_UP)
    line.hears(monkeypatch)
    monkeypatch.setattr(line.mouth, "say", voiceless)
    await line.take()
    assert line.talks[0] == Talk(heard_out=False, why=reasons.PROGRAM_FAILED)


@pytest.mark.parametrize(
    ("purpose", "words"), [(Purpose.CALL_BACK, "路灯坏了"), (Purpose.FOLLOW_UP, "着火了")]
)
async def test_whom_we_rang_and_who_tells_us_something_is_a_persons_if_we_die_in_it(
    monkeypatch: pytest.MonkeyPatch, purpose: Purpose, words: str
) -> None:
    line = Line()
    line.errands[CALL_ID] = owed(purpose)
    line.hears(monkeypatch, said(words))
    seen: list[list[Next]] = []
    received = line.desk.receive

    async def receive(message: InboundMessage) -> Receipt:
        if message.text:
            seen.append(list(line.left))
        return await received(message)

    line.desk.receive = receive
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await line.serving.take(line.media)
    assert seen[0] == [Next.OPERATORS]


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ([said("您拨打的用户暂时无法接通请在滴声后留言")], screening.MACHINE),
        ([said("您好"), said("我是机主的智能助理")], screening.MACHINE),
        ([Silent(), Silent()], screening.NOBODY_SPOKE),
    ],
)
async def test_machine_or_silence_that_picks_up_is_put_through_to_nobody(
    monkeypatch: pytest.MonkeyPatch, script: list[Sound], why: str
) -> None:
    line = Line()
    line.errands[CALL_ID] = owed(Purpose.CALL_BACK)
    line.hears(monkeypatch, *script)
    await line.take()
    assert line.talks[0] == Talk(heard_out=False, why=why)
    assert line.left[-1] is Next.BYE
    assert line.ended[-1].outcome is Outcome.HUNG_UP
    assert line.messages[-1].event == "hangup"


async def test_call_that_nobody_has_announced_goes_nowhere() -> None:
    line = Line()
    line.announced = False
    await line.take()
    assert (line.began, line.left) == ([], [])


async def test_call_of_ours_waits_for_no_word_of_the_exchange() -> None:
    async def never(call_id: str, timeout_s: float) -> None:
        await asyncio.Event().wait()

    line = Line()
    line.wait_caller = never  # type: ignore[method-assign, assignment]
    line.errands[CALL_ID] = owed(Purpose.CALL_BACK)
    await line.take()
    assert [each.purpose for each in line.began] == [Purpose.CALL_BACK]


async def test_who_answers_a_call_of_a_program_that_died_is_no_caller_of_his_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = Line()
    line.kind = "call-back"
    line.hears(monkeypatch, gone())
    await line.take()
    assert [each.purpose for each in line.began] == [Purpose.CALL_BACK]
    assert (line.mouth.said, line.left) == (["call_again"], [Next.OPERATORS])


async def test_without_a_recogniser_a_person_takes_the_call() -> None:
    line = Line()
    await line.take()
    assert (line.left, line.media.closed) == ([Next.OPERATORS], True)


async def test_without_a_recogniser_a_danger_is_told_all_the_same() -> None:
    line = Line()
    line.errands[CALL_ID] = owed(Purpose.ALARM)
    line.media.stays = True
    await line.take()
    assert line.media.played == [b"followup_greeting\nx", b"goodbye"]
    assert (line.talks[0].heard_out, line.left) == (True, [Next.BYE])


async def test_recogniser_that_takes_no_more_gives_the_call_to_a_person() -> None:
    def full(rate_hz: int) -> None:
        raise SpeechFailed(Trouble.TOO_MANY, "in the test")

    line = Line()
    line.serving.transcriber = SimpleNamespace(listen=full)  # type: ignore[assignment]
    await line.take()
    assert line.left == [Next.OPERATORS]


async def test_locked_book_lets_the_exchange_go_on_and_the_next_errand_be_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serving, "BOOK_WITHIN_S", 0.02)
    line = Line()
    line.locked = True
    with pytest.raises(TimeoutError):
        await line.take()
    assert line.talks == [Talk(heard_out=False)]


async def test_hang_up_is_told_from_a_call_that_was_taken_from_us(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(leaving, "LIVES_WITHIN_S", 0.1)
    line = Line()
    lives = line.serving._leaving.lives
    assert await lives(CALL_ID)
    asyncio.get_running_loop().call_later(0.05, setattr, line, "living", False)
    assert not await lives(CALL_ID)  # the exchange tells a moment later
    line.passed_on = True
    assert await lives(CALL_ID)  # it is over by now, and was with a person after us
    line.passed_on, line.living, line.up = False, True, False
    assert not await lives(CALL_ID)  # what it knew last is no word of it


@pytest.mark.parametrize("purpose", [Purpose.INBOUND, Purpose.CALL_BACK])
async def test_codes_count_in_calls_that_come_alone(
    monkeypatch: pytest.MonkeyPatch, purpose: Purpose
) -> None:
    line = Line()
    line.living = False  # who puts down is gone
    if purpose is Purpose.CALL_BACK:
        line.errands[CALL_ID] = owed(purpose)
    line.hears(monkeypatch, *(Pressed(digit=each) for each in "*123456"), gone())
    await line.take()
    assert line.relayed == ([NUMBER] if purpose is Purpose.INBOUND else [])
