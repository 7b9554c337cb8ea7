"""Who is rung back tells his matter into the ticket that waits for it: one matter, one ticket."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from channels.message import Contact, InboundMessage, Receipt, Reply
from channels.phone.book import Began, Ended, Errand, Judgement, Outcome, Purpose, Through
from intake.counter import filling
from intake.phone import calls, followup, register
from intake.phone import line as phone_line
from intake.phone import schema as tables
from intake.phone.book import DatabaseBook
from intake.services import Services
from intake.talk import reasons
from intake.talk.steps import Open
from intake.web import spoken
from routing import lifecycle, outbox, schema, store
from routing.errors import StaleVersion
from routing.order import Order
from routing.ticket import Action, Status, Ticket
from tests.clock import Clock
from tests.intake.talk import SAYINGS, Talk

CALLER = Contact(scheme="tel", path="+8613900000000")
FIRST = "call:0190a1b2-0000-7000-8000-000000000001"
BACK = "call:0190a1b2-0000-7000-8000-000000000002"
LAMP = "东韩村村口的路灯坏了三天了没人修"
EAST_HAN = "130506100"


class Line:
    """The resident's calls as the desk meets them: first the one missed, then ours."""

    def __init__(self, services: Services, at: Callable[[], object]) -> None:
        self._services = services
        self._at = at
        self._count = 0

    async def missed(self, words: str = "") -> str:
        receipt = await self.receive(FIRST, words, event="missed")
        return receipt.ticket

    async def back(self, ticket: str, *said: str, sender: Contact = CALLER) -> list[Receipt]:
        """We ring him; `!event` among what he says is no words."""
        found = [await self.receive(BACK, "", event=f"called_back:{ticket}", sender=sender)]
        for each in said:
            event = each.removeprefix("!") if each.startswith("!") else ""
            words = "" if event else each
            found.append(await self.receive(BACK, words, event=event, sender=sender))
        return found

    async def receive(
        self, thread: str, text: str, *, event: str = "", sender: Contact = CALLER
    ) -> Receipt:
        self._count += 1
        message = InboundMessage(
            channel="phone",
            external_id=f"{thread}:{self._count}",
            sender=sender,
            thread=thread,
            text=text,
            received_at=self._services.runtime.now(),
            event=event,
            spoken=True,
        )
        return await self._services.desk.receive(message)

    async def tickets(self) -> list[Ticket]:
        query = sa.select(schema.ticket.c.number).order_by(schema.ticket.c.number)
        numbers = await self._services.database.read(lambda c: c.execute(query).scalars().all())
        return [await self.one(number) for number in numbers]

    async def one(self, number: str) -> Ticket:
        return await self._services.database.read(lambda c: store.load(c, number))

    async def notes(self, number: str) -> list[str]:
        events = await self._services.database.read(lambda c: store.events(c, number))
        assert lifecycle.replay(events) == await self.one(number)
        return [event.note for event in events]


@pytest.fixture
def line(services: Services) -> Line:
    return Line(services, services.runtime.now)


async def test_the_matter_goes_into_the_ticket_of_the_missed_call_and_is_dispatched(
    line: Line, services: Services
) -> None:
    number = await line.missed()
    before = await line.one(number)
    assert (before.text, before.category) == (reasons.RECORDING, "")
    *_, read, told = await line.back(number, LAMP, "对")
    assert [reply.key for reply in read.replies] == ["read_back"]
    assert [reply.key for reply in told.replies] == ["receipt"]
    assert told.ticket == told.replies[0].values["number"] == number
    (ticket,) = await line.tickets()
    assert (ticket.status, ticket.handover_reason) == (Status.DISPATCHED, "")
    assert ticket.text == LAMP
    assert ticket.place.startswith(EAST_HAN)
    assert ticket.category and ticket.certain
    assert services.county.units[ticket.unit].name in read.replies[0].values["unit"]
    assert "回电时居民说：" + LAMP in await line.notes(number)


@pytest.mark.parametrize(
    ("said", "status", "reason", "urgency"),
    [
        ((LAMP, "!hangup"), "deciding", reasons.UNCONFIRMED, "normal"),
        (("路灯坏了", "!hangup"), "deciding", reasons.HUNG_UP, "normal"),
        (("转人工",), "deciding", reasons.PERSON_ASKED, "normal"),
        ((LAMP, "转人工"), "deciding", reasons.PERSON_ASKED, "normal"),
        (("贾庄村着火了",), "deciding", reasons.DANGER_FIRST, "danger"),
        (("!handover:居民没有说话",), "deciding", reasons.MISSED, "normal"),
        (("!hangup",), "deciding", reasons.MISSED, "normal"),
        ((LAMP, "算了", "!hangup"), "deciding", reasons.MISSED, "normal"),
        ((LAMP, "算了", LAMP, "对"), "dispatched", "", "normal"),
    ],
)
async def test_whatever_he_says_there_is_one_ticket(
    line: Line, said: tuple[str, ...], status: str, reason: str, urgency: str
) -> None:
    number = await line.missed()
    await line.back(number, *said)
    (ticket,) = await line.tickets()
    assert (ticket.number, ticket.status) == (number, status)
    assert (ticket.handover_reason, ticket.urgency) == (reason, urgency)
    assert ticket.due_at > ticket.opened_at
    await line.notes(number)


async def test_a_second_matter_of_the_same_call_is_a_second_ticket(line: Line) -> None:
    number = await line.missed()
    *_, last = await line.back(number, LAMP, "对", "还有贾庄村的自来水停了两天了", "对")
    first, second = await line.tickets()
    assert (first.number, last.ticket) == (number, second.number)
    assert "路灯" in first.text and "自来水" in second.text


async def test_nobody_else_fills_a_strangers_ticket(line: Line) -> None:
    number = await line.missed()
    stranger = Contact(scheme="tel", path="+8613811112222")
    await line.back(number, LAMP, "对", sender=stranger)
    first, second = await line.tickets()
    assert first.text == reasons.RECORDING and len(await line.notes(number)) == 1
    assert second.reporter == str(stranger)


async def test_death_in_the_middle_leaves_nothing_half_done(
    line: Line, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await line.missed()
    await line.back(number, LAMP)
    before, notes = await line.one(number), await line.notes(number)

    def dies(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "post", dies)  # what must go out is written last of all
        with pytest.raises(RuntimeError, match="killed"):
            await line.receive(BACK, "对")
    assert await line.one(number) == before and await line.notes(number) == notes
    await line.receive(BACK, "对")
    (ticket,) = await line.tickets()
    assert (ticket.number, ticket.status) == (number, Status.DISPATCHED)


WATER = "贾庄村的自来水停了两天了"


async def _acts(services: Services, ticket: str, action: Action, **more: str) -> None:
    """An operator sees to it while the resident is on the line, or before."""
    seen = await services.database.read(lambda c: store.load(c, ticket))
    order = Order.on(seen, by="operator:li", note=more.pop("note", ""))
    dispatcher = services.dispatcher

    def write(connection: sa.Connection) -> Ticket:
        if action is Action.DISPATCH:
            corrected = dispatcher.correct(connection, order, category=more["category"])
            return dispatcher.dispatch(
                connection, replace(order, version=corrected.version), unit=more["unit"]
            )
        return dispatcher.act(connection, action, order)

    await services.database.write(write)


async def test_what_somebody_has_in_hand_already_is_given_more_words(
    line: Line, services: Services
) -> None:
    number = await line.missed()
    await _acts(services, number, Action.DISPATCH, category="010217", unit="city-management")
    *_, told = await line.back(number, LAMP, "对")
    (ticket,) = await line.tickets()
    assert (told.ticket, ticket.status, ticket.unit) == (
        number,
        Status.DISPATCHED,
        "city-management",
    )
    assert LAMP in ticket.text


@pytest.mark.parametrize(
    ("action", "more", "pointed"),
    [
        (Action.WITHDRAW, {"note": "打错了"}, False),
        (Action.DISPATCH, {"category": "190101", "unit": "water"}, True),
    ],
)
async def test_what_is_done_or_of_another_matter_is_left_and_a_new_ticket_opened(
    line: Line, services: Services, action: Action, more: dict[str, str], pointed: bool
) -> None:
    number = await line.missed()
    await _acts(services, number, action, **more)
    *_, told = await line.back(number, LAMP, "对")
    first, second = await line.tickets()
    assert (first.number, told.ticket) == (number, second.number)
    notes = await line.notes(number)
    assert (f"回电时居民说的是另一件事，另记为工单 {second.number}" in notes) is pointed


async def test_a_ticket_of_which_another_matter_is_sure_keeps_it(line: Line) -> None:
    number = await line.missed(WATER)
    await line.back(number, LAMP, "对")
    first, second = await line.tickets()
    assert "自来水" in first.text and "路灯" not in first.text
    assert "路灯" in second.text and second.number in (await line.notes(number))[-1]


async def test_more_of_the_matter_that_was_left_on_the_recorder_joins_it(line: Line) -> None:
    number = await line.missed("路灯坏了")
    before = await line.one(number)
    assert before.place == ""
    await line.back(number, LAMP, "对")
    (ticket,) = await line.tickets()
    assert ticket.text == f"路灯坏了\n补充：{LAMP}"
    assert (ticket.status, ticket.place[:9]) == (Status.DISPATCHED, EAST_HAN)
    assert ticket.due_at <= before.due_at  # its clock had begun


def _errand(ticket: str, purpose: Purpose, *, attempt: int = 1, by: str = "") -> Errand:
    reply = Reply(key="call_again", values={"number": ticket, **({"planned_by": by} if by else {})})
    return Errand(id="e", to=CALLER, purpose=purpose, reply=reply, ticket=ticket, attempt=attempt)


@pytest.mark.parametrize(("said", "tells"), [((LAMP, "对"), True), (("!hangup",), False)])
async def test_the_log_says_once_what_came_of_ringing_back(
    line: Line, services: Services, said: tuple[str, ...], tells: bool
) -> None:
    number = await line.missed()
    await line.back(number, *said)
    errand = _errand(number, Purpose.CALL_BACK)
    await services.database.write(
        lambda c: followup.judged(c, services.dispatcher, errand, Judgement())
    )
    notes = await line.notes(number)
    assert any(note.startswith(filling.TOLD) for note in notes) is tells
    assert (followup.RUNG_BACK in notes) is not tells


@pytest.mark.parametrize(
    ("purpose", "attempt", "by", "in_hand", "lapses"),
    [
        (Purpose.CALL_BACK, 1, "system", False, False),
        (Purpose.CALL_BACK, 1, "system", True, True),
        (Purpose.CALL_BACK, 1, "", True, False),  # an operator asked for it, and knows why
        (Purpose.CALL_BACK, 2, "", True, True),  # two hours later, or after a program that died
        (Purpose.CALL_BACK, 2, "", False, False),
        (Purpose.FOLLOW_UP, 1, "", True, True),  # it is being handled again
        (Purpose.NOTICE, 2, "", True, False),
    ],
)
async def test_a_call_that_has_lost_its_sense_is_not_made(
    line: Line,
    services: Services,
    purpose: Purpose,
    attempt: int,
    by: str,
    in_hand: bool,
    lapses: bool,
) -> None:
    number = await line.missed()
    if in_hand:
        await _acts(services, number, Action.DISPATCH, category="010217", unit="city-management")
    errand = _errand(number, purpose, attempt=attempt, by=by)
    assert await services.database.read(lambda c: bool(followup.overtaken(c, errand))) is lapses


@pytest.mark.parametrize("on_the_recorder", [True, False])
async def test_only_what_he_left_on_the_recorder_spares_him_our_call(
    line: Line, services: Services, on_the_recorder: bool
) -> None:
    number = await line.missed()
    if on_the_recorder:
        await line.receive(FIRST, "", event=f"called_back:{number}")
        await line.receive(FIRST, "路灯坏了", event="missed")
    else:
        await line.receive(FIRST, "路灯坏了", event=f"heard_after:{number}")
    assert (await line.one(number)).text == "路灯坏了"
    errand = _errand(number, Purpose.CALL_BACK, by="system")
    why = await services.database.read(lambda c: followup.overtaken(c, errand))
    assert why == (followup.WORDS_THERE if on_the_recorder else "")


@pytest.mark.parametrize("judged", [False, True])
async def test_whoever_has_judged_elsewhere_is_not_asked_again(
    line: Line, services: Services, judged: bool
) -> None:
    number = await line.missed(LAMP)
    seen = await line.one(number)

    def write(connection: sa.Connection) -> None:
        order = Order.on(seen, by="operator:li")
        answered = services.dispatcher.answer(connection, order, text="修好了")
        if judged:
            own = Order.on(answered, by="resident", note="解决了")
            services.dispatcher.evaluate(connection, own, solved=True)

    await services.database.write(write)
    errand = _errand(number, Purpose.FOLLOW_UP)
    assert await services.database.read(lambda c: bool(followup.overtaken(c, errand))) is judged


async def answered(services: Services, line: Line) -> str:
    """A ticket whose result is known, and of which he is to be asked."""
    number = await line.missed(LAMP)
    seen = await line.one(number)
    order = Order.on(seen, by="operator:li")
    await services.database.write(lambda c: services.dispatcher.answer(c, order, text="修好了"))
    return number


YES, NO = True, False


@pytest.mark.parametrize(
    ("judgement", "status", "noted"),
    [
        (Judgement(solved=YES, satisfied=YES), Status.CLOSED, followup.HELD),
        (Judgement(solved=YES, satisfied=NO), Status.FOLLOWED_UP, followup.HELD),
        (Judgement(satisfied=YES), Status.ANSWERED, followup.UNJUDGED),
        (Judgement(), Status.ANSWERED, followup.UNJUDGED),  # he spoke, and judged nothing
    ],
)
async def test_a_ticket_is_followed_up_once_he_has_said_whether_it_is_solved(
    line: Line, services: Services, judgement: Judgement, status: Status, noted: str
) -> None:
    number = await answered(services, line)
    errand = _errand(number, Purpose.FOLLOW_UP)
    await services.database.write(
        lambda c: followup.judged(c, services.dispatcher, errand, judgement)
    )
    ticket = await line.one(number)
    assert (ticket.status, noted in await line.notes(number)) == (status, True)
    assert (ticket.satisfied, ticket.contacted) == (judgement.satisfied, judgement.contacted)


@pytest.mark.parametrize(
    ("purpose", "note"),
    [
        (Purpose.FOLLOW_UP, "电话回访两次未接通：无人接听"),
        (Purpose.NOTICE, "电话通知办理的人两次未接通：无人接听"),
        (Purpose.ALARM, "给值班的人打电话报险，两次未接通：无人接听"),
    ],
)
async def test_a_telephone_that_nobody_takes_follows_nothing_up(
    line: Line, services: Services, purpose: Purpose, note: str
) -> None:
    number = await answered(services, line)
    errand = _errand(number, purpose, attempt=2)
    await services.database.write(
        lambda c: followup.unreached(c, services.dispatcher, errand, "无人接听")
    )
    assert (await line.one(number)).status is Status.ANSWERED
    assert (await line.notes(number))[-1] == note


async def test_a_call_that_two_programs_died_in_comes_back_to_a_person(
    line: Line, services: Services, clock: Clock
) -> None:
    number, book = await line.missed(), phone_line.book(services)
    await book.plan(CALLER, Reply(key="call_again", values={"number": number}))
    for attempt in (1, 2):
        errand = await book.next_errand()
        assert errand is not None and errand.attempt == attempt
        clock.forward(hours=2, minutes=31)
    assert await book.next_errand() is None
    assert (await line.notes(number))[-1] == "回拨没有结果，请人工接着办：程序中断，结果不明"
    ticket = await line.one(number)
    assert (ticket.status, ticket.handover_reason) == (Status.DECIDING, reasons.MISSED)


async def test_what_was_answered_before_the_program_died_is_told_to_who_goes_on(
    line: Line, services: Services, clock: Clock
) -> None:
    number, book = await answered(services, line), phone_line.book(services)
    await book.plan(CALLER, Reply(key="result", values={"number": number}))
    for _ in range(2):
        errand = await book.next_errand()
        assert errand is not None
        await book.answered(errand, Judgement(solved=False, satisfied=False))
        clock.forward(hours=2, minutes=31)
    assert await book.next_errand() is None
    assert (await line.notes(number))[-1] == (
        "电话回访没有结果，请人工接着办：程序中断，结果不明；居民已答：没有解决，不满意"
    )
    assert (await line.one(number)).status is Status.ANSWERED


async def test_a_ticket_that_takes_no_word_keeps_nobody_else_from_his_call(
    services: Services, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowded = Crowded(services, 99, RuntimeError)
    errand = await crowded.owed(services)
    clock.forward(hours=2, minutes=31)
    assert await crowded.book.next_errand() == errand
    clock.forward(hours=2, minutes=31)
    await crowded.book.plan(CALLER, Reply(key="result", values={"number": "20261120-0002"}))
    other = await crowded.book.next_errand()
    assert other is not None and other.ticket == "20261120-0002"


class Crowded:
    """Writes down what came of a call, at first too late, or never."""

    def __init__(self, services: Services, late: int, error: type[Exception]) -> None:
        self.tries, self._late, self._error = 0, late, error
        self.book = DatabaseBook(
            database=services.database,
            runtime=services.runtime,
            judged=self,
            unreached=self,
            contact=lambda *_: Through(),
        )

    def __call__(self, connection: sa.Connection, errand: Errand, _: object) -> None:
        self.tries += 1
        if self.tries <= self._late:
            raise self._error("somebody was quicker")

    async def owed(self, services: Services) -> Errand:
        reply = Reply(key="result", values={"number": "20261120-0001"})
        await self.book.plan(CALLER, reply)
        errand = await self.book.next_errand()
        assert errand is not None
        return replace(errand, attempt=2)


def _state(connection: sa.Connection) -> str:
    state: str = connection.execute(sa.select(tables.errand.c.state)).scalar_one()
    return state


@pytest.mark.parametrize(("reached", "state"), [(True, "done"), (False, "given_up")])
async def test_what_came_of_a_call_is_written_whoever_else_writes_on_the_ticket(
    services: Services, reached: bool, state: str
) -> None:
    crowded = Crowded(services, 2, StaleVersion)
    errand = await crowded.owed(services)
    if reached:
        await crowded.book.reached(errand, Judgement(solved=False))
    else:
        await crowded.book.not_reached(errand, "无人接听")
    assert crowded.tries == 3
    assert await services.database.read(_state) == state


async def test_whatever_is_wrong_with_his_ticket_nobody_is_rung_again(services: Services) -> None:
    crowded = Crowded(services, 99, RuntimeError)
    errand = await crowded.owed(services)
    with pytest.raises(RuntimeError):
        await crowded.book.reached(errand, Judgement(solved=False))
    assert (crowded.tries, await services.database.read(_state)) == (1, "done")


@pytest.mark.parametrize(
    ("outcome", "end", "wrong"),
    [
        (Outcome.SERVED, "未接，已回拨", False),
        (Outcome.PERSON, "未接，已回拨", False),
        (Outcome.HUNG_UP, "未接", True),  # he put down without a word: nobody has served him yet
        (None, "未接", True),
    ],
)
async def test_the_list_of_calls_says_who_has_been_rung_back(
    line: Line, services: Services, outcome: Outcome | None, end: str, wrong: bool
) -> None:
    number, at = await line.missed(), services.runtime.now()
    first, back = FIRST.removeprefix("call:"), BACK.removeprefix("call:")

    def write(connection: sa.Connection) -> None:
        for call, purpose in ((first, Purpose.INBOUND), (back, Purpose.CALL_BACK)):
            began = Began(call_id=call, contact=CALLER, purpose=purpose, at=at, ticket=number)
            calls.began(connection, began)
        calls.ended(connection, Ended(call_id=first, at=at, outcome=Outcome.MISSED))
        if outcome:
            calls.ended(connection, Ended(call_id=back, at=at, outcome=outcome))

    await services.database.write(write)
    found = await services.database.read(lambda c: register.one(c, first))
    assert found is not None
    assert (spoken.row(found).end, spoken.row(found).wrong) == (end, wrong)


_WORDS = st.lists(st.sampled_from([*sorted(SAYINGS), "算了", "!hangup", "!handover:x"]), max_size=8)


@given(_WORDS)
def test_only_the_first_matter_told_fills_it_whatever_is_said(said: list[str]) -> None:
    talk = Talk(spoken=True)
    talk.happens("called_back:20261120-0001")
    for each in said:
        if each.startswith("!"):
            talk.happens(each.removeprefix("!"))
        else:
            talk.say(each)
    opened = [step.into for step in talk.steps if isinstance(step, Open)]
    assert opened[:1] in ([], ["20261120-0001"])
    assert not any(opened[1:])
    assert bool(talk.state.fills) is not bool(opened)
